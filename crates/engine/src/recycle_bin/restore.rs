//! Bringing deleted records back: the row with every value it had, the rows of its subforms, what hung on it, and
//! its history, which goes on.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use dealwright_schema::{Cell, ModuleDef};
use dealwright_store::{Batch, Conn, Row, Sql, StoreError};
use dealwright_wire::{ApiError, Code, Id};
use serde_json::{Value, json, value::RawValue};

use super::bulk::{self, Fate, Which};
use super::item::{unknown, visible};
use super::list::path_id;
use crate::access::Action;
use crate::access::unasked::{self, Why};
use crate::cx::Cx;
use crate::error::Error;
use crate::records::draft::Draft;
use crate::records::filter::Filter;
use crate::records::image::Image;
use crate::records::insert::{Table, store_each};
use crate::records::json_criteria::Place;
use crate::records::worked_out::written;
use crate::records::writing::{Entry, Writing};
use crate::records::{subforms, unique};
use crate::request::{Answer, Request};

/// Ids in one request at most.
const IDS: usize = 200;
/// The keys of the body; one of them has to be there.
const KEYS: [&str; 3] = ["ids", "filters", "restore_all_records"];

/// `POST settings/recycle_bin/actions/restore`: those in `ids`, all that `filters` let through, or all. More than a
/// request answers are restored by a job: 202.
pub fn restore_many<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let body: serde_json::Map<String, Value> = serde_json::from_slice(&request.body)
            .map_err(|_| ApiError::new(Code::InvalidData).message("body"))?;
        let at = |key: &str| json!({ "api_name": key, "json_path": format!("$.{key}") });
        let given: Vec<&str> =
            KEYS.into_iter().filter(|key| body.get(*key).is_some_and(|value| !value.is_null())).collect();
        match given.as_slice() {
            ["ids"] => bulk::now(cx, Fate::Restore, ids(&body["ids"])?).await,
            ["filters"] => {
                let which = Which { filters: Some(body["filters"].clone()), ..Which::default() };
                bulk::all(cx, Fate::Restore, which, Place { root: "$.filters", param: None }).await
            }
            [all] => {
                if body[*all] != Value::Bool(true) {
                    let error = ApiError::new(Code::InvalidData).field(all, format!("$.{all}"));
                    return Err(error.detail("supported_values", vec![true]).into());
                }
                bulk::all(cx, Fate::Restore, Which::default(), Place { root: "$", param: None }).await
            }
            [] => Err(ApiError::new(Code::ExpectedFieldMissing)
                .detail("expected_fields", KEYS.map(at).to_vec())
                .into()),
            several => Err(ApiError::new(Code::AmbiguityDuringProcessing)
                .detail("ambiguity_due_to", several.iter().map(|key| at(key)).collect::<Vec<_>>())
                .into()),
        }
    })
}

/// `POST settings/recycle_bin/{id}/actions/restore`.
pub fn restore_one<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move { bulk::now(cx, Fate::Restore, vec![Ok(path_id(request)?)]).await })
}

fn ids(value: &Value) -> Result<Vec<Result<Id, ApiError>>, ApiError> {
    let at_ids = |error: ApiError| error.field("ids", "$.ids".to_owned());
    let Some(ids) = value.as_array() else {
        return Err(at_ids(ApiError::new(Code::InvalidData).detail("expected_data_type", "jsonarray")));
    };
    if ids.len() > IDS {
        return Err(at_ids(ApiError::new(Code::LimitExceeded).detail("maximum_length", IDS)));
    }
    if ids.is_empty() {
        return Err(at_ids(ApiError::new(Code::InvalidData).detail("minimum_length", 1)));
    }
    let id = |value: &Value| {
        serde_json::from_value(value.clone()).map_err(|_| unknown(value.to_string().trim_matches('"')))
    };
    Ok(ids.iter().map(id).collect())
}

/// A deleted record on its way back.
struct Returning {
    id: Id,
    module: Id,
    /// Its newest entry of history: the deletion.
    hist: Option<i64>,
    image: String,
}

