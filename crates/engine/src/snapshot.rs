//! The metadata of an org in memory: read by every request, replaced as a whole when it changes.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use dealwright_schema::{FieldDef, ModuleDef, OrgSchema};
use dealwright_store::Dialect;
use dealwright_wire::{ApiError, Id, Zone, json};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::access::{Action, Level, RowScope, permission};
use crate::documents::{Documents, Setting, Territory};
use crate::formula::WorkedOut;
use crate::records::selection::{PlanKey, Selection};
use crate::tags::book::TagBook;

/// Plans kept per snapshot; more than a client's habits ever need.
const PLANS: usize = 2_000;

/// What a user reaches in a module; `None`: everything.
type Reach = Option<Arc<RowScope>>;

/// One state of an org's metadata.
pub struct Snapshot {
    pub schema: OrgSchema,
    pub details: OrgDetails,
    pub zone: Zone,
    pub users: Vec<Arc<User>>,
    pub roles: Vec<Arc<Role>>,
    pub profiles: Vec<Arc<UserProfile>>,
    pub territories: Vec<Arc<Territory>>,
    /// All other settings, of every kind.
    pub settings: Vec<Arc<Setting>>,
    /// What the ids of tags are called; the same for all states of the org.
    pub(crate) tags: Arc<TagBook>,
    /// `{"name","id","email"}` of each user by id, as rows show it.
    pub(crate) users_json: FxHashMap<i64, Box<[u8]>>,
    /// Modules that are not public, with what everybody may do in them.
    share_types: HashMap<Id, Level>,
    /// Reaches that were worked out in this state, by user and module.
    scopes: RwLock<HashMap<(Id, Id), Reach>>,
    /// Formulas and rollups of this state, compiled.
    pub(crate) worked_out: WorkedOut,
    /// Plans of this state; they go with it.
    pub(crate) plans: RwLock<HashMap<PlanKey, Arc<Selection>>>,
}

/// The org itself, in its wire form: the keys of `GET /org` that can be set.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OrgDetails {
    pub id: Id,
    pub zgid: Id,
    pub company_name: String,
    pub time_zone: String,
    pub currency_name: String,
    pub currency_symbol: String,
    pub currency_code: String,
    pub created_time: i64,
    /// Further keys clients may have set.
    #[serde(default)]
    pub more: Map<String, Value>,
}

/// A user of the org.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct User {
    pub id: Id,
    /// The identity that signs in as this user; `zuid` on the wire.
    pub identity: Id,
    pub first_name: Option<String>,
    pub last_name: String,
    pub email: String,
    pub role: Id,
    pub profile: Id,
    pub is_active: bool,
    pub created_time: i64,
    #[serde(default)]
    pub more: Map<String, Value>,
}

impl User {
    pub fn full_name(&self) -> String {
        match &self.first_name {
            Some(first) if !first.is_empty() => format!("{first} {}", self.last_name),
            _ => self.last_name.clone(),
        }
    }

    /// `active`, `inactive`, `deleted` or what else was set.
    pub fn status(&self) -> &str {
        let otherwise = if self.is_active { "active" } else { "inactive" };
        self.more.get("status").and_then(Value::as_str).unwrap_or(otherwise)
    }

    /// Deleted users stay, because records name them.
    pub fn is_deleted(&self) -> bool {
        self.status() == "deleted"
    }

