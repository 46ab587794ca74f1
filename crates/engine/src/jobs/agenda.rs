//! What waits in the queues of an org, and when it is due.

use dealwright_store::{Row, Sql, Store, StoreError, Weight};

use super::kind::{JobKind, Kinds};
use super::lease::{self, Worker};
use super::queue::{QUEUES, Queue};
use crate::error::Error;
use crate::org::Org;

/// A queue in which something waits.
#[derive(Debug, Clone, Copy)]
pub struct Waiting {
    pub queue: &'static Queue,
    /// When the first of it can be taken, in milliseconds since the epoch.
    pub from: i64,
}

/// The queues of an org in which something waits that can be done here. One statement for all of them.
pub async fn agenda(org: &Org, worker: &Worker) -> Result<Vec<Waiting>, Error> {
    let kinds: Vec<&JobKind> = Kinds::of(org).collect();
    let Some(names) = lease::list(&kinds) else { return Ok(Vec::new()) };
    let free = lease::is_free("?1", "?2", "?3");
    let sql = Sql::from(format!(
        "SELECT queue, min(CASE WHEN {free} OR leased_until < due THEN due ELSE leased_until END) FROM {{_jobs}} \
         WHERE state IN ('QUEUED', 'RUNNING') AND kind IN ({names}) GROUP BY queue"
    ));
    let now = org.clock.now_ms();
    let args = [now.into(), worker.name.to_string().into(), worker.node.to_string().into()];
    let read = |row: &Row<'_>| {
        let queue = row.text(0)?.and_then(|name| QUEUES.iter().find(|queue| queue.name == name));
        Ok(queue.map(|queue| Waiting { queue, from: row.int(1).ok().flatten().unwrap_or_default() }))
    };
    let found: Result<Vec<_>, StoreError> = org
        .store
        .read(Weight::Point, move |conn| Box::pin(async move { conn.all(&sql, &args, read).await }))
        .await;
    Ok(found?.into_iter().flatten().collect())
}

/// Whether jobs of an org wait or run, also those that are due later. What cannot be done here does not count.
pub async fn wait(org: &Org) -> Result<bool, Error> {
    let kinds: Vec<&JobKind> = Kinds::of(org).collect();
    let Some(names) = lease::list(&kinds) else { return Ok(false) };
    any(
        &org.store,
        format!(
            "SELECT id FROM {{_jobs}} WHERE state IN ('QUEUED', 'RUNNING') AND kind IN ({names}) LIMIT 1"
        ),
    )
    .await
}

/// The same for an org that is not open: asked without its metadata, and of jobs of every kind.
pub async fn wait_in(store: &Store) -> Result<bool, Error> {
    any(store, "SELECT id FROM {_jobs} WHERE state IN ('QUEUED', 'RUNNING') LIMIT 1".to_owned()).await
}

async fn any(store: &Store, sql: String) -> Result<bool, Error> {
    let sql = Sql::from(sql);
    let found = store.read(Weight::Point, move |conn| {
        Box::pin(async move { Ok::<_, Error>(conn.first(&sql, &[], |row| row.id(0)).await?) })
    });
    Ok(found.await?.is_some())
}
