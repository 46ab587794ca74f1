//! Permission, decided in one place and carried as a value.
//!
//! A [`Grant`] can only be made by [`Cx::grant`]; functions that touch records take one, so a forgotten check
//! does not compile. Roles, sharing and territories will narrow [`Grant::rows`]; field permissions will narrow
//! [`Grant::shows`]. Both seams are used by every plan already.

use std::sync::Arc;

use dealwright_schema::{FieldDef, ModuleDef};
use dealwright_wire::{ApiError, Code};

use crate::cx::Cx;

/// What is going to be done with records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
}

/// Proof that the caller may do `action` with records of `module`.
#[derive(Debug, Clone)]
#[expect(clippy::manual_non_exhaustive, reason = "nothing in this crate may make one either")]
pub struct Grant {
    pub module: Arc<ModuleDef>,
    pub action: Action,
    _sealed: (),
}

impl Grant {
    /// Condition on the module's rows (`t`) that the caller may reach; `None` when all of them.
    pub fn rows(&self) -> Option<&str> {
        None
    }

    /// True when the caller may see the field.
    pub fn shows(&self, field: &FieldDef) -> bool {
        field.flag("visible", true)
    }
}

impl Cx {
    /// The only way to a [`Grant`].
    pub fn grant(&self, module: &Arc<ModuleDef>, action: Action) -> Result<Grant, ApiError> {
        if module.table.is_none() || !module.flag("api_supported") {
            return Err(ApiError::new(Code::NotSupportedHere).detail("resource_path_index", 0));
        }
        let permission = permission(module, action);
        let profile = self.snapshot.profile_of(&self.actor.user);
        let denied = profile.is_none_or(|profile| profile.denied.contains(&permission));
        if denied || !self.actor.user.is_active {
            return Err(ApiError::new(Code::NoPermission).detail("permissions", vec![permission]));
        }
        // Rows of a subform are written through their parent only.
        if action != Action::View && (module.parent.is_some() || !module.flag(action.module_flag())) {
            return Err(ApiError::new(Code::NotSupportedHere).detail("resource_path_index", 0));
        }
        Ok(Grant { module: Arc::clone(module), action, _sealed: () })
    }

    /// True when the caller's profile administers the org.
    pub fn is_admin(&self) -> bool {
        let profile = self.snapshot.profile_of(&self.actor.user);
        profile.is_some_and(|profile| profile.is_admin) && self.actor.user.is_active
    }

    /// Refuses callers whose profile does not have a permission of the settings.
    pub fn require_admin(&self, permission: &str) -> Result<(), ApiError> {
        let profile = self.snapshot.profile_of(&self.actor.user);
        if profile.is_some_and(|profile| profile.permits(permission)) && self.actor.user.is_active {
            return Ok(());
        }
        Err(ApiError::new(Code::NoPermission).detail("permissions", vec![permission.to_owned()]))
    }
}

/// Name of the permission to do `action` with records of `module`.
pub(crate) fn permission(module: &ModuleDef, action: Action) -> String {
    format!("Crm_Implied_{}_{}", action.name(), module.permission_name())
}
