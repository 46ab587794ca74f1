//! What hangs on a record: related lists, notes, contact roles.
//!
//! - `relation`: what a related list is, found in the metadata; [`list()`], [`get`], [`count()`], [`of_deleted()`] read it
//! - `activities`, `view`, `invited`: lists of tasks, events and calls
//! - [`link_many`], [`link_one`], [`delink_many`], [`delink_one`] change them
//! - [`notes`]: the notes of records; [`contact_roles`]: the parts that contacts can play in deals
//! - `stage_history`: the stages a deal went through
//! - `cascade`: what goes into the recycle bin with a record

mod activities;
pub(crate) mod cascade;
pub mod contact_roles;
mod count;
mod delink;
mod invited;
mod link;
mod link_draft;
mod list;
pub mod notes;
mod of_deleted;
pub(crate) mod relation;
pub(crate) mod stage_history;
mod view;

pub use count::count;
pub use delink::{delink_many, delink_one};
pub use link::{link_many, link_one};
pub use list::{get, list};
pub use of_deleted::of_deleted;
