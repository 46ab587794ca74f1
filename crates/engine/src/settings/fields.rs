//! `POST`, `PATCH settings/fields`; `PATCH`, `DELETE settings/fields/{id}`.
//!
//! Each field of a call is created or changed by itself: one that fails leaves the others as they are.

use dealwright_schema::{FieldDef, ModuleDef};
use dealwright_store::StoreError;
use dealwright_wire::{ApiError, Code, Id};
use serde_json::json;

use super::entry::{self, Entry};
use super::outcome::{self, Done};
use super::{field_change, field_draft, field_rows};
use crate::cx::Cx;
use crate::error::Error;
use crate::files::stored_file::StoredFile;
use crate::files::sweep;
use crate::jobs::{Job, NewJob};
use crate::metadata::{CUSTOMIZE, invalid_id, module_param, path_id};
use crate::org::Change;
use crate::records::worked_out::recompute::RECOMPUTE;
use crate::request::{Answer, Request};

const KEY: &str = "fields";
/// Fields that one call may create or change.
const MOST: usize = 5;

/// Creates up to five custom fields, each in the module's layout.
pub fn create<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let module = opened(cx, request)?;
        let entries = entry::parse(request, KEY, MOST)?;
        let mut outcomes = Vec::with_capacity(entries.len());
        for (at, keys) in entries.iter().enumerate() {
            let entry = Entry::of_list(keys, KEY, at);
            let created = cx.change(|change| {
                let now = cx.org.snapshot();
                let parent = now.schema.module_by_id(module).ok_or_else(ApiError::invalid_module)?;
                let mut field = field_draft::draft(cx, &now, parent, &entry)?;
                if let Some(rows) = field_rows::module(cx, &now, parent, &mut field, &entry)? {
                    change.add_module(rows)?;
                }
                let is_worked_out = field.data_type.get().is_worked_out();
                let id = change.module(module, |module| Ok(add(cx, module, field)))?;
                if is_worked_out {
                    recompute(cx, change, module, id);
                }
                Ok(id)
            });
            outcomes.push(outcome(created.await, "field created", &entry)?);
        }
        cx.org.bell.notify_one();
        Ok(outcome::reply(KEY, 201, &outcomes))
    })
}

/// Adds a field to its module and gives its id.
fn add(cx: &Cx, module: &mut ModuleDef, field: FieldDef) -> Id {
    let id = field.id;
    if field.lookup.is_some() {
        // Related lists are read by it.
        module.indexes.push(vec![field.api_name.clone()]);
    }
    module.add_field(field);
    sign(cx, module);
    id
}

/// Changes the field of the path, or up to five fields by the `id` of each entry.
pub fn update<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let module = opened(cx, request)?;
        let single = match request.segment(0) {
            "" => None,
            _ => Some(path_id(request, 0, 2)?),
        };
        let entries = entry::parse(request, KEY, if single.is_some() { 1 } else { MOST })?;
        let mut outcomes = Vec::with_capacity(entries.len());
        for (at, keys) in entries.iter().enumerate() {
            let entry = Entry::of_list(keys, KEY, at);
            let id = match named(&entry, single) {
                Ok(id) => id,
                Err(error) => {
                    outcomes.push(Err(error));
                    continue;
                }
            };
            let changed = cx.change(|change| {
                let is_changed = change.module(module, |module| {
                    let before = module.field_by_id(id).and_then(|field| field.formula.clone());
                    field_change::apply(cx, module, id, &entry)?;
                    sign(cx, module);
                    Ok(module.field_by_id(id).is_some_and(|field| field.formula != before))
                })?;
                if is_changed {
                    recompute(cx, change, module, id);
                }
                Ok(id)
            });
            outcomes.push(outcome(changed.await, "field updated", &entry)?);
        }
        cx.org.bell.notify_one();
        Ok(outcome::reply(KEY, 200, &outcomes))
    })
}

/// Deletes a custom field and its values. The name field of a module stays.
pub fn delete<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let module = opened(cx, request)?;
        let id = path_id(request, 0, 2)?;
        let deleted = cx.change(|change| {
            let rows = change.module(module, |module| {
                let field = module.field_by_id(id).ok_or_else(|| invalid_id(2))?;
                let (name, rows) = (field.api_name.clone(), field.associated_module().map(str::to_owned));
                let at = module.field_index(&name);
                if at.is_some_and(|at| cx.org.snapshot().worked_out().uses(module, at)) {
                    let error = ApiError::new(Code::NotAllowedHere).detail("resource_path_index", 2);
                    return Err(error.message("The custom field has already used in other places").into());
                }
                if !field.custom_field || module.display_field.as_ref() == Some(&name) {
                    return Err(ApiError::new(Code::NotAllowedHere).detail("resource_path_index", 2).into());
                }
                module.indexes.retain(|group| !group.contains(&name));
                module.remove_field(id);
                sign(cx, module);
                Ok(rows)
            })?;
            if let Some(rows) = rows.and_then(|name| change.schema().module(&name).map(|rows| rows.id)) {
                change.drop_module(rows);
            }
            Ok(())
        });
        deleted.await?;
        cx.org.store.write(move |tx| Box::pin(async move { StoredFile::doom_field(tx, id).await })).await?;
        sweep::soon(&cx.org);
        Ok(outcome::reply(KEY, 200, &[Ok(Done { id, message: "field deleted" })]))
    })
}

/// Stores a job along with the change that works out a module's values for the records that are there.
fn recompute(cx: &Cx, change: &mut Change, module: Id, field: Id) {
    let input = json!({"field": field}).to_string();
    let job = NewJob { kind: &RECOMPUTE, module, input, total: 0 };
    let (_, sql, args) = Job::to_store(cx, job);
    change.exec(sql, args);
}

/// The module of the call, for callers who may change it. Only modules with records take fields.
fn opened(cx: &Cx, request: &Request) -> Result<Id, ApiError> {
    cx.require_admin(CUSTOMIZE)?;
    let module = module_param(&cx.snapshot, request)?;
    if !module.has_records() || !module.flag("api_supported") {
        return Err(ApiError::new(Code::NotSupportedHere).param("module"));
    }
    Ok(module.id)
}

/// The field an entry is about: the one of the path, which the entry may repeat, or its own `id`.
fn named(entry: &Entry<'_>, single: Option<Id>) -> Result<Id, ApiError> {
    match (single, entry.id("id")?) {
        (Some(path), Some(body)) if path != body => Err(entry.error(Code::AmbiguityDuringProcessing, "id")),
        (Some(id), _) | (None, Some(id)) => Ok(id),
        (None, None) => Err(entry.missing("id")),
    }
}

/// Notes who changed the module; when, is noted with every change.
fn sign(cx: &Cx, module: &mut ModuleDef) {
    let user = &cx.actor.user;
    let by = json!({"name": user.full_name(), "id": user.id});
    module.described.insert("modified_by".to_owned(), by);
}

/// The outcome of one entry. Values that are already there twice keep a field from becoming unique; other
/// failures of the store end the whole call.
fn outcome(
    result: Result<Id, Error>,
    message: &'static str,
    entry: &Entry<'_>,
) -> Result<Result<Done, ApiError>, Error> {
    match result {
        Ok(id) => Ok(Ok(Done { id, message })),
        Err(Error::Api(error)) => Ok(Err(error)),
        Err(Error::Internal { source, .. })
            if matches!(source.downcast_ref::<StoreError>(), Some(StoreError::Unique { .. })) =>
        {
            Ok(Err(entry.error(Code::DuplicateData, "unique")))
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
