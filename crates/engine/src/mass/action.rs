//! The mass actions as a table, and what is the same for all of them: making a job, and doing its steps.

use dealwright_store::{Conn, Row, Sql, Weight};
use dealwright_wire::{ApiError, Code, Id};
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};

use super::chosen::Chosen;
use super::{delete, owner, update};
use crate::access::{Action, Grant};
use crate::cx::Cx;
use crate::error::Error;
use crate::jobs::{Job, JobKind, NewJob, State};
use crate::records::filter::Filter;
use crate::records::outcome::{self, Done, Outcome, Said};
use crate::records::writing::Writing;
use crate::request::Reply;

/// Records that one step of a job changes.
const STEP: i64 = 200;
/// Records that one job changes at most. Source: "Mass update records".
const RECORDS: i64 = 50_000;

/// A mass action.
pub(super) struct MassAction {
    pub kind: &'static JobKind,
    /// What the caller must be allowed to do with the module's records.
    pub permission: Action,
    pub apply: Apply,
    /// What the timeline names as the source of the change.
    pub source: &'static str,
    /// Status, code and message of the answer when a job was made.
    pub scheduled: (u16, &'static str, &'static str),
    /// Status of a job that no step was done of yet.
    pub waiting: &'static str,
    /// The counts of its status.
    pub counts: &'static [(&'static str, Count)],
    /// What is answered for a job that is not known.
    pub unknown_job: UnknownJob,
}

/// Changes some records in the running transaction; each is answered in its place.
pub(super) type Apply = for<'a> fn(
    &'a mut Conn,
    &'a Cx,
    &'a Writing,
    &'a Input,
    &'a [Id],
) -> BoxFuture<'a, Result<Vec<Result<Done, ApiError>>, Error>>;

/// A number of a job's status.
#[derive(Debug, Clone, Copy)]
pub(super) enum Count {
    Total,
    Done,
    /// Refused because of the change itself: a wrong value, a duplicate.
    Failed,
    /// Left as they were: locked, converted, gone meanwhile.
    Left,
    /// Both, for the action that counts only one of them.
    FailedOrLeft,
}

/// The counts of an action that changes values.
pub(super) const UPDATED: [(&str, Count); 4] = [
    ("Failed_Count", Count::Failed),
    ("Updated_Count", Count::Done),
    ("Not_Updated_Count", Count::Left),
    ("Total_Count", Count::Total),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UnknownJob {
    InvalidData,
    Nothing,
}

static ACTIONS: [&MassAction; 3] = [&update::ACTION, &delete::ACTION, &owner::ACTION];

/// What a job of a mass action is to do; stored with it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Input {
    #[serde(flatten)]
    pub chosen: Chosen,
    /// The record with the new values, as it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// Options of multi-select fields are replaced, not added to.
    #[serde(default)]
    pub over_write: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Id>,
    /// The last record that was there when the job was made: later ones are not meant.
    #[serde(default)]
    pub until: i64,
}

/// Makes a job and answers with its id.
///
/// `NO_RECORDS_FOUND` when nothing would change, `LIMIT_EXCEEDED` when too much would, `ALREADY_SCHEDULED` while
/// another mass action works on the same view.
pub(super) async fn schedule(
    cx: &Cx,
    grant: &Grant,
    action: &'static MassAction,
    input: Input,
) -> Result<Reply, Error> {
    let (total, until) = count(cx, grant, &input.chosen).await?;
    if total == 0 {
        return Err(Code::NoRecordsFound.into());
    }
    if total > RECORDS {
        return Err(ApiError::new(Code::LimitExceeded)
            .message("Record count exceeded")
            .detail("limit", RECORDS)
            .into());
    }
    let module = grant.module.id;
    for job in Job::under_way(cx, module).await? {
        let same_view = || {
            let other: Option<Input> = serde_json::from_str(&job.input).ok();
            other.is_some_and(|other| other.chosen.shares_view_with(&input.chosen))
        };
        if ACTIONS.iter().any(|action| action.kind.name == job.kind) && same_view() {
            return Err(ApiError::new(Code::AlreadyScheduled).field("cvid", "$.cvid".to_owned()).into());
        }
    }
    let input = serde_json::to_string(&Input { until, ..input }).map_err(Error::internal("storing a job"))?;
    let id = Job::start(cx, NewJob { kind: action.kind, module, input, total }).await?;
    let (status, code, message) = action.scheduled;
    let mut said = Said::new(message).detail("job_id", id.to_string());
    said.code = code;
    Ok(outcome::reply(cx, status, vec![Outcome::Said(said)]))
}

