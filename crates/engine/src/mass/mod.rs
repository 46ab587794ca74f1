//! One change of many records: mass update, mass delete, change of owner. Named records are changed at once and
//! answered each in its place; those of a view, or that criteria find, are changed by a job.
//!
//! - `action`: the actions, and what a job of any of them does in a step
//! - `body`: the keys that their bodies share
//! - `chosen`: which records are meant when they are not named
//! - `update`, `delete`, `owner`: the actions themselves
//! - `status`: how far a job is

mod action;
mod body;
mod chosen;
mod delete;
mod owner;
mod status;
mod update;

pub(crate) use delete::KIND as DELETE;
pub use delete::{mass_delete, mass_delete_status};
pub(crate) use owner::KIND as CHANGE_OWNER;
pub use owner::{change_owner, change_owner_one, mass_change_owner, mass_change_owner_status};
pub(crate) use update::KIND as UPDATE;
pub use update::{mass_update, mass_update_status};
