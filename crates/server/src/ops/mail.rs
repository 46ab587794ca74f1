//! E-mails of records.

use super::operation::Operation;

pub(super) static OPERATIONS: &[Operation] = &[];
