//! Who asks, in which org, under which version.

use std::sync::{Arc, Mutex};

use dealwright_wire::{Compat, Id, Profile};

use crate::org::Org;
use crate::snapshot::{Snapshot, User};

/// The user behind a request and the client that carries it.
#[derive(Debug, Clone)]
pub struct Actor {
    pub user: Arc<User>,
    pub client_id: Arc<str>,
}

/// Context of one request. The snapshot is taken once, so a request sees one state of the metadata.
pub struct Cx {
    pub org: Arc<Org>,
    pub snapshot: Arc<Snapshot>,
    pub actor: Actor,
    pub profile: &'static Profile,
    pub compat: Compat,
    notes: Mutex<Vec<&'static str>>,
}

impl Cx {
    pub fn new(org: Arc<Org>, actor: Actor, profile: &'static Profile, compat: Compat) -> Self {
        let snapshot = org.snapshot();
        Self { org, snapshot, actor, profile, compat, notes: Mutex::default() }
    }

    /// The same context for work that must not borrow from the request. What it notes does not reach the answer.
    pub(crate) fn again(&self) -> Self {
        Self {
            org: Arc::clone(&self.org),
            snapshot: Arc::clone(&self.snapshot),
            actor: self.actor.clone(),
            profile: self.profile,
            compat: self.compat,
            notes: Mutex::default(),
        }
    }

    pub fn user_id(&self) -> Id {
        self.actor.user.id
    }

    pub fn is_lenient(&self) -> bool {
        self.compat == Compat::Lenient
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
