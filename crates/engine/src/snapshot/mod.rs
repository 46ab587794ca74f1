//! The metadata of an org in memory: read by every request, replaced as a whole when it changes.
//!
//! What others make of it is kept with it, in `kept`.

mod kept;

use std::sync::Arc;

use dealwright_schema::{FieldDef, ModuleDef, OrgSchema};
use dealwright_wire::{ApiError, Id, Zone, json};
use rustc_hash::FxHashMap;
use serde_json::Value;

use crate::documents::{Documents, OrgDetails, Role, Setting, Territory, User, UserProfile};
use crate::tag_book::TagBook;
use kept::Kept;

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
    /// Where users, roles and profiles stand in their lists.
    places: Places,
    kept: Kept,
}

/// Where things stand in the lists of a snapshot, by what they are asked for.
struct Places {
    users: FxHashMap<Id, usize>,
    roles: FxHashMap<Id, usize>,
    profiles: FxHashMap<Id, usize>,
    /// By kind, oldest first.
    settings: FxHashMap<String, Vec<usize>>,
}

impl Places {
    fn of(
        users: &[Arc<User>],
        roles: &[Arc<Role>],
        profiles: &[Arc<UserProfile>],
        settings: &[Arc<Setting>],
    ) -> Self {
        let mut by_kind: FxHashMap<String, Vec<usize>> = FxHashMap::default();
        for (at, setting) in settings.iter().enumerate() {
            by_kind.entry(setting.kind.clone()).or_default().push(at);
        }
        Self {
            users: users.iter().enumerate().map(|(at, user)| (user.id, at)).collect(),
            roles: roles.iter().enumerate().map(|(at, role)| (role.id, at)).collect(),
            profiles: profiles.iter().enumerate().map(|(at, profile)| (profile.id, at)).collect(),
            settings: by_kind,
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
        let places = Places::of(&users, &roles, &profiles, &settings);
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
            places,
            kept: Kept::default(),
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
            _ => !field.data_type.is_territories() || !self.territories.is_empty(),
        }
    }

    pub fn user(&self, id: Id) -> Option<&Arc<User>> {
        self.users.get(*self.places.users.get(&id)?)
    }

    /// The user that a person is in this org. Who was deleted and added again is the later one.
    pub fn user_by_identity(&self, identity: Id) -> Option<&Arc<User>> {
        self.users.iter().find(|user| user.identity == identity && !user.is_deleted())
    }

    pub fn profile_of(&self, user: &User) -> Option<&UserProfile> {
        self.profile(user.profile)
    }

    pub fn profile(&self, id: Id) -> Option<&UserProfile> {
        self.profiles.get(*self.places.profiles.get(&id)?).map(AsRef::as_ref)
    }

    pub fn role(&self, id: Id) -> Option<&Role> {
        self.roles.get(*self.places.roles.get(&id)?).map(AsRef::as_ref)
    }

    pub fn territory(&self, id: Id) -> Option<&Territory> {
        self.territories.iter().find(|territory| territory.id == id).map(AsRef::as_ref)
    }

    /// The settings of one kind, oldest first.
    pub fn settings(&self, kind: &str) -> impl Iterator<Item = &Setting> {
        let places = self.places.settings.get(kind).map_or(&[][..], Vec::as_slice);
        places.iter().filter_map(|&at| self.settings.get(at)).map(AsRef::as_ref)
    }

    /// What somebody above makes of this state of the metadata and needs again: made when first asked for, one of each
    /// type, and gone with the state.
    pub(crate) fn kept<T: Send + Sync + 'static>(&self, make: impl FnOnce(&Self) -> T) -> &T {
        self.kept.get(|| make(self))
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
