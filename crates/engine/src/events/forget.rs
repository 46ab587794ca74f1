//! Events that nobody waits for any more.

use std::sync::Arc;
use std::time::Duration;

use dealwright_schema::Cell;
use dealwright_store::Sql;
use futures::future::BoxFuture;

use super::consumer::Consumers;
use super::cursor::HANDED_OUT;
use crate::chores::Chore;
use crate::error::Error;
use crate::org::Org;

/// How long events are kept that nobody reads, and how long the cursor of a consumer holds them that this release does not
/// know.
const KEPT: Duration = Duration::from_hours(7 * 24);

/// Removes events that every consumer has had, or that are old where there are no consumers.
pub(crate) static FORGET: Chore =
    Chore { name: "forget events", every: Duration::from_hours(1), run: forget };

fn forget(org: &Arc<Org>) -> BoxFuture<'_, Result<u64, Error>> {
    Box::pin(async move {
        let before = org.clock.now_ms().saturating_sub(KEPT.as_millis() as i64);
        let names: Vec<String> = Consumers::of(org).map(|consumer| consumer.name.to_owned()).collect();
        org.store
            .write(move |tx| {
                Box::pin(async move {
                    // A consumer of another release may run beside this one; when its cursor has not moved for long, it is gone.
                    let known = tx.dialect().in_texts("consumer", "?2");
                    let sql =
                        Sql::from(format!("DELETE FROM {{_cursors}} WHERE moved_at < ?1 AND NOT ({known})"));
                    tx.exec(&sql, &[before.into(), Cell::Texts(names.into())]).await?;
                    let handed_out = tx.exec(&Sql::from(HANDED_OUT), &[]).await?;
                    let sql = Sql::from(
                        "DELETE FROM {_outbox} WHERE at < ?1 AND NOT EXISTS (SELECT 1 FROM {_cursors})",
                    );
                    Ok(handed_out + tx.exec(&sql, &[before.into()]).await?)
                })
            })
            .await
    })
}
