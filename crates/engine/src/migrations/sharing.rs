//! Shares, locks, territories.

pub(super) const SQL: &str = "";
