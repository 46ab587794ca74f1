//! Removing what nobody needs: broken uploads, files that were never attached, blobs that nothing holds any more.

use std::sync::Arc;
use std::time::Duration;

use dealwright_schema::Cell;
use dealwright_store::error::chain;
use dealwright_store::{Row, Sql, Store, Weight};
use dealwright_wire::Id;

use super::stored_file::blob_name;
use crate::chores::Chore;
use crate::error::Error;
use crate::org::Org;

/// How long a file waits to be attached to something. Source: records reference, 6.5.
pub const LOOSE_FOR: Duration = Duration::from_hours(24);
/// How long an upload may take before it counts as broken off.
const STAGED_FOR: Duration = Duration::from_hours(1);
/// Key in `_meta` of the time until which blobs stay that nobody needs.
const HELD_BACK: &str = "blobs_held_until";
/// Files that are removed together.
const BATCH: usize = 500;

/// Which files are swept.
#[derive(Debug, Clone, Copy)]
struct Ages {
    /// Latest beginning of uploads that count as broken off, in milliseconds since the epoch.
    staged: i64,
    /// Latest upload of loose files that go.
    loose: i64,
}

/// At the start, before anything is uploaded: what an earlier end of the server left behind goes too.
pub async fn at_start(org: &Org) -> Result<(), Error> {
    org.blobs.remove_drafts().await?;
    let now = org.clock.now_ms();
    sweep(org, Ages { staged: now, loose: now - LOOSE_FOR.as_millis() as i64 }).await.map(drop)
}

/// Removes files that nobody needs any more.
pub(crate) static SWEEP: Chore = Chore {
    name: "sweep files",
    every: Duration::from_hours(1),
    run: |org| {
        Box::pin(async move {
            let now = org.clock.now_ms();
            let before = |age: Duration| now - age.as_millis() as i64;
            let count = sweep(org, Ages { staged: before(STAGED_FOR), loose: before(LOOSE_FOR) }).await?;
            Ok(count as u64)
        })
    },
};

/// In the background: blobs of files that the transaction before this has doomed.
pub(crate) fn soon(org: &Arc<Org>) {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
    let org = Arc::clone(org);
    runtime.spawn(async move {
        if let Err(error) = sweep(&org, Ages { staged: i64::MIN, loose: i64::MIN }).await {
            tracing::warn!(org.id = %org.id, error = chain(&error), "removing files failed; the next hour tries again");
        }
    });
}

/// Keeps blobs that lose their record until that time, in milliseconds since the epoch: a backup still reads them. `None`
/// ends it.
pub async fn hold_back(store: &Store, until: Option<i64>) -> Result<(), Error> {
    store
        .write(move |tx| {
            Box::pin(async move {
                tx.exec(&Sql::from("DELETE FROM {_meta} WHERE key = ?1"), &[HELD_BACK.into()]).await?;
                if let Some(until) = until {
                    let sql = Sql::from("INSERT INTO {_meta} (key, value) VALUES (?1, ?2)");
                    tx.exec(&sql, &[HELD_BACK.into(), until.to_string().into()]).await?;
                }
                Ok(())
            })
        })
        .await
}

async fn is_held_back(org: &Org) -> Result<bool, Error> {
    let until: Option<String> = org
        .store
        .read(Weight::Point, |conn| {
            Box::pin(async move {
                let sql = Sql::from("SELECT value FROM {_meta} WHERE key = ?1");
                let text = |row: &Row<'_>| Row::must(row.text(0)?.map(str::to_owned), 0);
                Ok::<_, Error>(conn.first(&sql, &[HELD_BACK.into()], text).await?)
            })
        })
        .await?;
    Ok(until.and_then(|until| until.parse().ok()).is_some_and(|until: i64| until > org.clock.now_ms()))
}

async fn sweep(org: &Org, ages: Ages) -> Result<usize, Error> {
    let mut count = 0;
    loop {
        let found = doom(org, ages).await?;
        // Asked after the files were chosen: whoever begins to hold back later finds them gone from the rows already.
        if found.is_empty() || is_held_back(org).await? {
            return Ok(count);
        }
        for id in &found {
            org.blobs.delete(&blob_name(*id)).await?;
        }
        count += found.len();
        // The rows go last: as long as one is there, its blob is looked for.
        forget_rows(org, found).await?;
    }
}

/// Dooms what is too old, and gives some of the doomed.
async fn doom(org: &Org, ages: Ages) -> Result<Vec<Id>, Error> {
    let old = Sql::from(
        "SELECT id FROM {_files} WHERE (state = 'staged' AND made_at <= ?1) OR (state = 'loose' AND made_at <= ?2) LIMIT ?3",
    );
    let doomed = Sql::from("SELECT id FROM {_files} WHERE state = 'doomed' LIMIT ?1");
    let batch = BATCH as i64;
    let (old, mut found): (Vec<Id>, Vec<Id>) = org
        .store
        .read(Weight::Point, move |conn| {
            Box::pin(async move {
                let args = [ages.staged.into(), ages.loose.into(), batch.into()];
                let old = conn.all(&old, &args, |row| Row::must(row.id(0)?, 0)).await?;
                let doomed = conn.all(&doomed, &[batch.into()], |row| Row::must(row.id(0)?, 0)).await?;
                Ok::<_, Error>((old, doomed))
            })
        })
        .await?;
    if !old.is_empty() {
        let numbers: Vec<i64> = old.iter().map(|id| id.get()).collect();
        // A record may have taken one of them in the meantime; that one stays.
        let taken = org
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let test = tx.dialect().in_ids("id", "?1");
                    let sql = Sql::from(format!(
                        "UPDATE {{_files}} SET state = 'doomed' WHERE {test} AND state IN ('staged', 'loose')"
                    ));
                    let ids = [Cell::Ids(numbers.into())];
                    tx.exec(&sql, &ids).await?;
                    let sql =
                        Sql::from(format!("SELECT id FROM {{_files}} WHERE {test} AND state = 'doomed'"));
                    Ok::<_, Error>(tx.all(&sql, &ids, |row| Row::must(row.id(0)?, 0)).await?)
                })
            })
            .await?;
        found.extend(taken);
    }
    Ok(found)
}

/// Removes the rows of files whose blobs are gone.
pub(super) async fn forget_rows(org: &Org, files: Vec<Id>) -> Result<(), Error> {
    let ids: Vec<i64> = files.iter().map(|id| id.get()).collect();
    org.store
        .write(move |tx| {
            Box::pin(async move {
                let test = tx.dialect().in_ids("id", "?1");
                let sql = Sql::from(format!("DELETE FROM {{_files}} WHERE {test} AND state = 'doomed'"));
                tx.exec(&sql, &[Cell::Ids(ids.into())]).await?;
                Ok::<_, Error>(())
            })
        })
        .await
}
