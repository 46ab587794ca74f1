//! Attachments and files.

pub(super) const SQL: &str = "";
