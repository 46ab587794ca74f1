//! What history keeps beside old values.

pub(super) const SQL: &str = "";
