//! Who works on a job: a process takes it by moving its lease, and goes on only as long as it has it.
//!
//! A lease that ran out is free, and so is one of an earlier life of the same node: only one process can be a node, so that
//! one is gone. Whoever lost a lease finds out when it stores something, and that is undone.

use std::sync::Arc;
use std::time::Duration;

use dealwright_store::{Conn, Sql, StoreError, Weight};
use dealwright_wire::json;

use super::job::{self, COLUMNS, Job};
use super::kind::{Errand, JobKind, Kinds, Work};
use super::queue::Queue;
use crate::error::Error;
use crate::org::Org;

/// How long one step may take. On PostgreSQL a step has given up long before, on SQLite nobody else waits for it.
const OF_STEPS: Duration = Duration::from_mins(1);
/// What work outside has beyond its deadline, to store what came of it.
const TO_SETTLE: Duration = Duration::from_mins(1);

/// A process that takes jobs. Cheap to clone; a process has one.
#[derive(Debug, Clone)]
pub struct Worker {
    /// Node and life: `3.8f2c51aa90d4e7b6`.
    pub(super) name: Arc<str>,
    /// Pattern of the names of all lives of the node.
    pub(super) node: Arc<str>,
}

impl Worker {
    /// A new life of a node. No other process may be the same node at the same time.
    pub fn new(node: u8) -> Result<Self, Error> {
        let mut life = [0_u8; 8];
        getrandom::fill(&mut life)
            .map_err(|error| StoreError::Refused(format!("no random numbers: {error}")))?;
        let name = format!("{node}.{}", json::hex(&life)).into();
        Ok(Self { name, node: format!("{node}.%").into() })
    }
}

/// The right to work on a job. Both parts together are never given twice: a lease is only taken anew when it ran out, and
/// then ends later.
#[derive(Debug, Clone)]
pub(super) struct Lease {
    pub by: Arc<str>,
    pub until: i64,
}

/// A job that this process has the lease of.
pub(super) struct Taken {
    pub job: Job,
    pub kind: &'static JobKind,
    /// What there is to do outside, for kinds that do something there.
    pub errand: Option<Box<dyn Errand>>,
}

/// Why nothing was taken.
pub(super) enum Untaken {
    /// What there is to do could not be read.
    Unreadable(Box<Job>, Error),
    Error(Error),
}

impl From<StoreError> for Untaken {
    fn from(error: StoreError) -> Self {
        Self::Error(error.into())
    }
}

/// True where nobody has the lease. `now` and the two names of a [`Worker`] are arguments.
pub(super) fn is_free(now: &str, name: &str, node: &str) -> String {
    format!("(leased_until <= {now} OR (leased_by LIKE {node} AND leased_by <> {name}))")
}

/// The kinds as a list for a statement; `None` when there are none. Names are statics of ours, not values.
pub(super) fn list(kinds: &[&JobKind]) -> Option<String> {
    let names: Vec<String> = kinds.iter().map(|kind| format!("'{}'", kind.name)).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// Takes the job of the queue that is due longest, among the kinds that can be done here. `None` when there is none.
pub(super) async fn take(
    org: &Arc<Org>,
    worker: &Worker,
    queue: &'static Queue,
) -> Result<Option<Taken>, Untaken> {
    let kinds: Vec<&'static JobKind> = Kinds::of(org).filter(|kind| kind.queue.name == queue.name).collect();
    let Some(names) = list(&kinds) else { return Ok(None) };
    let now = org.clock.now_ms();
    let find = move |lock: &str| {
        let free = is_free("?2", "?3", "?4");
        Sql::from(format!(
            "SELECT {COLUMNS} FROM {{_jobs}} WHERE state IN ('QUEUED', 'RUNNING') AND queue = ?1 AND due <= ?2 \
             AND {free} AND kind IN ({names}) ORDER BY due, id LIMIT 1{lock}"
        ))
    };
    let args =
        [queue.name.into(), now.into(), worker.name.to_string().into(), worker.node.to_string().into()];
    // Most often there is nothing to do, and the writer is not asked for that.
    let (sql, looked_for) = (find(""), args.clone());
    let is_any = org.store.read(Weight::Point, move |conn| {
        Box::pin(
            async move { Ok::<_, StoreError>(conn.first(&sql, &looked_for, job::read).await?.is_some()) },
        )
    });
    if !is_any.await? {
        return Ok(None);
    }
    let (worker, taking) = (worker.clone(), Arc::clone(org));
    org.store
        .write(move |tx| {
            Box::pin(async move {
                let sql = find(tx.dialect().for_update_of_free());
                let Some(mut job) = tx.first(&sql, &args, job::read).await? else { return Ok(None) };
                let Some(kind) = kinds.into_iter().find(|kind| kind.name == job.kind) else {
                    return Ok(None);
                };
                job.lease = Some(take_lease(tx, &job, &worker, kind, now).await?);
                job.attempts += 1;
                let Work::Outside { take, .. } = kind.work else {
                    return Ok(Some(Taken { job, kind, errand: None }));
                };
                match take(tx, &taking, &job).await {
                    Ok(errand) => Ok(Some(Taken { job, kind, errand })),
                    Err(error) => Err(Untaken::Unreadable(Box::new(job), error)),
                }
            })
        })
        .await
}

async fn take_lease(
    tx: &mut Conn,
    job: &Job,
    worker: &Worker,
    kind: &JobKind,
    now: i64,
) -> Result<Lease, StoreError> {
    let until = end(kind, now);
    let sql = Sql::from(
        "UPDATE {_jobs} SET leased_until = ?2, leased_by = ?3, attempts = attempts + 1 WHERE id = ?1",
    );
    tx.exec(&sql, &[job.id.into(), until.into(), worker.name.to_string().into()]).await?;
    Ok(Lease { by: Arc::clone(&worker.name), until })
}

/// When a lease taken or renewed now ends.
pub(super) fn end(kind: &JobKind, now: i64) -> i64 {
    let length = match kind.work {
        Work::Steps(_) => OF_STEPS,
        Work::Outside { deadline, .. } => deadline + TO_SETTLE,
    };
    now.saturating_add(length.as_millis() as i64)
}
