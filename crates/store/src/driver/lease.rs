//! The lease on a PostgreSQL database: one row that says who serves, and until when that counts.
//!
//! It has a connection of its own, so that requests that take all others cannot keep it from being renewed. Times are the
//! database's; this process counts from before it asked, so it stops before anybody else may begin.

use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool_postgres::{ClientWrapper, Object};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::postgres::PgDatabase;
use crate::error::{StoreError, chain};
use crate::hold::{Busy, Fence, Holder};

/// How long the row counts after it was renewed.
pub(crate) const LEASE: Duration = Duration::from_secs(15);
const RENEW_EVERY: Duration = Duration::from_secs(3);
/// How soon it is tried again after a failure.
const RETRY_AFTER: Duration = Duration::from_millis(500);
/// How long a renewal may take.
const DEADLINE: Duration = Duration::from_secs(4);
/// How long this process counts on it, from before it asked: it stops earlier than another one may begin.
const COUNTED: Duration = Duration::from_secs(13);
const _: () = assert!(
    COUNTED.as_secs() < LEASE.as_secs() && 2 * RENEW_EVERY.as_secs() + DEADLINE.as_secs() < COUNTED.as_secs()
);

const NOW: &str = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";
/// Schema and table. Not one of the numbered steps, because those run under the lease.
pub(crate) const SCHEMA: &str = "control";
pub(crate) const TABLE: &str = "_lease";

#[derive(Debug)]
pub(crate) struct Lease {
    fence: Fence,
    row: Option<Row>,
    lost: watch::Receiver<Option<String>>,
    renewing: Option<JoinHandle<()>>,
}

/// The row as this process wrote it.
#[derive(Clone)]
struct Row {
    database: PgDatabase,
    client: Arc<ClientWrapper>,
    token: String,
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Row").finish_non_exhaustive()
    }
}

impl Lease {
    /// Takes the lease, or says who has it. A holder of the same `place` counts as gone.
    pub(crate) async fn try_take(
        database: &PgDatabase,
        holder: &Holder,
        place: &str,
    ) -> Result<Result<Self, Busy>, StoreError> {
        let client = Arc::new(own_connection(database).await?);
        let fence = database.fence().clone();
        let (tell, lost) = watch::channel(None);
        if takes_no_writes(&client).await? {
            fence.close("the database takes no writes".to_owned());
            return Ok(Ok(Self { fence, row: None, lost, renewing: None }));
        }
        make_table(database, &client).await?;
        let mut secret = [0_u8; 16];
        getrandom::fill(&mut secret).map_err(|e| StoreError::Refused(format!("no random numbers: {e}")))?;
        let token = dealwright_wire::json::hex(&secret);
        let asked = Instant::now();
        let sql = format!(
            "INSERT INTO \"{SCHEMA}\".\"{TABLE}\" AS l (id, token, process, host, command, place, until_ms) \
             VALUES (1, $1, $2, $3, $4, $5, {NOW} + $6) ON CONFLICT (id) DO UPDATE SET token = excluded.token, \
             process = excluded.process, host = excluded.host, command = excluded.command, place = excluded.place, \
             until_ms = excluded.until_ms WHERE l.until_ms <= {NOW} OR (l.place = excluded.place AND l.place <> '')"
        );
        let (process, length) = (i64::from(holder.process), LEASE.as_millis() as i64);
        let (host, command) = (holder.host.as_str(), holder.command.as_str());
        let taken = client.execute(&sql, &[&token, &process, &host, &command, &place, &length]).await;
        if taken.map_err(failed)? == 0 {
            let by = holder_of(&client).await?;
            return Ok(Err(Busy { what: "the database".to_owned(), by }));
        }
        fence.hold_until(asked + COUNTED);
        let row = Row { database: database.clone(), client, token };
        let renewing = tokio::spawn(renew(row.clone(), fence.clone(), tell));
        Ok(Ok(Self { fence, row: Some(row), lost, renewing: Some(renewing) }))
    }

    /// Ends when another process has taken the lease.
    pub(crate) fn lost(&self) -> impl Future<Output = String> + Send + use<> {
        let mut lost = self.lost.clone();
        async move {
            loop {
                if let Some(by) = lost.borrow_and_update().clone() {
                    return by;
                }
                if lost.changed().await.is_err() {
                    return std::future::pending().await;
                }
            }
        }
    }

