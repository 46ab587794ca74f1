//! Values in tables of their own.

pub(super) const SQL: &str = "";
