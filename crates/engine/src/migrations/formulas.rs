//! Values that are worked out.

pub(super) const SQL: &str = "";
