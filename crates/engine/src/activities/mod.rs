//! `Activities`, the module of v2 and v2.1 that stands for tasks, events and calls together; and what else shows rows of
//! all three in one list.
//!
//! - `union`: rows of the three modules in one order, each within the grant of its own module
//! - [`list()`], [`count`], [`deleted`], [`search`]: the module as a whole
//! - [`get`], [`record`]: one of its records; whatever hangs on it is asked of the record's own module
//! - [`insert`], [`update_many`], [`upsert`], [`delete_many`]: each record goes to its own module
//! - `module`: what the metadata says about it
//!
//! Source: "Activities" of the published change log of v3, which ended it, and the scope of that name.

mod list;
pub(crate) mod module;
mod record;
pub(crate) mod union;
mod write;

pub use list::{count, deleted, list, search};
pub use record::{get, record};
pub use write::{delete_many, insert, update_many, upsert};

use crate::cx::Cx;

/// What paths call the module.
pub(crate) const MODULE: &str = "Activities";
/// The key that says which kind of activity a row is, and its values the modules' names.
pub(crate) const KIND: &str = "Activity_Type";

/// A module of activities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Activity {
    Tasks,
    Events,
    Calls,
}

impl Activity {
    pub(crate) const ALL: [Self; 3] = [Self::Tasks, Self::Events, Self::Calls];

    /// API name of the module.
    pub(crate) fn module(self) -> &'static str {
        match self {
            Self::Tasks => "Tasks",
            Self::Events => "Events",
            Self::Calls => "Calls",
        }
    }

    /// The activity whose module has that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|activity| activity.module() == name)
    }
}

/// True when a path means the module of all activities: in the versions that have it.
pub fn is_meant(cx: &Cx, module: &str) -> bool {
    cx.profile.activity_lists && module.eq_ignore_ascii_case(MODULE)
}
