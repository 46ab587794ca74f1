//! What is done to many deleted records: now, when one request can answer for all of them, or else by a job.

use dealwright_store::{Conn, Row, Sql, Weight};
use dealwright_wire::{ApiError, Code, Id};
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::item::visible;
use super::{filter, remove, restore};
use crate::access::Action;
use crate::cx::Cx;
use crate::error::Error;
use crate::jobs::{Attempts, Job, JobKind, NewJob, State, Work, queue};
use crate::records::filter::Filter;
use crate::records::json_criteria::Place;
use crate::records::outcome::{self, Outcome, Said};
use crate::request::Reply;

/// Records that one step of a job works on.
const STEP: i64 = 100;

/// What becomes of a deleted record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Restore,
    Remove,
}

/// Which deleted records are meant. Stored with the job.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Which {
    /// Criteria as they came; all when there are none.
    pub filters: Option<Value>,
    /// The last record that was there when the job was made.
    #[serde(default)]
    pub until: i64,
}

/// Restores many records. Its module is the org itself.
pub(crate) static RESTORE: JobKind = JobKind {
    name: "recycle_bin.restore",
    queue: &queue::BULK,
    attempts: Attempts::OF_STEPS,
    work: Work::Steps(restore_step),
};
/// Removes many records for good.
pub(crate) static REMOVE: JobKind = JobKind {
    name: "recycle_bin.remove",
    queue: &queue::BULK,
    attempts: Attempts::OF_STEPS,
    work: Work::Steps(remove_step),
};

impl Fate {
    fn kind(self) -> &'static JobKind {
        match self {
            Self::Restore => &RESTORE,
            Self::Remove => &REMOVE,
        }
    }

    fn done(self) -> &'static str {
        match self {
            Self::Restore => "record restored",
            Self::Remove => "record deleted",
        }
    }

    fn scheduled(self, which: &Which) -> &'static str {
        match (self, which.filters.is_some()) {
            (Self::Restore, true) => "Bulk restoration of records based on filters has been scheduled",
            (Self::Restore, false) => "record has been scheduled for restoration",
            (Self::Remove, _) => "record has been scheduled for deletion",
        }
    }

    /// Records that are dealt with at once.
    fn at_once(self) -> i64 {
        match self {
            Self::Restore => 200,
            Self::Remove => 1_000,
        }
    }

    async fn carry_out(self, tx: &mut Conn, cx: &Cx, ids: &[Id]) -> Result<Vec<Result<Id, ApiError>>, Error> {
        match self {
            Self::Restore => restore::restore(tx, cx, ids).await,
            Self::Remove => remove::remove(tx, cx, ids).await,
        }
    }
}

/// Deals with these records and answers each in its place.
pub(super) async fn now(cx: &Cx, fate: Fate, ids: Vec<Result<Id, ApiError>>) -> Result<Reply, Error> {
    let good: Vec<Id> = ids.iter().flatten().copied().collect();
    let cx2 = cx.again();
    let results =
        cx.org.write(move |tx| Box::pin(async move { fate.carry_out(tx, &cx2, &good).await })).await?;
    let mut results = results.into_iter();
    let outcomes = ids.into_iter().map(|slot| match slot.and_then(|id| results.next().unwrap_or(Ok(id))) {
        Ok(id) => Outcome::Said(Said::of(id, fate.done())),
        Err(error) => Outcome::Failed(error),
    });
    Ok(outcome::reply_under(cx, "recycle_bin", 200, outcomes.collect()))
}

