//! What every unit of writing needs, free of the request's lifetime, and the marks it leaves: history and events.

use std::sync::Arc;

use dealwright_schema::{Cell, FieldDef, Form, ModuleDef, Storage};
use dealwright_store::{Batch, Column, Conn, Op};
use dealwright_wire::{Id, Instant, Mint, Profile, decimal, json};

use crate::access::{Caller, Grant};
use crate::cx::Cx;
use crate::error::Error;
use crate::events::NewEvent;
use crate::jobs::{Asker, NewJob};
use crate::ports::bell::{Bell, Call};
use crate::records::around::{Around, Rows};
use crate::records::features::Features;
use crate::snapshot::Snapshot;

/// Context of a unit of writing on one module.
#[derive(Clone)]
pub(crate) struct Writing {
    pub snapshot: Arc<Snapshot>,
    pub module: Arc<ModuleDef>,
    pub profile: &'static Profile,
    pub mint: Mint,
    pub now: Instant,
    now_ms: i64,
    pub user: Id,
    /// Accepts what the founding guide shows and the reference service refuses.
    pub is_lenient: bool,
    client: Arc<str>,
    /// Who writes, to ask for the modules that records name.
    pub caller: Caller,
    /// The grant to view, when the caller does not reach all records.
    pub limits: Option<Grant>,
    /// What areas do when it is written.
    pub around: &'static Around,
    /// What makes the change, as the timeline names it.
    source: &'static str,
    features: Features,
    bell: Arc<Bell>,
}

/// What a change is called: by the history, and by its event.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deed {
    pub action: &'static str,
    pub event: &'static str,
}

impl Deed {
    pub(crate) const INSERT: Self = Self { action: "insert", event: "record.created" };
    pub(crate) const UPDATE: Self = Self { action: "update", event: "record.updated" };
    pub(crate) const DELETE: Self = Self { action: "delete", event: "record.deleted" };
    /// A record became other records.
    pub(crate) const CONVERT: Self = Self { action: "convert", event: "record.converted" };
    /// A record took others in, or went into another.
    pub(crate) const MERGE: Self = Self { action: "merge", event: "record.merged" };
}

impl Default for Deed {
    fn default() -> Self {
        Self::UPDATE
    }
}

/// One entry of the history of a record, or of all records a batch made.
pub(crate) struct Entry {
    pub id: Id,
    /// The record's entry before this one.
    pub prev: Option<i64>,
    /// `None`: the entry stands for every record that points to it.
    pub record: Option<Id>,
    pub action: &'static str,
    /// Values before the change, as JSON.
    pub before: Option<String>,
}

impl Writing {
    /// The grant proves that the caller may write.
    pub(crate) fn new(cx: &Cx, grant: &Grant) -> Self {
        Self {
            snapshot: Arc::clone(&cx.snapshot),
            module: Arc::clone(&grant.module),
            profile: cx.profile,
            mint: cx.org.mint.clone(),
            now: cx.org.clock.now(),
            now_ms: cx.org.clock.now_ms(),
            user: cx.user_id(),
            is_lenient: cx.is_lenient(),
            client: Arc::clone(&cx.actor.client_id),
            caller: cx.caller().clone(),
            limits: limits(grant),
            around: Around::of(&cx.org),
            source: "crm_api",
            features: Features::default(),
            bell: Arc::clone(&cx.org.bell),
        }
    }

    /// With what the caller says the write may set off.
    pub(crate) fn setting_off(self, features: Features) -> Self {
        Self { features, ..self }
    }

    /// Made by something else than a call of the API: `mass_update`, `blueprint`, …
    pub(crate) fn made_by(self, source: &'static str) -> Self {
        Self { source, ..self }
    }

    /// The same unit on another module that the request touches (the account named by a deal), as far as the caller may
    /// go there.
    pub(crate) fn on(&self, grant: &Grant) -> Self {
        Self { module: Arc::clone(&grant.module), limits: limits(grant), ..self.clone() }
    }

    /// The same unit on a module whose records the server itself changes, because they go with what the caller was
    /// allowed to change: rows of a record, values that are worked out from it, what hangs on it and moves along. Nothing
    /// that a caller names may be reached through it.
    pub(crate) fn as_the_system(&self, module: &Arc<ModuleDef>) -> Self {
        Self { module: Arc::clone(module), limits: None, ..self.clone() }
    }

    /// The module's table. Who may change which of its rows has been asked by whoever made the unit, or is by `guard`.
    #[expect(clippy::disallowed_methods, reason = "units of writing are made of grants")]
    pub(crate) fn table(&self) -> &str {
        self.module.table_name().unwrap_or_default()
    }

