//! `PUT /{module}/{id}/{related_list}` and `…/{related_id}`: linking records, or changing what a link holds.
//!
//! Only lists of links can be written, and the appointments of a service, where linking sets the appointment's lookup.
//! Source: "Update related records" of the published API.

use std::collections::HashMap;
use std::sync::Arc;

use dealwright_schema::ModuleDef;
use dealwright_store::Conn;
use dealwright_wire::{ApiError, Code, Id};

use crate::access::{Action, Grant};
use crate::cx::Cx;
use crate::error::Error;
use crate::records::body::{RECORDS, WriteBody};
use crate::records::draft::{Draft, Pending, PendingBy};
use crate::records::guard::{self, Doing};
use crate::records::linked::{LinkValue, Linked};
use crate::records::outcome::{self, Outcome, Said};
use crate::records::parent::{self, Parent};
use crate::records::update::{self, Change};
use crate::records::writing::Writing;
use crate::records::{external, find, insert, stored};
use crate::related::contact_roles;
use crate::related::link_draft::{LinkDraft, Roles, Target, external_name, unknown_record};
use crate::related::relation::{Kind, Relation};
use crate::request::{Answer, Reply, Request};

/// Links several records: 200, 207 when some failed, 400 when all did.
pub fn link_many<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move { run(cx, request, None).await })
}

/// Links the one record that the path names.
pub fn link_one<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move { run(cx, request, Some(request.segment(3))).await })
}

/// A list that can be written, and how.
pub(crate) enum Writable {
    Link(Linked),
    /// By setting the lookup of that name.
    Lookup(String),
}

/// How the list can be written; `CANNOT_BE_UPDATED` for lists whose records belong to it by what they say themselves.
pub(crate) fn writable(
    parent: &ModuleDef,
    relation: &Relation,
) -> Result<(Arc<ModuleDef>, Writable), ApiError> {
    match &relation.kind {
        Kind::Link(module, linked) => Ok((Arc::clone(module), Writable::Link(*linked))),
        Kind::Lookup(module, field)
            if (parent.api_name.as_str(), module.api_name.as_str()) == ("Services__s", "Appointments__s") =>
        {
            Ok((Arc::clone(module), Writable::Lookup(field.clone())))
        }
        _ => Err(ApiError::new(Code::CannotBeUpdated)
            .message("the records of this related list cannot be linked")
            .detail("resource_path_index", 2)),
    }
}

async fn run(cx: &Cx, request: &Request, related: Option<&str>) -> Result<Reply, Error> {
    let parent = Parent::of(cx, request, Action::Edit).await?;
    let relation = Relation::find(cx, &parent.grant.module, request.segment(2))?;
    let (module, how) = writable(&parent.grant.module, &relation)?;
    let grant =
        cx.grant(&module, if matches!(how, Writable::Link(_)) { Action::View } else { Action::Edit })?;
    let body = WriteBody::parse(&request.body)?;
    let mut records = body.records()?;
    if records.len() > RECORDS {
        return Ok(outcome::reply(cx, 200, vec![Outcome::Failed(insert::too_many())]));
    }
    let field = external_name(&module, request)?;
    let mut named = None;
    if let Some(text) = related {
        records.truncate(1);
        named = Some(match external::named(cx, &grant, request, text).await? {
            Some(id) => id,
            None => text.parse().map_err(|_| parent::unknown(3))?,
        });
    }
    let holds = match &how {
        Writable::Link(linked) => linked.link.value,
        Writable::Lookup(_) => None,
    };
    let drafts: Vec<Result<LinkDraft, ApiError>> = records
        .iter()
        .enumerate()
        .map(|(at, raw)| LinkDraft::read(raw, at, named, field.as_deref(), holds))
        .collect();
    let drafts = by_external_values(cx, &grant, request, drafts).await?;
    let unit = Unit {
        writing: Writing::new(cx, &parent.grant),
        related: grant,
        parent: parent.id,
        how,
        by_path: related.is_some(),
    };
    let results =
        cx.org.store.write(move |tx| Box::pin(async move { unit.write(tx, drafts).await })).await??;
    Ok(outcome::reply(cx, 200, results.into_iter().map(said).collect()))
}

/// A record that was linked, and what the answer says of it.
pub(crate) struct Linking {
    pub id: Id,
    pub message: &'static str,
    pub external: Option<(String, String)>,
}

pub(crate) fn said(result: Result<Linking, ApiError>) -> Outcome {
    match result {
        Ok(done) => {
            let said = Said::of(done.id, done.message);
            Outcome::Said(match done.external {
                Some((field, value)) => said.detail(&field, value),
                None => said,
            })
        }
        Err(error) => Outcome::Failed(error),
    }
}

type Drafts = Vec<Result<LinkDraft, ApiError>>;

/// Finds the records that are named by external values.
async fn by_external_values(
    cx: &Cx,
    grant: &Grant,
    request: &Request,
    mut drafts: Drafts,
) -> Result<Drafts, Error> {
    let (mut places, mut values) = (Vec::new(), Vec::new());
    for (at, draft) in drafts.iter().enumerate() {
        if let Ok(LinkDraft { target: Target::External(value), .. }) = draft {
            places.push(at);
            values.push(value.clone());
        }
    }
    if values.is_empty() {
        return Ok(drafts);
    }
    let found = external::named_many(cx, grant, request, &values).await?;
    for (at, found) in places.into_iter().zip(found) {
        match (found, &mut drafts[at]) {
            (Ok(id), Ok(draft)) => draft.target = Target::Id(id),
            (Err(error), slot) => *slot = Err(error),
            (Ok(_), Err(_)) => {}
        }
    }
    Ok(drafts)
}

