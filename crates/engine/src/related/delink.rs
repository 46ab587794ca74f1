//! `DELETE /{module}/{id}/{related_list}` and `…/{related_id}`: taking links away. The records themselves stay.

use std::sync::Arc;

use dealwright_store::Conn;
use dealwright_wire::{ApiError, Code, Id};

use crate::access::{Action, Grant};
use crate::cx::Cx;
use crate::error::Error;
use crate::records::body::RECORDS;
use crate::records::guard::{self, Doing};
use crate::records::linked::Linked;
use crate::records::outcome;
use crate::records::parent::{self, Parent};
use crate::records::writing::Writing;
use crate::records::{external, find, stored};
use crate::related::link::{Linking, Writable, said, touch, writable};
use crate::related::link_draft::external_name;
use crate::related::relation::Relation;
use crate::request::{Answer, Reply, Request};

/// Takes several records off the list: 200, 207 when some were not on it, 400 when none was.
pub fn delink_many<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let parent = Parent::of(cx, request, Action::Edit).await?;
        let relation = Relation::find(cx, &parent.grant.module, request.segment(2))?;
        let (module, how) = writable(&parent.grant.module, &relation)?;
        let related = cx.grant(&module, Action::View)?;
        let Some(texts) = request.params.list("ids") else {
            return Err(ApiError::missing_param("ids").into());
        };
        if texts.len() > RECORDS {
            return Err(ApiError::new(Code::LimitExceeded).detail("limit", RECORDS).param("ids").into());
        }
        let field = external_name(&module, request)?;
        let ids: Vec<Named> = if let Some(field) = field {
            let values: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
            let found = external::named_many(cx, &related, request, &values).await?;
            let named = found.into_iter().zip(values);
            named.map(|(found, value)| found.map(|id| (id, Some((field.clone(), value))))).collect()
        } else {
            let invalid = || {
                let lenient = cx.profile.bad_ids_are_invalid_data;
                let code = if lenient { Code::InvalidData } else { Code::UnableToParseDataType };
                ApiError::new(code).message(Code::UnableToParseDataType.message()).param("ids")
            };
            let parsed =
                texts.iter().map(|text| text.parse().map(|id| Ok((id, None))).map_err(|_| invalid()));
            parsed.collect::<Result<_, _>>()?
        };
        run(cx, parent, how, related, ids).await
    })
}

/// Takes the one record that the path names off the list.
pub fn delink_one<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let parent = Parent::of(cx, request, Action::Edit).await?;
        let relation = Relation::find(cx, &parent.grant.module, request.segment(2))?;
        let (module, how) = writable(&parent.grant.module, &relation)?;
        let related = cx.grant(&module, Action::View)?;
        let text = request.segment(3);
        let named = match external::named(cx, &related, request, text).await? {
            Some(id) => (id, external_name(&module, request)?.map(|field| (field, text.to_owned()))),
            None => (text.parse().map_err(|_| parent::unknown(3))?, None),
        };
        run(cx, parent, how, related, vec![Ok(named)]).await
    })
}

/// A record to be taken off, with the external field and value that named it.
type Named = Result<(Id, Option<(String, String)>), ApiError>;

async fn run(
    cx: &Cx,
    parent: Parent,
    how: Writable,
    related: Grant,
    ids: Vec<Named>,
) -> Result<Reply, Error> {
    let Writable::Link(linked) = how else {
        // An appointment without a service cannot be.
        return Err(ApiError::new(Code::CannotBeUpdated)
            .message("the records of this related list cannot be taken off it")
            .detail("resource_path_index", 2)
            .into());
    };
    let writing = Writing::new(cx, &parent.grant);
    let id = parent.id;
    let results = cx
        .org
        .store
        .write(move |tx| Box::pin(async move { write(tx, &writing, &related, id, linked, ids).await }))
        .await??;
    Ok(outcome::reply(cx, 200, results.into_iter().map(said).collect()))
}

async fn write(
    tx: &mut Conn,
    writing: &Writing,
    related: &Grant,
    parent: Id,
    linked: Linked,
    ids: Vec<Named>,
) -> Result<Result<Vec<Result<Linking, ApiError>>, ApiError>, Error> {
    let module = Arc::clone(&writing.module);
    let asked: Vec<usize> = guard::fields(&module).collect();
    let mut parents = stored::load(tx, &module, &[parent.get()], &asked).await?;
    let barred = guard::bar(tx, writing, Doing::Act, &mut parents).await?;
    let Some(stored) = parents.get(&parent.get()) else { return Ok(Err(parent::unknown(1))) };
    let forbidden = (!barred.is_empty()).then(|| guard::forbidden(&module, Doing::Act, parent));
    if let Some(error) = forbidden.or_else(|| guard::refuse_to(writing, stored, Doing::Act, None)) {
        return Ok(Ok(ids.into_iter().map(|_| Err(error.clone())).collect()));
    }
    let numbers: Vec<i64> = ids.iter().flatten().map(|(id, _)| id.get()).collect();
    let seen = find::by_ids(tx, related, numbers.clone()).await?;
    let mut there = linked.existing(tx, parent, &numbers).await?;
    there.retain(|id| seen.contains(id));
    let gone = there.clone();
    let results: Vec<_> = ids
        .into_iter()
        .map(|named| {
            let (id, external) = named?;
            let at = there.iter().position(|other| *other == id.get());
            let at = at.ok_or_else(|| ApiError::new(Code::InvalidData).message("relation not found"))?;
            there.swap_remove(at);
            Ok(Linking { id, message: "relation removed", external })
        })
        .collect();
    if !gone.is_empty() {
        linked.remove(tx, parent, &gone).await?;
        touch(tx, writing, parent).await?;
    }
    Ok(Ok(results))
}
