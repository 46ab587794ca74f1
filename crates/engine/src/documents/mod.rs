//! The parts of the metadata that are stored as one JSON document each: users, roles, profiles, territories and
//! all other settings.
//!
//! A document is a typed value where the engine itself acts on it, and a [`Setting`] where it only keeps it.

mod details;
pub(crate) mod kind;
mod profile;
mod role;
mod territory;
mod user;

use std::sync::Arc;

use dealwright_wire::Id;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::Error;

pub use details::OrgDetails;
pub use profile::UserProfile;
pub(crate) use profile::{CUSTOMIZE, SETUP};
pub use role::Role;
pub use territory::Territory;
pub use user::User;

/// Keys and values of a document.
pub type Keys = Map<String, Value>;

/// All documents of an org, each list in the order of ids.
#[derive(Debug, Clone, Default)]
pub struct Documents {
    pub users: Vec<Arc<User>>,
    pub roles: Vec<Arc<Role>>,
    pub profiles: Vec<Arc<UserProfile>>,
    pub territories: Vec<Arc<Territory>>,
    pub settings: Vec<Arc<Setting>>,
}

/// A value that is stored as a document.
pub trait Document: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Table of its documents: an id and the text of each.
    const TABLE: &'static str;

    fn id(&self) -> Id;

    /// Which setting it is, of the type that holds them all.
    fn kind(&self) -> Option<&str> {
        None
    }

    /// The documents of the type, in the order of ids.
    fn all(documents: &Documents) -> &[Arc<Self>];

    fn all_mut(documents: &mut Documents) -> &mut Vec<Arc<Self>>;

    /// The document as keys, to be changed by name.
    fn keys(&self) -> Result<Keys, Error> {
        match serde_json::to_value(self).map_err(Error::internal("writing metadata"))? {
            Value::Object(keys) => Ok(keys),
            _ => Ok(Keys::new()),
        }
    }

    /// The value of one key.
    fn key(&self, name: &str) -> Option<Value> {
        self.keys().ok()?.remove(name)
    }

    /// The document of changed keys.
    fn of(keys: Keys) -> Result<Self, Error> {
        serde_json::from_value(Value::Object(keys)).map_err(Error::internal("reading changed metadata"))
    }

    fn text(&self) -> Result<String, Error> {
        serde_json::to_string(self).map_err(Error::internal("writing metadata"))
    }
}

/// Who made and last changed a document, and when (in seconds). Empty for what came with the org.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Audit {
    #[serde(default)]
    pub created_by: Option<Id>,
    #[serde(default)]
    pub created_time: Option<i64>,
    #[serde(default)]
    pub modified_by: Option<Id>,
    #[serde(default)]
    pub modified_time: Option<i64>,
}

/// A setting that the engine keeps by its keys.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Setting {
    pub id: Id,
    /// Resource it belongs to: `data_sharing`.
    pub kind: String,
    #[serde(flatten)]
    pub audit: Audit,
    #[serde(default)]
    pub keys: Keys,
}

impl Setting {
    /// A text among the keys; empty when it is not there.
    pub fn str(&self, key: &str) -> &str {
        self.keys.get(key).and_then(Value::as_str).unwrap_or("")
    }

    /// An id among the keys.
    pub fn id_of(&self, key: &str) -> Option<Id> {
        self.keys.get(key)?.as_str()?.parse().ok()
    }
}

macro_rules! stored {
    ($($type:ident $table:literal $list:ident;)*) => {$(
        impl Document for $type {
            const TABLE: &'static str = $table;

            fn id(&self) -> Id {
                self.id
            }

            fn all(documents: &Documents) -> &[Arc<Self>] {
                &documents.$list
            }

            fn all_mut(documents: &mut Documents) -> &mut Vec<Arc<Self>> {
                &mut documents.$list
            }
        }
    )*};
}

stored! {
    Role "_roles" roles;
    UserProfile "_profiles" profiles;
    Territory "_territories" territories;
}

impl Document for User {
    const TABLE: &'static str = "_users";

    fn id(&self) -> Id {
        self.id
    }

    fn all(documents: &Documents) -> &[Arc<Self>] {
        &documents.users
    }

    fn all_mut(documents: &mut Documents) -> &mut Vec<Arc<Self>> {
        &mut documents.users
    }

    /// On the wire the further keys stand beside the others.
    fn keys(&self) -> Result<Keys, Error> {
        inner_keys(self, "more")
    }

    fn of(keys: Keys) -> Result<Self, Error> {
        const OWN: [&str; 9] = [
            "id",
            "identity",
            "first_name",
            "last_name",
            "email",
            "role",
            "profile",
            "is_active",
            "created_time",
        ];
        of_inner(keys, "more", &OWN)
    }
}

impl Document for Setting {
    const TABLE: &'static str = "_settings";

    fn id(&self) -> Id {
        self.id
    }

    fn kind(&self) -> Option<&str> {
        Some(&self.kind)
    }

    fn all(documents: &Documents) -> &[Arc<Self>] {
        &documents.settings
    }

    fn all_mut(documents: &mut Documents) -> &mut Vec<Arc<Self>> {
        &mut documents.settings
    }

    fn keys(&self) -> Result<Keys, Error> {
        inner_keys(self, "keys")
    }

    fn key(&self, name: &str) -> Option<Value> {
        match name {
            "created_by" => Some(serde_json::json!(self.audit.created_by)),
            name => self.keys.get(name).cloned(),
        }
    }

    fn of(keys: Keys) -> Result<Self, Error> {
        const OWN: [&str; 6] = ["id", "kind", "created_by", "created_time", "modified_by", "modified_time"];
        of_inner(keys, "keys", &OWN)
    }
}

/// The keys of a value with those of its member `inner` among them.
fn inner_keys<T: Serialize>(value: &T, inner: &str) -> Result<Keys, Error> {
    let mut keys = match serde_json::to_value(value).map_err(Error::internal("writing metadata"))? {
        Value::Object(keys) => keys,
        _ => Keys::new(),
    };
    if let Some(Value::Object(more)) = keys.remove(inner) {
        for (key, value) in more {
            keys.entry(key).or_insert(value);
        }
    }
    Ok(keys)
}

/// The reverse of [`inner_keys`]: what is not among `own` goes into `inner`.
fn of_inner<T: DeserializeOwned>(keys: Keys, inner: &str, own: &[&str]) -> Result<T, Error> {
    let (mut outer, mut more) = (Keys::new(), Keys::new());
    for (key, value) in keys {
        let own = own.contains(&key.as_str());
        if own {
            outer.insert(key, value)
        } else {
            more.insert(key, value)
        };
    }
    outer.insert(inner.to_owned(), Value::Object(more));
    serde_json::from_value(Value::Object(outer)).map_err(Error::internal("reading changed metadata"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::tests::snapshot;

    #[test]
    fn keys_of_a_document_read_back_to_the_same_document() {
        let snapshot = snapshot();
        let mut user = User::clone(&snapshot.users[0]);
        user.more.insert("city".to_owned(), "London".into());
        let keys = user.keys().unwrap();
        assert_eq!(keys["city"], "London");
        let again = User::of(keys).unwrap();
        assert_eq!(again.text().unwrap(), user.text().unwrap());
        let role = &snapshot.roles[1];
        assert_eq!(Role::of(role.keys().unwrap()).unwrap().text().unwrap(), role.text().unwrap());
    }
}
