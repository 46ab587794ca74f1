//! Jobs that ended: their status can be asked for some time.

use std::sync::Arc;
use std::time::Duration;

use dealwright_store::Sql;
use futures::future::BoxFuture;

use crate::chores::Chore;
use crate::error::Error;
use crate::org::Org;

/// How long the status of a job can be asked for after its end.
const KEPT: Duration = Duration::from_hours(30 * 24);

/// Removes jobs that ended long ago.
pub(crate) static FORGET: Chore = Chore { name: "forget jobs", every: Duration::from_hours(1), run: forget };

fn forget(org: &Arc<Org>) -> BoxFuture<'_, Result<u64, Error>> {
    Box::pin(async move {
        let before = org.clock.now_ms().saturating_sub(KEPT.as_millis() as i64);
        org.store
            .write(move |tx| {
                Box::pin(async move {
                    let sql = Sql::from(
                        "DELETE FROM {_jobs} WHERE state IN ('COMPLETED', 'FAILED') AND changed_at < ?1",
                    );
                    Ok(tx.exec(&sql, &[before.into()]).await?)
                })
            })
            .await
    })
}
