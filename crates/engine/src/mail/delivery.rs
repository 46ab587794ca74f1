//! Sends queued mails: a kind of job that is done outside any transaction. What became of a mail is stored with it.
//!
//! If the process ends between sending and storing, the mail is sent again after the lease, under the same `Message-ID`; so
//! it is delivered at least once.

use std::collections::HashMap;
use std::time::Duration;

use dealwright_store::{Conn, Row, Sql, StoreError, error::chain};
use dealwright_wire::Id;
use futures::future::BoxFuture;

use super::files::{self, MailFile};
use super::stored::{self, Mail, State};
use super::{blocked, message};
use crate::error::Error;
use crate::events::NewEvent;
use crate::jobs::{Attempt, Attempts, Errand, Job, JobKind, NewJob, Settled, Work, queue};
use crate::org::Org;
use crate::ports::bell::Call;
use crate::ports::post::{Fate, Message};

/// Time to send a mail in.
const PATIENCE: Duration = Duration::from_mins(4);

/// Sends one mail. Its input is the mail's id.
pub(crate) static DELIVERY: JobKind = JobKind {
    name: "mail.deliver",
    queue: &queue::MAIL,
    // After the last repetition, what was not delivered is given up.
    attempts: Attempts(&[
        Duration::from_mins(1),
        Duration::from_mins(5),
        Duration::from_mins(15),
        Duration::from_hours(1),
        Duration::from_hours(4),
    ]),
    work: Work::Outside { ready: |org| org.post.transport().is_some(), take, deadline: PATIENCE },
};

/// The job that sends a mail of a record of that module.
pub(super) fn job(module: Id, mail: Id) -> NewJob {
    NewJob { kind: &DELIVERY, module, input: mail.to_string(), total: 1 }
}

/// A mail on its way, with whom it still has to reach.
struct Outgoing {
    mail: Mail,
    module: Id,
    record: Id,
    waiting: Vec<String>,
    files: Vec<MailFile>,
    /// What became of it for each of those who wait, or for all of them.
    fates: Result<Vec<Fate>, Fate>,
}

fn take<'a>(
    tx: &'a mut Conn,
    _: &'a Org,
    job: &'a Job,
) -> BoxFuture<'a, Result<Option<Box<dyn Errand>>, Error>> {
    Box::pin(async move {
        let id: Option<Id> = job.input.parse().ok();
        let mail = match id {
            Some(id) => outgoing(tx, id).await?,
            None => None,
        };
        Ok(mail.map(|mail| Box::new(mail) as Box<dyn Errand>))
    })
}

/// Counts the attempt, so that the mail says it is on its way, and reads what there is to send. `None` when it is gone.
async fn outgoing(tx: &mut Conn, id: Id) -> Result<Option<Outgoing>, StoreError> {
    let sql = Sql::from("UPDATE {_mails} SET attempts = attempts + 1 WHERE id = ?1");
    tx.exec(&sql, &[id.into()]).await?;
    let sql = Sql::from(format!(
        "SELECT {}, m.module_id, m.record_id FROM {{_mails}} m WHERE m.id = ?1",
        stored::COLUMNS
    ));
    let width = stored::COLUMN_COUNT;
    let read = |row: &Row<'_>| {
        let module = Row::must(row.id(width)?, width)?;
        Ok((stored::read(row)?, module, Row::must(row.id(width + 1)?, width + 1)?))
    };
    let Some((mail, module, record)) = tx.first(&sql, &[id.into()], read).await? else { return Ok(None) };
    let sql = Sql::from(
        "SELECT address FROM {_mail_recipients} WHERE mail_id = ?1 AND state = 'waiting' ORDER BY address",
    );
    let waiting = tx.all(&sql, &[id.into()], |row| Ok(row.text(0)?.map(str::to_owned))).await?;
    let files = files::of_mail(tx, id).await?;
    let waiting = waiting.into_iter().flatten().collect();
    let fates = Err(Fate::Later("the mail server took too long".to_owned()));
    Ok(Some(Outgoing { mail, module, record, waiting, files, fates }))
}

