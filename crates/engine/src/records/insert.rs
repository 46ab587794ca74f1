//! `POST /{module}`: new records, at most 100 at a time. Good ones are kept, bad ones answered in place.

use std::collections::HashMap;
use std::sync::Arc;

use dealwright_schema::field::AutoNumber;
use dealwright_schema::{Cell, Form, ModuleDef, Storage};
use dealwright_store::{Batch, Column, Conn, Op, Row, Sql, StoreError};
use dealwright_wire::{ApiError, Code, Id};

use crate::access::Action;
use crate::cx::Cx;
use crate::error::Error;
use crate::records::around::Pass;
use crate::records::body::{RECORDS, WriteBody};
use crate::records::draft::{self, Draft};
use crate::records::external::Externals;
use crate::records::outcome::{self, Audit, Done, Outcome};
use crate::records::worked_out::written;
use crate::records::writing::{Deed, Entry, Writing};
use crate::records::{around, derive, own_rules, pipeline, resolve, stored, subforms, unique};
use crate::request::{Answer, Request};

/// Inserts records: 201, 207 when some failed, 400 when all did.
pub fn insert<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let module = cx.snapshot.module(request.segment(0))?;
        let grant = cx.grant(module, Action::Create)?;
        let body = WriteBody::parse(&request.body)?;
        let records = body.records()?;
        if records.len() > RECORDS {
            return Ok(outcome::reply(cx, 201, vec![Outcome::Failed(too_many())]));
        }
        let externals = Externals::of(cx, module, request)?;
        let mut drafts = draft::drafts_with(cx, module, &records, &externals);
        for draft in drafts.iter_mut().flatten() {
            // An id in a new record means nothing; the server gives ids.
            draft.id = None;
        }
        let writing = Writing::new(cx, &grant).setting_off(body.features()?);
        let values = Externals::values(&drafts);
        let made = cx.org.write(move |tx| Box::pin(async move { write(tx, &writing, drafts).await })).await?;
        Ok(outcome::reply(cx, 201, externals.outcomes(module, made, values)))
    })
}

/// More records than one request may carry; nothing is written.
pub(crate) fn too_many() -> ApiError {
    ApiError::new(Code::LimitExceeded)
        .message("count of records in your request exceeds the limit")
        .detail("maximum_length", RECORDS)
        .field("data", "$.data".to_owned())
}

pub(crate) fn into_outcome(result: Result<Done, ApiError>) -> Outcome {
    match result {
        Ok(done) => Outcome::Done(done),
        Err(error) => Outcome::Failed(error),
    }
}

/// Writes new records in the running transaction; each succeeds or fails alone.
pub(crate) async fn write(
    tx: &mut Conn,
    writing: &Writing,
    mut drafts: Vec<Result<Draft, ApiError>>,
) -> Result<Vec<Result<Done, ApiError>>, Error> {
    let module = Arc::clone(&writing.module);
    for slot in &mut drafts {
        if let Ok(draft) = slot
            && let Err(error) = draft::check_mandatory(&module, draft).and_then(|()| new_rows(writing, draft))
        {
            *slot = Err(error);
        }
    }
    let old = HashMap::new();
    let pass = Pass { writing, deed: Deed::INSERT, old: &old };
    resolve::resolve(tx, writing, &old, &mut drafts).await?;
    around::settle(tx, pass, &mut drafts).await?;
    for slot in &mut drafts {
        if let Ok(draft) = slot
            && let Err(error) = own_rules::apply(writing, draft, None)
        {
            *slot = Err(error);
        }
    }
    let good = drafts.iter().flatten().count();
    let ids = writing.mint.ids(good);
    for (draft, id) in drafts.iter_mut().flatten().zip(ids) {
        draft.id = Some(id);
    }
    unique::check(tx, writing, &mut drafts).await?;
    let entry = writing.mint.next();
    drafts.iter_mut().flatten().for_each(|draft| fill(writing, &module, draft));
    for slot in &mut drafts {
        if let Ok(draft) = slot
            && let Err(error) = pipeline::check(writing, draft, None)
        {
            *slot = Err(error);
        }
    }
    subforms::prepare(tx, writing, &mut drafts).await?;
    number(tx, &module, &mut drafts).await?;
    around::hold(tx, pass, &mut drafts).await?;
    drafts.iter_mut().flatten().for_each(|draft| written::compute(writing, draft, None));
    store(tx, writing, entry, &mut drafts).await?;
    for draft in drafts.iter().flatten() {
        subforms::insert(tx, writing, draft).await?;
    }
    written::inserted(tx, writing, &drafts).await?;
    let ids: Vec<Id> = drafts.iter().flatten().filter_map(|draft| draft.id).collect();
    if !ids.is_empty() {
        let made = Entry { id: entry, prev: None, record: None, action: Deed::INSERT.action, before: None };
        let begun = writing.around.begun(writing, &drafts);
        writing.record_with(tx, vec![made], Deed::INSERT.event, &ids, &begun).await?;
        around::follow(tx, pass, &mut drafts).await?;
    }
    Ok(drafts.into_iter().map(|slot| slot.map(|draft| done(writing, &draft))).collect())
}

