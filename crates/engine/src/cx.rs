//! Who asks, in which org, under which version.

use std::sync::{Arc, Mutex};

use dealwright_schema::ModuleDef;
use dealwright_wire::{ApiError, Code, Compat, Id, Profile, PutV3, ScopeNeed, ScopeSet};

use crate::access::{Action, Caller, Grant, Opening};
use crate::documents::User;
use crate::error::Error;
use crate::explanation::Explanation;
use crate::org::{By, Change, Org};
use crate::snapshot::Snapshot;

/// The user behind a request and the client that carries it.
#[derive(Debug, Clone)]
pub struct Actor {
    pub user: Arc<User>,
    pub client_id: Arc<str>,
}

/// How much a query may ask for where whoever runs the server says so; the published limits where they do not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ceilings {
    /// Rows of one COQL answer.
    pub coql_rows: Option<u64>,
    /// The last row that limit and offset of COQL may reach.
    pub coql_reach: Option<u64>,
    /// Rows a search can reach.
    pub search_reach: Option<u32>,
    /// Rows that page numbers reach.
    pub page_reach: Option<u32>,
    /// Rows of a list that are looked at one by one, for whether the caller sees them, before another way is taken.
    pub tried_rows: Option<u32>,
}

/// Context of one request. The snapshot is taken once, so a request sees one state of the metadata.
pub struct Cx {
    pub org: Arc<Org>,
    pub snapshot: Arc<Snapshot>,
    pub actor: Actor,
    pub profile: &'static Profile,
    pub compat: Compat,
    pub put_v3: PutV3,
    /// Who asks, as grants are made of it.
    caller: Caller,
    pub ceilings: Ceilings,
    /// Statements are explained, and the answer is what was explained.
    explains: bool,
    explanations: Mutex<Vec<Explanation>>,
    notes: Mutex<Vec<&'static str>>,
}

impl Cx {
    pub fn new(org: Arc<Org>, actor: Actor, profile: &'static Profile, compat: Compat) -> Self {
        let snapshot = org.snapshot();
        let caller = Caller::new(Arc::clone(&snapshot), Arc::clone(&actor.user), org.store.dialect());
        Self {
            org,
            snapshot,
            actor,
            profile,
            compat,
            put_v3: PutV3::default(),
            caller,
            ceilings: Ceilings::default(),
            explains: false,
            explanations: Mutex::default(),
            notes: Mutex::default(),
        }
    }

    /// The same context, within the scopes of a token. What the operation's own scope opens is not asked for again.
    #[must_use]
    pub fn within(mut self, scopes: Arc<ScopeSet>, opening: Opening) -> Self {
        self.caller.within(scopes, opening);
        self
    }

    /// The same context, within what the token of the request could do that asked for the work.
    #[must_use]
    pub(crate) fn within_kept(mut self, caller: Option<&str>) -> Self {
        if let Some(text) = caller {
            self.caller.within_kept(text);
        }
        self
    }

    /// The only way to a [`Grant`]: leave to do `action` with records of a module. The token must have the scope, the
    /// user's profile the permission.
    pub fn grant(&self, module: &Arc<ModuleDef>, action: Action) -> Result<Grant, ApiError> {
        self.caller.grant(module, action)
    }

    /// A grant for records that hang on another one and are written through it. The first grant proves that the caller may
    /// do there what this needs.
    pub(crate) fn grant_beside(
        &self,
        parent: &Grant,
        module: &Arc<ModuleDef>,
        action: Action,
    ) -> Result<Grant, ApiError> {
        self.caller.grant_beside(parent, module, action)
    }

    /// Who asks, for units of writing.
    pub(crate) fn caller(&self) -> &Caller {
        &self.caller
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

    /// The same context for work that must not borrow from the request. What it notes does not reach the answer.
    pub(crate) fn again(&self) -> Self {
        Self {
            org: Arc::clone(&self.org),
            snapshot: Arc::clone(&self.snapshot),
            actor: self.actor.clone(),
            profile: self.profile,
            compat: self.compat,
            put_v3: self.put_v3,
            caller: self.caller.clone(),
            ceilings: self.ceilings,
            explains: self.explains,
            explanations: Mutex::default(),
            notes: Mutex::default(),
        }
    }

    pub fn user_id(&self) -> Id {
        self.actor.user.id
    }

    pub fn is_lenient(&self) -> bool {
        self.compat == Compat::Lenient
    }

    /// The same context, with another meaning of `PUT` in v3.
    #[must_use]
    pub fn putting(mut self, put_v3: PutV3) -> Self {
        self.put_v3 = put_v3;
        self
    }

    /// The same context, with other ceilings.
    #[must_use]
    pub fn up_to(mut self, ceilings: Ceilings) -> Self {
        self.ceilings = ceilings;
        self
    }

    /// The same context, in which statements are explained.
    #[must_use]
    pub fn explaining(mut self) -> Self {
        self.explains = true;
        self
    }

    pub(crate) fn explains(&self) -> bool {
        self.explains
    }

    pub(crate) fn explained(&self, explanation: Explanation) {
        self.explanations.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(explanation);
    }

    /// The statements that were explained, in the order in which they ran.
    pub fn explanations(&self) -> Vec<Explanation> {
        std::mem::take(&mut *self.explanations.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Refuses a token without a scope that only some calls of an operation need.
    pub(crate) fn require_scope(&self, need: ScopeNeed<'_>) -> Result<(), ApiError> {
        let allowed = self.caller.scopes().is_none_or(|set| set.allows(need));
        if allowed { Ok(()) } else { Err(ApiError::missing_scope(need.to_string())) }
    }

    /// Notes that this answer differs from the reference service's; goes out as `X-Dealwright-Note`.
    /// The texts are the keys of the table in `docs/compatibility.md`.
    pub fn note(&self, key: &'static str) {
        let mut notes = self.notes.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !notes.contains(&key) {
            notes.push(key);
        }
    }

    /// What was noted, in order.
    pub fn notes(&self) -> Vec<&'static str> {
        self.notes.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

impl Cx {
    /// [`Org::change`] on behalf of the caller.
    pub(crate) async fn change<T>(
        &self,
        work: impl FnOnce(&mut Change) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.org.change(By::User(self.user_id()), work).await
    }
}
