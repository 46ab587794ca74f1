//! Sends queued mails: takes the next one, hands it to the transport, stores what became of it. The handing over
//! happens outside any transaction.
//!
//! A mail is taken by a lease: whoever takes it has that long to store the outcome. If the process ends in between,
//! the mail is sent again after the lease, under the same `Message-ID`; so it is delivered at least once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use dealwright_store::{Conn, Sql, Store, StoreError, Weight, error::chain};
use dealwright_wire::{Id, json};

use super::files::{self, MailFile};
use super::stored::{self, Mail, State};
use super::{blocked, message};
use crate::error::Error;
use crate::org::Org;
use crate::ports::post::{Fate, Message, Transport};

/// Time to send a mail in. The transport is given less.
const LEASE: Duration = Duration::from_mins(5);
const PATIENCE: Duration = Duration::from_mins(4);
/// Before each repetition. After the last one, what was not delivered is given up.
const PAUSES: [Duration; 5] = [
    Duration::from_mins(1),
    Duration::from_mins(5),
    Duration::from_mins(15),
    Duration::from_hours(1),
    Duration::from_hours(4),
];

/// A mail that was taken, with whom it still has to reach.
struct Taken {
    mail: Mail,
    module: Id,
    record: Id,
    waiting: Vec<String>,
    files: Vec<MailFile>,
}

/// Sends the mail that is due. `false` when none is, or when the org has no way to send.
///
/// A mail that cannot be sent is tried again later or given up, which is no error of this function.
pub async fn deliver_next(org: &Arc<Org>) -> Result<bool, Error> {
    let Some(transport) = org.post.transport() else { return Ok(false) };
    let now = org.clock.now_ms();
    // Most often there is nothing to do, and the writer is not asked for that.
    let is_any =
        org.store.read(Weight::Point, move |conn| Box::pin(async move { due(conn, "", now).await })).await?;
    if is_any.is_none() {
        return Ok(false);
    }
    let taken =
        org.store.write(move |tx| Box::pin(async move { Ok::<_, Error>(take(tx, now).await?) })).await?;
    let Some(taken) = taken else { return Ok(false) };
    let fates = match send(org, transport, &taken).await {
        Ok(fates) => fates,
        Err(problem) => vec![problem; taken.waiting.len()],
    };
    let failed = fates.iter().filter(|fate| **fate != Fate::Delivered).count();
    if failed > 0 {
        // Addresses are nobody's business here; the reasons stand with the mail.
        tracing::warn!(org.id = %org.id, mail.id = %taken.mail.id, attempt = taken.mail.attempts, failed,
            "a mail did not reach all its recipients");
    }
    let (now, mint) = (org.clock.now_ms(), org.mint.clone());
    org.store.write(move |tx| Box::pin(async move { settle(tx, &mint, &taken, fates, now).await })).await?;
    Ok(true)
}

/// Whether mails of an org wait to be sent, also later. None does where none can be sent.
pub async fn waits(org: &Org) -> Result<bool, Error> {
    if org.post.transport().is_none() {
        return Ok(false);
    }
    org.store
        .read(Weight::Point, move |conn| {
            Box::pin(async move { Ok::<_, Error>(due(conn, "", i64::MAX).await?.is_some()) })
        })
        .await
}

/// The same for an org that is not open.
pub async fn wait_in(store: &Store) -> Result<bool, Error> {
    let found = store
        .read(Weight::Point, |conn| Box::pin(async move { Ok::<_, Error>(due(conn, "", i64::MAX).await?) }));
    Ok(found.await?.is_some())
}

/// The mail that is due longest.
async fn due(conn: &mut Conn, lock: &str, now: i64) -> Result<Option<Id>, StoreError> {
    let sql = Sql::from(format!("SELECT id FROM {{_mails}} WHERE due <= ?1 ORDER BY due, id LIMIT 1{lock}"));
    Ok(conn.first(&sql, &[now.into()], |row| row.id(0)).await?.flatten())
}

/// Takes the mail that is due longest.
async fn take(tx: &mut Conn, now: i64) -> Result<Option<Taken>, StoreError> {
    let lock = tx.dialect().for_update();
    let Some(id) = due(tx, lock, now).await? else { return Ok(None) };
    let lease = now.saturating_add(LEASE.as_millis() as i64);
    // Without the second test, two servers could take the same mail one after the other.
    let sql = Sql::from("UPDATE {_mails} SET due = ?2, attempts = attempts + 1 WHERE id = ?1 AND due <= ?3");
    if tx.exec(&sql, &[id.into(), lease.into(), now.into()]).await? == 0 {
        return Ok(None);
    }
    let sql = Sql::from(format!(
        "SELECT {}, m.module_id, m.record_id FROM {{_mails}} m WHERE m.id = ?1",
        stored::COLUMNS
    ));
    let width = stored::COLUMN_COUNT;
    let read = |row: &dealwright_store::Row<'_>| {
        let module = dealwright_store::Row::must(row.id(width)?, width)?;
        Ok((stored::read(row)?, module, dealwright_store::Row::must(row.id(width + 1)?, width + 1)?))
    };
    let Some((mail, module, record)) = tx.first(&sql, &[id.into()], read).await? else { return Ok(None) };
    let sql = Sql::from(
        "SELECT address FROM {_mail_recipients} WHERE mail_id = ?1 AND state = 'waiting' ORDER BY address",
    );
    let waiting = tx.all(&sql, &[id.into()], |row| Ok(row.text(0)?.map(str::to_owned))).await?;
    let files = files::of_mail(tx, id).await?;
    Ok(Some(Taken { mail, module, record, waiting: waiting.into_iter().flatten().collect(), files }))
}

