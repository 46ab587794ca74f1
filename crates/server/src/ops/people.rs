//! Users, territories and what they share.

use super::operation::Operation;

pub(super) static OPERATIONS: &[Operation] = &[];