/// A unit of linking, free of the request's lifetime.
struct Unit {
    /// On the parent's module.
    writing: Writing,
    /// On the records to be linked.
    related: Grant,
    parent: Id,
    how: Writable,
    /// The related record stands in the path.
    by_path: bool,
}

impl Unit {
    async fn write(
        self,
        tx: &mut Conn,
        mut drafts: Drafts,
    ) -> Result<Result<Vec<Result<Linking, ApiError>>, ApiError>, Error> {
        let module = Arc::clone(&self.writing.module);
        let asked: Vec<usize> = guard::fields(&module).collect();
        let mut parents = stored::load(tx, &module, &[self.parent.get()], &asked).await?;
        let barred = guard::bar(tx, &self.writing, Doing::Act, &mut parents).await?;
        let Some(stored) = parents.get(&self.parent.get()) else { return Ok(Err(parent::unknown(1))) };
        let forbidden = (!barred.is_empty()).then(|| guard::forbidden(&module, Doing::Act, self.parent));
        if let Some(error) = forbidden.or_else(|| guard::refuse_to(&self.writing, stored, Doing::Act, None)) {
            return Ok(Ok(drafts
                .into_iter()
                .map(|draft| Err(draft.err().unwrap_or_else(|| error.clone())))
                .collect()));
        }
        let ids: Vec<i64> = drafts.iter().flatten().filter_map(id).map(Id::get).collect();
        let there = find::by_ids(tx, &self.related.to_view(), ids.clone()).await?;
        for slot in &mut drafts {
            let Ok(draft) = slot else { continue };
            if id(draft).is_none_or(|id| !there.contains(&id.get())) {
                if self.by_path {
                    return Ok(Err(parent::unknown(3)));
                }
                *slot = Err(unknown_record(draft));
            }
        }
        let results = match &self.how {
            Writable::Link(linked) => self.link(tx, *linked, drafts, &ids).await?,
            Writable::Lookup(field) => self.point(tx, field, drafts).await?,
        };
        if results.iter().any(Result::is_ok) {
            touch(tx, &self.writing, self.parent).await?;
        }
        Ok(Ok(results))
    }

    async fn link(
        &self,
        tx: &mut Conn,
        linked: Linked,
        drafts: Drafts,
        ids: &[i64],
    ) -> Result<Vec<Result<Linking, ApiError>>, Error> {
        let has_roles = linked.link.value == Some(LinkValue::ContactRole);
        let mut before = Vec::new();
        let mut roles = Roles::default();
        if has_roles {
            before = linked.existing(tx, self.parent, ids).await?;
            roles = Roles(contact_roles::names(tx).await?);
        }
        let mut work = Vec::with_capacity(drafts.len());
        let mut results = Vec::with_capacity(drafts.len());
        for slot in drafts {
            results.push(match slot.and_then(|draft| roles.settle(&draft).map(|value| (draft, value))) {
                Ok((draft, (value, keeps))) => {
                    let Some(id) = id(&draft) else { continue };
                    work.push(linked.put(self.parent, id, value, keeps));
                    // Source: deal contact roles tell the two apart, other lists always say the first.
                    let is_new = !has_roles || !before.contains(&id.get());
                    before.push(id.get());
                    let message = if is_new { "relation added" } else { "relation updated" };
                    Ok(Linking { id, message, external: draft.external })
                }
                Err(error) => Err(error),
            });
        }
        tx.together(&work).await?;
        Ok(results)
    }

    /// Sets the lookup of the related records to the parent.
    async fn point(
        &self,
        tx: &mut Conn,
        field: &str,
        drafts: Drafts,
    ) -> Result<Vec<Result<Linking, ApiError>>, Error> {
        let writing = self.writing.on(&self.related);
        let at = self.related.module.field_index(field).unwrap_or_default();
        let (mut changes, mut externals) = (Vec::new(), HashMap::new());
        for (place, slot) in drafts.into_iter().enumerate() {
            changes.push(slot.map(|draft| {
                let mut change = Draft::empty(&self.related.module, draft.path.clone());
                change.id = id(&draft);
                let by = PendingBy::Id(self.parent);
                change.references.push(Pending { field: at, target: self.writing.module.id, by });
                externals.insert(place, draft.external);
                change
            }));
        }
        let results = update::write(tx, &writing, changes, Change::default()).await?;
        let done = results.into_iter().enumerate().map(|(place, result)| {
            let external = externals.remove(&place).flatten();
            result.map(|done| Linking { id: done.id, message: "relation added", external })
        });
        Ok(done.collect())
    }
}

fn id(draft: &LinkDraft) -> Option<Id> {
    match draft.target {
        Target::Id(id) => Some(id),
        Target::External(_) => None,
    }
}

/// Leaves the marks of a change on a record whose links changed: time, history, event.
pub(crate) async fn touch(tx: &mut Conn, writing: &Writing, id: Id) -> Result<(), Error> {
    let mut draft = Draft::empty(&writing.module, "$".to_owned());
    draft.id = Some(id);
    update::write(tx, writing, vec![Ok(draft)], Change::default()).await?;
    Ok(())
}
