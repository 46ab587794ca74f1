//! Shares, locks and territories of records.

use super::operation::Operation;

pub(super) static OPERATIONS: &[Operation] = &[];
