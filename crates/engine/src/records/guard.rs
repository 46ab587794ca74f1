//! What the state of a record forbids: a converted lead and a locked record stay as they are.

use dealwright_schema::{Cell, ModuleDef};
use dealwright_wire::{ApiError, Code, Id};

use crate::records::stored::Stored;

/// What is going to be done with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    Update,
    Delete,
    /// Anything else that changes it; the message does not say how.
    Act,
}

/// Fields whose state is asked, so that whoever changes records reads them along.
const ASKED: [&str; 2] = ["Locked__s", "Converted__s"];

/// Positions of the fields that [`refuse`] looks at.
pub(crate) fn fields(module: &ModuleDef) -> impl Iterator<Item = usize> {
    ASKED.iter().filter_map(|name| module.field_index(name))
}

/// The reason why the record must stay as it is. `stored` has been read with [`fields`].
pub(crate) fn refuse(module: &ModuleDef, stored: &Stored, doing: Doing) -> Option<ApiError> {
    let is_set = |name: &str| {
        let cell = module.field_index(name).and_then(|at| stored.cells[at].as_ref());
        matches!(cell, Some(Cell::Bool(true)))
    };
    if is_set("Locked__s") {
        return Some(locked(stored.id, doing));
    }
    // A converted lead can still be deleted.
    if is_set("Converted__s") && doing != Doing::Delete {
        return Some(ApiError::new(Code::ConvertedRecord).id(stored.id));
    }
    None
}

fn locked(id: Id, doing: Doing) -> ApiError {
    let error = ApiError::new(Code::RecordLocked).detail("action", "record_locking").id(id);
    match doing {
        Doing::Update => error.detail("api_name", "id"),
        Doing::Delete | Doing::Act => {
            error.message("You cannot perform this operation as the record is locked.")
        }
    }
}
