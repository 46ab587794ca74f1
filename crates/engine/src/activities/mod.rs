//! `Activities`, the module of v2 and v2.1 that stands for tasks, events and calls together; and what else shows rows of
//! all three in one list.
//!
//! - `union`: rows of the three modules in one order, each within the grant of its own module
//! - [`list()`], [`count`], [`deleted`], [`search`]: the module as a whole
//! - [`get`], [`record`]: one of its records; whatever hangs on it is asked of the record's own module
//! - [`insert`], [`update_many`], [`upsert`], [`delete_many`]: each record goes to its own module
//!
//! Source: "Activities" of the published change log of v3, which ended it, and the scope of that name.

mod list;
mod record;
pub(crate) mod union;
mod write;

pub use list::{count, deleted, list, search};
pub use record::{get, record};
pub use write::{delete_many, insert, update_many, upsert};

pub use crate::metadata::activities::is_meant;
