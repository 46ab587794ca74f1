//! What was deleted for good.

pub(super) const SQL: &str = "";
