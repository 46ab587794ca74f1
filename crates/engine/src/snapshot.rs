//! The metadata of an org in memory: read by every request, replaced as a whole when it changes.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use dealwright_schema::{ModuleDef, OrgSchema};
use dealwright_wire::{ApiError, Id, Zone, json};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::records::selection::{PlanKey, Selection};

/// Plans kept per snapshot; more than a client's habits ever need.
const PLANS: usize = 2_000;

/// One state of an org's metadata.
pub struct Snapshot {
    pub schema: OrgSchema,
    pub details: OrgDetails,
    pub zone: Zone,
    pub users: Vec<Arc<User>>,
    pub roles: Vec<Role>,
    pub profiles: Vec<UserProfile>,
    /// `{"name","id","email"}` of each user by id, as rows show it.
    pub(crate) users_json: HashMap<i64, Box<[u8]>>,
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
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Role {
    pub id: Id,
    pub name: String,
    pub reporting_to: Option<Id>,
    pub share_with_peers: bool,
    pub description: Option<String>,
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
    /// Permission names that are switched off; all others are on.
    #[serde(default)]
    pub denied: Vec<String>,
}

impl Snapshot {
    pub(crate) fn new(
        schema: OrgSchema,
        details: OrgDetails,
        users: Vec<User>,
        roles: Vec<Role>,
        profiles: Vec<UserProfile>,
    ) -> Self {
        let users_json = users.iter().map(|user| (user.id.get(), user_json(user))).collect();
        let zone = Zone::named(&details.time_zone).unwrap_or(Zone::UTC);
        let users = users.into_iter().map(Arc::new).collect();
        Self { schema, details, zone, users, roles, profiles, users_json, plans: RwLock::default() }
    }

    /// The module a path names, if its records are served.
    pub fn module(&self, api_name: &str) -> Result<&Arc<ModuleDef>, ApiError> {
        self.schema.module(api_name).ok_or_else(ApiError::invalid_module)
    }

    pub fn user(&self, id: Id) -> Option<&Arc<User>> {
        self.users.iter().find(|user| user.id == id)
    }

    pub fn user_by_identity(&self, identity: Id) -> Option<&Arc<User>> {
        self.users.iter().find(|user| user.identity == identity)
    }

    pub fn profile_of(&self, user: &User) -> Option<&UserProfile> {
        self.profiles.iter().find(|profile| profile.id == user.profile)
    }

    pub fn role(&self, id: Id) -> Option<&Role> {
        self.roles.iter().find(|role| role.id == id)
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
