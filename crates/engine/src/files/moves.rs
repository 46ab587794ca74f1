//! Files that change hands when a record is written.

use dealwright_wire::Id;

/// What happens to files when a record is written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Moves {
    /// Files that the record takes, and the field they are in.
    pub taken: Vec<(Id, Id)>,
    /// Files that it lets go.
    pub left: Vec<Id>,
}