    /// Ends the lease, so that the next one begins at once.
    pub(crate) async fn release(mut self) {
        self.stop();
        let Some(row) = self.row.take() else { return };
        let sql = format!("UPDATE \"{SCHEMA}\".\"{TABLE}\" SET until_ms = 0 WHERE id = 1 AND token = $1");
        let ended = tokio::time::timeout(DEADLINE, row.client.execute(&sql, &[&row.token])).await;
        if !matches!(ended, Ok(Ok(_))) {
            tracing::debug!("the lease was not given back; it ends by itself");
        }
    }

    fn stop(&mut self) {
        if let Some(renewing) = self.renewing.take() {
            renewing.abort();
            self.fence.close("the server has stopped".to_owned());
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Renews until the row is another's.
async fn renew(mut row: Row, fence: Fence, tell: watch::Sender<Option<String>>) {
    let sql =
        format!("UPDATE \"{SCHEMA}\".\"{TABLE}\" SET until_ms = {NOW} + $2 WHERE id = 1 AND token = $1");
    let length = LEASE.as_millis() as i64;
    let mut has_failed = false;
    loop {
        tokio::time::sleep(if has_failed { RETRY_AFTER } else { RENEW_EVERY }).await;
        let asked = Instant::now();
        let renewed = tokio::time::timeout(DEADLINE, async {
            if row.client.is_closed() {
                row.client = Arc::new(own_connection(&row.database).await?);
            }
            row.client.execute(&sql, &[&row.token, &length]).await.map_err(failed)
        });
        let problem = match renewed.await {
            Ok(Ok(1)) => {
                fence.hold_until(asked + COUNTED);
                has_failed = false;
                continue;
            }
            Ok(Ok(_)) => {
                let by = holder_of(&row.client).await.ok().flatten();
                let by = by.map_or_else(|| "another process".to_owned(), |by| by.to_string());
                let text = format!("the database is now served by {by}");
                fence.close(text.clone());
                // Nobody listens when the server is gone.
                let _ = tell.send(Some(text));
                return;
            }
            Ok(Err(error)) => chain(&error),
            Err(_) => "the database does not answer".to_owned(),
        };
        if !has_failed {
            tracing::warn!(
                error = problem,
                "the lease on the database cannot be renewed; writes end with it"
            );
            has_failed = true;
        }
    }
}

/// A connection that no request uses.
async fn own_connection(database: &PgDatabase) -> Result<ClientWrapper, StoreError> {
    Ok(Object::take(database.pool().get().await?))
}

/// A standby, or a database that is set to be read only.
async fn takes_no_writes(client: &ClientWrapper) -> Result<bool, StoreError> {
    let row = client.query_one("SELECT current_setting('transaction_read_only') = 'on'", &[]).await;
    row.and_then(|row| row.try_get(0)).map_err(failed)
}

/// Makes the table when it is missing. Looked at first: a standby refuses to make even what is there.
async fn make_table(database: &PgDatabase, client: &ClientWrapper) -> Result<(), StoreError> {
    database.make_schema(SCHEMA).await?;
    let there = format!("SELECT to_regclass('\"{SCHEMA}\".\"{TABLE}\"') IS NOT NULL");
    let row = client.query_one(&there, &[]).await;
    if row.and_then(|row| row.try_get(0)).map_err(failed)? {
        return Ok(());
    }
    let make = format!(
        "CREATE TABLE \"{SCHEMA}\".\"{TABLE}\" (id BIGINT PRIMARY KEY, token TEXT NOT NULL, process BIGINT NOT NULL, \
         host TEXT NOT NULL, command TEXT NOT NULL, place TEXT NOT NULL, until_ms BIGINT NOT NULL)"
    );
    database.make_once(SCHEMA, &there, &make).await
}

async fn holder_of(client: &ClientWrapper) -> Result<Option<Holder>, StoreError> {
    let sql = format!("SELECT process, host, command FROM \"{SCHEMA}\".\"{TABLE}\" WHERE id = 1");
    let Some(row) = client.query_opt(&sql, &[]).await.map_err(failed)? else { return Ok(None) };
    let process: i64 = row.try_get(0).map_err(failed)?;
    Ok(Some(Holder {
        process: process as u32,
        host: row.try_get(1).map_err(failed)?,
        command: row.try_get(2).map_err(failed)?,
    }))
}

fn failed(source: tokio_postgres::Error) -> StoreError {
    super::postgres::failed("the lease on the database", source)
}
