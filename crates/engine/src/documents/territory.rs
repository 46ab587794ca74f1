//! Territories.

use dealwright_wire::Id;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Audit;

/// A part of the market. Those above it see what it sees.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Territory {
    pub id: Id,
    pub name: String,
    pub description: Option<String>,
    /// `read_only` or `read_write_delete`: what its users may do with its records.
    pub permission_type: String,
    /// `None` for the root, which stands for the whole org.
    pub reporting_to: Option<Id>,
    pub manager: Option<Id>,
    #[serde(default)]
    pub users: Vec<Id>,
    #[serde(default)]
    pub account_rule_criteria: Option<Value>,
    #[serde(default)]
    pub lead_rule_criteria: Option<Value>,
    #[serde(default)]
    pub deal_rule_criteria: Option<Value>,
    #[serde(flatten)]
    pub audit: Audit,
}

impl Territory {
    /// True for its users and its manager.
    pub fn has(&self, user: Id) -> bool {
        self.manager == Some(user) || self.users.contains(&user)
    }
}
