//! Cadences: follow-ups that records are enrolled in. Source: "Cadences" of the published API.
//!
//! The API reads cadences and enrols records in them, but has no operation that makes one; so far nothing else makes them
//! here either. What is looked up are the stored settings, as for every other kind.

use dealwright_wire::{ApiError, Code, Id};
use serde::Deserialize;
use serde_json::Value;

use super::resource::{Resource, Words};
use crate::access::Action;
use crate::cx::Cx;
use crate::documents::Setting;
use crate::metadata::{CUSTOMIZE, module_param};
use crate::records::outcome::{self, Outcome};
use crate::request::{Answer, Request};

const KIND: &str = "cadences";

/// Records and cadences that one call may name. Source: "Enrol records in cadences".
const MOST_RECORDS: usize = 100;
const MOST_CADENCES: usize = 5;

/// The cadences of the org.
static CADENCES: Resource<Setting> = Resource {
    per_page: Some(200),
    kind: Some(KIND),
    select: |_, request, cadence| {
        let wanted = request.params.get("module");
        Ok(wanted.is_none_or(|module| cadence.keys["module"]["api_name"] == module))
    },
    ..Resource::new(KIND, CUSTOMIZE, &[], Words { created: "", updated: "", deleted: "" })
};

/// The cadences, if wanted those of one `module`: 200, or 204 when there are none.
pub fn list<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        if request.params.get("module").is_some() {
            module_param(&cx.snapshot, request)?;
        }
        super::resource::list(cx, request, &CADENCES).await
    })
}

/// `POST {module}/actions/enrol_in_cadences` and `unenrol_from_cadences`: each record is answered in its place. A record
/// fails for the first cadence in `cadences_ids` that the org does not have.
pub fn enrol<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        #[derive(Deserialize)]
        struct Body {
            cadences_ids: Option<Value>,
            ids: Option<Value>,
        }
        cx.grant(cx.snapshot.module(request.segment(0))?, Action::Edit)?;
        let body: Body = serde_json::from_slice(&request.body)
            .map_err(|_| ApiError::new(Code::InvalidData).message("body"))?;
        let cadences = ids("cadences_ids", body.cadences_ids.as_ref(), MOST_CADENCES)?;
        let records = ids("ids", body.ids.as_ref(), MOST_RECORDS)?;
        let documents = cx.snapshot.documents();
        let is_known =
            |id: &Id| documents.settings.iter().any(|setting| setting.kind == KIND && setting.id == *id);
        let refused = cadences.into_iter().enumerate().find_map(|(at, cadence)| match cadence {
            Ok(id) if is_known(&id) => None,
            Ok(_) => Some(unknown("cadences_ids", at)),
            Err(error) => Some(error),
        });
        let Some(refused) = refused else {
            return Err(ApiError::new(Code::NotSupported).into());
        };
        let outcomes = records.into_iter().map(|record| {
            Outcome::Failed(match record {
                Ok(id) => refused.clone().id(id),
                Err(error) => error,
            })
        });
        Ok(outcome::reply(cx, 200, outcomes.collect()))
    })
}

/// The ids in a list of the body; what is no id keeps its place.
fn ids(key: &str, value: Option<&Value>, most: usize) -> Result<Vec<Result<Id, ApiError>>, ApiError> {
    let at_key = |error: ApiError| error.field(key, format!("$.{key}"));
    let value = value.ok_or_else(|| at_key(ApiError::new(Code::MandatoryNotFound)))?;
    let Some(given) = value.as_array() else {
        return Err(at_key(ApiError::new(Code::InvalidData).detail("expected_data_type", "jsonarray")));
    };
    if given.is_empty() {
        return Err(at_key(ApiError::new(Code::InvalidData).detail("minimum_length", 1)));
    }
    if given.len() > most {
        return Err(at_key(ApiError::new(Code::LimitExceeded).detail("limit", most)));
    }
    let id = |(at, id): (usize, &Value)| {
        let refused = |_| unknown(key, at).detail("expected_data_type", "bigint");
        Id::deserialize(id).map_err(refused)
    };
    Ok(given.iter().enumerate().map(id).collect())
}

fn unknown(key: &str, at: usize) -> ApiError {
    ApiError::new(Code::InvalidData)
        .message("the id given seems to be invalid")
        .field(key, format!("$.{key}[{at}]"))
}
