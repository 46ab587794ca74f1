//! `POST` and `PUT` of notes.

use std::sync::Arc;

use dealwright_wire::{ApiError, Code, Id};

use super::reach::Reach;
use super::{module, note};
use crate::access::{Action, Grant};
use crate::cx::Cx;
use crate::error::Error;
use crate::metadata::invalid_id;
use crate::records::body::{RECORDS, WriteBody};
use crate::records::draft::Draft;
use crate::records::outcome::{self, Outcome};
use crate::records::parent::{self, Parent};
use crate::records::update::{self, Change};
use crate::records::writing::Writing;
use crate::records::{insert, stored};
use crate::request::{Answer, Reply, Request};

/// New notes on the records that they name: 201, 207 when some failed, 400 when all did.
pub fn create<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move { add(cx, request, None).await })
}

/// New notes on the record that the path names.
pub fn create_of<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let parent = Parent::of(cx, request, Action::View).await?;
        parent.must_exist(cx).await?;
        add(cx, request, Some(&parent)).await
    })
}

async fn add(cx: &Cx, request: &Request, parent: Option<&Parent>) -> Result<Reply, Error> {
    let module = module(cx)?;
    let grant = cx.grant(module, Action::Create)?;
    let body = WriteBody::parse(&request.body)?;
    let records = body.records()?;
    if records.len() > RECORDS {
        return Ok(outcome::reply(cx, 201, vec![Outcome::Failed(insert::too_many())]));
    }
    let drafts = note::new(cx, module, &records, parent);
    let writing = Writing::new(cx, &grant).setting_off(body.features()?);
    let made = cx
        .org
        .store
        .write(move |tx| Box::pin(async move { insert::write(tx, &writing, drafts).await }))
        .await?;
    Ok(outcome::reply(cx, 201, made.into_iter().map(insert::into_outcome).collect()))
}

/// Changes the notes that the body names by id: 200, 207 when some failed, 400 when all did.
pub fn update_many<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move { change(cx, request, None, None).await })
}

/// Changes the note that the path names.
pub fn update_one<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let id = request.segment(0).parse().map_err(|_| invalid_id(1))?;
        change(cx, request, None, Some(id)).await
    })
}

/// Changes notes of one record; a note of another record is as good as unknown.
pub fn update_many_of<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let parent = Parent::of(cx, request, Action::View).await?;
        parent.must_exist(cx).await?;
        change(cx, request, Some(&parent), None).await
    })
}

/// Changes one note of one record.
pub fn update_one_of<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let parent = Parent::of(cx, request, Action::View).await?;
        parent.must_exist(cx).await?;
        let id = request.segment(2).parse().map_err(|_| parent::unknown(3))?;
        change(cx, request, Some(&parent), Some(id)).await
    })
}

async fn change(cx: &Cx, request: &Request, parent: Option<&Parent>, id: Option<Id>) -> Result<Reply, Error> {
    let module = module(cx)?;
    let grant: Grant = cx.grant(module, Action::Edit)?;
    let body = WriteBody::parse(&request.body)?;
    let mut records = body.records()?;
    if records.len() > RECORDS {
        return Ok(outcome::reply(cx, 200, vec![Outcome::Failed(insert::too_many())]));
    }
    if id.is_some() {
        records.truncate(1);
    }
    let drafts = note::changes(cx, module, &records, id);
    let numbers: Vec<i64> = drafts.iter().flatten().filter_map(|draft| draft.id).map(Id::get).collect();
    let reach = Reach::of(&grant, parent.map(|parent| parent.id));
    let writing = Writing::new(cx, &grant).setting_off(body.features()?);
    let change = Change::merge(request);
    let done = cx
        .org
        .store
        .write(move |tx| {
            Box::pin(async move {
                let reached: Vec<i64> = reach.among(tx, &numbers).await?.into_iter().collect();
                let module = Arc::clone(&writing.module);
                let says: Vec<usize> = note::says(&module).into_iter().flatten().collect();
                let stored = stored::load(tx, &module, &reached, &says).await?;
                let drafts = drafts.into_iter().map(|slot| {
                    let draft: Draft = slot?;
                    let id = draft.id.map(Id::get).unwrap_or_default();
                    let old = stored.get(&id).ok_or_else(|| unknown(&draft))?;
                    note::says_something(writing.profile, &module, &draft, Some(&old.cells))?;
                    Ok(draft)
                });
                let drafts: Vec<Result<Draft, ApiError>> = drafts.collect();
                update::write(tx, &writing, drafts, change).await
            })
        })
        .await?;
    Ok(outcome::reply(cx, 200, done.into_iter().map(insert::into_outcome).collect()))
}

fn unknown(draft: &Draft) -> ApiError {
    let error = ApiError::new(Code::InvalidData).message("the id given seems to be invalid");
    let error = error.field("id", format!("{}.id", draft.path));
    match draft.id {
        Some(id) => error.id(id),
        None => error,
    }
}
