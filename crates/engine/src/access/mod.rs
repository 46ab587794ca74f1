//! Permission, decided in one place and carried as a value.
//!
//! - `grant`: the proof that somebody may do something with the records of a module. Functions that touch records take
//!   one, so a forgotten check does not compile
//! - `caller`: who asks, and the only way to a grant; it outlives the request, so that units of writing can ask for the
//!   modules that records name
//! - [`opening`]: what an operation's own scope stands for; every other module is asked of the token
//! - `scope`: which rows of a module somebody reaches, and how far they may go with each
//! - `reach`: the rules of that, as conditions; what hangs on a record is reached through it
//! - `principals`: who somebody is besides themself
//! - `users`: what the users of a state of the metadata may do, kept with it; `permissions`: what profiles switch
//! - `giving`, `powers`: what somebody may give to others and take for themself by changing settings
//! - `locking`: what a locked record still allows
//! - `unasked`: who reaches rows without a grant of their module, and why
//! - `deleted`: who sees what was deleted
//!
//! Field permissions will narrow [`Grant::shows`], which every plan asks already.

pub(crate) mod caller;
pub(crate) mod deleted;
pub(crate) mod giving;
pub(crate) mod grant;
pub(crate) mod locking;
pub mod opening;
pub(crate) mod permissions;
mod powers;
pub(crate) mod principals;
mod reach;
pub(crate) mod scope;
pub(crate) mod unasked;
mod users;

use dealwright_schema::ModuleDef;
use serde::{Deserialize, Serialize};

pub(crate) use caller::Caller;
pub use grant::Grant;
pub use opening::Opening;
pub(crate) use scope::{Level, RowScope};

/// What is going to be done with records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Action {
    View,
    Create,
    Edit,
    Delete,
}

impl Action {
    fn name(self) -> &'static str {
        match self {
            Self::View => "View",
            Self::Create => "Create",
            Self::Edit => "Edit",
            Self::Delete => "Delete",
        }
    }

    /// The module's flag that allows it at all.
    fn module_flag(self) -> &'static str {
        match self {
            Self::View => "viewable",
            Self::Create => "creatable",
            Self::Edit => "editable",
            Self::Delete => "deletable",
        }
    }

    /// The operation of a scope that stands for it.
    pub(crate) fn scope_operation(self) -> &'static str {
        match self {
            Self::View => "READ",
            Self::Create => "CREATE",
            Self::Edit => "UPDATE",
            Self::Delete => "DELETE",
        }
    }
}

/// Name of the permission to do `action` with records of `module`.
pub(crate) fn permission(module: &ModuleDef, action: Action) -> String {
    format!("Crm_Implied_{}_{}", action.name(), module.permission_name())
}
