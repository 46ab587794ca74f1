//! What all requests share.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use dealwright_accounts::Accounts;
use dealwright_engine::cx::Ceilings;
use dealwright_engine::ports::people::People;
use dealwright_engine::ports::post::Transport;
use dealwright_engine::{AREAS, Error, NewOrg, Org, Surroundings, files};
use dealwright_store::blob::BlobStore;
use dealwright_store::error::chain;
use dealwright_store::{Database, Hold, Store, StoreError};
use dealwright_wire::{Clock, Compat, Id, Mint, PutV3};

use crate::config::Mode;
use crate::mail;
use crate::metrics::{Meter, Metrics};
use crate::request_id::RequestIds;
use crate::worker;

/// How long work beside the requests may take at the end, and how often it is looked whether it is done.
const FINISH: Duration = Duration::from_secs(5);
const FINISH_STEP: Duration = Duration::from_millis(5);

pub struct ServerState {
    pub accounts: Accounts,
    pub orgs: Orgs,
    pub mode: Mode,
    pub compat: Compat,
    pub put_v3: PutV3,
    pub ceilings: Ceilings,
    pub clock: Clock,
    pub metrics: Metrics,
    /// Counts requests that came to no operation.
    pub(crate) unmatched: Meter,
    pub(crate) request_ids: RequestIds,
    /// The store of the accounts; asked by `/readyz`.
    pub(crate) control: Store,
    /// Where files are kept, if they are kept in a folder.
    pub(crate) folder: Option<PathBuf>,
    /// The right to serve the data; `None` before the start and after the end.
    pub(crate) hold: tokio::sync::Mutex<Option<Hold>>,
}

impl ServerState {
    pub(crate) async fn keep(&self, hold: Hold) {
        *self.hold.lock().await = Some(hold);
    }

    /// Ends everything that is open, after the last request: the databases are whole on the disk, and whoever waits for
    /// the data goes on at once.
    pub async fn close(&self) {
        self.orgs.close().await;
        self.control.close().await;
        if let Some(hold) = self.hold.lock().await.take() {
            hold.release().await;
        }
    }
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
    /// Set at the end: workers begin nothing any more.
    ending: Arc<AtomicBool>,
    open: RwLock<HashMap<Id, Arc<Org>>>,
    /// One org is opened at a time, so none is opened twice; and none after the end.
    opening: tokio::sync::Mutex<Stage>,
}

/// Whether orgs may be opened.
#[derive(Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Open,
    Closed,
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
        Self { database, blobs, clock, mint, people, workers, ending: Arc::default(), open, opening }
    }

    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// Closes every org that is open, and opens none any more. A step of a job and a mail that is on its way are finished
    /// first: what became of them is stored.
    async fn close(&self) {
        self.ending.store(true, Ordering::Relaxed);
        *self.opening.lock().await = Stage::Closed;
        let open = std::mem::take(&mut *self.open.write().unwrap_or_else(PoisonError::into_inner));
        let until = Instant::now() + FINISH;
        for mut org in open.into_values() {
            let store = org.store.clone();
            // Workers hold the org while they work. Once it is nobody's but ours, none of them finds it again.
            while let Err(busy) = Arc::try_unwrap(org) {
                if Instant::now() >= until {
                    break;
                }
                org = busy;
                tokio::time::sleep(FINISH_STEP).await;
            }
            store.close().await;
        }
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
        let stage = self.opening.lock().await;
        if *stage == Stage::Closed {
            return Err(StoreError::Closed.into());
        }
        if let Some(org) = self.opened(id) {
            return Ok(org);
        }
        let blobs = self.blobs.within(&format!("org_{id}"));
        let around = Surroundings {
            blobs,
            clock: self.clock.clone(),
            mint: self.mint.clone(),
            people: Arc::clone(&self.people),
            areas: &AREAS,
        };
        let org = Org::open(&self.database, id, around, new).await?;
        if self.workers.is_some()
            && let Err(error) = files::sweep::at_start(&org).await
        {
            // The org can do without; the files are looked for again in an hour.
            tracing::warn!(org.id = %id, error = chain(&error), "removing what broken uploads left behind failed");
        }
        self.open.write().unwrap_or_else(PoisonError::into_inner).insert(id, Arc::clone(&org));
        if let Some(workers) = &self.workers {
            worker::start(&org, workers.compat, Arc::clone(&self.ending));
            if let Some(transport) = &workers.transport {
                mail::start(&org, Arc::clone(transport), Arc::clone(&self.ending));
            }
        }
        Ok(org)
    }
}
