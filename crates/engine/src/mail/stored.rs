//! A mail as it is stored, and its form in answers.

use std::collections::HashMap;

use dealwright_schema::{Cell, ModuleDef};
use dealwright_store::{Conn, Row, Sql, StoreError};
use dealwright_wire::{Id, Instant};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::address::Address;
use crate::access::unasked::{self, Why};
use crate::error::Error;
use crate::records::selection;
use crate::snapshot::Snapshot;

/// The parties of a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct People {
    pub from: Address,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    pub bcc: Vec<Address>,
    pub reply_to: Option<Address>,
}

impl People {
    /// Everybody who gets the mail; nobody twice.
    pub(super) fn recipients(&self) -> Vec<&Address> {
        let mut seen = std::collections::HashSet::new();
        let all = self.to.iter().chain(&self.cc).chain(&self.bcc);
        all.filter(|address| seen.insert(address.folded())).collect()
    }
}

/// Where a mail comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// Written here. Everybody who sees the record sees it.
    Crm,
    /// From a user's own mailbox, associated with the record. Others see it when its owner shares it.
    Mailbox,
}

impl Source {
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Crm => "crm",
            Self::Mailbox => "mailbox",
        }
    }
}

/// How far a mail is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Some recipient still has to get it.
    Waiting,
    /// Someone got it, and nobody is waited for; also the state of mails from elsewhere.
    Sent,
    /// Every recipient was refused for good.
    Bounced,
    /// Given up.
    Failed,
}

impl State {
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Bounced => "bounced",
            Self::Failed => "failed",
        }
    }

    fn read(text: &str) -> Self {
        match text {
            "waiting" => Self::Waiting,
            "sent" => Self::Sent,
            "bounced" => Self::Bounced,
            _ => Self::Failed,
        }
    }
}

/// A stored mail without its content.
#[derive(Debug, Clone)]
pub(super) struct Mail {
    pub id: Id,
    /// How clients name it.
    pub message_id: String,
    /// `Message-ID` without its brackets.
    pub original_id: String,
    pub thread: String,
    pub owner: Id,
    pub source: String,
    pub state: State,
    pub is_sent: bool,
    pub is_read: bool,
    /// When it was or will be sent.
    pub at: Instant,
    pub subject: String,
    pub summary: String,
    /// `html` or `text`.
    pub format: String,
    pub people: People,
    /// Number of attachments.
    pub files: i64,
    pub in_reply_to: Option<String>,
    /// Module and id of the record it is linked to beside its own.
    pub linked: Option<(Id, Id)>,
    pub attempts: i64,
    pub problem: Option<String>,
    /// The file that holds what it says.
    pub content: Id,
    /// Recipients that were refused for good, and when the first was.
    bounced: i64,
    bounced_at: Option<i64>,
    bounced_reason: Option<String>,
    thread_has_files: bool,
}

/// What [`read`] reads of `{_mails} m`.
pub(super) const COLUMNS: &str = "\
    m.id, m.message_id, m.original_id, m.thread, m.owner_id, m.source, m.state, m.is_sent, m.is_read, m.at, \
    m.subject, m.summary, m.format, m.people, m.files, m.in_reply_to, m.linked_module, m.linked_record, \
    m.attempts, m.problem, m.content_id, \
    (SELECT count(*) FROM {_mail_recipients} r WHERE r.mail_id = m.id AND r.state = 'refused'), \
    (SELECT min(r.at) FROM {_mail_recipients} r WHERE r.mail_id = m.id AND r.state = 'refused'), \
    (SELECT min(r.reason) FROM {_mail_recipients} r WHERE r.mail_id = m.id AND r.state = 'refused'), \
    EXISTS (SELECT 1 FROM {_mails} o WHERE o.thread = m.thread AND o.files > 0)";

/// Number of [`COLUMNS`].
pub(super) const COLUMN_COUNT: usize = 25;

pub(super) fn read(row: &Row<'_>) -> Result<Mail, StoreError> {
    let text = |at: usize| Ok::<_, StoreError>(row.text(at)?.unwrap_or_default().to_owned());
    let number = |at: usize| Ok::<_, StoreError>(row.int(at)?.unwrap_or_default());
    let people = serde_json::from_str(row.text(13)?.unwrap_or_default())
        .map_err(|error| StoreError::Shape { column: 13, found: error.to_string() })?;
    Ok(Mail {
        id: Row::must(row.id(0)?, 0)?,
        message_id: text(1)?,
        original_id: text(2)?,
        thread: text(3)?,
        owner: Row::must(row.id(4)?, 4)?,
        source: text(5)?,
        state: State::read(&text(6)?),
        is_sent: number(7)? != 0,
        is_read: number(8)? != 0,
        at: Instant(number(9)?),
        subject: text(10)?,
        summary: text(11)?,
        format: text(12)?,
        people,
        files: number(14)?,
        in_reply_to: row.text(15)?.map(str::to_owned),
        linked: row.id(16)?.zip(row.id(17)?),
        attempts: number(18)?,
        problem: row.text(19)?.map(str::to_owned),
        content: Row::must(row.id(20)?, 20)?,
        bounced: number(21)?,
        bounced_at: row.int(22)?,
        bounced_reason: row.text(23)?.map(str::to_owned),
        thread_has_files: row.bool(24)?.unwrap_or_default(),
    })
}