/// All rows of a new record are new, whatever ids they were sent with.
fn new_rows(writing: &Writing, draft: &mut Draft) -> Result<(), ApiError> {
    for (field, rows) in &mut draft.subforms {
        let Some(module) = subforms::rows_module(writing, *field) else { continue };
        for row in rows.iter_mut().filter(|row| !row.delete && row.id.is_some()) {
            row.id = None;
            draft::check_mandatory(&module, row)?;
        }
    }
    Ok(())
}

fn done(writing: &Writing, draft: &Draft) -> Done {
    Done {
        id: draft.id.unwrap_or(writing.user),
        message: "record added",
        audit: Some(Audit {
            created_time: writing.now,
            modified_time: writing.now,
            created_by: writing.user.get(),
            modified_by: writing.user.get(),
        }),
        upsert: None,
    }
}

/// What every new record has: owner, times, layout, defaults, derived values.
fn fill(writing: &Writing, module: &ModuleDef, draft: &mut Draft) {
    for (at, field) in module.fields().iter().enumerate() {
        if field.column.is_none() {
            continue;
        }
        let forced: Option<Cell<'static>> = match field.api_name.as_str() {
            "id" => draft.id.map(Into::into),
            "Created_Time" | "Modified_Time" => Some(writing.now.into()),
            "Created_By" | "Modified_By" => Some(writing.user.into()),
            _ => None,
        };
        if forced.is_some() {
            draft.cells[at] = forced;
        } else if draft.cells[at].as_ref().is_none_or(Cell::is_null) {
            let default = match field.api_name.as_str() {
                "Owner" => Some(writing.user.into()),
                "Layout" => Some(module.layout_id.into()),
                "Record_Status__s" => Some("Available".into()),
                _ if field.data_type.get().form == Form::Bool => Some(
                    field.default_value.as_ref().and_then(serde_json::Value::as_bool).unwrap_or(false).into(),
                ),
                // A value that was sent empty stays empty.
                _ if draft.cells[at].is_none() && field.data_type.get().storage == Some(Storage::Text) => {
                    field
                        .default_value
                        .as_ref()
                        .and_then(serde_json::Value::as_str)
                        .map(|text| text.to_owned().into())
                }
                _ => None,
            };
            if let Some(default) = default {
                draft.cells[at] = Some(default);
            }
        }
    }
    derive::currency(module, draft, &writing.snapshot.details.currency_code);
    derive::derive(module, draft, None, writing.now);
}

/// Counts up the auto-numbers of all new records with one reservation per field.
async fn number(
    tx: &mut Conn,
    module: &ModuleDef,
    drafts: &mut [Result<Draft, ApiError>],
) -> Result<(), Error> {
    for (at, field) in module.fields().iter().enumerate() {
        let Some(auto) = &field.auto_number else { continue };
        let count = drafts.iter().flatten().count() as i64;
        if count == 0 {
            continue;
        }
        let mut next = reserve(tx, field.id, auto, count).await?;
        for draft in drafts.iter_mut().flatten() {
            let (prefix, suffix) =
                (auto.prefix.as_deref().unwrap_or(""), auto.suffix.as_deref().unwrap_or(""));
            draft.cells[at] = Some(format!("{prefix}{next}{suffix}").into());
            next += 1;
        }
    }
    Ok(())
}

