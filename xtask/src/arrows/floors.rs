//! Which crate may use which, and on which floor each folder of the engine stands.

/// Our crates, and what of ours each may depend on.
pub(super) const CRATES: &[(&str, &[&str])] = &[
    ("wire", &[]),
    ("query", &[]),
    ("full_text", &[]),
    ("schema", &["wire"]),
    ("store", &["full-text", "schema", "wire"]),
    ("engine", &["query", "schema", "store", "wire"]),
    ("accounts", &["store", "wire"]),
    ("server", &["accounts", "engine", "store", "wire"]),
    ("cli", &["accounts", "server", "wire"]),
    ("client", &["wire"]),
    ("testkit", &["accounts", "server", "wire"]),
];

/// The floors of the engine from the ground. A folder names those on floors below its own, and nothing of its own floor.
pub(super) const ENGINE: &[&[&str]] = &[
    // An open org and who asks.
    &["error", "explanation"],
    &["ports", "documents", "tag_book", "full_text"],
    &["snapshot"],
    &["mark", "access", "migrations"],
    &["org"],
    &["cx", "chores"],
    &["explain", "jobs", "events", "files"],
    &["request"],
    &["display", "indexes"],
    // Records.
    &["formula", "taxes"],
    &["records"],
    // What a company sets.
    &["metadata"],
    &["settings"],
    // The areas around records.
    &["attachments", "tags", "history", "sharing", "activities", "recycle_bin"],
    &["related", "mail", "coql"],
    &["conversion", "mass", "blueprint"],
    &["areas"],
    &["fuzzing", "fresh"],
];

/// The floor above records: from there on standard modules may be named.
pub(super) fn above_records() -> usize {
    ENGINE.iter().position(|floor| floor.contains(&"metadata")).unwrap_or(ENGINE.len())
}

/// Where a file stands for each module that every org has.
pub(super) const STANDARD_MODULES: &str = "crates/schema/catalog";
