//! `GET` of a mass action with `job_id`: how far its job is.

use dealwright_wire::{ApiError, Code};
use serde_json::{Map, json};

use super::action::{Count, MassAction, UnknownJob};
use crate::cx::Cx;
use crate::error::Error;
use crate::jobs::{Job, State};
use crate::records::page;
use crate::request::{Reply, Request};

/// `{"data":[{"Status":"RUNNING","Total_Count":5,…}]}` with the counts of the action.
pub(super) async fn status(cx: &Cx, request: &Request, action: &'static MassAction) -> Result<Reply, Error> {
    let grant = page::grant_to_view(cx, request.segment(0))?;
    let Some(text) = request.params.get("job_id") else {
        return Err(ApiError::new(Code::MandatoryNotFound)
            .message("mandatory param missing")
            .param("job_id")
            .into());
    };
    let job = match text.trim().parse() {
        Ok(id) => Job::find(cx, action.kind, grant.module.id, id).await?,
        Err(_) => None,
    };
    let Some(job) = job else {
        return match action.unknown_job {
            UnknownJob::Nothing => Ok(Reply::nothing()),
            UnknownJob::InvalidData => Err(ApiError::new(Code::InvalidData)
                .message("The jobid given seems to be invalid")
                .param("job_id")
                .into()),
        };
    };
    let mut shown = Map::new();
    let state = if job.state == State::Queued { action.waiting } else { job.state.text() };
    shown.insert("Status".to_owned(), state.into());
    for (key, count) in action.counts {
        let number = match count {
            Count::Total => job.total,
            Count::Done => job.done,
            Count::Failed => job.failed,
            Count::Left => job.skipped,
            Count::FailedOrLeft => job.failed + job.skipped,
        };
        shown.insert((*key).to_owned(), number.into());
    }
    Ok(Reply::value(200, &json!({ "data": [shown] })))
}
