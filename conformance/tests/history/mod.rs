//! Timelines, and bringing an earlier state back.

mod states;
mod timeline;

/// Operations tested here: id, and the file below `tests/`.
pub(crate) const TESTED: &[(&str, &str)] = &[
    ("records.timeline", "history/timeline.rs"),
    ("history.list", "history/states.rs"),
    ("history.state", "history/states.rs"),
    ("history.restore", "history/states.rs"),
];
