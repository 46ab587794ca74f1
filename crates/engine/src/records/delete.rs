//! `DELETE`: records go to the recycle bin, with the rows of their subforms and a pointer to their history.

use std::collections::HashMap;
use std::sync::Arc;

use dealwright_schema::{Cell, Storage};
use dealwright_store::{Batch, Column, Conn};
use dealwright_wire::{ApiError, Code, Id, json};

use crate::access::{Action, Grant};
use crate::cx::Cx;
use crate::error::Error;
use crate::records::external::Externals;
use crate::records::features::Features;
use crate::records::guard::{self, Doing};
use crate::records::outcome::{self, Done, Outcome};
use crate::records::stored::{self, Stored};
use crate::records::worked_out::written;
use crate::records::writing::{Deed, Entry, Writing};
use crate::records::{body::RECORDS, external, image, insert, parts, subforms};
use crate::request::{Answer, Reply, Request};

/// `DELETE /{module}?ids=…`: each id is answered in its place.
pub fn delete_many<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let grant = grant(cx, request)?;
        let Some(ids) = request.params.list("ids") else { return Err(ApiError::missing_param("ids").into()) };
        if ids.len() > RECORDS {
            return Err(ApiError::new(Code::LimitExceeded).detail("limit", RECORDS).param("ids").into());
        }
        let externals = Externals::of(cx, &grant.module, request)?;
        if externals.own.is_some() {
            return delete_external(cx, request, &grant, &externals, &ids).await;
        }
        let parsed: Result<Vec<Id>, _> = ids.iter().map(|id| id.parse()).collect();
        let Ok(ids) = parsed else {
            let code = if cx.profile.bad_ids_are_invalid_data {
                Code::InvalidData
            } else {
                Code::UnableToParseDataType
            };
            return Err(ApiError::new(code)
                .message(Code::UnableToParseDataType.message())
                .param("ids")
                .into());
        };
        let results = run(cx, &grant, ids, features(request)?).await?;
        Ok(outcome::reply(cx, 200, results.into_iter().map(insert::into_outcome).collect()))
    })
}

/// [`delete_many`] of records that an external field names.
async fn delete_external(
    cx: &Cx,
    request: &Request,
    grant: &Grant,
    externals: &Externals,
    values: &[&str],
) -> Result<Reply, Error> {
    let named = external::listed(cx, grant, externals, values).await?;
    let ids: Vec<Id> = named.iter().flatten().copied().collect();
    let mut done = run(cx, grant, ids, features(request)?).await?.into_iter();
    let in_place = named.into_iter().map(|id| match id {
        Ok(_) => done.next().unwrap_or_else(|| Err(ApiError::new(Code::InvalidData))),
        Err(error) => Err(error),
    });
    let results = in_place.collect();
    let values = values.iter().map(|&value| Some(value.to_owned())).collect();
    Ok(outcome::reply(cx, 200, externals.outcomes(&grant.module, results, values)))
}

/// `DELETE /{module}/{id}`: an unknown id is an error of the request as a whole.
pub fn delete_one<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let grant = grant(cx, request)?;
        let id = external::path_id(cx, &grant, request).await?;
        let mut results = run(cx, &grant, vec![id], features(request)?).await?;
        match results.pop() {
            Some(Ok(done)) => Ok(outcome::reply(cx, 200, vec![Outcome::Done(done)])),
            Some(Err(error)) if error.code == Code::InvalidData => Err(ApiError::new(Code::InvalidData)
                .message("record not deleted")
                .detail("resource_path_index", 1)
                .into()),
            Some(Err(error)) => Ok(outcome::reply(cx, 200, vec![Outcome::Failed(error)])),
            None => Ok(Reply::nothing()),
        }
    })
}

fn grant(cx: &Cx, request: &Request) -> Result<Grant, ApiError> {
    let module = cx.snapshot.module(request.segment(0))?;
    cx.grant(module, Action::Delete)
}

/// What a deletion may set off: all, or with `wf_trigger=false` no workflows.
fn features(request: &Request) -> Result<Features, ApiError> {
    Ok(match request.params.flag("wf_trigger")? {
        Some(false) => Features::without_workflows(),
        _ => Features::default(),
    })
}

async fn run(
    cx: &Cx,
    grant: &Grant,
    ids: Vec<Id>,
    features: Features,
) -> Result<Vec<Result<Done, ApiError>>, Error> {
    let writing = Writing::new(cx, grant).setting_off(features);
    cx.org.write(move |tx| Box::pin(async move { write(tx, &writing, &ids).await })).await
}

/// Moves records to the recycle bin in the running transaction; each succeeds or fails alone.
pub(crate) async fn write(
    tx: &mut Conn,
    writing: &Writing,
    ids: &[Id],
) -> Result<Vec<Result<Done, ApiError>>, Error> {
    write_as(tx, writing, Deed::DELETE, ids).await
}

