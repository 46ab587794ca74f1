//! How far a consumer has read: a row of `_cursors`.
//!
//! Events are read in the order of their transaction and then of their id. On PostgreSQL ids rise before transactions end,
//! so an event is read only when its transaction and all older ones have ended: nothing can come before it any more.

use std::sync::Arc;
use std::time::Duration;

use dealwright_store::{Conn, Row, Sql, StoreError, Weight};

use super::consumer::{Consumer, Consumers};
use super::event::{self, Event};
use crate::error::Error;
use crate::org::Org;

/// Events that are handed to a consumer at once.
pub(super) const PAGE: i64 = 200;
/// Pauses after failures; the last one is repeated.
const PAUSES: [Duration; 5] = [
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_mins(2),
    Duration::from_mins(10),
];

/// A place in the order of events, and how the consumer fares there.
pub(super) struct Cursor {
    tx: i64,
    event: i64,
    pub attempts: i64,
}

/// Whether something waits for a consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ahead {
    /// Events that can be read.
    pub is_readable: bool,
    /// Events whose time has not come: older transactions are still running.
    pub is_coming: bool,
    /// Until when the consumer rests after a failure, in milliseconds since the epoch; 0 when it does not.
    pub due: i64,
}

/// Gives a cursor to every consumer that has none: what happened before a consumer was there is not its business. To be
/// called before anybody writes, each time an org is opened.
pub(super) async fn begin(org: &Org) -> Result<(), Error> {
    let names: Vec<&'static str> = Consumers::of(org).map(|consumer| consumer.name).collect();
    if names.is_empty() {
        return Ok(());
    }
    let (there, moved) = org
        .store
        .read(Weight::Point, |conn| {
            Box::pin(async move {
                let sql = Sql::from("SELECT consumer FROM {_cursors}");
                let there = conn.all(&sql, &[], |row| Row::must(row.text(0)?.map(str::to_owned), 0)).await?;
                let dialect = conn.dialect();
                let sql = Sql::from(format!(
                    "SELECT 1 WHERE EXISTS (SELECT 1 FROM {{_outbox}} e WHERE {}) \
                     OR EXISTS (SELECT 1 FROM {{_cursors}} c WHERE {})",
                    dialect.is_from_elsewhere("e.tx"),
                    dialect.is_from_elsewhere("c.tx")
                ));
                let moved = conn.each(&sql, &[], &mut |_| Ok(())).await? > 0;
                Ok::<_, Error>((there, moved))
            })
        })
        .await?;
    let missing: Vec<&'static str> =
        names.into_iter().filter(|name| !there.iter().any(|there| there == name)).collect();
    if missing.is_empty() && !moved {
        return Ok(());
    }
    let now = org.clock.now_ms();
    org.store
        .write(move |tx| {
            Box::pin(async move {
                if moved {
                    arrive(tx).await?;
                }
                let ended = tx.dialect().has_ended("e.tx");
                let sql = Sql::from(format!(
                    "INSERT INTO {{_cursors}} (consumer, tx, event, due, attempts, moved_at) SELECT CAST(?1 AS TEXT), \
                     coalesce((SELECT e.tx FROM {{_outbox}} e WHERE {ended} ORDER BY e.tx DESC, e.id DESC LIMIT 1), 0), \
                     coalesce((SELECT e.id FROM {{_outbox}} e WHERE {ended} ORDER BY e.tx DESC, e.id DESC LIMIT 1), 0), \
                     0, 0, CAST(?2 AS BIGINT) WHERE NOT EXISTS (SELECT 1 FROM {{_cursors}} c WHERE c.consumer = ?1)"
                ));
                for name in missing {
                    tx.exec(&sql, &[name.into(), now.into()]).await?;
                }
                Ok(())
            })
        })
        .await
}

/// The store was copied from another database, whose numbers of transactions mean nothing here. What every consumer has
/// had goes; the rest comes before everything that happens from now on, and once more for those who had some of it.
async fn arrive(tx: &mut Conn) -> Result<(), Error> {
    tx.exec(&Sql::from(HANDED_OUT), &[]).await?;
    tx.exec(&Sql::from("UPDATE {_outbox} SET tx = 0"), &[]).await?;
    tx.exec(&Sql::from("UPDATE {_cursors} SET tx = 0, event = 0"), &[]).await?;
    Ok(())
}

/// Removes the events that all consumers have had.
pub(super) const HANDED_OUT: &str = "DELETE FROM {_outbox} WHERE EXISTS (SELECT 1 FROM {_cursors}) AND NOT EXISTS \
     (SELECT 1 FROM {_cursors} c WHERE c.tx < {_outbox}.tx OR (c.tx = {_outbox}.tx AND c.event < {_outbox}.id))";

