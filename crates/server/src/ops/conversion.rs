//! Conversion of leads, quotes and orders; merging; blueprints.

use super::operation::Operation;

pub(super) static OPERATIONS: &[Operation] = &[];