    /// Columns of the history.
    pub(crate) fn history_columns() -> Vec<Column> {
        [
            ("id", Storage::Int),
            ("prev", Storage::Int),
            ("record_id", Storage::Int),
            ("module_id", Storage::Int),
            ("at", Storage::Int),
            ("user_id", Storage::Int),
            ("client", Storage::Text),
            ("action", Storage::Text),
            ("before", Storage::Text),
            ("source", Storage::Text),
        ]
        .map(|(name, storage)| Column::new(name, storage))
        .into()
    }

    /// Rows of the history, for [`Writing::history_columns`].
    pub(crate) fn history_rows(&self, entries: Vec<Entry>) -> Vec<Vec<Cell<'static>>> {
        entries
            .into_iter()
            .map(|entry| {
                vec![
                    entry.id.into(),
                    entry.prev.into(),
                    entry.record.into(),
                    self.module.id.into(),
                    self.now_ms.into(),
                    self.user.into(),
                    self.client.to_string().into(),
                    entry.action.into(),
                    entry.before.into(),
                    self.source.into(),
                ]
            })
            .collect()
    }

    /// An event, to be written in the same transaction as the records it tells of and the entries of their history.
    pub(crate) fn event(&self, kind: &'static str, records: &[Id], entries: &[Id]) -> Op<'static> {
        self.bell.ring(Call::News);
        let event = NewEvent {
            kind,
            at_ms: self.now_ms,
            module: self.module.id,
            user: self.user,
            client: self.client.to_string(),
            records,
            entries,
            options: self.features.text(),
        };
        event.to_store(&self.mint)
    }

    /// A job that this unit asks for, for the time `due` in milliseconds since the epoch. Afterwards the org's bell has to
    /// be rung.
    pub(crate) fn job(&self, new: NewJob, due: i64) -> Op<'static> {
        let asker = Asker { user: self.user, client: self.client.to_string(), caller: self.caller.kept() };
        let (_, sql, args) = new.to_store(&self.mint, self.now_ms, asker, due);
        Op::Exec(sql, args)
    }

    /// Writes history entries and the event of the records they are about.
    pub(crate) async fn record(
        &self,
        tx: &mut Conn,
        entries: Vec<Entry>,
        kind: &'static str,
        records: &[Id],
    ) -> Result<(), Error> {
        self.record_with(tx, entries, kind, records, &[]).await
    }

    /// [`Writing::record`], with rows of other tables on the way.
    pub(crate) async fn record_with(
        &self,
        tx: &mut Conn,
        entries: Vec<Entry>,
        kind: &'static str,
        records: &[Id],
        more: &[Rows],
    ) -> Result<(), Error> {
        if records.is_empty() {
            return Ok(());
        }
        let ids: Vec<Id> = entries.iter().map(|entry| entry.id).collect();
        let (columns, rows) = (Self::history_columns(), self.history_rows(entries));
        let history = Batch { table: "_history", columns: &columns, rows: &rows };
        let mut work = vec![Op::Insert(history), self.event(kind, records, &ids)];
        work.extend(more.iter().map(|more| Op::Insert(more.batch())));
        Ok(tx.together(&work).await?)
    }
}

fn limits(grant: &Grant) -> Option<Grant> {
    grant.is_scoped().then(|| grant.to_view())
}

/// A stored value as JSON, for history and for images of deleted records: exact, and the same on both databases.
pub(crate) fn cell_json(field: &FieldDef, cell: &Cell<'_>, out: &mut Vec<u8>) {
    match cell {
        Cell::Null | Cell::Bytes(_) | Cell::Ids(_) | Cell::Texts(_) => out.extend_from_slice(b"null"),
        Cell::Bool(yes) => json::bool(out, *yes),
        Cell::Int(number) => match field.data_type.get().form {
            Form::Decimal => decimal::write(out, *number, field.scale()),
            Form::Int => json::int(out, *number),
            _ => json::quoted_int(out, *number),
        },
        Cell::Text(text) if field.data_type.get().form.is_json() => out.extend_from_slice(text.as_bytes()),
        Cell::Text(text) => json::string(out, text),
        Cell::Date(date) => {
            out.push(b'"');
            dealwright_wire::time::write_date(out, *date);
            out.push(b'"');
        }
        Cell::Instant(instant) => instant.write(out, &dealwright_wire::Zone::UTC),
    }
}