    /// False until the person has come in for the first time.
    pub fn is_confirmed(&self) -> bool {
        self.more.get("confirm").and_then(Value::as_bool).unwrap_or(true)
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Role {
    pub id: Id,
    pub name: String,
    pub reporting_to: Option<Id>,
    pub share_with_peers: bool,
    pub description: Option<String>,
    #[serde(flatten)]
    pub audit: Audit,
}

/// Who made and last changed a document, and when (in seconds). Empty for what came with the org.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Audit {
    #[serde(default)]
    pub created_by: Option<Id>,
    #[serde(default)]
    pub created_time: Option<i64>,
    #[serde(default)]
    pub modified_by: Option<Id>,
    #[serde(default)]
    pub modified_time: Option<i64>,
}

/// A profile: what its users may do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UserProfile {
    pub id: Id,
    pub name: String,
    pub description: Option<String>,
    pub custom: bool,
    /// May change modules, fields and other settings.
    pub is_admin: bool,
    /// Permission names that are switched off; all others are on, but those of the settings only for
    /// administrators.
    #[serde(default)]
    pub denied: Vec<String>,
    /// Permissions of the settings that are switched on without being an administrator.
    #[serde(default)]
    pub granted: Vec<String>,
    #[serde(flatten)]
    pub audit: Audit,
}

impl UserProfile {
    /// True when its users have the permission.
    pub fn permits(&self, name: &str) -> bool {
        let is_of_settings = crate::metadata::permissions::is_of_settings(name);
        let has = |list: &[String]| list.iter().any(|one| one == name);
        if has(&self.denied) { false } else { !is_of_settings || self.is_admin || has(&self.granted) }
    }

    /// Switches a permission on or off.
    pub(crate) fn permit(&mut self, name: &str, enabled: bool) {
        self.denied.retain(|one| one != name);
        self.granted.retain(|one| one != name);
        if !enabled {
            self.denied.push(name.to_owned());
        } else if crate::metadata::permissions::is_of_settings(name) && !self.is_admin {
            self.granted.push(name.to_owned());
        }
    }
}

impl Snapshot {
    pub(crate) fn new(
        schema: OrgSchema,
        details: OrgDetails,
        documents: Documents,
        tags: Arc<TagBook>,
    ) -> Self {
        let Documents { users, roles, profiles, territories, settings } = documents;
        let users_json = users.iter().map(|user| (user.id.get(), user_json(user))).collect();
        let zone = Zone::named(&details.time_zone).unwrap_or(Zone::UTC);
        let share_types = share_types(&settings);
        let (plans, scopes) = (RwLock::default(), RwLock::default());
        let worked_out = WorkedOut::of(&schema, &zone);
        Self {
            schema,
            details,
            zone,
            users,
            roles,
            profiles,
            territories,
            settings,
            tags,
            users_json,
            share_types,
            scopes,
            worked_out,
            plans,
        }
    }

    /// What is stored as documents, to be changed.
    pub(crate) fn documents(&self) -> Documents {
        Documents {
            users: self.users.clone(),
            roles: self.roles.clone(),
            profiles: self.profiles.clone(),
            territories: self.territories.clone(),
            settings: self.settings.clone(),
        }
    }

    /// The module a path names, if its records are served.
    pub fn module(&self, api_name: &str) -> Result<&Arc<ModuleDef>, ApiError> {
        self.schema.module(api_name).ok_or_else(ApiError::invalid_module)
    }

    /// False for fields of a feature that the org does not use: territories before there is one, and consents, as
    /// nothing turns on the settings of privacy. No metadata and no whole record shows them.
    pub(crate) fn is_in_use(&self, field: &FieldDef) -> bool {
        if field.custom_field {
            return true;
        }
        match field.api_name.as_str() {
            "Data_Processing_Basis" | "Data_Processing_Basis_Details" => false,
            _ => field.data_type.name() != "territories" || !self.territories.is_empty(),
        }
    }

    pub fn user(&self, id: Id) -> Option<&Arc<User>> {
        self.users.iter().find(|user| user.id == id)
    }

    /// The user that a person is in this org. Who was deleted and added again is the later one.
    pub fn user_by_identity(&self, identity: Id) -> Option<&Arc<User>> {
        self.users.iter().find(|user| user.identity == identity && !user.is_deleted())
    }

    pub fn profile_of(&self, user: &User) -> Option<&UserProfile> {
        self.profile(user.profile)
    }

