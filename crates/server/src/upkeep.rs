//! What a server does by itself once an hour: expired tokens go, and the chores on the page are done for each org. Orgs that
//! are not open are looked after once a day.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use dealwright_engine::{Org, chores};
use dealwright_store::error::chain;
use dealwright_wire::Id;

use crate::state::ServerState;

/// How often it is looked what is due. No chore comes more often.
const EVERY: Duration = Duration::from_hours(1);
/// The same for orgs that are not open.
const EVERY_OF_CLOSED: Duration = Duration::from_hours(24);

/// Starts the task, one for all orgs. It ends by itself when the server is gone.
pub(crate) fn start(state: &Arc<ServerState>) {
    let state = Arc::downgrade(state);
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(EVERY);
        // The first tick comes at once; a start has better things to do.
        ticks.tick().await;
        let mut diary = Diary { started: Instant::now(), orgs: HashMap::new(), chores: HashMap::new() };
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
                diary.tidy(&org).await;
            }
            let all = state.accounts.all_orgs().await.unwrap_or_default();
            for id in all {
                if diary.orgs.get(&id).unwrap_or(&diary.started).elapsed() < EVERY_OF_CLOSED {
                    continue;
                }
                match state.orgs.get(id).await {
                    Ok(org) => diary.tidy(&org).await,
                    Err(error) => {
                        diary.orgs.insert(id, Instant::now());
                        tracing::warn!(org.id = %id, error = chain(&error), "opening an org to look after it failed");
                    }
                }
            }
        }
    });
}

/// What was done when.
struct Diary {
    started: Instant,
    /// When an org was looked after.
    orgs: HashMap<Id, Instant>,
    /// When a chore was done for an org, by its name.
    chores: HashMap<(Id, &'static str), Instant>,
}

impl Diary {
    /// Does the chores of an org that are due, one after the other.
    async fn tidy(&mut self, org: &Arc<Org>) {
        self.orgs.insert(org.id, Instant::now());
        for chore in chores::of(org) {
            // A tick comes a little late or early; that is no reason to leave one out.
            let last = self.chores.get(&(org.id, chore.name));
            if last.is_some_and(|last| last.elapsed() + EVERY / 2 < chore.every) {
                continue;
            }
            self.chores.insert((org.id, chore.name), Instant::now());
            match (chore.run)(org).await {
                Ok(0) => {}
                Ok(count) => tracing::debug!(org.id = %org.id, chore = chore.name, count, "did a chore"),
                Err(error) => {
                    tracing::warn!(org.id = %org.id, chore = chore.name, error = chain(&error), "a chore failed; the next time tries again");
                }
            }
        }
    }
}
