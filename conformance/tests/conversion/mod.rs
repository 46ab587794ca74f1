//! Conversion of leads, quotes and orders; merging; blueprints.

/// Operations tested here: id, and the file below `tests/`.
pub(crate) const TESTED: &[(&str, &str)] = &[];
