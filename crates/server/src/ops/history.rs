//! What records were.

use super::operation::Operation;

pub(super) static OPERATIONS: &[Operation] = &[];
