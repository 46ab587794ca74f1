//! Settings by description: one list, get, create, change and delete for every resource that is a list of documents.
//!
//! A [`Resource`] says what its documents are made of, how they are shown, and what is particular to them; the
//! functions here do the rest. `field` reads the keys of a body.

mod field;

use dealwright_wire::{ApiError, Code, Id};
use serde_json::{Value, json};

pub(crate) use field::{Field, Kind, apply, mandatory, optional};

use super::entry::{self, Entry};
use crate::cx::Cx;
use crate::documents::{Document, Keys};
use crate::error::Error;
use crate::metadata::{Reader, invalid_id, module_param, page, path_id, single_info};
use crate::org::Change;
use crate::records::outcome::{self, Outcome, Said};
use crate::request::{Reply, Request};

/// A list of documents that clients read and change.
pub struct Resource<D: 'static> {
    /// Key of bodies and answers: `roles`.
    pub(crate) key: &'static str,
    /// Permission that changing it takes.
    pub(crate) permission: &'static str,
    /// Entries that one call may create or change.
    pub(crate) most: usize,
    /// Place of an id in the path, after the version.
    pub(crate) place: u8,
    /// Rows of a page at most; `None` where the list comes whole and without `info`.
    pub(crate) per_page: Option<usize>,
    pub(crate) fields: &'static [Field],
    pub(crate) said: Words,
    /// Which documents of the type belong to it.
    pub(crate) is_of: fn(&D) -> bool,
    /// The module that each of them is of, where there is one; calls name it by `module`.
    pub(crate) of_module: Option<fn(&D) -> &str>,
    /// Which of them a call asks for.
    pub(crate) select: fn(&Cx, &Request, &D) -> Result<bool, ApiError>,
    pub(crate) show: fn(&Reader<'_>, &D) -> Value,
    /// Keys that only the call of one shows.
    pub(crate) only_single: &'static [&'static str],
    /// Keys of a new document beside its id, before the body's keys are added.
    pub(crate) fresh: fn(&Step<'_>) -> Result<Keys, ApiError>,
    /// Refuses what the fields alone cannot tell, and fills in what follows. Gets the document as it was, unless it
    /// is new, and as it is going to be.
    pub(crate) check: fn(&mut Step<'_>, Option<&D>, &mut D) -> Result<(), Error>,
    /// Refuses a removal or does what goes with it; then the document is removed.
    pub(crate) remove: fn(&mut Step<'_>, &D) -> Result<(), Error>,
}

/// Messages of what was done.
pub(crate) struct Words {
    pub(crate) created: &'static str,
    pub(crate) updated: &'static str,
    pub(crate) deleted: &'static str,
}

/// What a hook may look at and change. For a removal the entry is empty.
pub(crate) struct Step<'s> {
    pub(crate) cx: &'s Cx,
    pub(crate) request: &'s Request,
    pub(crate) change: &'s mut Change,
    pub(crate) entry: &'s Entry<'s>,
}

impl Step<'_> {
    /// An error about a key of the entry.
    pub(crate) fn error(&self, code: Code, key: &str) -> ApiError {
        self.entry.error(code, key)
    }
}

impl<D: Document> Resource<D> {
    /// A resource whose hooks do nothing, shown as it is stored.
    pub(crate) const fn new(
        key: &'static str,
        permission: &'static str,
        fields: &'static [Field],
        said: Words,
    ) -> Self {
        Self {
            key,
            permission,
            most: 100,
            place: 2,
            per_page: None,
            fields,
            said,
            is_of: |_| true,
            of_module: None,
            select: |_, _, _| Ok(true),
            show: |_, document| document.keys().map_or(Value::Null, Value::Object),
            only_single: &[],
            fresh: |_| Ok(Keys::new()),
            check: |_, _, _| Ok(()),
            remove: |_, _| Ok(()),
        }
    }