/// What is ahead of the consumers, in the order of `consumers`.
pub(super) async fn ahead(org: &Org, consumers: &[&'static Consumer]) -> Result<Vec<Ahead>, Error> {
    let found: Vec<(String, Ahead)> = org
        .store
        .read(Weight::Point, |conn| {
            Box::pin(async move {
                let ended = conn.dialect().has_ended("e.tx");
                let beyond = "(e.tx > c.tx OR (e.tx = c.tx AND e.id > c.event))";
                let any =
                    |what: &str| format!("EXISTS (SELECT 1 FROM {{_outbox}} e WHERE {beyond} AND {what})");
                let sql = Sql::from(format!(
                    "SELECT c.consumer, c.due, {}, {} FROM {{_cursors}} c",
                    any(&ended),
                    any(&format!("NOT ({ended})"))
                ));
                let read = |row: &Row<'_>| {
                    let is = |at: usize| Ok::<_, StoreError>(row.bool(at)?.unwrap_or_default());
                    let due = row.int(1)?.unwrap_or_default();
                    let ahead = Ahead { is_readable: is(2)?, is_coming: is(3)?, due };
                    Ok((row.text(0)?.unwrap_or_default().to_owned(), ahead))
                };
                Ok::<_, Error>(conn.all(&sql, &[], read).await?)
            })
        })
        .await?;
    let nothing = Ahead { is_readable: false, is_coming: false, due: 0 };
    let of = |consumer: &&'static Consumer| {
        found.iter().find(|(name, _)| name == consumer.name).map_or(nothing, |(_, ahead)| *ahead)
    };
    Ok(consumers.iter().map(of).collect())
}

/// Takes a consumer's cursor until the end of the transaction. `None` while another process has it.
pub(super) async fn take(tx: &mut Conn, consumer: &Consumer) -> Result<Option<Cursor>, Error> {
    let lock = tx.dialect().for_update_of_free();
    let sql = Sql::from(format!("SELECT tx, event, attempts FROM {{_cursors}} WHERE consumer = ?1{lock}"));
    let read = |row: &Row<'_>| {
        let number = |at: usize| Ok::<_, StoreError>(row.int(at)?.unwrap_or_default());
        Ok(Cursor { tx: number(0)?, event: number(1)?, attempts: number(2)? })
    };
    Ok(tx.first(&sql, &[consumer.name.into()], read).await?)
}

impl Cursor {
    /// The events behind it that can be read, so many at once; one at a time after a failure.
    pub(super) async fn next(&self, tx: &mut Conn, most: i64) -> Result<Vec<Event>, Error> {
        let ended = tx.dialect().has_ended("e.tx");
        let sql = Sql::from(format!(
            "SELECT {} FROM {{_outbox}} e WHERE (e.tx > ?1 OR (e.tx = ?1 AND e.id > ?2)) AND {ended} \
             ORDER BY e.tx, e.id LIMIT ?3",
            event::COLUMNS
        ));
        let most = if self.attempts > 0 { 1 } else { most };
        Ok(tx.all(&sql, &[self.tx.into(), self.event.into(), most.into()], event::read).await?)
    }

    /// Moves it past an event.
    pub(super) async fn pass(
        tx: &mut Conn,
        consumer: &Consumer,
        last: &Event,
        now: i64,
    ) -> Result<(), Error> {
        let sql = Sql::from(
            "UPDATE {_cursors} SET tx = ?2, event = ?3, due = 0, attempts = 0, error = NULL, moved_at = ?4 \
             WHERE consumer = ?1",
        );
        tx.exec(&sql, &[consumer.name.into(), last.tx.into(), last.id.into(), now.into()]).await?;
        Ok(())
    }
}

/// Lets a consumer rest after a failure.
pub(super) async fn rest(org: &Arc<Org>, consumer: &'static Consumer, reason: String) -> Result<(), Error> {
    let now = org.clock.now_ms();
    org.store
        .write(move |tx| {
            Box::pin(async move {
                let Some(cursor) = take(tx, consumer).await? else { return Ok(()) };
                let at = usize::try_from(cursor.attempts).unwrap_or_default().min(PAUSES.len() - 1);
                let due = now.saturating_add(PAUSES[at].as_millis() as i64);
                let sql = Sql::from(
                    "UPDATE {_cursors} SET due = ?2, attempts = attempts + 1, error = ?3 WHERE consumer = ?1",
                );
                tx.exec(&sql, &[consumer.name.into(), due.into(), reason.into()]).await?;
                Ok(())
            })
        })
        .await
}
