//! What all requests share.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use dealwright_accounts::Accounts;
use dealwright_engine::cx::Ceilings;
use dealwright_engine::mail::transport::Transport;
use dealwright_engine::people::People;
use dealwright_engine::{Error, NewOrg, Org, files};
use dealwright_store::blob::BlobStore;
use dealwright_store::error::chain;
use dealwright_store::{Database, Store};
use dealwright_wire::{Clock, Compat, Id, Mint};

use crate::config::Mode;
use crate::mail;
use crate::metrics::{Meter, Metrics};
use crate::request_id::RequestIds;
use crate::worker;

pub struct ServerState {
    pub accounts: Accounts,
    pub orgs: Orgs,
    pub mode: Mode,
    pub compat: Compat,
    pub ceilings: Ceilings,
    pub clock: Clock,
    pub metrics: Metrics,
    /// Counts requests that came to no operation.
    pub(crate) unmatched: Meter,
    pub(crate) request_ids: RequestIds,
    /// The store of the accounts; asked by `/readyz`.
    pub(crate) control: Store,
}

/// The orgs that are open.
pub struct Orgs {
    database: Database,
    /// Blobs of all orgs, each below a name of its own.
    blobs: BlobStore,
    clock: Clock,
    mint: Mint,
    people: Arc<dyn People>,
    /// What jobs are done with; `None` where nobody waits for them.
    workers: Option<Workers>,
    open: RwLock<HashMap<Id, Arc<Org>>>,
    /// One org is opened at a time, so none is opened twice.
    opening: tokio::sync::Mutex<()>,
}

/// What jobs are done with, and mails sent with.
#[derive(Clone)]
pub struct Workers {
    pub compat: Compat,
    /// `None` where no mail can be sent.
    pub transport: Option<Arc<dyn Transport>>,
}

impl Orgs {
    pub fn new(
        database: Database,
        blobs: BlobStore,
        clock: Clock,
        mint: Mint,
        people: Arc<dyn People>,
        workers: Option<Workers>,
    ) -> Self {
        let (open, opening) = (RwLock::default(), tokio::sync::Mutex::default());
        Self { database, blobs, clock, mint, people, workers, open, opening }
    }

    /// An org that is open already. Needs no await.
    pub fn opened(&self, id: Id) -> Option<Arc<Org>> {
        self.open.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// Every org that is open.
    pub fn all(&self) -> Vec<Arc<Org>> {
        self.open.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// An org that exists; opens it when this is the first request to it.
    pub async fn get(&self, id: Id) -> Result<Arc<Org>, Error> {
        match self.opened(id) {
            Some(org) => Ok(org),
            None => self.open(id, None).await,
        }
    }

    /// Opens an org, and sets it up first when it is new.
    pub async fn open(&self, id: Id, new: Option<NewOrg>) -> Result<Arc<Org>, Error> {
        let _one_at_a_time = self.opening.lock().await;
        if let Some(org) = self.opened(id) {
            return Ok(org);
        }
        let blobs = self.blobs.within(&format!("org_{id}"));
        let (clock, mint, people) = (self.clock.clone(), self.mint.clone(), Arc::clone(&self.people));
        let org = Org::open(&self.database, blobs, id, clock, mint, people, new).await?;
        if self.workers.is_some()
            && let Err(error) = files::sweep::at_start(&org).await
        {
            // The org can do without; the files are looked for again in an hour.
            tracing::warn!(org.id = %id, error = chain(&error), "removing what broken uploads left behind failed");
        }
        self.open.write().unwrap_or_else(PoisonError::into_inner).insert(id, Arc::clone(&org));
        if let Some(workers) = &self.workers {
            worker::start(&org, workers.compat);
            if let Some(transport) = &workers.transport {
                mail::start(&org, Arc::clone(transport));
            }
        }
        Ok(org)
    }
}
