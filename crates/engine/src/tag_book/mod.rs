//! The tags of an org in memory: what the ids that records hold are called.
//!
//! Shared by all states of the org's metadata, because tags come into being with records. A tag is in it before the
//! transaction that makes it is done, and out of it after the one that deletes it, so every id that a row can show is
//! found. An id that is not found is not shown.

pub(crate) mod stored;
pub(crate) mod tag;

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use dealwright_wire::Id;
use serde::Deserialize;

use tag::Tag;

#[derive(Debug, Default)]
pub(crate) struct TagBook(RwLock<HashMap<i64, Tag>>);

/// A tag in a record's column: its id. Releases before the book stored the whole tag.
#[derive(Deserialize)]
#[serde(untagged)]
enum Held {
    Id(i64),
    Whole { id: Id },
}

impl TagBook {
    pub(crate) fn new(tags: Vec<Tag>) -> Self {
        Self(RwLock::new(tags.into_iter().map(|tag| (tag.id.get(), tag)).collect()))
    }

    /// Adds a tag or replaces it.
    pub(crate) fn put(&self, tag: Tag) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(tag.id.get(), tag);
    }

    pub(crate) fn forget(&self, ids: &[Id]) {
        let mut tags = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for id in ids {
            tags.remove(&id.get());
        }
    }

    /// Ids of the module's tags whose name, in lower case, passes the test.
    pub(crate) fn named(&self, module: Id, test: impl Fn(&str) -> bool) -> Vec<Id> {
        let tags = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let fitting = tags.values().filter(|tag| tag.module == module && test(&tag::folded(&tag.name)));
        fitting.map(|tag| tag.id).collect()
    }

    /// The tags that a record once held, as records show them; those that are gone are left out.
    pub(crate) fn described(&self, held: &serde_json::Value) -> serde_json::Value {
        let mut out = Vec::new();
        self.write(&held.to_string(), true, &mut out);
        serde_json::from_slice(&out).unwrap_or_default()
    }

    /// Writes the tags that a record holds as a JSON list.
    pub(crate) fn write(&self, held: &str, with_color: bool, out: &mut Vec<u8>) {
        let tags = self.0.read().unwrap_or_else(PoisonError::into_inner);
        out.push(b'[');
        let mut first = true;
        for tag in ids(held).iter().filter_map(|id| tags.get(&id.get())) {
            if !std::mem::take(&mut first) {
                out.push(b',');
            }
            tag.write(with_color, out);
        }
        out.push(b']');
    }
}

/// The ids in a record's column.
pub(crate) fn ids(held: &str) -> Vec<Id> {
    let held: Vec<Held> = serde_json::from_str(held).unwrap_or_default();
    held.into_iter()
        .filter_map(|one| match one {
            Held::Id(number) => Id::new(number),
            Held::Whole { id } => Some(id),
        })
        .collect()
}

/// What a record's column holds for these tags; nothing when there are none.
pub(crate) fn column(ids: &[Id]) -> Option<String> {
    let numbers: Vec<String> = ids.iter().map(ToString::to_string).collect();
    (!numbers.is_empty()).then(|| format!("[{}]", numbers.join(",")))
}

#[cfg(test)]
mod tests {
    use dealwright_wire::Id;

    use super::{column, ids};

    #[test]
    fn columns_are_read_as_they_are_written_and_as_they_once_were() {
        let some = [Id::new(1_000_000_000_000_000_001).unwrap(), Id::new(1_000_000_000_000_000_002).unwrap()];
        assert_eq!(ids(&column(&some).unwrap()), some);
        assert_eq!(ids(r#"[{"name":"Hot","id":"1000000000000000001","color_code":null}]"#), some[..1]);
        assert_eq!(column(&[]), None);
        assert!(ids("nonsense").is_empty());
    }
}
