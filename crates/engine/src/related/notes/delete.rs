//! `DELETE` of notes: into the recycle bin, like all records.

use dealwright_wire::{ApiError, Code, Id};

use super::module;
use super::reach::Reach;
use crate::access::{Action, Grant};
use crate::cx::Cx;
use crate::error::Error;
use crate::metadata::invalid_id;
use crate::records::body::RECORDS;
use crate::records::outcome::{self, Done, Outcome};
use crate::records::parent::{self, Parent};
use crate::records::writing::Writing;
use crate::records::{delete, insert};
use crate::request::{Answer, Reply, Request};

/// Deletes the notes in `ids`; each is answered in its place.
pub fn delete_many<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move { many(cx, request, None).await })
}

/// Deletes the note that the path names; an unknown id is an error of the request as a whole.
pub fn delete_one<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let id = request.segment(0).parse().map_err(|_| invalid_id(1))?;
        one(cx, None, id, 1).await
    })
}

/// Deletes notes of one record; a note of another record is as good as unknown.
pub fn delete_many_of<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let parent = Parent::of(cx, request, Action::View).await?;
        parent.must_exist(cx).await?;
        many(cx, request, Some(parent.id)).await
    })
}

/// Deletes one note of one record.
pub fn delete_one_of<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let parent = Parent::of(cx, request, Action::View).await?;
        parent.must_exist(cx).await?;
        let id = request.segment(2).parse().map_err(|_| parent::unknown(3))?;
        one(cx, Some(parent.id), id, 3).await
    })
}

async fn many(cx: &Cx, request: &Request, parent: Option<Id>) -> Result<Reply, Error> {
    let grant = cx.grant(module(cx)?, Action::Delete)?;
    let Some(ids) = request.params.list("ids") else { return Err(ApiError::missing_param("ids").into()) };
    if ids.len() > RECORDS {
        return Err(ApiError::new(Code::LimitExceeded).detail("limit", RECORDS).param("ids").into());
    }
    let parsed: Result<Vec<Id>, _> = ids.iter().map(|id| id.parse()).collect();
    let ids = parsed.map_err(|_| {
        let code =
            if cx.profile.bad_ids_are_invalid_data { Code::InvalidData } else { Code::UnableToParseDataType };
        ApiError::new(code).message(Code::UnableToParseDataType.message()).param("ids")
    })?;
    let results = run(cx, &grant, parent, ids).await?;
    Ok(outcome::reply(cx, 200, results.into_iter().map(insert::into_outcome).collect()))
}

async fn one(cx: &Cx, parent: Option<Id>, id: Id, position: u8) -> Result<Reply, Error> {
    let grant = cx.grant(module(cx)?, Action::Delete)?;
    match run(cx, &grant, parent, vec![id]).await?.pop() {
        Some(Ok(done)) => Ok(outcome::reply(cx, 200, vec![Outcome::Done(done)])),
        Some(Err(error)) if error.code == Code::InvalidData => Err(ApiError::new(Code::InvalidData)
            .message("record not deleted")
            .detail("resource_path_index", position)
            .into()),
        Some(Err(error)) => Ok(outcome::reply(cx, 200, vec![Outcome::Failed(error)])),
        None => Ok(Reply::nothing()),
    }
}

async fn run(
    cx: &Cx,
    grant: &Grant,
    parent: Option<Id>,
    ids: Vec<Id>,
) -> Result<Vec<Result<Done, ApiError>>, Error> {
    let writing = Writing::new(cx, grant);
    let reach = Reach::of(grant, parent);
    cx.org
        .store
        .write(move |tx| {
            Box::pin(async move {
                let numbers: Vec<i64> = ids.iter().map(|id| id.get()).collect();
                let reached = reach.among(tx, &numbers).await?;
                let within: Vec<Id> = ids.iter().copied().filter(|id| reached.contains(&id.get())).collect();
                let mut deleted = delete::write(tx, &writing, &within).await?.into_iter();
                let unknown = |id| Err(ApiError::new(Code::InvalidData).message("record not deleted").id(id));
                let results = ids.iter().map(|&id| {
                    let known = reached.contains(&id.get());
                    known.then(|| deleted.next()).flatten().unwrap_or_else(|| unknown(id))
                });
                Ok::<_, Error>(results.collect())
            })
        })
        .await
}
