//! Hands events to consumers.

use std::sync::Arc;

use dealwright_store::Sql;
use dealwright_store::error::chain;

use super::consumer::{Consumer, Consumers};
use super::cursor::{self, Cursor, HANDED_OUT, PAGE};
use crate::error::Error;
use crate::org::Org;

/// What is left when a round is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    Nothing,
    /// More can be handed out at once.
    More,
    /// Events are there that cannot be read yet, because older transactions are still running.
    Coming,
    /// A consumer rests after a failure until that time, in milliseconds since the epoch.
    Resting(i64),
}

/// Whether anybody follows the events of an org.
pub fn are_followed(org: &Org) -> bool {
    Consumers::of(org).next().is_some()
}

/// Gives a cursor to every consumer that has none. To be called before anybody writes, each time an org is opened.
pub async fn begin(org: &Org) -> Result<(), Error> {
    cursor::begin(org).await
}

/// A round: to each consumer what it has not had yet, one page of it. A consumer that fails rests and holds up no other.
/// Does nothing, and asks nothing, where there are no consumers.
pub async fn hand_out(org: &Arc<Org>) -> Result<Left, Error> {
    let consumers: Vec<&'static Consumer> = Consumers::of(org).collect();
    if consumers.is_empty() {
        return Ok(Left::Nothing);
    }
    let now = org.clock.now_ms();
    let (mut has_more, mut is_coming, mut resting) = (false, false, None);
    let ahead = cursor::ahead(org, &consumers).await?;
    for (consumer, ahead) in consumers.into_iter().zip(ahead) {
        is_coming |= ahead.is_coming;
        if !ahead.is_readable {
            continue;
        }
        if ahead.due > now {
            resting = Some(resting.map_or(ahead.due, |due: i64| due.min(ahead.due)));
            continue;
        }
        match pages(org, consumer).await {
            Ok(moved) => has_more |= moved,
            Err(error) => {
                tracing::error!(org.id = %org.id, consumer = consumer.name, error = chain(&error),
                    "a consumer of events failed; it gets them again");
                cursor::rest(org, consumer, chain(&error)).await?;
                has_more = true;
            }
        }
    }
    if has_more {
        forget_handed_out(org).await?;
        org.bell.notify_one();
        return Ok(Left::More);
    }
    Ok(match resting {
        Some(due) => Left::Resting(due),
        None if is_coming => Left::Coming,
        None => Left::Nothing,
    })
}

/// The next events of a consumer; one by one when it fails on them together, so that only the one at fault waits, with what
/// comes after it.
async fn pages(org: &Arc<Org>, consumer: &'static Consumer) -> Result<bool, Error> {
    let mut moved = page(org, consumer, PAGE).await;
    if moved.is_err() {
        for _ in 0..PAGE {
            moved = page(org, consumer, 1).await;
            if !matches!(moved, Ok(true)) {
                break;
            }
        }
    }
    moved
}

/// So many of the next events of a consumer. `false` when there were none, or another process had the cursor.
async fn page(org: &Arc<Org>, consumer: &'static Consumer, most: i64) -> Result<bool, Error> {
    let handing = Arc::clone(org);
    org.store
        .write(move |tx| {
            Box::pin(async move {
                let Some(cursor) = cursor::take(tx, consumer).await? else { return Ok(false) };
                let events = cursor.next(tx, most).await?;
                let Some(last) = events.last().cloned() else { return Ok(false) };
                let snapshot = handing.snapshot();
                let wanted: Vec<_> =
                    events.into_iter().filter(|event| (consumer.wants)(&snapshot, event)).collect();
                if !wanted.is_empty() {
                    (consumer.handle)(tx, &handing, &wanted).await?;
                }
                Cursor::pass(tx, consumer, &last, handing.clock.now_ms()).await?;
                Ok(true)
            })
        })
        .await
}

async fn forget_handed_out(org: &Org) -> Result<(), Error> {
    org.store
        .write(|tx| Box::pin(async move { Ok(tx.exec(&Sql::from(HANDED_OUT), &[]).await.map(drop)?) }))
        .await
}