    /// Tells which documents the call is about. Refuses a call without its module, whether there are documents or not.
    fn asked<'a>(
        &'a self,
        cx: &'a Cx,
        request: &'a Request,
    ) -> Result<impl Fn(&D) -> Result<bool, ApiError> + 'a, ApiError> {
        let module = self.of_module.map(|of| Ok::<_, ApiError>((of, module_param(&cx.snapshot, request)?)));
        let module = module.transpose()?;
        Ok(move |document: &D| {
            let is_of = module.is_none_or(|(of, module)| of(document) == module.api_name);
            Ok(is_of && (self.select)(cx, request, document)?)
        })
    }

    fn all<'a>(&'a self, documents: &'a [std::sync::Arc<D>]) -> impl Iterator<Item = &'a std::sync::Arc<D>> {
        documents.iter().filter(|document| (self.is_of)(document))
    }
}

/// The documents that the call asks for: 200, or 204 when there are none.
#[expect(clippy::unused_async, reason = "verbs of resources share one signature")]
pub async fn list<D: Document>(
    cx: &Cx,
    request: &Request,
    resource: &'static Resource<D>,
) -> Result<Reply, Error> {
    let documents = cx.snapshot.documents();
    let ids = request.params.list("ids");
    let is_asked = resource.asked(cx, request)?;
    let mut found = Vec::new();
    for document in resource.all(D::all(&documents)) {
        let named = ids.as_ref().is_none_or(|ids| ids.contains(&document.id().to_string().as_str()));
        if named && is_asked(document)? {
            found.push(document.clone());
        }
    }
    answer(cx, request, resource, &found)
}

/// Documents as a list answers with them.
pub(crate) fn answer<D: Document>(
    cx: &Cx,
    request: &Request,
    resource: &'static Resource<D>,
    found: &[std::sync::Arc<D>],
) -> Result<Reply, Error> {
    let reader = Reader::of(cx);
    let shown = |rows: &[std::sync::Arc<D>]| -> Vec<Value> {
        rows.iter().map(|document| listed(resource, (resource.show)(&reader, document))).collect()
    };
    let Some(most) = resource.per_page else {
        let rows = shown(found);
        return Ok(if rows.is_empty() {
            Reply::nothing()
        } else {
            Reply::value(200, &json!({resource.key: rows}))
        });
    };
    let (number, per_page) = crate::metadata::paging_to(request, most)?;
    let (rows, info) = page(found, number, per_page);
    if rows.is_empty() {
        return Ok(Reply::nothing());
    }
    Ok(Reply::value(200, &json!({resource.key: shown(&rows), "info": info})))
}

/// A document as lists show it.
fn listed<D>(resource: &Resource<D>, mut shown: Value) -> Value {
    if let Some(keys) = shown.as_object_mut() {
        keys.retain(|key, _| !resource.only_single.contains(&key.as_str()));
    }
    shown
}

/// The document of the path.
#[expect(clippy::unused_async, reason = "verbs of resources share one signature")]
pub async fn get<D: Document>(
    cx: &Cx,
    request: &Request,
    resource: &'static Resource<D>,
) -> Result<Reply, Error> {
    let id = path_id(request, 0, resource.place)?;
    let is_asked = resource.asked(cx, request)?;
    let documents = cx.snapshot.documents();
    let found = resource.all(D::all(&documents)).find(|document| document.id() == id);
    let found = found.ok_or_else(|| invalid_id(resource.place))?;
    if !is_asked(found)? {
        return Err(invalid_id(resource.place).into());
    }
    let row = (resource.show)(&Reader::of(cx), found);
    let mut body = json!({resource.key: [row]});
    if resource.per_page.is_some() {
        body["info"] = single_info();
    }
    Ok(Reply::value(200, &body))
}

