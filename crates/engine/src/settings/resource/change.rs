//! Changing a resource: each entry of a body by itself.

use dealwright_wire::{ApiError, Code, Id};
use serde_json::json;

use super::super::entry::{self, Entry};
use super::field::apply;
use super::{Resource, Step};
use crate::cx::Cx;
use crate::documents::{Document, Keys};
use crate::error::Error;
use crate::metadata::{invalid_id, path_id};
use crate::org::Change;
use crate::records::outcome::{self, Outcome, Said};
use crate::request::{Reply, Request};

/// Creates documents, each by itself: 201, 207 when some failed, 400 when all did.
pub async fn create<D: Document>(
    cx: &Cx,
    request: &Request,
    resource: &'static Resource<D>,
) -> Result<Reply, Error> {
    cx.require_admin(resource.permission)?;
    let entries = entry::parse(request, resource.key, resource.most)?;
    let outcomes = cx.change(|change| each(cx, request, change, resource, &entries, |_| Ok(None)));
    Ok(outcome::reply_under(cx, resource.key, 201, outcomes.await?))
}

/// Changes the document of the path, or those that the entries name by `id`. Keys that are not sent stay.
pub async fn update<D: Document>(
    cx: &Cx,
    request: &Request,
    resource: &'static Resource<D>,
) -> Result<Reply, Error> {
    cx.require_admin(resource.permission)?;
    let is_single = !request.segment(0).is_empty();
    if is_single && resource.found_by.is_none() {
        path_id(request, 0, resource.place)?;
    }
    let entries = entry::parse(request, resource.key, if is_single { 1 } else { resource.most })?;
    let outcomes = cx.change(|change| {
        let single = if is_single { Some(resource.of_path(request, change.all::<D>())?.id()) } else { None };
        each(cx, request, change, resource, &entries, |entry| named(entry, single).map(Some))
    });
    Ok(outcome::reply_under(cx, resource.key, 200, outcomes.await?))
}

