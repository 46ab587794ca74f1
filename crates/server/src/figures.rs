//! Figures that are looked up in the stores when somebody asks for the metrics: what waits to be done.

use std::time::Duration;

use dealwright_engine::Org;
use dealwright_store::error::chain;
use dealwright_store::{Row, Sql, StoreError, Weight};
use metrics::Label;

use crate::metrics::{CONNECTIONS, JOBS, MAILS, NOTED, ORGS, OUTBOX};
use crate::state::ServerState;

/// How long all of it may take. What is not known by then keeps its last value.
const PATIENCE: Duration = Duration::from_secs(2);

/// A figure over the table of an org: name, state, and how it is counted.
const FIGURES: [(&str, Option<&str>, &str); 5] = [
    (JOBS, Some("queued"), "SELECT count(*) FROM {_jobs} WHERE state = 'QUEUED' AND queue <> 'mail'"),
    (JOBS, Some("running"), "SELECT count(*) FROM {_jobs} WHERE state = 'RUNNING' AND queue <> 'mail'"),
    (OUTBOX, None, "SELECT count(*) FROM {_outbox}"),
    (NOTED, None, "SELECT count(*) FROM {_search_noted}"),
    (
        MAILS,
        Some("due"),
        "SELECT count(*) FROM {_jobs} WHERE state IN ('QUEUED', 'RUNNING') AND queue = 'mail'",
    ),
];

/// Looks the figures up and puts them among the metrics.
pub(crate) async fn look(state: &ServerState) {
    let orgs = state.orgs.all();
    state.metrics.gauge(ORGS, Vec::new()).set(orgs.len() as f64);
    if let Some(connections) = state.orgs.database().connections() {
        for (label, count) in ["busy", "idle", "waiting"].into_iter().zip(connections) {
            state
                .metrics
                .gauge(CONNECTIONS, vec![Label::from_static_parts("state", label)])
                .set(count as f64);
        }
    }
    let all = async {
        let mut sums = [0_i64; FIGURES.len()];
        for org in &orgs {
            for (sum, count) in sums.iter_mut().zip(counts(org).await?) {
                *sum += count;
            }
        }
        Ok::<_, StoreError>(sums)
    };
    match tokio::time::timeout(PATIENCE, all).await {
        Ok(Ok(sums)) => {
            for ((name, label, _), sum) in FIGURES.iter().zip(sums) {
                let labels = label.iter().map(|state| Label::from_static_parts("state", state)).collect();
                state.metrics.gauge(name, labels).set(sum as f64);
            }
        }
        Ok(Err(error)) => {
            tracing::warn!(error = chain(&error), "figures for the metrics cannot be looked up");
        }
        Err(_) => tracing::warn!("looking up figures for the metrics takes too long"),
    }
}

async fn counts(org: &Org) -> Result<Vec<i64>, StoreError> {
    org.store
        .read(Weight::Scan, |conn| {
            Box::pin(async move {
                let mut counts = Vec::with_capacity(FIGURES.len());
                for (_, _, sql) in FIGURES {
                    let count = conn.first(&Sql::from(sql), &[], |row| Row::must(row.int(0)?, 0)).await?;
                    counts.push(count.unwrap_or_default());
                }
                Ok(counts)
            })
        })
        .await
}
