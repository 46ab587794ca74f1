//! `/{module}/actions/mass_convert`: up to 50 leads, quotes or orders, as a job. Each step converts one record, so
//! that one that cannot be converted spoils no other and none is converted twice.

use std::sync::Arc;

use dealwright_schema::ModuleDef;
use dealwright_store::{Conn, Sql};
use dealwright_wire::{ApiError, Code, Id};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::inventory::{InventoryConversion, InventoryConverter};
use super::lead::LeadConversion;
use super::lead_converter::LeadConverter;
use crate::cx::Cx;
use crate::error::Error;
use crate::jobs::{Attempts, Job, JobKind, NewJob, State, Work, queue};
use crate::records::features::Features;
use crate::records::outcome::Said;
use crate::request::{Answer, Reply, Request};
use crate::settings::entry::Entry;

/// Records of one job at most.
const RECORDS: usize = 50;

/// Conversions of many records.
pub(crate) static KIND: JobKind = JobKind {
    name: "mass_convert",
    queue: &queue::BULK,
    attempts: Attempts::OF_STEPS,
    work: Work::Steps(|tx, cx, job| Box::pin(async move { step(tx, cx, job).await })),
};

/// The unit that converts one record of the job.
enum Unit {
    Lead(Box<LeadConversion>),
    Inventory(Box<InventoryConversion>),
}

impl Unit {
    /// Reads the keys of the body and asks for the permissions.
    fn new(cx: &Cx, module: &Arc<ModuleDef>, body: &RawValue) -> Result<Self, ApiError> {
        if module.api_name == "Leads" {
            let converter = LeadConverter::read(cx, body, "$")?;
            return Ok(Self::Lead(Box::new(LeadConversion::new(cx, converter, Features::default())?)));
        }
        let converter = InventoryConverter::read(cx, module, body, "$")?;
        Ok(Self::Inventory(Box::new(InventoryConversion::new(cx, module, converter, Features::default())?)))
    }

    async fn write(&self, tx: &mut Conn, id: Id) -> Result<(), Error> {
        match self {
            Self::Lead(unit) => unit.write(tx, id).await.map(drop),
            Self::Inventory(unit) => unit.write(tx, id).await.map(drop),
        }
    }
}

/// What a job keeps: the ids, each once, and the body.
#[derive(Deserialize)]
struct Input<'a> {
    ids: Vec<Id>,
    #[serde(borrow)]
    body: &'a RawValue,
}

/// Starts a job: 200 for leads, 202 for quotes and orders, each with the id of the job.
pub fn mass_convert<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let module = convertible(cx, request)?;
        let not_an_object = || ApiError::new(Code::InvalidData).detail("expected_data_type", "jsonobject");
        let text = std::str::from_utf8(&request.body).map_err(|_| not_an_object())?;
        let body: &RawValue = serde_json::from_str(text).map_err(|_| not_an_object())?;
        let keys: Map<String, Value> = serde_json::from_str(body.get()).map_err(|_| not_an_object())?;
        let entry = Entry::at(&keys, "$".to_owned());
        let ids = ids(&entry)?;
        refuse_unbuilt(&entry)?;
        let status = match Unit::new(cx, &module, body)? {
            Unit::Lead(_) => 200,
            Unit::Inventory(_) => 202,
        };
        let input = format!("{{\"ids\":{},\"body\":{}}}", json!(ids), body.get());
        let new = NewJob { kind: &KIND, module: module.id, input, total: ids.len() as i64 };
        let job = Job::start(cx, new).await?;
        let said = Said::new("Mass Convert scheduled successfully").detail("job_id", job.to_string());
        Ok(Said { code: "SCHEDULED", ..said }.reply(status))
    })
}