impl Errand for Outgoing {
    fn perform<'a>(&'a mut self, org: &'a Org) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            self.fates = send(org, self).await;
            let failed = match &self.fates {
                Ok(fates) => fates.iter().filter(|fate| **fate != Fate::Delivered).count(),
                Err(_) => self.waiting.len(),
            };
            if failed > 0 {
                // Addresses are nobody's business here; the reasons stand with the mail.
                tracing::warn!(org.id = %org.id, mail.id = %self.mail.id, attempt = self.mail.attempts, failed,
                    "a mail did not reach all its recipients");
            }
        })
    }

    fn settle<'a>(
        &'a mut self,
        tx: &'a mut Conn,
        org: &'a Org,
        attempt: Attempt,
    ) -> BoxFuture<'a, Result<Settled, Error>> {
        Box::pin(async move { settle(tx, org, self, attempt).await })
    }
}

/// Hands the mail over. An error is the fate of all recipients.
async fn send(org: &Org, mail: &Outgoing) -> Result<Vec<Fate>, Fate> {
    let Some(transport) = org.post.transport() else {
        return Err(Fate::Later("no mail can be sent".to_owned()));
    };
    let forever = |reason: String| Fate::Refused { reason, is_address: false };
    let unreadable = |error: Error| {
        tracing::error!(mail.id = %mail.mail.id, error = chain(&error), "reading a mail that is to be sent");
        Fate::Later("the mail cannot be read".to_owned())
    };
    let content = files::content(org, mail.mail.content).await.map_err(unreadable)?;
    let mut parts = Vec::with_capacity(mail.files.len());
    for file in &mail.files {
        let bytes = files::bytes(org, file.id).await.map_err(unreadable)?;
        let bytes = bytes.ok_or_else(|| forever(format!("the file {} is gone", file.name)))?;
        parts.push((file.clone(), bytes));
    }
    let message = Message {
        org: org.id,
        sender: mail.mail.people.from.email.clone(),
        recipients: mail.waiting.clone(),
        raw: message::build(&mail.mail, &content, parts).map_err(forever)?,
    };
    transport.deliver(&message).await.map_err(Fate::Later)
}

/// Stores what became of the mail for each recipient, and of the mail as a whole.
async fn settle(tx: &mut Conn, org: &Org, of: &Outgoing, attempt: Attempt) -> Result<Settled, Error> {
    let now = org.clock.now_ms();
    let (id, seconds) = (of.mail.id, now.div_euclid(1000));
    let fates = match &of.fates {
        Ok(fates) => fates.clone(),
        Err(fate) => vec![fate.clone(); of.waiting.len()],
    };
    let mut problem = None;
    for (address, fate) in of.waiting.iter().zip(fates) {
        let (state, reason) = match fate {
            Fate::Delivered => ("sent", None),
            Fate::Later(reason) => {
                problem.get_or_insert_with(|| reason.clone());
                (if attempt.is_last { "failed" } else { "waiting" }, Some(reason))
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
    let sql = Sql::from("UPDATE {_mails} SET state = ?2, problem = ?3 WHERE id = ?1");
    tx.exec(&sql, &[id.into(), state.text().into(), problem.clone().into()]).await?;
    if state == State::Waiting {
        return Ok(Settled::Again(problem.unwrap_or_default()));
    }
    let kind = if state == State::Sent { "mail.sent" } else { "mail.failed" };
    let event = NewEvent {
        kind,
        at_ms: now,
        module: of.module,
        user: of.mail.owner,
        client: String::new(),
        records: &[of.record],
        entries: &[],
        options: None,
    };
    tx.together(&[event.to_store(&org.mint)]).await?;
    org.bell.ring(Call::News);
    Ok(Settled::Done)
}

async fn count_states(tx: &mut Conn, mail: Id) -> Result<HashMap<String, i64>, StoreError> {
    let sql = Sql::from("SELECT state, count(*) FROM {_mail_recipients} WHERE mail_id = ?1 GROUP BY state");
    let read = |row: &Row<'_>| Ok(row.text(0)?.map(str::to_owned).zip(row.int(1)?));
    Ok(tx.all(&sql, &[mail.into()], read).await?.into_iter().flatten().collect())
}
