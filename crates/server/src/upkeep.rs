//! What a server does by itself once an hour: expired tokens, old events, ended jobs, files that nobody needs and what
//! was deleted long ago go; fields that queries often ask for get an index. Orgs that are not open are looked after once a day.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use dealwright_engine::indexes::{self, Outcome};
use dealwright_engine::{Org, files, recycle_bin};
use dealwright_store::error::chain;
use dealwright_wire::Id;

use crate::state::ServerState;

const EVERY: Duration = Duration::from_hours(1);
/// The same for orgs that are not open.
const EVERY_OF_CLOSED: Duration = Duration::from_hours(24);
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
        let started = Instant::now();
        let mut looked_after: HashMap<Id, Instant> = HashMap::new();
        loop {
            ticks.tick().await;
            let Some(state) = Weak::upgrade(&state) else { break };
            if let Err(error) = state.accounts.sweep().await {
                tracing::warn!(
                    error = chain(&error),
                    "removing expired tokens failed; the next hour tries again"
                );
            }
            for org in state.orgs.all() {
                tidy(&org).await;
                looked_after.insert(org.id, Instant::now());
            }
            let all = state.accounts.all_orgs().await.unwrap_or_default();
            for id in all {
                if looked_after.get(&id).unwrap_or(&started).elapsed() < EVERY_OF_CLOSED {
                    continue;
                }
                match state.orgs.get(id).await {
                    Ok(org) => tidy(&org).await,
                    Err(error) => {
                        tracing::warn!(org.id = %id, error = chain(&error), "opening an org to look after it failed");
                    }
                }
                looked_after.insert(id, Instant::now());
            }
        }
    });
}

async fn tidy(org: &Arc<Org>) {
    match org.forget_events(EVENTS_KEPT).await {
        Ok(0) => {}
        Ok(count) => tracing::debug!(org.id = %org.id, count, "removed old events"),
        Err(error) => {
            tracing::warn!(org.id = %org.id, error = chain(&error), "removing old events failed; the next hour tries again");
        }
    }
    match files::sweep::hourly(org).await {
        Ok(0) => {}
        Ok(count) => tracing::debug!(org.id = %org.id, count, "removed files"),
        Err(error) => {
            tracing::warn!(org.id = %org.id, error = chain(&error), "removing files failed; the next hour tries again");
        }
    }
    if let Err(error) = org.forget_jobs(JOBS_KEPT).await {
        tracing::warn!(org.id = %org.id, error = chain(&error), "removing ended jobs failed; the next hour tries again");
    }
    if let Err(error) = recycle_bin::forget(org).await {
        tracing::warn!(org.id = %org.id, error = chain(&error), "emptying the recycle bin of what is too old failed; the next hour tries again");
    }
    make_indexes(org).await;
}

async fn make_indexes(org: &Org) {
    let made = match indexes::make_wanted(org).await {
        Ok(made) => made,
        Err(error) => {
            tracing::warn!(org.id = %org.id, error = chain(&error), "looking which fields should have an index failed");
            return;
        }
    };
    for (indexed, outcome) in made {
        let (module, field) = (&indexed.module, &indexed.field);
        match outcome {
            Ok(Outcome::Done) => {
                tracing::info!(org.id = %org.id, module, field, "made an index, because queries ask for the field often");
            }
            Ok(Outcome::Nothing | Outcome::Unfit) => {}
            Err(error) => {
                tracing::warn!(org.id = %org.id, module, field, error = chain(&error), "making an index failed; it is made when queries have asked for the field as often again");
            }
        }
    }
}
