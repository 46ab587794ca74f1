//! A connection to PostgreSQL while somebody works with it: every statement has an end.
//!
//! A statement whose caller goes away is cancelled in the database, and its connection closed: else abandoned requests
//! would keep all connections until their statements are done.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deadpool_postgres::{Client, Object};
use tokio_postgres::CancelToken;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::postgres::failed;
use crate::costs::Costs;
use crate::error::StoreError;

/// How long the request to cancel a statement may take.
const CANCEL: Duration = Duration::from_secs(5);

/// A connection that goes back to the pool, unless something is left undone on it.
pub(crate) struct Lent {
    /// There until the end.
    client: Option<Client>,
    tls: MakeRustlsConnect,
    pub(crate) costs: Arc<Costs>,
    /// A statement was begun and not waited for.
    is_busy: AtomicBool,
    /// It is in an unknown state.
    is_broken: AtomicBool,
}

impl Lent {
    pub(crate) fn new(client: Client, tls: &MakeRustlsConnect, costs: Arc<Costs>) -> Self {
        Self {
            client: Some(client),
            tls: tls.clone(),
            costs,
            is_busy: AtomicBool::new(false),
            is_broken: AtomicBool::new(false),
        }
    }

    /// It never goes back to the pool.
    pub(crate) fn give_up(&self) {
        self.is_broken.store(true, Ordering::Relaxed);
    }

    /// It may go back after all: what was begun on it has ended.
    pub(crate) fn is_done(&self) {
        self.is_broken.store(false, Ordering::Relaxed);
    }

    pub(crate) fn is_usable(&self) -> bool {
        !self.is_closed() && !self.is_broken.load(Ordering::Relaxed)
    }

    /// Waits for what a statement answers, for so long. Dropped in the middle, the statement counts as abandoned when
    /// nobody else uses the connection (`alone`).
    pub(crate) async fn wait<T>(
        &self,
        doing: &str,
        alone: bool,
        patience: Option<Duration>,
        work: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, StoreError> {
        let waited = self.wait_for(alone, patience, work).await;
        match waited {
            Some(done) => done.map_err(|source| failed(doing, source)),
            None => Err(StoreError::Late { doing: doing.to_owned() }),
        }
    }

    /// The same for work with errors of its own; `None` when it took too long.
    pub(crate) async fn wait_for<T>(
        &self,
        alone: bool,
        patience: Option<Duration>,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        if alone {
            self.is_busy.store(true, Ordering::Relaxed);
        }
        let done = match patience {
            Some(patience) => tokio::time::timeout(patience, work).await.ok(),
            None => Some(work.await),
        };
        match done {
            Some(_) if alone => self.is_busy.store(false, Ordering::Relaxed),
            Some(_) => {}
            // Whatever the database says after that is no answer to anybody else.
            None => self.give_up(),
        }
        done
    }
}

impl Deref for Lent {
    type Target = Client;

    fn deref(&self) -> &Client {
        self.client.as_ref().expect("the connection is there until it is given back")
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some(client) = self.client.take() else { return };
        let is_busy = self.is_busy.load(Ordering::Relaxed);
        if !is_busy && !self.is_broken.load(Ordering::Relaxed) {
            return drop(client);
        }
        let cancel = is_busy.then(|| client.cancel_token());
        drop(Object::take(client));
        if let (Some(cancel), Ok(runtime)) = (cancel, tokio::runtime::Handle::try_current()) {
            runtime.spawn(cancelled(cancel, self.tls.clone()));
        }
    }
}

async fn cancelled(cancel: CancelToken, tls: MakeRustlsConnect) {
    let asked = tokio::time::timeout(CANCEL, cancel.cancel_query(tls)).await;
    if !matches!(asked, Ok(Ok(()))) {
        tracing::debug!("an abandoned statement could not be cancelled; it ends by its own deadline");
    }
}

/// Shared by point reads, alone otherwise.
pub(crate) type Shared = Arc<Lent>;