async fn reserve(tx: &mut Conn, field: Id, auto: &AutoNumber, count: i64) -> Result<i64, Error> {
    let sql = Sql::from("UPDATE {_counters} SET next = next + ?2 WHERE field_id = ?1");
    if tx.exec(&sql, &[field.into(), count.into()]).await? == 0 {
        let sql = Sql::from("INSERT INTO {_counters} (field_id, next) VALUES (?1, ?2)");
        tx.exec(&sql, &[field.into(), (auto.start_number + count).into()]).await?;
        return Ok(auto.start_number);
    }
    let sql = Sql::from("SELECT next FROM {_counters} WHERE field_id = ?1");
    let next = tx.first(&sql, &[field.into()], |row| Row::must(row.int(0)?, 0)).await?;
    Ok(next.unwrap_or(count) - count)
}

/// Inserts the rows in one go. A unique index can still refuse one on PostgreSQL, where another transaction may
/// have been faster than our check; then each row is tried alone.
async fn store(
    tx: &mut Conn,
    writing: &Writing,
    entry: Id,
    drafts: &mut [Result<Draft, ApiError>],
) -> Result<(), Error> {
    let good: Vec<usize> = (0..drafts.len()).filter(|&at| drafts[at].is_ok()).collect();
    if good.is_empty() {
        return Ok(());
    }
    let table = Table::of(&writing.module, drafts.iter().flatten());
    let rows: Vec<Vec<Cell<'static>>> =
        drafts.iter().flatten().map(|draft| table.row(draft, Some(entry))).collect();
    let name = writing.table();
    let all = Op::Insert(Batch { table: name, columns: &table.columns, rows: &rows });
    if !writing.module.fields().iter().any(|field| field.unique.is_some()) {
        return Ok(tx.together(&[all]).await?);
    }
    // The savepoint travels with the insert and ends with the transaction.
    match tx.together(&[Op::Exec(Sql::from("SAVEPOINT unit"), Vec::new()), all]).await {
        Ok(()) => return Ok(()),
        Err(StoreError::Unique { .. }) => tx.roll_back().await?,
        Err(error) => return Err(error.into()),
    }
    store_each(tx, writing, &table, good.into_iter().zip(rows), drafts).await
}

/// Inserts each row alone, `at` being the place of its draft. A draft whose row a unique index refuses becomes an error.
pub(crate) async fn store_each(
    tx: &mut Conn,
    writing: &Writing,
    table: &Table,
    rows: impl Iterator<Item = (usize, Vec<Cell<'static>>)>,
    drafts: &mut [Result<Draft, ApiError>],
) -> Result<(), Error> {
    for (at, row) in rows {
        tx.savepoint().await?;
        let row = Batch { table: writing.table(), columns: &table.columns, rows: &[row] };
        match tx.insert_many(&row).await {
            Ok(()) => tx.release().await?,
            Err(StoreError::Unique { .. }) => {
                tx.roll_back().await?;
                drafts[at] = Err(ApiError::new(Code::DuplicateData));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// The columns that some drafts fill, and their rows.
pub(crate) struct Table {
    pub columns: Vec<Column>,
    fields: Vec<(usize, bool)>,
}

impl Table {
    pub(crate) fn of<'d>(module: &ModuleDef, drafts: impl Iterator<Item = &'d Draft>) -> Self {
        let mut used = vec![false; module.fields().len()];
        for draft in drafts {
            for (at, cell) in draft.cells.iter().enumerate() {
                used[at] |= cell.as_ref().is_some_and(|cell| !cell.is_null());
            }
        }
        let id = module.field_index("id");
        let mut columns = vec![Column::new("id", Storage::Int), Column::new("hist", Storage::Int)];
        let mut fields = Vec::new();
        for at in (0..used.len()).filter(|&at| used[at] && Some(at) != id) {
            if let Some((own, beside)) = stored::columns_of(module, at) {
                columns.push(own);
                fields.push((at, beside.is_some()));
                columns.extend(beside);
            }
        }
        Self { columns, fields }
    }

    pub(crate) fn row(&self, draft: &Draft, hist: Option<Id>) -> Vec<Cell<'static>> {
        let mut row = Vec::with_capacity(self.columns.len());
        row.push(draft.id.into());
        row.push(hist.into());
        for &(at, beside) in &self.fields {
            row.push(draft.cells[at].clone().unwrap_or(Cell::Null));
            if beside {
                let module = draft.modules.iter().find(|(field, _)| *field == at);
                row.push(module.map(|(_, module)| *module).into());
            }
        }
        row
    }
}