/// Condition on `{_mails} m`: what was written here, the caller's own, and what its owner shares. `me` is the
/// argument that holds the caller.
pub(super) fn visible_to(me: &str) -> String {
    format!(
        "(m.source = 'crm' OR m.owner_id = {me} OR EXISTS (SELECT 1 FROM {{_mail_shares}} s \
         WHERE s.record_id = m.record_id AND s.user_id = m.owner_id))"
    )
}

/// Names of the records that mails are linked to, by module and id: one query per module.
pub(super) async fn linked_names(
    conn: &mut Conn,
    snapshot: &Snapshot,
    mails: &[Mail],
) -> Result<HashMap<(Id, Id), String>, Error> {
    let mut by_module: HashMap<Id, Vec<i64>> = HashMap::new();
    for (module, record) in mails.iter().filter_map(|mail| mail.linked) {
        by_module.entry(module).or_default().push(record.get());
    }
    let mut names = HashMap::new();
    for (id, records) in by_module {
        let Some(module) = snapshot.schema.module_by_id(id) else { continue };
        let (Some(table), Some(shown)) =
            (unasked::table(module, Why::Name), selection::display_column(module))
        else {
            continue;
        };
        let among = conn.dialect().in_ids("t.id", "?1");
        let sql = Sql::from(format!("SELECT t.id, t.\"{shown}\" FROM {{{table}}} t WHERE {among}"));
        conn.each(&sql, &[Cell::Ids(records.into())], &mut |row| {
            if let (Some(record), Some(name)) = (row.id(0)?, row.text(1)?) {
                names.insert((id, record), name.to_owned());
            }
            Ok(())
        })
        .await?;
    }
    Ok(names)
}

impl Mail {
    /// A row of `Emails`.
    pub(super) fn show(
        &self,
        snapshot: &Snapshot,
        names: &HashMap<(Id, Id), String>,
        now: Instant,
    ) -> serde_json::Map<String, Value> {
        let owner = snapshot.user(self.owner);
        let time = self.at.text(&snapshot.zone);
        let row = json!({
            "attachments": null,
            "thread_id": self.thread,
            "cc": (!self.people.cc.is_empty()).then_some(&self.people.cc),
            "summary": self.summary,
            "owner": { "name": owner.map(|user| user.full_name()), "id": self.owner },
            "read": self.is_read,
            "sent": self.is_sent,
            "subject": self.subject,
            "activity_info": null,
            "intent": null,
            "sentiment_info": null,
            "emotion": null,
            "message_id": self.message_id,
            "source": self.source,
            "linked_record": self.linked.and_then(|link| linked(snapshot, link, names)),
            "sent_time": time,
            "from": self.people.from,
            "to": self.people.to,
            "time": time,
            "status": self.status(snapshot, now),
            "has_attachment": self.files > 0,
            "has_thread_attachment": self.thread_has_files,
            "editable": false,
        });
        match row {
            Value::Object(row) => row,
            _ => serde_json::Map::new(),
        }
    }

    /// True while its time has not come.
    fn is_scheduled(&self, now: Instant) -> bool {
        self.state == State::Waiting && self.attempts == 0 && self.at > now
    }

    /// What happened to it: an entry for its state, and one for the recipients that were refused.
    fn status(&self, snapshot: &Snapshot, now: Instant) -> Value {
        let entry = |kind: &str, problem: Option<&String>| json!({ "type": kind, "bounced_time": null, "bounced_reason": problem });
        let bounced = || {
            json!({
                "type": "bounced",
                "bounced_time": self.bounced_at.map(|at| Instant(at).text(&snapshot.zone)),
                "bounced_reason": self.bounced_reason,
                "count": self.bounced.to_string(),
                "category": "hard",
            })
        };
        let mut entries = match self.state {
            State::Waiting if self.is_scheduled(now) => vec![entry("scheduled", None)],
            State::Waiting if self.problem.is_some() => vec![entry("retrying", self.problem.as_ref())],
            State::Waiting => vec![entry("queued", None)],
            State::Sent if self.is_sent => vec![entry("sent", None)],
            State::Sent => vec![entry("received", None)],
            State::Failed => vec![entry("failed", self.problem.as_ref())],
            State::Bounced => Vec::new(),
        };
        if self.bounced > 0 {
            entries.push(bounced());
        }
        entries.into()
    }
}

fn linked(snapshot: &Snapshot, link: (Id, Id), names: &HashMap<(Id, Id), String>) -> Option<Value> {
    let module: &ModuleDef = snapshot.schema.module_by_id(link.0)?;
    Some(json!({
        "module": { "api_name": module.api_name, "id": module.id },
        "name": names.get(&link),
        "id": link.1,
    }))
}
