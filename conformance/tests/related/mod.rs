//! `/{module}/{id}/{related_list}`, notes, contact roles.

/// Operations tested here: id, and the file below `tests/`.
pub(crate) const TESTED: &[(&str, &str)] = &[];
