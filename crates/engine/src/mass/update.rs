//! `{module}/actions/mass_update`: one field of many records gets one value.

use std::sync::Arc;

use dealwright_schema::{FieldDef, Form, ModuleDef};
use dealwright_store::Conn;
use dealwright_wire::{ApiError, Code, Id};
use futures::future::BoxFuture;
use serde_json::value::RawValue;

use super::action::{self, Input, MassAction, UPDATED, UnknownJob};
use super::body::MassBody;
use super::chosen::Chosen;
use super::status;
use crate::access::{Action, Grant};
use crate::cx::Cx;
use crate::error::Error;
use crate::jobs::{Attempts, JobKind, Work, queue};
use crate::records::draft::{self, Draft};
use crate::records::outcome::{self, Done, Outcome};
use crate::records::update::{self, Change};
use crate::records::writing::Writing;
use crate::records::{body, insert};
use crate::request::{Answer, Request};

pub(crate) static KIND: JobKind = JobKind {
    name: "mass_update",
    queue: &queue::BULK,
    attempts: Attempts::OF_STEPS,
    work: Work::Steps(action::step),
};

pub(super) static ACTION: MassAction = MassAction {
    kind: &KIND,
    permission: Action::Edit,
    apply,
    source: "mass_update",
    scheduled: (200, "SUCCESS", "mass update scheduled successfully"),
    waiting: "SCHEDULED",
    counts: &UPDATED,
    unknown_job: UnknownJob::InvalidData,
};

/// Fields that only make sense together, so that they may be sent together.
const TOGETHER: [&str; 3] = ["Stage", "Pipeline", "Layout"];

/// Updates the named records at once (200, 207), or those of a view, a territory or criteria by a job (200).
pub fn mass_update<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let module = cx.snapshot.module(request.segment(0))?;
        let grant = cx.grant(module, Action::Edit)?;
        let body = MassBody::parse(&request.body)?;
        let over_write = body.over_write()?;
        let data = body.data.map(RawValue::get).filter(|data| *data != "null");
        let record = check(cx, &grant, data, !body.has_ids())?;
        if body.has_ids() && body.has_choice() {
            return Err(ambiguous(&body).into());
        }
        let input = Input { data: Some(record), over_write, ..Input::default() };
        if !body.has_ids() {
            let chosen = Chosen::read(&body, false)?;
            return action::schedule(cx, &grant, &ACTION, Input { chosen, ..input }).await;
        }
        let ids = body.ids()?;
        let good: Vec<Id> = ids.iter().flatten().copied().collect();
        let drafts = drafts(cx, module, &input, &good);
        let writing = Writing::new(cx, &grant).made_by("mass_update");
        let results = cx
            .org
            .store
            .write(move |tx| {
                Box::pin(async move { update::write(tx, &writing, drafts, Change::default()).await })
            })
            .await?;
        let mut results = results.into_iter();
        let outcomes = ids.into_iter().enumerate().map(|(at, slot)| match slot {
            Ok(_) => match results.next().map(insert::into_outcome) {
                Some(Outcome::Failed(error)) => Outcome::Failed(at_id(error, at)),
                Some(other) => other,
                None => Outcome::Failed(ApiError::new(Code::InvalidData)),
            },
            Err(error) => Outcome::Failed(error),
        });
        Ok(outcome::reply(cx, 200, outcomes.collect()))
    })
}

/// How far the job of a mass update is.
pub fn mass_update_status<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move { status::status(cx, request, &ACTION).await })
}

/// Both ways of saying which records are meant.
pub(super) fn ambiguous(body: &MassBody<'_>) -> ApiError {
    let other = match body {
        MassBody { cvid: Some(_), .. } => "cvid",
        MassBody { criteria: Some(_), .. } => "criteria",
        _ => "territory",
    };
    let both =
        ["ids", other].map(|key| serde_json::json!({ "api_name": key, "json_path": format!("$.{key}") }));
    ApiError::new(Code::AmbiguityDuringProcessing).detail("ambiguity_due_to", both.to_vec())
}

/// An error about the id of a record stands where the id stands in the body.
fn at_id(error: ApiError, at: usize) -> ApiError {
    let about_id = error.details.get("api_name").is_some_and(|name| name == "id");
    if about_id { error.field("ids", format!("$.ids[{at}]")) } else { error }
}

