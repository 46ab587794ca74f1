//! Permission, decided in one place and carried as a value.
//!
//! A [`Grant`] can only be made by [`Cx::grant`]; functions that touch records take one, so a forgotten check
//! does not compile. Roles, sharing and territories narrow [`Grant::rows`] (`scope`, `principals`); field permissions
//! will narrow [`Grant::shows`]. Both seams are used by every plan already. What somebody may give to others, and what a change
//! of the metadata may give them, is in `giving` and `powers`.

pub(crate) mod giving;
mod powers;
pub(crate) mod principals;
pub(crate) mod scope;

use std::borrow::Cow;
use std::sync::Arc;

use dealwright_schema::{Cell, FieldDef, ModuleDef};
use dealwright_store::Sql;
use dealwright_wire::{ApiError, Code, Id};

use crate::cx::Cx;
use crate::files::attachments;
pub(crate) use scope::{Level, RowScope};

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
pub struct Grant {
    pub module: Arc<ModuleDef>,
    pub action: Action,
    /// Condition on rows; `None` when all of them can be reached.
    rows: Option<String>,
    /// `None` when the caller reaches all records.
    scope: Option<Arc<RowScope>>,
    _sealed: (),
}

impl Grant {
    fn new(module: &Arc<ModuleDef>, action: Action, scope: Option<Arc<RowScope>>) -> Self {
        let reach = scope.as_ref().and_then(|scope| scope.rows(action)).map(str::to_owned);
        let parts: Vec<String> = attachments::visible_rows(module).into_iter().chain(reach).collect();
        let rows = (!parts.is_empty()).then(|| parts.join(" AND "));
        Self { module: Arc::clone(module), action, rows, scope, _sealed: () }
    }

    /// Condition on the module's rows (`t`) that the caller may reach; `None` when all of them. It holds marks that
    /// `Grant::settle` has to replace once the statement is put together.
    pub fn rows(&self) -> Option<&str> {
        self.rows.as_deref()
    }

    /// The statement with arguments, which are added to `args`, in place of the marks that [`Grant::rows`] and
    /// selections leave.
    pub(crate) fn settle<'s>(
        &self,
        sql: impl Into<Cow<'s, str>>,
        args: &mut Vec<Cell<'static>>,
    ) -> Cow<'s, str> {
        let sql = sql.into();
        match &self.scope {
            None => sql,
            Some(scope) => Cow::Owned(scope.settle(&sql, args)),
        }
    }

    /// The statement that reads `columns` of one record (`t`), if it is there and the caller reaches it.
    pub(crate) fn one(&self, columns: &str, id: Id) -> (Sql, Vec<Cell<'static>>) {
        let table = self.module.table.as_deref().unwrap_or_default();
        let scope = self.rows().map(|scope| format!(" AND {scope}")).unwrap_or_default();
        let mut args = vec![id.into()];
        let sql = format!("SELECT {columns} FROM {{{table}}} t WHERE t.id = ?1{scope}");
        (Sql::from(self.settle(sql, &mut args).into_owned()), args)
    }

    /// Expression of how far the caller may go with a row; `None` when they may do everything with all.
    pub(crate) fn level(&self) -> Option<&str> {
        self.scope.as_ref().map(|scope| scope.level())
    }

    /// The caller's reach; `None` when they reach all records.
    pub(crate) fn scope(&self) -> Option<&Arc<RowScope>> {
        self.scope.as_ref()
    }

    /// What the caller sees of the module whose records they may change.
    pub(crate) fn to_view(&self) -> Self {
        Self::new(&self.module, Action::View, self.scope.clone())
    }

    /// True when the caller may see the field.
    pub fn shows(&self, field: &FieldDef) -> bool {
        field.flag("visible", true)
    }
}

impl Cx {
    /// The only way to a [`Grant`].
    pub fn grant(&self, module: &Arc<ModuleDef>, action: Action) -> Result<Grant, ApiError> {
        let scope = self.check(module, action)?;
        // Rows of a subform and attachments are written through their parent only.
        let is_beside = module.parent.is_some() || attachments::is_module(module);
        if action != Action::View && (is_beside || !module.flag(action.module_flag())) {
            return Err(ApiError::new(Code::NotSupportedHere).detail("resource_path_index", 0));
        }
        Ok(Grant::new(module, action, scope))
    }

    /// A grant for records that hang on another one and are written through it. The first grant proves that the caller may
    /// do there what this needs.
    pub(crate) fn grant_beside(
        &self,
        _: &Grant,
        module: &Arc<ModuleDef>,
        action: Action,
    ) -> Result<Grant, ApiError> {
        let scope = self.check(module, action)?;
        Ok(Grant::new(module, action, scope))
    }

    /// Whether the module has records, and the user's profile lets them be dealt with so. Gives the caller's reach.
    fn check(&self, module: &Arc<ModuleDef>, action: Action) -> Result<Option<Arc<RowScope>>, ApiError> {
        if module.table.is_none() || !module.flag("api_supported") {
            return Err(ApiError::new(Code::NotSupportedHere).detail("resource_path_index", 0));
        }
        let permission = permission(module, action);
        let profile = self.snapshot.profile_of(&self.actor.user);
        let denied = profile.is_none_or(|profile| profile.denied.contains(&permission));
        if denied || !self.actor.user.is_active {
            return Err(ApiError::new(Code::NoPermission).detail("permissions", vec![permission]));
        }
        Ok(self.snapshot.scope(&self.actor.user, module, || {
            RowScope::of(&self.snapshot, &self.actor.user, module, self.org.store.dialect())
        }))
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
