//! `{module}/actions/mass_delete`: many records go to the recycle bin.

use dealwright_store::Conn;
use dealwright_wire::{ApiError, Code, Id};
use futures::future::BoxFuture;

use super::action::{self, Count, Input, MassAction, UnknownJob};
use super::body::MassBody;
use super::chosen::Chosen;
use super::{status, update};
use crate::access::Action;
use crate::cx::Cx;
use crate::error::Error;
use crate::jobs::{Attempts, JobKind, Work, queue};
use crate::records::delete;
use crate::records::outcome::{self, Done, Outcome, Said};
use crate::records::writing::Writing;
use crate::request::{Answer, Request};

pub(crate) static KIND: JobKind = JobKind {
    name: "mass_delete",
    queue: &queue::BULK,
    attempts: Attempts::OF_STEPS,
    work: Work::Steps(action::step),
};

pub(super) static ACTION: MassAction = MassAction {
    kind: &KIND,
    permission: Action::Delete,
    apply,
    source: "crm_api",
    scheduled: (200, "SUCCESS", "mass delete scheduled successfully"),
    // Its status knows no word for a job that waits.
    waiting: "RUNNING",
    counts: &[
        ("Failed_Count", Count::FailedOrLeft),
        ("Deleted_Count", Count::Done),
        ("Total_Count", Count::Total),
    ],
    unknown_job: UnknownJob::InvalidData,
};

/// Deletes the named records at once (200, 207), or those of a view by a job (200).
pub fn mass_delete<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let module = cx.snapshot.module(request.segment(0))?;
        let grant = cx.grant(module, Action::Delete)?;
        let body = MassBody::parse(&request.body)?;
        // A territory beside ids narrows nothing that is named already.
        if body.has_ids() && body.cvid.is_some() {
            return Err(update::ambiguous(&body).into());
        }
        if !body.has_ids() {
            let chosen = Chosen::read(&body, true)?;
            return action::schedule(cx, &grant, &ACTION, Input { chosen, ..Input::default() }).await;
        }
        let ids = body.ids()?;
        let good: Vec<Id> = ids.iter().flatten().copied().collect();
        let writing = Writing::new(cx, &grant);
        let results = cx
            .org
            .store
            .write(move |tx| Box::pin(async move { delete::write(tx, &writing, &good).await }))
            .await?;
        let mut results = results.into_iter();
        let mut of = |id: Id| match results.next() {
            Some(Ok(_)) => Outcome::Said(Said::of(id, "record is deleted")),
            Some(Err(error)) => Outcome::Failed(error),
            None => Outcome::Failed(ApiError::new(Code::InvalidData).id(id)),
        };
        let outcomes = ids.into_iter().map(|slot| slot.map_or_else(Outcome::Failed, &mut of));
        Ok(outcome::reply(cx, 200, outcomes.collect()))
    })
}

/// How far the job of a mass deletion is.
pub fn mass_delete_status<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move { status::status(cx, request, &ACTION).await })
}

fn apply<'a>(
    tx: &'a mut Conn,
    _: &'a Cx,
    writing: &'a Writing,
    _: &'a Input,
    ids: &'a [Id],
) -> BoxFuture<'a, Result<Vec<Result<Done, ApiError>>, Error>> {
    Box::pin(delete::write(tx, writing, ids))
}
