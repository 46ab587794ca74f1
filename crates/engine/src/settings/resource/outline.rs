//! What a resource's bodies may say, for those who describe or try every operation.

use super::Resource;

/// The keys of a body.
pub struct Outline {
    /// The key that its entries stand under: `roles`.
    pub key: &'static str,
    pub members: Vec<Member>,
}

/// One key of an entry.
pub struct Member {
    pub name: &'static str,
    /// What its value is: `text`, `boolean`, `option`, `user`, …
    pub kind: &'static str,
    /// Whether a new one cannot be without it.
    pub is_mandatory: bool,
    /// Whether it stays what it was when the setting was made.
    pub is_fixed: bool,
}

/// The outline of a resource.
pub fn outline<D>(resource: &Resource<D>) -> Outline {
    let members = resource.fields.iter().map(|field| Member {
        name: field.name,
        kind: field.kind.name(),
        is_mandatory: field.is_mandatory,
        is_fixed: field.is_fixed,
    });
    Outline { key: resource.key, members: members.collect() }
}
