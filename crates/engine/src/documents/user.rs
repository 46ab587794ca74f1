//! Users.

use dealwright_wire::Id;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A user of the org.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct User {
    pub id: Id,
    /// The identity that signs in as this user; `zuid` on the wire.
    pub identity: Id,
    pub first_name: Option<String>,
    pub last_name: String,
    pub email: String,
    pub role: Id,
    pub profile: Id,
    pub is_active: bool,
    pub created_time: i64,
    #[serde(default)]
    pub more: Map<String, Value>,
}

impl User {
    pub fn full_name(&self) -> String {
        match &self.first_name {
            Some(first) if !first.is_empty() => format!("{first} {}", self.last_name),
            _ => self.last_name.clone(),
        }
    }

    /// `active`, `inactive`, `deleted` or what else was set.
    pub fn status(&self) -> &str {
        let otherwise = if self.is_active { "active" } else { "inactive" };
        self.more.get("status").and_then(Value::as_str).unwrap_or(otherwise)
    }

    /// Deleted users stay, because records name them.
    pub fn is_deleted(&self) -> bool {
        self.status() == "deleted"
    }

    /// False until the person has come in for the first time.
    pub fn is_confirmed(&self) -> bool {
        self.more.get("confirm").and_then(Value::as_bool).unwrap_or(true)
    }
}
