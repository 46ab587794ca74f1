//! Tags.

use super::operation::Operation;

pub(super) static OPERATIONS: &[Operation] = &[];
