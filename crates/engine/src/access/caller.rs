//! Who asks: the only way to a [`Grant`].

use std::sync::Arc;

use dealwright_schema::ModuleDef;
use dealwright_store::Dialect;
use dealwright_wire::scope::{MODULES, module_scope};
use dealwright_wire::{ApiError, Code, ScopeSet};

use serde::{Deserialize, Serialize};

use super::{Action, Grant, Opening, RowScope, permission};
use crate::documents::User;
use crate::snapshot::Snapshot;

/// A user with what their token may do, in one state of the metadata. Cheap to copy, and free of the request's lifetime,
/// so that a unit of writing can ask for the modules that it comes to.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) user: Arc<User>,
    dialect: &'static dyn Dialect,
    /// `None` for work of the server's own.
    scopes: Option<Arc<ScopeSet>>,
    opening: Arc<Opening>,
}

/// What a token may do, as it is stored.
#[derive(Default, Serialize, Deserialize)]
struct Kept {
    scopes: String,
    opening: Opening,
}

impl Caller {
    pub(crate) fn new(snapshot: Arc<Snapshot>, user: Arc<User>, dialect: &'static dyn Dialect) -> Self {
        Self { snapshot, user, dialect, scopes: None, opening: Arc::default() }
    }

    /// Within the scopes of a token, which need not be asked for what is open already.
    pub(crate) fn within(&mut self, scopes: Arc<ScopeSet>, opening: Opening) {
        (self.scopes, self.opening) = (Some(scopes), Arc::new(opening));
    }

    /// What the token may do, as text for work that goes on after its request; `None` for work of the server's own.
    pub(crate) fn kept(&self) -> Option<String> {
        let kept = Kept { scopes: self.scopes.as_ref()?.to_string(), opening: (*self.opening).clone() };
        serde_json::to_string(&kept).ok()
    }

    /// Within what [`Caller::kept`] says. A text that says nothing leaves no scope.
    pub(crate) fn within_kept(&mut self, text: &str) {
        let kept: Kept = serde_json::from_str(text).unwrap_or_default();
        self.within(Arc::new(ScopeSet::parse(&kept.scopes)), kept.opening);
    }

    /// The scopes of the token; `None` for work of the server's own.
    pub(crate) fn scopes(&self) -> Option<&Arc<ScopeSet>> {
        self.scopes.as_ref()
    }

    /// Leave to do `action` with records of the module: it has records, the token has the scope, the user's profile the
    /// permission.
    pub(crate) fn grant(&self, module: &Arc<ModuleDef>, action: Action) -> Result<Grant, ApiError> {
        self.ask_token(module, action)?;
        let scope = self.check(module, action)?;
        // Rows of a subform and attachments are written through their parent only.
        let is_row = module.parent.is_some() && !module.is_tracker();
        let is_beside = is_row || module.holds_attachments();
        if action != Action::View && (is_beside || !module.flag(action.module_flag())) {
            return Err(not_supported());
        }
        Ok(Grant::new(module, action, scope))
    }

    /// Leave for records that hang on another one and are written through it. The first grant proves that the caller may
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

    fn ask_token(&self, module: &ModuleDef, action: Action) -> Result<(), ApiError> {
        let Some(scopes) = &self.scopes else { return Ok(()) };
        if self.opening.covers(&module.api_name, action)
            || scopes.allows_module(MODULES, &module.api_name, action.scope_operation())
        {
            return Ok(());
        }
        Err(ApiError::missing_scope(module_scope(MODULES, &module.api_name, action.scope_operation())))
    }

    /// Whether the module has records, and the user's profile lets them be dealt with so. Gives the caller's reach.
    fn check(&self, module: &Arc<ModuleDef>, action: Action) -> Result<Option<Arc<RowScope>>, ApiError> {
        if !module.has_records() || !module.flag("api_supported") {
            return Err(not_supported());
        }
        if !self.has_permission(module, action) {
            return Err(
                ApiError::new(Code::NoPermission).detail("permissions", vec![permission(module, action)])
            );
        }
        Ok(self.snapshot.scope(&self.user, module, self.dialect))
    }

    /// True when the user's profile has the permission.
    pub(crate) fn has_permission(&self, module: &ModuleDef, action: Action) -> bool {
        self.snapshot.may(&self.user, module, action)
    }
}

fn not_supported() -> ApiError {
    ApiError::new(Code::NotSupportedHere).detail("resource_path_index", 0)
}
