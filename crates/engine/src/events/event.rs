//! One event: how it is written beside what it tells of, and how it is read.

use dealwright_schema::Cell;
use dealwright_store::{Op, Row, Sql, StoreError};
use dealwright_wire::{Id, Mint, json};

/// An event that is to be written.
#[derive(Debug, Clone)]
pub struct NewEvent<'a> {
    /// What happened: `record.created`, `mail.sent`.
    pub kind: &'static str,
    pub at_ms: i64,
    pub module: Id,
    pub user: Id,
    pub client: String,
    /// The records it is about.
    pub records: &'a [Id],
    /// The entries of the history that say what changed.
    pub entries: &'a [Id],
    /// What the caller said it may set off, as `Features::text` has it.
    pub options: Option<String>,
}

impl NewEvent<'_> {
    /// The statement that writes it, in the transaction of what it tells of and no earlier: on SQLite the order of ids is
    /// the order in which events are read.
    pub fn to_store(self, mint: &Mint) -> Op<'static> {
        let sql = Sql::from(
            "INSERT INTO {_outbox} (id, at, kind, module_id, user_id, client, records, options, entries) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        );
        let args = vec![
            mint.next().into(),
            self.at_ms.into(),
            self.kind.into(),
            self.module.into(),
            self.user.into(),
            self.client.into(),
            list(self.records).into(),
            self.options.into(),
            Cell::from((!self.entries.is_empty()).then(|| list(self.entries))),
        ];
        Op::Exec(sql, args)
    }
}

fn list(ids: &[Id]) -> String {
    let mut text = Vec::with_capacity(ids.len() * 22 + 2);
    json::value(&mut text, ids);
    String::from_utf8(text).unwrap_or_default()
}

/// An event that happened.
#[derive(Debug, Clone)]
pub struct Event {
    pub id: Id,
    pub at_ms: i64,
    pub kind: String,
    pub module: Id,
    pub user: Id,
    pub client: String,
    pub records: Vec<Id>,
    /// Entries of the history. Earlier releases did not say which.
    pub entries: Vec<Id>,
    pub options: Option<String>,
    /// The transaction that wrote it.
    pub(super) tx: i64,
}

/// What [`read`] reads of `{_outbox} e`.
pub(super) const COLUMNS: &str =
    "e.id, e.at, e.kind, e.module_id, e.user_id, e.client, e.records, e.entries, e.options, e.tx";

pub(super) fn read(row: &Row<'_>) -> Result<Event, StoreError> {
    let text = |at: usize| Ok::<_, StoreError>(row.text(at)?.unwrap_or_default().to_owned());
    let ids = |at: usize| match row.text(at)? {
        None => Ok(Vec::new()),
        Some(list) => serde_json::from_str(list)
            .map_err(|error| StoreError::Shape { column: at, found: error.to_string() }),
    };
    Ok(Event {
        id: Row::must(row.id(0)?, 0)?,
        at_ms: row.int(1)?.unwrap_or_default(),
        kind: text(2)?,
        module: Row::must(row.id(3)?, 3)?,
        user: Row::must(row.id(4)?, 4)?,
        client: text(5)?,
        records: ids(6)?,
        entries: ids(7)?,
        options: row.text(8)?.map(str::to_owned),
        tx: row.int(9)?.unwrap_or_default(),
    })
}