/// Restores records that the caller may bring back, in the running transaction. Each is answered; what cannot come
/// back stays in the bin.
pub(super) async fn restore(tx: &mut Conn, cx: &Cx, ids: &[Id]) -> Result<Vec<Result<Id, ApiError>>, Error> {
    let mut filter = Filter::default();
    visible(cx, Action::Delete, &mut filter);
    let found = load(tx, filter, ids).await?;
    let mut results: HashMap<Id, Result<Id, ApiError>> = HashMap::new();
    // Notes and other records that belong to a record come after it.
    let (whole, parts): (Vec<&Arc<ModuleDef>>, Vec<&Arc<ModuleDef>>) =
        cx.snapshot.schema.modules().iter().partition(|module| parent_field(module).is_none());
    for module in whole.into_iter().chain(parts) {
        let of_module: Vec<Id> =
            found.iter().filter(|one| one.module == module.id).map(|one| one.id).collect();
        if of_module.is_empty() {
            continue;
        }
        let writing = Writing::new(cx, &cx.grant(module, Action::Delete)?);
        // Some may have come back with the record they belong to.
        let waiting = load(tx, of(module), &of_module).await?;
        results.extend(of_module.into_iter().map(|id| (id, Ok(id))));
        let waiting: Vec<&Returning> = waiting.iter().collect();
        for (id, result) in restore_in(tx, &writing, &waiting).await? {
            results.insert(id, result.map(|()| id));
        }
    }
    // An id that is named twice is not in the bin any more the second time.
    Ok(ids.iter().map(|id| results.remove(id).unwrap_or_else(|| Err(unknown(*id)))).collect())
}

/// Restores records of the unit's module that belong to records which are coming back, whoever deleted them. What
/// cannot come back stays in the bin.
pub(crate) async fn bring_back(tx: &mut Conn, writing: &Writing, ids: &[Id]) -> Result<(), Error> {
    let returning = load(tx, of(&writing.module), ids).await?;
    let returning: Vec<&Returning> = returning.iter().collect();
    restore_in(tx, writing, &returning).await.map(drop)
}

/// Deleted records of one module.
fn of(module: &ModuleDef) -> Filter {
    let mut filter = Filter::default();
    let module = filter.bind(module.id);
    filter.and(&format!("t.module_id = {module}"));
    filter
}

async fn load(tx: &mut Conn, mut filter: Filter, ids: &[Id]) -> Result<Vec<Returning>, Error> {
    let numbers: Vec<i64> = ids.iter().map(|id| id.get()).collect();
    let argument = filter.bind(Cell::Ids(numbers.into()));
    filter.and(&tx.dialect().in_ids("t.id", &argument));
    let sql = Sql::from(format!(
        "SELECT t.id, t.module_id, t.hist, t.image FROM {{_recycle_bin}} t{} ORDER BY t.id{}",
        filter.clause(),
        tx.dialect().for_update()
    ));
    let read = |row: &Row<'_>| {
        Ok(Returning {
            id: Row::must(row.id(0)?, 0)?,
            module: Row::must(row.id(1)?, 1)?,
            hist: row.int(2)?,
            image: row.text(3)?.unwrap_or_default().to_owned(),
        })
    };
    Ok(tx.all(&sql, &filter.args, read).await?)
}

/// The field that names the record another one belongs to, for modules that have no records of their own standing.
fn parent_field(module: &ModuleDef) -> Option<usize> {
    module.field_index("Parent_Id").filter(|&at| module.fields()[at].column.is_some())
}

