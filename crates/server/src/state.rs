//! What all requests share.

use std::path::PathBuf;

use dealwright_accounts::Accounts;
use dealwright_engine::cx::Ceilings;
use dealwright_store::{Hold, Store};
use dealwright_wire::{Clock, Compat, PutV3};

use crate::config::Mode;
use crate::metrics::{Meter, Metrics};
use crate::orgs::Orgs;
use crate::request_id::RequestIds;

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
