//! Does the jobs of each org, one after the other, beside the requests.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use dealwright_engine::{Org, jobs};
use dealwright_store::error::chain;
use dealwright_wire::Compat;

use crate::state::ServerState;
use crate::versions::ApiVersion;

/// How often an org is looked at whose bell did not ring: while steps wait that were put off, and otherwise for what was
/// missed.
const LOOK_EVERY: Duration = Duration::from_secs(2);
const LOOK_AT_LEAST: Duration = Duration::from_mins(5);
/// After a failure that could not be stored.
const PAUSE: Duration = Duration::from_secs(10);

/// Starts the worker of an org. It ends by itself when the org is gone, or after the step during which `ending` is set.
pub(crate) fn start(org: &Arc<Org>, compat: Compat, ending: Arc<AtomicBool>) {
    let bell = Arc::clone(&org.bell);
    let org = Arc::downgrade(org);
    tokio::spawn(async move {
        let mut pause;
        while let Some(open) = Weak::upgrade(&org) {
            if ending.load(Ordering::Relaxed) {
                return;
            }
            match jobs::run_next(&open, ApiVersion::V8.profile(), compat).await {
                Ok(true) => continue,
                Ok(false) => {
                    pause = if jobs::wait(&open).await.unwrap_or(true) { LOOK_EVERY } else { LOOK_AT_LEAST };
                }
                Err(error) => {
                    tracing::error!(org.id = %open.id, error = chain(&error), "jobs cannot be worked on");
                    pause = PAUSE;
                }
            }
            drop(open);
            // Rung or not, the org is looked at again.
            let _ = tokio::time::timeout(pause, bell.notified()).await;
        }
    });
}

/// Opens the orgs in the background in which jobs or mails wait, so that what an earlier end of the server interrupted goes on.
pub(crate) fn wake(state: &Arc<ServerState>) {
    let state = Arc::downgrade(state);
    tokio::spawn(async move {
        let Some(open) = Weak::upgrade(&state) else { return };
        let ids = match open.accounts.all_orgs().await {
            Ok(ids) => ids,
            Err(error) => {
                tracing::error!(error = chain(&error), "reading which orgs there are");
                return;
            }
        };
        drop(open);
        for id in ids {
            let Some(open) = Weak::upgrade(&state) else { return };
            if !open.orgs.may_have_work(id).await {
                continue;
            }
            if let Err(error) = open.orgs.get(id).await {
                tracing::error!(org.id = %id, error = chain(&error), "opening an org to go on with its jobs");
            }
        }
    });
}
