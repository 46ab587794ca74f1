//! What the users of a state of the metadata may do, worked out once and kept with it.

use std::sync::{Arc, PoisonError, RwLock};

use dealwright_schema::ModuleDef;
use dealwright_store::Dialect;
use dealwright_wire::Id;
use rustc_hash::FxHashMap;

use super::{Action, Level, RowScope, permission};
use crate::documents::kind::DATA_SHARING;
use crate::documents::{Setting, User, UserProfile};
use crate::snapshot::Snapshot;

/// What a user reaches in a module; `None`: everything.
type Reach = Option<Arc<RowScope>>;

/// Reaches kept per state; more than the users of a busy hour need.
const REACHES: usize = 2_000;

/// Modules that are not public, with what everybody may do in them.
struct Shared(FxHashMap<Id, Level>);

/// Reaches that were worked out in this state, by user and module.
#[derive(Default)]
struct Reaches(RwLock<FxHashMap<(Id, Id), Reach>>);

impl Snapshot {
    /// What everybody may do with the records of a module.
    pub(crate) fn share_type(&self, module: Id) -> Level {
        self.kept(Shared::of).0.get(&module).copied().unwrap_or(Level::Full)
    }

    /// True when a user's profile lets them do something with the records of a module. Changing and deleting take viewing,
    /// which the published permissions have above them.
    pub(crate) fn may(&self, user: &User, module: &ModuleDef, action: Action) -> bool {
        let Some(profile) = self.profile_of(user).filter(|_| user.is_active) else { return false };
        let permits =
            |action| profile.denied.is_empty() || !profile.denied.contains(&permission(module, action));
        permits(action) && (!matches!(action, Action::Edit | Action::Delete) || permits(Action::View))
    }

    /// Modules whose records a user's profile must not see. For most profiles there are none, and that costs nothing.
    pub(crate) fn unseen(&self, user: &User) -> Vec<Id> {
        let hides = |profile: &UserProfile| profile.denied.iter().any(|name| name.contains("_View_"));
        if !self.profile_of(user).is_none_or(hides) {
            return Vec::new();
        }
        let unseen = self.schema.modules().iter().filter(|module| !self.may(user, module, Action::View));
        unseen.map(|module| module.id).collect()
    }

    /// True for administrators and for the top of the role hierarchy, who reach every record.
    pub(crate) fn reaches_all(&self, user: &User) -> bool {
        let is_top = self.role(user.role).is_some_and(|role| role.reporting_to.is_none());
        is_top || self.profile_of(user).is_some_and(|profile| profile.is_admin)
    }

    /// The reach of a user in a module, worked out once. Where the module is public this costs nothing.
    pub(crate) fn scope(&self, user: &User, module: &ModuleDef, dialect: &'static dyn Dialect) -> Reach {
        if self.share_type(module.id) == Level::Full && module.parent_field().is_none() {
            return None;
        }
        let key = (user.id, module.id);
        let reaches = &self.kept(|_| Reaches::default()).0;
        if let Some(known) = reaches.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return known.clone();
        }
        let scope = RowScope::of(self, user, module, dialect).map(Arc::new);
        let mut reaches = reaches.write().unwrap_or_else(PoisonError::into_inner);
        if reaches.len() >= REACHES {
            reaches.clear();
        }
        reaches.insert(key, scope.clone());
        scope
    }
}

impl Shared {
    fn of(snapshot: &Snapshot) -> Self {
        let level = |setting: &Setting| {
            let level = Level::of_share_type(setting.str("share_type"))?;
            Some((setting.id_of("module")?, level)).filter(|(_, level)| *level != Level::Full)
        };
        Self(snapshot.settings(DATA_SHARING).filter_map(level).collect())
    }
}