/// How many records are chosen, and the last of them.
async fn count(cx: &Cx, grant: &Grant, chosen: &Chosen) -> Result<(i64, i64), Error> {
    let mut filter = Filter::default();
    chosen.narrow(cx, grant, &mut filter)?;
    let table = grant.table();
    let sql = Sql::from(format!("SELECT count(*), max(t.id) FROM {{{table}}} t{}", filter.clause()));
    let read = |row: &Row<'_>| Ok((row.int(0)?.unwrap_or(0), row.int(1)?.unwrap_or(0)));
    cx.org
        .store
        .read(Weight::Scan, move |conn| {
            Box::pin(
                async move { Ok::<_, Error>(conn.first(&sql, &filter.args, read).await?.unwrap_or((0, 0))) },
            )
        })
        .await
}

/// The step of every mass action: the next records in the order of their ids.
pub(super) fn step<'a>(tx: &'a mut Conn, cx: &'a Cx, job: &'a mut Job) -> BoxFuture<'a, Result<(), Error>> {
    Box::pin(async move {
        let action = ACTIONS.iter().find(|action| action.kind.name == job.kind);
        let action = action.ok_or_else(|| ApiError::new(Code::InvalidData))?;
        let input: Input = serde_json::from_str(&job.input).map_err(|_| ApiError::new(Code::InvalidData))?;
        let module = cx.snapshot.schema.module_by_id(job.module).ok_or_else(ApiError::invalid_module)?;
        let grant = cx.grant(module, action.permission)?;
        let ids = next(tx, cx, &grant, &input, job.place).await?;
        if let Some(last) = ids.last() {
            job.place = last.get();
            let writing = Writing::new(cx, &grant).made_by(action.source);
            for result in (action.apply)(tx, cx, &writing, &input, &ids).await? {
                match result {
                    Ok(_) => job.done += 1,
                    Err(error) if leaves_as_it_is(&error) => job.skipped += 1,
                    Err(_) => job.failed += 1,
                }
            }
        }
        if (ids.len() as i64) < STEP {
            job.state = State::Completed;
            // Records that were meant and are not chosen any more were left as they are, too.
            job.skipped += (job.total - job.done - job.failed - job.skipped).max(0);
        }
        Ok(())
    })
}

async fn next(tx: &mut Conn, cx: &Cx, grant: &Grant, input: &Input, place: i64) -> Result<Vec<Id>, Error> {
    let mut filter = Filter::default();
    input.chosen.narrow(cx, grant, &mut filter)?;
    let (place, until, limit) = (filter.bind(place), filter.bind(input.until), filter.bind(STEP));
    filter.and(&format!("t.id > {place} AND t.id <= {until}"));
    let table = grant.table();
    let sql =
        Sql::from(format!("SELECT t.id FROM {{{table}}} t{} ORDER BY t.id LIMIT {limit}", filter.clause()));
    Ok(tx.all(&sql, &filter.args, |row| Row::must(row.id(0)?, 0)).await?)
}

/// True for records whose state forbids the change, unlike those that the change itself does not fit.
fn leaves_as_it_is(error: &ApiError) -> bool {
    matches!(error.code, Code::RecordLocked | Code::ConvertedRecord | Code::NotApproved | Code::NotReviewed)
}
