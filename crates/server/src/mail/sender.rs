//! Sends the queued mails of each org, one after the other, beside its requests and jobs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use dealwright_engine::Org;
use dealwright_engine::mail::delivery;
use dealwright_engine::ports::post::Transport;
use dealwright_store::error::chain;

/// How often an org is looked at whose bell did not ring: while mails wait for their time, and otherwise for what was
/// missed.
const LOOK_EVERY: Duration = Duration::from_secs(2);
const LOOK_AT_LEAST: Duration = Duration::from_mins(5);
/// After a failure that could not be stored.
const PAUSE: Duration = Duration::from_secs(10);

/// Gives an org its transport and starts its sender. It ends by itself when the org is gone, or after the mail during which
/// `ending` is set.
pub(crate) fn start(org: &Arc<Org>, transport: Arc<dyn Transport>, ending: Arc<AtomicBool>) {
    org.post.set(transport);
    let bell = Arc::clone(&org.post.bell);
    let org = Arc::downgrade(org);
    tokio::spawn(async move {
        let mut pause;
        while let Some(open) = Weak::upgrade(&org) {
            if ending.load(Ordering::Relaxed) {
                return;
            }
            match delivery::deliver_next(&open).await {
                Ok(true) => continue,
                Ok(false) => {
                    pause =
                        if delivery::waits(&open).await.unwrap_or(true) { LOOK_EVERY } else { LOOK_AT_LEAST };
                }
                Err(error) => {
                    tracing::error!(org.id = %open.id, error = chain(&error), "queued mails cannot be sent");
                    pause = PAUSE;
                }
            }
            drop(open);
            // Rung or not, the org is looked at again.
            let _ = tokio::time::timeout(pause, bell.notified()).await;
        }
    });
}