/// [`write`], called `deed` by the history and the event.
pub(crate) async fn write_as(
    tx: &mut Conn,
    writing: &Writing,
    deed: Deed,
    ids: &[Id],
) -> Result<Vec<Result<Done, ApiError>>, Error> {
    let module = Arc::clone(&writing.module);
    let numbers: Vec<i64> = ids.iter().map(|id| id.get()).collect();
    let mut there = stored::load(tx, &module, &numbers, &stored::all_fields(&module)).await?;
    let barred = guard::bar(tx, writing, Doing::Delete, &mut there).await?;
    let mut results = Vec::with_capacity(ids.len());
    let mut gone = Vec::new();
    for &id in ids {
        let stored = there.remove(&id.get());
        let refused = stored.as_ref().and_then(|stored| {
            if barred.contains(&id.get()) {
                return Some(guard::forbidden(&module, Doing::Delete, id));
            }
            guard::refuse_to(writing, stored, Doing::Delete, None)
        });
        results.push(match (stored, refused) {
            (Some(_), Some(error)) => Err(error),
            (Some(stored), None) => {
                gone.push(stored);
                Ok(Done { id, message: "record deleted", audit: None, upsert: None })
            }
            (None, _) => Err(ApiError::new(Code::InvalidData).message("record not deleted").id(id)),
        });
    }
    if gone.is_empty() {
        return Ok(results);
    }
    let deleted: Vec<Id> = gone.iter().map(|stored| stored.id).collect();
    let mut beside = parts::take(tx, writing, &deleted).await?;
    for (id, rows) in take_rows(tx, writing, &deleted).await? {
        beside.entry(id).or_default().extend(rows);
    }
    let entries: Vec<Entry> = gone
        .iter()
        .map(|stored| Entry {
            id: writing.mint.next(),
            prev: stored.hist,
            record: Some(stored.id),
            action: deed.action,
            before: None,
        })
        .collect();
    recycle(tx, writing, &gone, &entries, &beside).await?;
    let numbers: Vec<i64> = gone.iter().map(|stored| stored.id.get()).collect();
    subforms::delete_rows(tx, &module, &numbers).await?;
    written::deleted(tx, writing, &gone).await?;
    writing.record(tx, entries, deed.event, &deleted).await?;
    Ok(results)
}

/// Removes the rows of the records' subforms and gives their images, as entries for the images of the records.
async fn take_rows(tx: &mut Conn, writing: &Writing, parents: &[Id]) -> Result<HashMap<Id, Vec<u8>>, Error> {
    let mut taken: HashMap<Id, Vec<u8>> = HashMap::new();
    for (at, field) in writing.module.fields().iter().enumerate() {
        let Some(rows) = subforms::rows_module(writing, at) else { continue };
        let there = subforms::ids_of(tx, &rows, parents).await?;
        let ids: Vec<i64> = there.iter().map(|(_, id)| id.get()).collect();
        let images = stored::load(tx, &rows, &ids, &stored::all_fields(&rows)).await?;
        let mut lists: HashMap<Id, Vec<u8>> = HashMap::new();
        for (parent, id) in there {
            let Some(row) = images.get(&id.get()) else { continue };
            let list = lists.entry(parent).or_default();
            if !list.is_empty() {
                list.push(b',');
            }
            image::write(&rows, row, &[], list);
        }
        for (parent, list) in lists {
            let entries = taken.entry(parent).or_default();
            entries.push(b',');
            json::string(entries, &field.api_name);
            entries.extend_from_slice(b":[");
            entries.extend_from_slice(&list);
            entries.push(b']');
        }
        subforms::delete_rows(tx, &rows, &ids).await?;
    }
    Ok(taken)
}

async fn recycle(
    tx: &mut Conn,
    writing: &Writing,
    gone: &[Stored],
    entries: &[Entry],
    beside: &HashMap<Id, Vec<u8>>,
) -> Result<(), Error> {
    let module = &*writing.module;
    let columns: Vec<Column> = [
        ("id", Storage::Int),
        ("module_id", Storage::Int),
        ("display_name", Storage::Text),
        ("deleted_by", Storage::Int),
        ("deleted_time", Storage::Int),
        ("created_by", Storage::Int),
        ("owner", Storage::Int),
        ("hist", Storage::Int),
        ("image", Storage::Text),
    ]
    .map(|(name, storage)| Column::new(name, storage))
    .into();
    let shown = module.display_field.as_deref().and_then(|name| module.field_index(name));
    let cell =
        |stored: &Stored, at: Option<usize>| at.and_then(|at| stored.cells[at].clone()).unwrap_or(Cell::Null);
    let rows: Vec<Vec<Cell<'static>>> = gone
        .iter()
        .zip(entries)
        .map(|(stored, entry)| {
            let mut text = Vec::with_capacity(1024);
            image::write(module, stored, beside.get(&stored.id).map_or(&[][..], Vec::as_slice), &mut text);
            let name = match cell(stored, shown) {
                Cell::Text(text) => Cell::Text(text),
                _ => Cell::Null,
            };
            vec![
                stored.id.into(),
                module.id.into(),
                name,
                writing.user.into(),
                writing.now.0.into(),
                cell(stored, module.field_index("Created_By")),
                cell(stored, module.field_index("Owner")),
                entry.id.into(),
                String::from_utf8(text).unwrap_or_default().into(),
            ]
        })
        .collect();
    Ok(tx.insert_many(&Batch { table: "_recycle_bin", columns: &columns, rows: &rows }).await?)
}
