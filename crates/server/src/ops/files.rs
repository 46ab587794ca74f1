//! Attachments and files.

use super::operation::Operation;

pub(super) static OPERATIONS: &[Operation] = &[];
