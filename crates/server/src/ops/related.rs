//! Related lists, notes and contact roles.

use super::operation::Operation;

pub(super) static OPERATIONS: &[Operation] = &[];