    pub fn profile(&self, id: Id) -> Option<&UserProfile> {
        self.profiles.iter().find(|profile| profile.id == id).map(AsRef::as_ref)
    }

    pub fn role(&self, id: Id) -> Option<&Role> {
        self.roles.iter().find(|role| role.id == id).map(AsRef::as_ref)
    }

    pub fn territory(&self, id: Id) -> Option<&Territory> {
        self.territories.iter().find(|territory| territory.id == id).map(AsRef::as_ref)
    }

    /// The settings of one kind, oldest first.
    pub fn settings<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Setting> {
        self.settings.iter().map(AsRef::as_ref).filter(move |setting: &&Setting| setting.kind == kind)
    }

    /// True when `role` stands below `top` in the hierarchy, at any distance.
    pub(crate) fn is_below(&self, role: Id, top: Id) -> bool {
        let superior = |role: &Id| self.role(*role).and_then(|role| role.reporting_to);
        // A cycle cannot be stored, but would never end here.
        std::iter::successors(superior(&role), superior).take(self.roles.len()).any(|above| above == top)
    }

    /// `{"name","id"}` of a user; the name is null when there is none of that id.
    pub(crate) fn user_reference(&self, id: Id) -> Value {
        serde_json::json!({"name": self.user(id).map(|user| user.full_name()), "id": id})
    }

    /// What everybody may do with the records of a module.
    pub(crate) fn share_type(&self, module: Id) -> Level {
        self.share_types.get(&module).copied().unwrap_or(Level::Full)
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
        if let Some(known) = self.scopes.read().unwrap_or_else(std::sync::PoisonError::into_inner).get(&key) {
            return known.clone();
        }
        let scope = RowScope::of(self, user, module, dialect).map(Arc::new);
        let mut scopes = self.scopes.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if scopes.len() >= PLANS {
            scopes.clear();
        }
        scopes.insert(key, scope.clone());
        scope
    }

    /// A plan by its key, made once.
    pub(crate) fn plan(&self, key: PlanKey, make: impl FnOnce() -> Selection) -> Arc<Selection> {
        if let Some(plan) = self.plans.read().unwrap_or_else(std::sync::PoisonError::into_inner).get(&key) {
            return Arc::clone(plan);
        }
        let plan = Arc::new(make());
        let mut plans = self.plans.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if plans.len() >= PLANS {
            plans.clear();
        }
        plans.insert(key, Arc::clone(&plan));
        plan
    }

    /// Writes `{"name","id"}` of a user, as answers to writes show it.
    pub(crate) fn write_user(&self, id: i64, out: &mut Vec<u8>) {
        let user = Id::new(id).and_then(|id| self.user(id));
        let Some(user) = user else { return out.extend_from_slice(b"null") };
        out.extend_from_slice(b"{\"name\":");
        json::string(out, &user.full_name());
        out.extend_from_slice(b",\"id\":");
        json::quoted_int(out, id);
        out.push(b'}');
    }
}

/// The modules that were made less than public.
fn share_types(settings: &[Arc<Setting>]) -> HashMap<Id, Level> {
    let shared = settings.iter().filter(|setting| setting.kind == crate::settings::data_sharing::KIND);
    let level = |setting: &Arc<Setting>| {
        let level = Level::of_share_type(setting.str("share_type"))?;
        Some((setting.id_of("module")?, level)).filter(|(_, level)| *level != Level::Full)
    };
    shared.filter_map(level).collect()
}

fn user_json(user: &User) -> Box<[u8]> {
    let mut out = Vec::new();
    out.extend_from_slice(b"{\"name\":");
    json::string(&mut out, &user.full_name());
    out.extend_from_slice(b",\"id\":");
    json::quoted_int(&mut out, user.id.get());
    out.extend_from_slice(b",\"email\":");
    json::string(&mut out, &user.email);
    out.push(b'}');
    out.into_boxed_slice()
}