/// Deals with all records that are meant: now if they are few, else as a job, which answers 202.
pub(super) async fn all(cx: &Cx, fate: Fate, which: Which, place: Place<'_>) -> Result<Reply, Error> {
    let mut filter = Filter::default();
    narrow(cx, &which, place, &mut filter)?;
    let limit = filter.bind(fate.at_once() + 1);
    let clause = filter.clause();
    let some = Sql::from(format!("SELECT t.id FROM {{_recycle_bin}} t{clause} ORDER BY t.id LIMIT {limit}"));
    let args = filter.args.clone();
    let ids = read(cx, some, args).await?;
    if ids.is_empty() {
        return Ok(Reply::nothing());
    }
    if ids.len() as i64 <= fate.at_once() {
        return now(cx, fate, ids.into_iter().map(Ok).collect()).await;
    }
    filter.args.pop();
    let sql = Sql::from(format!("SELECT count(*), max(t.id) FROM {{_recycle_bin}} t{clause}"));
    let args = filter.args;
    let (total, until) = cx
        .org
        .store
        .read(Weight::Scan, move |conn| {
            Box::pin(async move {
                let read = |row: &Row<'_>| Ok((row.int(0)?.unwrap_or(0), row.int(1)?.unwrap_or(0)));
                Ok::<_, Error>(conn.first(&sql, &args, read).await?.unwrap_or((0, 0)))
            })
        })
        .await?;
    let message = fate.scheduled(&which);
    let input = serde_json::to_string(&Which { until, ..which }).map_err(Error::internal("storing a job"))?;
    Job::start(cx, NewJob { kind: fate.kind(), module: cx.org.id, input, total }).await?;
    let mut said = Said::new(message);
    said.code = "SCHEDULED";
    Ok(outcome::reply_under(cx, "recycle_bin", 202, vec![Outcome::Said(said)]))
}

fn narrow(cx: &Cx, which: &Which, place: Place<'_>, filter: &mut Filter) -> Result<(), ApiError> {
    visible(cx, Action::Delete, filter);
    match &which.filters {
        Some(filters) => filter::add(cx, filters, place, filter),
        None => Ok(()),
    }
}

async fn read(cx: &Cx, sql: Sql, args: Vec<dealwright_schema::Cell<'static>>) -> Result<Vec<Id>, Error> {
    cx.org
        .store
        .read(Weight::Scan, move |conn| {
            Box::pin(
                async move { Ok::<_, Error>(conn.all(&sql, &args, |row| Row::must(row.id(0)?, 0)).await?) },
            )
        })
        .await
}

fn restore_step<'a>(tx: &'a mut Conn, cx: &'a Cx, job: &'a mut Job) -> BoxFuture<'a, Result<(), Error>> {
    Box::pin(step(Fate::Restore, tx, cx, job))
}

fn remove_step<'a>(tx: &'a mut Conn, cx: &'a Cx, job: &'a mut Job) -> BoxFuture<'a, Result<(), Error>> {
    Box::pin(step(Fate::Remove, tx, cx, job))
}

async fn step(fate: Fate, tx: &mut Conn, cx: &Cx, job: &mut Job) -> Result<(), Error> {
    let which: Which = serde_json::from_str(&job.input).map_err(|_| ApiError::new(Code::InvalidData))?;
    let mut filter = Filter::default();
    narrow(cx, &which, Place { root: "$", param: None }, &mut filter)?;
    let (place, until) = (filter.bind(job.place), filter.bind(which.until));
    filter.and(&format!("t.id > {place} AND t.id <= {until}"));
    let limit = filter.bind(STEP);
    let sql = Sql::from(format!(
        "SELECT t.id FROM {{_recycle_bin}} t{} ORDER BY t.id LIMIT {limit}",
        filter.clause()
    ));
    let ids = tx.all(&sql, &filter.args, |row| Row::must(row.id(0)?, 0)).await?;
    for result in fate.carry_out(tx, cx, &ids).await? {
        match result {
            Ok(_) => job.done += 1,
            Err(_) => job.failed += 1,
        }
    }
    if let Some(last) = ids.last() {
        job.place = last.get();
    }
    if (ids.len() as i64) < STEP {
        job.state = State::Completed;
        job.skipped = (job.total - job.done - job.failed).max(0);
    }
    Ok(())
}
