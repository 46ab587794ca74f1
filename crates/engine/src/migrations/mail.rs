//! E-mails of records.

pub(super) const SQL: &str = "";
