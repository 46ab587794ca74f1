//! Conversions.

pub(super) const SQL: &str = "";
