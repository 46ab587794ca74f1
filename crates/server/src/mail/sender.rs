//! Sends the queued mails of each org, one after the other, beside its requests and jobs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use dealwright_engine::Org;
use dealwright_engine::mail::delivery;
use dealwright_engine::ports::post::Transport;
use dealwright_store::error::chain;

/// How often an org is looked at whose bell did not ring: for mails whose time has come.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// After a failure that could not be stored.
const PAUSE: Duration = Duration::from_secs(10);

/// Gives an org its transport and starts its sender. It ends by itself when the org is gone, or after the mail during which
/// `ending` is set.
pub(crate) fn start(org: &Arc<Org>, transport: Arc<dyn Transport>, ending: Arc<AtomicBool>) {
    org.post.set(transport);
    let bell = Arc::clone(&org.post.bell);
    let org = Arc::downgrade(org);
    tokio::spawn(async move {
        while let Some(open) = Weak::upgrade(&org) {
            if ending.load(Ordering::Relaxed) {
                return;
            }
            match delivery::deliver_next(&open).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => {
                    tracing::error!(org.id = %open.id, error = chain(&error), "queued mails cannot be sent");
                    tokio::time::sleep(PAUSE).await;
                }
            }
            drop(open);
            // Rung or not, the org is looked at again.
            let _ = tokio::time::timeout(LOOK_EVERY, bell.notified()).await;
        }
    });
}
