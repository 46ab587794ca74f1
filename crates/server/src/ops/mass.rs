//! Mass actions, owners, the recycle bin.

use super::operation::Operation;

pub(super) static OPERATIONS: &[Operation] = &[];
