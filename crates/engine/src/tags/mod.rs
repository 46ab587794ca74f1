//! Tags: those of a module, and those on records.
//!
//! A record holds the ids of its tags as a list of numbers (`[5725767000000524157]`); names and colours are looked up
//! in the `tag_book` when a row is written. So a tag that is renamed or recoloured shows on all its records at once, and
//! one that is deleted or merged is taken out of them with one statement.
//!
//! - `tag`: what a tag may be called, and how settings show it
//! - `stored`: the table of tags, changed, and the statements that reach the records
//! - `value`: the field `Tag` of records that are written
//! - [`settings`]: listing, making, changing, deleting, merging and counting the tags of a module
//! - [`on_records`]: adding tags to records and removing them
//! - [`mass_delete`]: many tags deleted as a job

pub mod mass_delete;
pub mod on_records;
pub mod settings;
pub(crate) mod stored;
pub(crate) mod tag;
pub(crate) mod value;

use std::sync::Arc;

use dealwright_schema::ModuleDef;
use dealwright_wire::{ApiError, Code};

use crate::access::{Action, Grant};
use crate::cx::Cx;
use crate::tag_book::tag::position;

/// The grant to do something with the tags of a module. Beyond seeing them it takes the permission for tags.
fn grant(cx: &Cx, module: &Arc<ModuleDef>, action: Action, changes: bool) -> Result<Grant, ApiError> {
    if position(module).is_none() {
        return Err(
            ApiError::new(Code::InvalidModule).message("the given module is not supported for this api")
        );
    }
    let grant = cx.grant(module, action)?;
    if changes {
        cx.require_admin(&format!("Crm_Implied_Tags_{}", module.permission_name()))?;
    }
    Ok(grant)
}
