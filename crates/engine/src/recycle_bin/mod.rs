//! The recycle bin: what was deleted, for 60 days, and what becomes of it.
//!
//! - `item`: which deleted records a caller may see, and how one is shown
//! - `filter`: criteria on them
//! - [`list()`], [`get()`], [`count()`]: reading
//! - `restore`: bringing records back; `remove`: deleting them for good, also by age
//! - `bulk`: either of them for more records than one request answers, as a job

mod bulk;
mod filter;
mod item;
mod list;
mod remove;
mod restore;

pub(crate) use bulk::{REMOVE, RESTORE};
pub use list::{count, get, list};
pub(crate) use remove::{FORGET, give_up};
pub use remove::{delete_many, delete_one, empty};
pub(crate) use restore::bring_back;
pub use restore::{restore_many, restore_one};