/// Hands the mail over. An error is the fate of all recipients.
async fn send(org: &Org, transport: &Arc<dyn Transport>, taken: &Taken) -> Result<Vec<Fate>, Fate> {
    let forever = |reason: String| Fate::Refused { reason, is_address: false };
    let unreadable = |error: Error| {
        tracing::error!(mail.id = %taken.mail.id, error = chain(&error), "reading a mail that is to be sent");
        Fate::Later("the mail cannot be read".to_owned())
    };
    let content = files::content(org, taken.mail.content).await.map_err(unreadable)?;
    let mut parts = Vec::with_capacity(taken.files.len());
    for file in &taken.files {
        let bytes = files::bytes(org, file.id).await.map_err(unreadable)?;
        let bytes = bytes.ok_or_else(|| forever(format!("the file {} is gone", file.name)))?;
        parts.push((file.clone(), bytes));
    }
    let message = Message {
        org: org.id,
        sender: taken.mail.people.from.email.clone(),
        recipients: taken.waiting.clone(),
        raw: message::build(&taken.mail, &content, parts).map_err(forever)?,
    };
    match tokio::time::timeout(PATIENCE, transport.deliver(&message)).await {
        Ok(Ok(fates)) => Ok(fates),
        Ok(Err(reason)) => Err(Fate::Later(reason)),
        Err(_) => Err(Fate::Later("the mail server took too long".to_owned())),
    }
}

/// Stores what became of the mail for each recipient, and of the mail as a whole.
async fn settle(
    tx: &mut Conn,
    mint: &dealwright_wire::Mint,
    taken: &Taken,
    fates: Vec<Fate>,
    now: i64,
) -> Result<(), Error> {
    let (id, seconds) = (taken.mail.id, now.div_euclid(1000));
    let tried = taken.mail.attempts.max(1) as usize;
    let pause = PAUSES.get(tried - 1);
    let mut problem = None;
    for (address, fate) in taken.waiting.iter().zip(fates) {
        let (state, reason) = match fate {
            Fate::Delivered => ("sent", None),
            Fate::Later(reason) => {
                problem.get_or_insert_with(|| reason.clone());
                (if pause.is_some() { "waiting" } else { "failed" }, Some(reason))
            }
            Fate::Refused { reason, is_address } => {
                if is_address {
                    blocked::block(tx, address, id, seconds).await?;
                }
                problem.get_or_insert_with(|| reason.clone());
                ("refused", Some(reason))
            }
        };
        let sql = Sql::from(
            "UPDATE {_mail_recipients} SET state = ?3, reason = ?4, at = ?5 WHERE mail_id = ?1 AND address = ?2",
        );
        let args = [id.into(), address.as_str().into(), state.into(), reason.into(), seconds.into()];
        tx.exec(&sql, &args).await?;
    }
    let states = count_states(tx, id).await?;
    let is_any = |state: &str| states.get(state).is_some_and(|count| *count > 0);
    let state = if is_any("waiting") {
        State::Waiting
    } else if is_any("sent") {
        State::Sent
    } else if is_any("failed") {
        State::Failed
    } else {
        State::Bounced
    };
    let due = (state == State::Waiting).then_some(pause).flatten();
    let due = due.map(|pause| now.saturating_add(pause.as_millis() as i64));
    let sql = Sql::from("UPDATE {_mails} SET state = ?2, due = ?3, problem = ?4 WHERE id = ?1");
    tx.exec(&sql, &[id.into(), state.text().into(), due.into(), problem.into()]).await?;
    if state == State::Waiting {
        return Ok(());
    }
    let kind = if state == State::Sent { "mail.sent" } else { "mail.failed" };
    let mut records = Vec::new();
    json::value(&mut records, &[taken.record]);
    let sql = Sql::from(
        "INSERT INTO {_outbox} (id, at, kind, module_id, user_id, client, records) VALUES (?1, ?2, ?3, ?4, ?5, '', ?6)",
    );
    let args = [
        mint.next().into(),
        now.into(),
        kind.into(),
        taken.module.into(),
        taken.mail.owner.into(),
        String::from_utf8(records).unwrap_or_default().into(),
    ];
    tx.exec(&sql, &args).await?;
    Ok(())
}

async fn count_states(tx: &mut Conn, mail: Id) -> Result<HashMap<String, i64>, StoreError> {
    let sql = Sql::from("SELECT state, count(*) FROM {_mail_recipients} WHERE mail_id = ?1 GROUP BY state");
    let read = |row: &dealwright_store::Row<'_>| Ok(row.text(0)?.map(str::to_owned).zip(row.int(1)?));
    Ok(tx.all(&sql, &[mail.into()], read).await?.into_iter().flatten().collect())
}