/// Creates documents, each by itself: 201, 207 when some failed, 400 when all did.
pub async fn create<D: Document>(
    cx: &Cx,
    request: &Request,
    resource: &'static Resource<D>,
) -> Result<Reply, Error> {
    cx.require_admin(resource.permission)?;
    let entries = entry::parse(request, resource.key, resource.most)?;
    let outcomes = cx.change(|change| {
        let make = |(at, keys): (usize, &Keys)| {
            let entry = Entry::of_list(keys, resource.key, at);
            let made = change
                .attempt(|change| write(&mut Step { cx, request, change, entry: &entry }, resource, None));
            outcome(made, resource.said.created)
        };
        entries.iter().enumerate().map(make).collect::<Result<Vec<_>, _>>()
    });
    Ok(outcome::reply_under(cx, resource.key, 201, outcomes.await?))
}

/// Changes the document of the path, or those that the entries name by `id`. Keys that are not sent stay.
pub async fn update<D: Document>(
    cx: &Cx,
    request: &Request,
    resource: &'static Resource<D>,
) -> Result<Reply, Error> {
    cx.require_admin(resource.permission)?;
    let single = match request.segment(0) {
        "" => None,
        _ => Some(path_id(request, 0, resource.place)?),
    };
    let entries = entry::parse(request, resource.key, if single.is_some() { 1 } else { resource.most })?;
    let outcomes = cx.change(|change| {
        if let Some(id) = single
            && change.find::<D>(id).is_none_or(|document| !(resource.is_of)(&document))
        {
            return Err(invalid_id(resource.place).into());
        }
        let make = |(at, keys): (usize, &Keys)| {
            let entry = Entry::of_list(keys, resource.key, at);
            let id = match named(&entry, single) {
                Ok(id) => id,
                Err(error) => return Ok(Outcome::Failed(error)),
            };
            let changed = change.attempt(|change| {
                write(&mut Step { cx, request, change, entry: &entry }, resource, Some(id))
            });
            outcome(changed, resource.said.updated)
        };
        entries.iter().enumerate().map(make).collect::<Result<Vec<_>, _>>()
    });
    Ok(outcome::reply_under(cx, resource.key, 200, outcomes.await?))
}

/// Removes the document of the path, or those that `ids` names, each by itself.
pub async fn delete<D: Document>(
    cx: &Cx,
    request: &Request,
    resource: &'static Resource<D>,
) -> Result<Reply, Error> {
    cx.require_admin(resource.permission)?;
    let (ids, single) = match request.segment(0) {
        "" => (ids_param(request, resource.most)?, false),
        _ => (vec![path_id(request, 0, resource.place)?], true),
    };
    let outcomes = cx.change(|change| {
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
            let known = step.change.find::<D>(id).filter(|document| (resource.is_of)(document));
            let unknown =
                || step.error(Code::InvalidData, "id").message("the id given seems to be invalid").id(id);
            Some(known.ok_or_else(unknown)?)
        }
    };
    let (mut keys, id) = match &before {
        Some(before) => (before.keys()?, before.id()),
        None => ((resource.fresh)(step)?, step.cx.org.mint.next()),
    };
    keys.insert("id".to_owned(), json!(id));
    apply(resource.fields, step, before.is_none(), &mut keys)?;
    sign(step, before.is_none(), &mut keys);
    let mut after = D::of(keys)?;
    (resource.check)(step, before.as_deref(), &mut after)?;
    step.change.put(after)?;
    Ok(id)
}

/// Notes who makes the change, and when.
fn sign(step: &Step<'_>, is_new: bool, keys: &mut Keys) {
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
    let known = change.find::<D>(id).filter(|document| (resource.is_of)(document));
    let known = known.ok_or_else(|| invalid_id(resource.place).id(id))?;
    let nothing = Keys::new();
    let entry = Entry::of_list(&nothing, resource.key, 0);
    (resource.remove)(&mut Step { cx, request, change, entry: &entry }, &known)?;
    change.remove::<D>(id);
    Ok(id)
}
