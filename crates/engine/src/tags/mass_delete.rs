//! `settings/tags/actions/mass_delete`: many tags of a module deleted as a job, and how far it is.

use std::sync::Arc;

use dealwright_schema::ModuleDef;
use dealwright_store::{Conn, Weight};
use dealwright_wire::{ApiError, Code, Id};
use futures::future::BoxFuture;
use serde_json::{Value, json};

use super::stored;
use crate::access::Action;
use crate::cx::Cx;
use crate::error::Error;
use crate::jobs::{Attempts, Job, JobKind, NewJob, State, Work, queue};
use crate::records::outcome::Said;
use crate::request::{Answer, Reply, Request};
use crate::settings::entry::{self, Entry};

const KEY: &str = "mass_delete";
/// Tags of one request. Source: metadata reference, section 17.
const MOST: usize = 200;
/// Tags that one step deletes; each can touch all records of the module.
const STEP: usize = 10;

/// The job: its input is the list of the tags' ids.
pub(crate) static JOB: JobKind = JobKind {
    name: "mass_delete_tags",
    queue: &queue::BULK,
    attempts: Attempts::OF_STEPS,
    work: Work::Steps(step),
};

/// Schedules the deletion: 202 with the job's id. The answer stands alone, without a list around it.
pub fn schedule<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let entries = entry::parse(request, KEY, 1)?;
        let entry = Entry::of_list(&entries[0], KEY, 0);
        let module = module(cx, &entry)?;
        super::grant(cx, &module, Action::View, true)?;
        let ids = ids(&entry)?;
        let wanted = ids.clone();
        let found = cx
            .org
            .store
            .read(Weight::Point, move |conn| {
                Box::pin(async move { Ok::<_, Error>(stored::by_ids(conn, &wanted).await?) })
            })
            .await?;
        for (at, id) in ids.iter().enumerate() {
            if !found.iter().any(|tag| tag.id == *id && tag.module == module.id) {
                let error = ApiError::new(Code::InvalidData).message("invalid tag id").id(*id);
                return Err(error.field("id", format!("$.{KEY}[0].tags[{at}].id")).into());
            }
        }
        let new =
            NewJob { kind: &JOB, module: module.id, input: json!(ids).to_string(), total: ids.len() as i64 };
        let job = Job::start(cx, new).await?;
        let said = Said { code: "SCHEDULED", ..Said::new("tags scheduled successfully") };
        Ok(said.detail("job_id", job.to_string()).reply(202))
    })
}

/// How far a job is: `{"mass_delete":[{"job_id","total_count","failed_count","deleted_count","status"}]}`.
pub fn status<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let text = request.params.get("job_id").ok_or_else(|| ApiError::missing_param("job_id"))?;
        let job = match text.parse() {
            Ok(id) => Job::by_id(cx, &JOB, id).await?,
            Err(_) => None,
        };
        let Some(job) = job else {
            let error = json!({
                "code": Code::InvalidData.text(),
                "details": {"job_id": text},
                "message": "the job id given seems to be invalid",
                "status": "error",
            });
            return Ok(Reply::value(400, &json!({KEY: [error]})));
        };
        let module = cx.snapshot.schema.module_by_id(job.module).ok_or_else(ApiError::invalid_module)?;
        super::grant(cx, module, Action::View, true)?;
        Ok(Reply::value(
            200,
            &json!({KEY: [{
                "job_id": job.id,
                "total_count": job.total,
                "failed_count": job.failed,
                "deleted_count": job.done,
                "status": shown(job.state),
            }]}),
        ))
    })
}

fn shown(state: State) -> &'static str {
    match state {
        State::Queued => "SCHEDULED",
        State::Running => "RUNNING",
        State::Completed => "COMPLETED",
        State::Failed => "FAILED",
    }
}

/// The module of the entry, by name, id or both.
fn module(cx: &Cx, entry: &Entry<'_>) -> Result<Arc<ModuleDef>, ApiError> {
    let given = entry.entry("module")?.ok_or_else(|| entry.missing("module"))?;
    let schema = &cx.snapshot.schema;
    let (name, id) = (given.text("api_name", 100)?, given.id("id")?);
    let at = |key: &str| given.error(Code::InvalidData, key).details;
    let found = match (name, id) {
        (None, None) => {
            let fields = [at("api_name"), at("id")].map(Value::Object).to_vec();
            return Err(ApiError::new(Code::ExpectedFieldMissing).detail("expected_fields", fields));
        }
        (Some(name), None) => schema.module(name),
        (name, Some(id)) => {
            let found = schema.module_by_id(id);
            if name.zip(found).is_some_and(|(name, found)| !found.api_name.eq_ignore_ascii_case(name)) {
                let both = [at("api_name"), at("id")].map(Value::Object).to_vec();
                return Err(ApiError::new(Code::AmbiguityDuringProcessing).detail("ambiguity_due_to", both));
            }
            found
        }
    };
    found
        .cloned()
        .ok_or_else(|| given.error(Code::InvalidData, if name.is_some() { "api_name" } else { "id" }))
}

/// The tags of the entry, each once.
fn ids(entry: &Entry<'_>) -> Result<Vec<Id>, ApiError> {
    let tags = entry.entries("tags")?;
    if tags.is_empty() {
        return Err(entry.missing("tags"));
    }
    if tags.len() > MOST {
        return Err(entry.error(Code::InvalidData, "tags").detail("maximum_length", MOST));
    }
    let mut ids = Vec::with_capacity(tags.len());
    for tag in &tags {
        let id = tag.id("id")?.ok_or_else(|| tag.missing("id"))?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

fn step<'a>(tx: &'a mut Conn, cx: &'a Cx, job: &'a mut Job) -> BoxFuture<'a, Result<(), Error>> {
    Box::pin(async move {
        let ids: Vec<Id> =
            serde_json::from_str(&job.input).map_err(Error::internal("reading the tags of a job"))?;
        let done = (job.place as usize).min(ids.len());
        // What earlier steps deleted is committed by now, so that no record shows it any more.
        cx.snapshot.tags.forget(&ids[..done]);
        let next = &ids[done..(done + STEP).min(ids.len())];
        if next.is_empty() {
            job.state = State::Completed;
            return Ok(());
        }
        let module = cx.snapshot.schema.module_by_id(job.module).ok_or_else(ApiError::invalid_module)?;
        let there = stored::by_ids(tx, next).await?;
        for tag in &there {
            stored::delete(tx, module, tag.id).await?;
        }
        job.done += there.len() as i64;
        // Deleted by somebody else in the meantime.
        job.failed += (next.len() - there.len()) as i64;
        job.place += next.len() as i64;
        Ok(())
    })
}
