//! Mass actions, owners, views as filters, the recycle bin.

/// Operations tested here: id, and the file below `tests/`.
pub(crate) const TESTED: &[(&str, &str)] = &[];