/// The one record of `data` with the one field that is to change, checked: the same value goes into every record.
/// `by_job` for records that are not named.
fn check(cx: &Cx, grant: &Grant, data: Option<&str>, by_job: bool) -> Result<String, ApiError> {
    let module = &grant.module;
    let at_data = |error: ApiError| error.field("data", "$.data".to_owned());
    let data = data.ok_or_else(|| at_data(ApiError::new(Code::MandatoryNotFound)))?;
    let records: Vec<&RawValue> = serde_json::from_str(data)
        .map_err(|_| at_data(ApiError::new(Code::InvalidData).detail("expected_data_type", "jsonarray")))?;
    let [record] = records.as_slice() else {
        let (key, length) = if records.is_empty() { ("minimum_length", 1) } else { ("maximum_length", 1) };
        return Err(at_data(ApiError::new(Code::InvalidData).detail(key, length)));
    };
    let at_record = |error: ApiError| error.field("data", "$.data[0]".to_owned());
    let read = body::record(record, module, cx.is_lenient()).ok_or_else(|| {
        at_record(ApiError::new(Code::InvalidData).detail("expected_data_type", "jsonobject"))
    })?;
    let fields: Vec<&FieldDef> = read.values.iter().map(|(at, _)| &module.fields()[*at]).collect();
    if fields.is_empty() {
        return Err(at_record(ApiError::new(Code::InvalidData).message("No field found")));
    }
    let together = fields.iter().all(|field| TOGETHER.contains(&field.api_name.as_str()));
    if fields.len() > 1 && !together {
        return Err(at_record(
            ApiError::new(Code::LimitExceeded).message("Max field limit exceeded").detail("limit", 1),
        ));
    }
    for field in fields {
        check_field(grant, field, by_job)?;
    }
    let draft = draft::drafts(cx, module, &[record]).remove(0)?;
    draft::check_not_emptied(module, &draft)?;
    Ok(record.get().to_owned())
}

/// Refuses fields that cannot be set in many records at once.
fn check_field(grant: &Grant, field: &FieldDef, by_job: bool) -> Result<(), ApiError> {
    let at_field = |error: ApiError| error.field(&field.api_name, format!("$.data[0].{}", field.api_name));
    if !grant.shows(field) {
        return Err(at_field(ApiError::new(Code::InvalidData).message("Field is not visible")));
    }
    if field.read_only || draft::is_system(&field.api_name) || field.auto_number.is_some() {
        return Err(at_field(ApiError::new(Code::NoPermission).message("Field Edit Permission not given")));
    }
    let of_each_record = matches!(field.data_type.get().form, Form::Subform)
        || field.api_name == "Tag"
        || matches!(
            field.data_type.name(),
            "fileupload" | "imageupload" | "profileimage" | "multiselectlookup" | "multiuserlookup"
        );
    // The same unique value in many records is refused by all but one of them.
    if of_each_record || (by_job && field.unique.is_some()) {
        return Err(at_field(
            ApiError::new(Code::NotAllowedHere).message("Field cannot be updated in Scheduled Mass Update"),
        ));
    }
    Ok(())
}

/// A draft of the change for each record.
fn drafts(cx: &Cx, module: &Arc<ModuleDef>, input: &Input, ids: &[Id]) -> Vec<Result<Draft, ApiError>> {
    let raw = input.data.as_deref().and_then(|data| serde_json::from_str::<&RawValue>(data).ok());
    let draft = match raw {
        Some(raw) => draft::drafts(cx, module, &[raw]).remove(0),
        None => Err(ApiError::new(Code::InvalidData)),
    };
    let draft = draft.map(|mut draft| {
        if !input.over_write {
            let fields = module.fields().iter().enumerate();
            let lists = fields.filter(|(_, field)| field.data_type.is_multi_select());
            draft.append.extend(lists.map(|(at, _)| at).filter(|&at| draft.cells[at].is_some()));
        }
        draft
    });
    let of = |id: &Id| draft.clone().map(|draft| Draft { id: Some(*id), ..draft });
    ids.iter().map(of).collect()
}

fn apply<'a>(
    tx: &'a mut Conn,
    cx: &'a Cx,
    writing: &'a Writing,
    input: &'a Input,
    ids: &'a [Id],
) -> BoxFuture<'a, Result<Vec<Result<Done, ApiError>>, Error>> {
    Box::pin(async move {
        let drafts = drafts(cx, &writing.module, input, ids);
        update::write(tx, writing, drafts, Change::default()).await
    })
}