/// How far a job is: 200. The keys are in lower case for quotes and orders.
pub fn mass_convert_status<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let module = convertible(cx, request)?;
        cx.grant(&module, crate::access::Action::View)?;
        let given = request.params.get("job_id").ok_or_else(|| ApiError::missing_param("job_id"))?;
        let unknown = || ApiError::new(Code::InvalidData).param("job_id").detail("param", "job_id");
        let id: Id = given.parse().map_err(|_| unknown())?;
        let job = Job::find(cx, &KIND, module.id, id).await?.ok_or_else(unknown)?;
        let state = match job.state {
            State::Queued => "scheduled",
            State::Running => "running",
            State::Completed => "completed",
            State::Failed => "failed",
        };
        let not_converted = job.total - job.done - job.failed;
        if module.api_name == "Leads" {
            let row = json!({
                "Status": state,
                "Total_Count": job.total,
                "Converted_Count": job.done,
                "Not_Converted_Count": not_converted,
                "Failed_Count": job.failed,
            });
            return Ok(Reply::value(200, &json!({ "data": [row] })));
        }
        let row = json!({
            "status": state,
            "total_count": job.total,
            "converted_count": job.done,
            "not_converted_count": not_converted,
            "failed_count": job.failed,
        });
        Ok(Reply::value(200, &row))
    })
}

fn convertible(cx: &Cx, request: &Request) -> Result<Arc<ModuleDef>, ApiError> {
    let module = cx.snapshot.module(request.segment(0))?;
    if matches!(module.api_name.as_str(), "Leads" | "Quotes" | "Sales_Orders") {
        return Ok(Arc::clone(module));
    }
    Err(ApiError::new(Code::NotSupportedHere).detail("resource_path_index", 0))
}

/// The ids of the body, each once, in their order.
fn ids(entry: &Entry<'_>) -> Result<Vec<Id>, ApiError> {
    let value = entry.value("ids").ok_or_else(|| entry.missing("ids"))?;
    let invalid = || entry.error(Code::InvalidData, "ids");
    let list = value.as_array().ok_or_else(|| invalid().detail("expected_data_type", "jsonarray"))?;
    if list.is_empty() {
        return Err(invalid().detail("minimum_length", 1));
    }
    if list.len() > RECORDS {
        let due_to = json!([{ "api_name": "ids", "json_path": "$.ids" }]);
        return Err(ApiError::new(Code::LimitExceeded)
            .detail("limit", RECORDS)
            .detail("limit_due_to", due_to));
    }
    let mut ids: Vec<Id> = Vec::with_capacity(list.len());
    for (n, value) in list.iter().enumerate() {
        let id = serde_json::from_value(value.clone()).map_err(|_| {
            ApiError::new(Code::InvalidData)
                .detail("expected_data_type", "bigint")
                .field("ids", format!("$.ids[{n}]"))
        })?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// Portals are not built, so that nobody can be made a user of one.
fn refuse_unbuilt(entry: &Entry<'_>) -> Result<(), ApiError> {
    entry.flag("apply_assignment_threshold")?;
    if entry.value("portal_user_type").is_some() {
        return Err(entry.error(Code::NotSupported, "portal_user_type"));
    }
    Ok(())
}

/// Converts the next record. What is refused leaves no trace of itself.
async fn step(tx: &mut Conn, cx: &Cx, job: &mut Job) -> Result<(), Error> {
    let input: Input<'_> = serde_json::from_str(&job.input).map_err(Error::internal("reading a job"))?;
    let module = cx.snapshot.schema.module_by_id(job.module).ok_or_else(ApiError::invalid_module)?;
    let Some(&id) = usize::try_from(job.place).ok().and_then(|place| input.ids.get(place)) else {
        job.state = State::Completed;
        return Ok(());
    };
    let unit = Unit::new(cx, module, input.body)?;
    // A name of its own: what converts opens savepoints too, and one inside it may still be open at the end.
    tx.script(&Sql::from("SAVEPOINT conversion")).await?;
    match unit.write(tx, id).await {
        Ok(()) => {
            tx.script(&Sql::from("RELEASE SAVEPOINT conversion")).await?;
            job.done += 1;
        }
        Err(Error::Api(error)) => {
            tx.script(&Sql::from("ROLLBACK TO SAVEPOINT conversion; RELEASE SAVEPOINT conversion")).await?;
            // Gone, or converted by somebody else: nothing went wrong.
            if error.details.contains_key("resource_path_index") {
                job.skipped += 1;
            } else {
                tracing::debug!(job.id = %job.id, record = %id, error = %error, "a record was not converted");
                job.failed += 1;
            }
        }
        Err(error) => return Err(error),
    }
    job.place += 1;
    if job.place >= input.ids.len() as i64 {
        job.state = State::Completed;
    }
    Ok(())
}
