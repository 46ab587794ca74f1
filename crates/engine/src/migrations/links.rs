//! Records linked to records.

pub(super) const SQL: &str = "";
