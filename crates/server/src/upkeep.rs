//! What a server does by itself once an hour: expired tokens, old events, ended jobs, files that nobody needs and what
//! was deleted long ago go.

use std::sync::{Arc, Weak};
use std::time::Duration;

use dealwright_engine::{files, recycle_bin};
use dealwright_store::error::chain;

use crate::state::ServerState;

const EVERY: Duration = Duration::from_hours(1);
/// How long events are kept that nobody has fetched.
const EVENTS_KEPT: Duration = Duration::from_hours(7 * 24);
/// How long the status of a job can be asked for after its end.
const JOBS_KEPT: Duration = Duration::from_hours(30 * 24);

/// Starts the task. It ends by itself when the server is gone.
pub(crate) fn start(state: &Arc<ServerState>) {
    let state = Arc::downgrade(state);
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(EVERY);
        // The first tick comes at once; a start has better things to do.
        ticks.tick().await;
        loop {
            ticks.tick().await;
            let Some(state) = Weak::upgrade(&state) else { break };
            tidy(&state).await;
        }
    });
}

async fn tidy(state: &ServerState) {
    if let Err(error) = state.accounts.sweep().await {
        tracing::warn!(error = chain(&error), "removing expired tokens failed; the next hour tries again");
    }
    for org in state.orgs.all() {
        match org.forget_events(EVENTS_KEPT).await {
            Ok(0) => {}
            Ok(count) => tracing::debug!(org.id = %org.id, count, "removed old events"),
            Err(error) => {
                tracing::warn!(org.id = %org.id, error = chain(&error), "removing old events failed; the next hour tries again");
            }
        }
        match files::sweep::hourly(&org).await {
            Ok(0) => {}
            Ok(count) => tracing::debug!(org.id = %org.id, count, "removed files"),
            Err(error) => {
                tracing::warn!(org.id = %org.id, error = chain(&error), "removing files failed; the next hour tries again");
            }
        }
        if let Err(error) = org.forget_jobs(JOBS_KEPT).await {
            tracing::warn!(org.id = %org.id, error = chain(&error), "removing ended jobs failed; the next hour tries again");
        }
        if let Err(error) = recycle_bin::forget(&org).await {
            tracing::warn!(org.id = %org.id, error = chain(&error), "emptying the recycle bin of what is too old failed; the next hour tries again");
        }
    }
}