async fn restore_in(
    tx: &mut Conn,
    writing: &Writing,
    returning: &[&Returning],
) -> Result<Vec<(Id, Result<(), ApiError>)>, Error> {
    let module = &writing.module;
    let images: Vec<Option<Image<'_>>> = returning.iter().map(|one| Image::read(&one.image)).collect();
    let mut drafts: Vec<Result<Draft, ApiError>> = returning
        .iter()
        .zip(&images)
        .map(|(one, image)| {
            let image = image.as_ref().ok_or_else(|| unknown(one.id))?;
            let mut draft = image.draft(module, "$".to_owned());
            draft.id = Some(one.id);
            for (name, cell) in
                [("Modified_Time", Cell::from(writing.now)), ("Modified_By", writing.user.into())]
            {
                if let Some(at) = module.field_index(name) {
                    draft.cells[at] = Some(cell);
                }
            }
            Ok(draft)
        })
        .collect();
    refuse_orphans(tx, writing, &mut drafts).await?;
    unique::check(tx, writing, &mut drafts).await?;
    let mut entries: Vec<Entry> = returning
        .iter()
        .map(|one| Entry {
            id: writing.mint.next(),
            prev: one.hist,
            record: Some(one.id),
            action: "restore",
            before: None,
        })
        .collect();
    insert(tx, writing, &mut drafts, &entries).await?;
    let back: Vec<Id> = drafts.iter().flatten().filter_map(|draft| draft.id).collect();
    let there: HashSet<Id> = back.iter().copied().collect();
    entries.retain(|entry| entry.record.is_some_and(|id| there.contains(&id)));
    let images: Vec<(Id, Image<'_>)> = returning
        .iter()
        .zip(images)
        .filter(|(one, _)| there.contains(&one.id))
        .filter_map(|(one, image)| Some((one.id, image?)))
        .collect();
    restore_rows(tx, writing, &images).await?;
    restore_parts(tx, writing, &images).await?;
    written::restored(tx, writing, &drafts).await?;
    let test = tx.dialect().in_ids("id", "?1");
    let sql = Sql::from(format!("DELETE FROM {{_recycle_bin}} WHERE {test}"));
    let numbers: Vec<i64> = back.iter().map(|id| id.get()).collect();
    tx.exec(&sql, &[Cell::Ids(numbers.into())]).await?;
    writing.record(tx, entries, "record.restored", &back).await?;
    let results = returning.iter().zip(drafts).map(|(one, slot)| {
        let result = slot.map(drop).map_err(|mut error| {
            // The body has no fields to point to, and the id is the deleted record's.
            error.details.shift_remove("json_path");
            error.id(one.id)
        });
        (one.id, result)
    });
    Ok(results.collect())
}

/// Refuses records that belong to a record which is not there.
async fn refuse_orphans(
    tx: &mut Conn,
    writing: &Writing,
    drafts: &mut [Result<Draft, ApiError>],
) -> Result<(), Error> {
    let Some(at) = parent_field(&writing.module) else { return Ok(()) };
    let field = &writing.module.fields()[at];
    let parent = |draft: &Draft| {
        let id = draft.cells[at].as_ref().and_then(Cell::as_int)?;
        let module = if let Some(name) = field.lookup_module() {
            writing.snapshot.schema.module(name)
        } else {
            let (_, module) = draft.modules.iter().find(|(field, _)| *field == at)?;
            writing.snapshot.schema.module_by_id(*module)
        };
        Some((module?.clone(), id))
    };
    let mut wanted: HashMap<Id, (Arc<ModuleDef>, Vec<i64>)> = HashMap::new();
    for (module, id) in drafts.iter().flatten().filter_map(parent) {
        wanted.entry(module.id).or_insert_with(|| (module, Vec::new())).1.push(id);
    }
    let mut there = HashSet::new();
    for (module, ids) in wanted.into_values() {
        let Some(table) = unasked::table(&module, Why::Part) else { continue };
        let test = tx.dialect().in_ids("t.id", "?1");
        let sql = Sql::from(format!("SELECT t.id FROM {{{table}}} t WHERE {test}"));
        there.extend(tx.all(&sql, &[Cell::Ids(ids.into())], |row| row.int(0)).await?.into_iter().flatten());
    }
    for slot in drafts {
        let orphan = slot.as_ref().ok().and_then(parent).is_some_and(|(_, id)| !there.contains(&id));
        if orphan {
            *slot = Err(ApiError::new(Code::CannotRestoreWithoutParent));
        }
    }
    Ok(())
}

/// Puts the rows back in one go. A unique index can still refuse one on PostgreSQL, where another transaction may
/// have been faster than the check; then each row is tried alone.
async fn insert(
    tx: &mut Conn,
    writing: &Writing,
    drafts: &mut [Result<Draft, ApiError>],
    entries: &[Entry],
) -> Result<(), Error> {
    let table = Table::of(&writing.module, drafts.iter().flatten());
    let mut rows = Vec::new();
    let mut places = Vec::new();
    for (at, slot) in drafts.iter().enumerate() {
        if let Ok(draft) = slot {
            rows.push(table.row(draft, Some(entries[at].id)));
            places.push(at);
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    let name = writing.table();
    tx.savepoint().await?;
    match tx.insert_many(&Batch { table: name, columns: &table.columns, rows: &rows }).await {
        Ok(()) => return Ok(tx.release().await?),
        Err(StoreError::Unique { .. }) => tx.roll_back().await?,
        Err(error) => return Err(error.into()),
    }
    store_each(tx, writing, &table, places.into_iter().zip(rows), drafts).await
}

async fn restore_rows(tx: &mut Conn, writing: &Writing, images: &[(Id, Image<'_>)]) -> Result<(), Error> {
    for (at, field) in writing.module.fields().iter().enumerate() {
        let Some(module) = subforms::rows_module(writing, at) else { continue };
        let rows: Vec<Draft> = images
            .iter()
            .flat_map(|(_, image)| image.rows(&field.api_name))
            .map(|row| row.draft(&module, String::new()))
            .filter(|row| row.id.is_some())
            .collect();
        if rows.is_empty() {
            continue;
        }
        let table = Table::of(&module, rows.iter());
        let cells: Vec<Vec<Cell<'static>>> = rows.iter().map(|row| table.row(row, None)).collect();
        let name = unasked::table(&module, Why::Part).unwrap_or_default();
        tx.insert_many(&Batch { table: name, columns: &table.columns, rows: &cells }).await?;
    }
    Ok(())
}

async fn restore_parts(tx: &mut Conn, writing: &Writing, images: &[(Id, Image<'_>)]) -> Result<(), Error> {
    for part in writing.around.parts {
        let kept: Vec<(Id, &RawValue)> =
            images.iter().filter_map(|(id, image)| Some((*id, image.part(part.key)?))).collect();
        if !kept.is_empty() {
            (part.restore)(tx, writing, &kept).await?;
        }
    }
    Ok(())
}
