//! Notes: `/Notes`, and `/{module}/{id}/Notes` for those of one record.
//!
//! - `read`: lists and single notes; `write`: new notes and changes; `delete`: into the recycle bin
//! - `note`: what a body may say of a note, in the forms of all versions
//! - `reach`: which notes a caller may touch
//! - `deleted`: deleted notes, and the notes of a deleted record
//!
//! Source: "Notes" of the published API. A note is a record of the module `Notes`, so writing and deleting go the way of
//! all records. Only the two places where a note can be named differ, and both come to the same functions.

mod delete;
mod deleted;
mod note;
mod reach;
mod read;
mod write;

use std::sync::Arc;

use dealwright_schema::ModuleDef;
use dealwright_wire::ApiError;
use serde_json::value::RawValue;

use crate::cx::Cx;
use crate::records::draft::Draft;

pub use delete::{delete_many, delete_many_of, delete_one, delete_one_of};
pub use deleted::deleted;
pub(crate) use deleted::of_deleted;
pub use read::{get, get_of, list, list_of};
pub use write::{create, create_of, update_many, update_many_of, update_one, update_one_of};

/// API name of the module.
pub(crate) const MODULE: &str = "Notes";
/// Its field that says what a note is about.
const PARENT: &str = "Parent_Id";

/// Drafts of new notes that name what they are about.
pub(crate) fn new(cx: &Cx, module: &ModuleDef, records: &[&RawValue]) -> Vec<Result<Draft, ApiError>> {
    note::new(cx, module, records, None)
}

pub(crate) fn module(cx: &Cx) -> Result<&Arc<ModuleDef>, ApiError> {
    cx.snapshot.module(MODULE)
}