/// Creates the documents of all entries, or changes those that `id_of` finds in them, each by itself.
fn each<D: Document>(
    cx: &Cx,
    request: &Request,
    change: &mut Change,
    resource: &'static Resource<D>,
    entries: &[Keys],
    id_of: impl Fn(&Entry<'_>) -> Result<Option<Id>, ApiError>,
) -> Result<Vec<Outcome>, Error> {
    let one = |(at, keys): (usize, &Keys)| {
        let entry = Entry::of_list(keys, resource.key, at);
        let id = match id_of(&entry) {
            Ok(id) => id,
            Err(error) => return Ok(Outcome::Failed(error)),
        };
        let said = if id.is_none() { resource.said.created } else { resource.said.updated };
        let written =
            change.attempt(|change| write(&mut Step { cx, request, change, entry: &entry }, resource, id));
        outcome(written, said)
    };
    entries.iter().enumerate().map(one).collect()
}

/// Removes the document of the path, or those that `ids` names, each by itself.
pub async fn delete<D: Document>(
    cx: &Cx,
    request: &Request,
    resource: &'static Resource<D>,
) -> Result<Reply, Error> {
    cx.require_admin(resource.permission)?;
    let single = !request.segment(0).is_empty();
    let named = if single { Vec::new() } else { ids_param(request, resource.most)? };
    let outcomes = cx.change(|change| {
        let ids =
            if single { vec![resource.of_path(request, change.all::<D>())?.id()] } else { named.clone() };
        let mut outcomes = Vec::with_capacity(ids.len());
        for &id in &ids {
            let removed = change.attempt(|change| remove(cx, request, change, resource, id));
            if single && matches!(removed, Err(Error::Api(_))) {
                removed?;
                continue;
            }
            outcomes.push(outcome(removed, resource.said.deleted)?);
        }
        Ok(outcomes)
    });
    Ok(outcome::reply_under(cx, resource.key, 200, outcomes.await?))
}

/// The ids of the parameter `ids`.
pub(crate) fn ids_param(request: &Request, most: usize) -> Result<Vec<Id>, ApiError> {
    let given = request.params.list("ids").ok_or_else(|| ApiError::missing_param("ids"))?;
    if given.len() > most {
        return Err(ApiError::new(Code::LimitExceeded).detail("limit", most).param("ids"));
    }
    let parsed: Result<Vec<Id>, _> = given.iter().map(|id| id.parse()).collect();
    parsed.map_err(|_| ApiError::new(Code::InvalidData).detail("expected_data_type", "bigint").param("ids"))
}

/// What becomes of one entry; a fault of ours ends the whole call.
pub(crate) fn outcome(result: Result<Id, Error>, message: &'static str) -> Result<Outcome, Error> {
    match result {
        Ok(id) => Ok(Outcome::Said(Said::of(id, message))),
        Err(Error::Api(error)) => Ok(Outcome::Failed(error)),
        Err(error) => Err(error),
    }
}

/// The document an entry is about: the one of the path, which the entry may repeat, or its own `id`.
pub(crate) fn named(entry: &Entry<'_>, single: Option<Id>) -> Result<Id, ApiError> {
    match (single, entry.id("id")?) {
        (Some(path), Some(body)) if path != body => Err(entry.error(Code::AmbiguityDuringProcessing, "id")),
        (Some(id), _) | (None, Some(id)) => Ok(id),
        (None, None) => Err(entry.missing("id")),
    }
}

/// Creates or changes one document.
pub(crate) fn write<D: Document>(
    step: &mut Step<'_>,
    resource: &'static Resource<D>,
    id: Option<Id>,
) -> Result<Id, Error> {
    let before = match id {
        None => None,
        Some(id) => {
            let known = step.change.find::<D>(id).filter(|document| resource.has(document));
            let unknown =
                || step.error(Code::InvalidData, "id").message("the id given seems to be invalid").id(id);
            Some(known.ok_or_else(unknown)?)
        }
    };
    if let Some(before) = before {
        return store(step, resource, before.id(), before.keys()?, Some(&before));
    }
    let keys = (resource.fresh)(step)?;
    make(step, resource, keys)
}

/// Creates a document from keys that the entry adds to.
pub(crate) fn make<D: Document>(
    step: &mut Step<'_>,
    resource: &'static Resource<D>,
    mut keys: Keys,
) -> Result<Id, Error> {
    if let Some(kind) = resource.kind {
        keys.insert("kind".to_owned(), json!(kind));
    }
    let id = step.cx.org.mint.next();
    store(step, resource, id, keys, None)
}

/// Adds what the entry says, checks what comes of it, and keeps it.
fn store<D: Document>(
    step: &mut Step<'_>,
    resource: &'static Resource<D>,
    id: Id,
    mut keys: Keys,
    before: Option<&D>,
) -> Result<Id, Error> {
    keys.insert("id".to_owned(), json!(id));
    apply(resource.fields, step, before.is_none(), &mut keys)?;
    sign(step, before.is_none(), &mut keys);
    let mut after = D::of(keys)?;
    check_unique(step, resource, &after)?;
    (resource.check)(step, before, &mut after)?;
    step.change.put(after)?;
    Ok(id)
}

/// Refuses what another document has already.
fn check_unique<D: Document>(
    step: &Step<'_>,
    resource: &'static Resource<D>,
    document: &D,
) -> Result<(), ApiError> {
    for unique in resource.unique {
        let others = step.change.all::<D>().iter();
        let mut others =
            others.filter(|other| resource.has(other) && unique.is_broken(document, other.as_ref()));
        let Some(other) = others.next() else { continue };
        let key = unique.keys.first().copied().unwrap_or_default();
        let error = step.error(Code::DuplicateData, key);
        let error = if unique.tells_id { error.id(other.id()) } else { error };
        return Err(match unique.message {
            Some(message) => error.message(message),
            None => error,
        });
    }
    Ok(())
}

/// Notes who makes the change, and when.
pub(super) fn sign(step: &Step<'_>, is_new: bool, keys: &mut Keys) {
    let (by, at) = (json!(step.cx.user_id()), json!(step.change.now.0));
    if is_new {
        keys.insert("created_by".to_owned(), by.clone());
        keys.insert("created_time".to_owned(), at.clone());
    }
    keys.insert("modified_by".to_owned(), by);
    keys.insert("modified_time".to_owned(), at);
}

fn remove<D: Document>(
    cx: &Cx,
    request: &Request,
    change: &mut Change,
    resource: &'static Resource<D>,
    id: Id,
) -> Result<Id, Error> {
    let known = change.find::<D>(id).filter(|document| resource.has(document));
    let known = known.ok_or_else(|| invalid_id(resource.place).id(id))?;
    let nothing = Keys::new();
    let entry = Entry::of_list(&nothing, resource.key, 0);
    (resource.remove)(&mut Step { cx, request, change, entry: &entry }, &known)?;
    change.remove::<D>(id);
    Ok(id)
}
