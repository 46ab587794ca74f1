//! `PUT /{module}/{id}/actions/blueprint`: carries out a transition. Source: "Update blueprint" of the published API.

use dealwright_wire::{ApiError, Code, Id};
use serde_json::{Map, Value, json};

use super::record::{self, Place};
use crate::access::{Action, Grant};
use crate::cx::Cx;
use crate::error::Error;
use crate::records::body::WriteBody;
use crate::records::draft::{self, Draft};
use crate::records::external::Externals;
use crate::records::get::parse_id;
use crate::records::insert;
use crate::records::update::{self, Change};
use crate::records::writing::{Deed, Writing};
use crate::request::{Answer, Reply, Request};
use crate::settings::entry::{self, Entry};

/// What the history calls it.
pub(super) const TRANSITION: Deed = Deed { action: "transition", event: "record.updated" };
/// What a transition can ask for beside fields.
const BESIDE: [&str; 3] = ["Attachments", "CheckLists", "Tasks"];
const NOTES: &str = "Notes";

/// Moves the record to the transition's state and changes the fields of `data`, which the transition has to ask for, in one
/// transaction; `Notes` becomes a note. Without a mandatory value only `data` is stored, and the message says so.
///
/// `RECORD_NOT_IN_PROCESS`, `INVALID_DATA` for a transition that does not start from the record's state or whose criteria do
/// not hold, and for keys it does not ask for.
pub fn update<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let grant = record::grant(cx, request, Action::Edit)?;
        let id = parse_id(request.segment(1))?;
        let list = entry::parse(request, "blueprint", 1)?;
        let first = list.first().cloned().unwrap_or_default();
        let wanted = Entry::of_list(&first, "blueprint", 0);
        let named = wanted.id("transition_id")?;
        let named =
            named.ok_or_else(|| wanted.missing("transition_id").message("mandatory param missing"))?;
        let data = match wanted.value("data") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(data)) => data.clone(),
            Some(_) => return Err(wanted.wrong_type("data", "jsonobject").into()),
        };
        let place = Place::of(cx, &grant, id).await?;
        let found = place.transitions().find(|(transition, _)| transition.id == named);
        let invalid = || wanted.error(Code::InvalidData, "transition_id").message("invalid transition");
        let (transition, holds) = found.ok_or_else(invalid)?;
        if !holds {
            let error = invalid();
            return Err(match &transition.criteria_message {
                Some(message) => error.detail("info_message", message.as_str()),
                None => error,
            }
            .into());
        }
        let (mut fields, note) = taken(&grant, &place, named, &data)?;
        let now = record::values(cx, &grant, id, &place).await?;
        let is_given = |name: &str| match fields.get(name) {
            Some(value) => !value.is_null() && value != "",
            None => !now[name].is_null(),
        };
        let needed = transition.fields.iter().filter(|(_, mandatory)| *mandatory);
        let is_whole = needed.into_iter().all(|(at, _)| is_given(&grant.module.fields()[*at].api_name));
        if is_whole {
            let state = &grant.module.fields()[place.process.field].api_name;
            fields.insert(state.clone(), json!(transition.to));
        }
        write(cx, &grant, id, &fields, note).await?;
        let message = if is_whole { "transition updated successfully" } else { "transition saved partially" };
        Ok(Reply::value(
            200,
            &json!({ "code": "SUCCESS", "details": {}, "message": message, "status": "success" }),
        ))
    })
}

/// The fields and the note of a body, refused when the transition does not ask for them.
fn taken(
    grant: &Grant,
    place: &Place,
    transition: Id,
    data: &Map<String, Value>,
) -> Result<(Map<String, Value>, Option<String>), ApiError> {
    let asked = place.transitions().find(|(one, _)| one.id == transition);
    let asked: Vec<&str> = asked
        .iter()
        .flat_map(|(one, _)| &one.fields)
        .map(|(at, _)| grant.module.fields()[*at].api_name.as_str())
        .collect();
    let (mut fields, mut note) = (Map::new(), None);
    for (key, value) in data {
        let path = format!("$.blueprint[0].data.{key}");
        match key.as_str() {
            NOTES => {
                let wrong = || ApiError::new(Code::InvalidData).field(key, path.clone());
                let text = value.as_str().ok_or_else(|| wrong().detail("expected_data_type", "text"))?;
                note = Some(text.to_owned());
            }
            other if BESIDE.contains(&other) => {
                let error = ApiError::new(Code::NotSupported).field(key, path);
                return Err(error.message("transitions take fields and notes only"));
            }
            name if asked.contains(&name) => {
                fields.insert(key.clone(), value.clone());
            }
            _ => {
                let error = ApiError::new(Code::InvalidData).field(key, path);
                return Err(error.detail("info_message", "the transition does not ask for it"));
            }
        }
    }
    Ok((fields, note))
}

async fn write(
    cx: &Cx,
    grant: &Grant,
    id: Id,
    fields: &Map<String, Value>,
    note: Option<String>,
) -> Result<(), Error> {
    let body = json!({ "data": [fields] }).to_string();
    let body = WriteBody::parse(body.as_bytes())?;
    let mut drafts = draft::drafts_with(cx, &grant.module, &body.records()?, &Externals::default());
    for draft in drafts.iter_mut().flatten() {
        draft.id = Some(id);
    }
    let writing = Writing::new(cx, grant).made_by("blueprint");
    let notes = match note {
        None => None,
        Some(text) => {
            let module = crate::related::notes::module(cx)?;
            let parent = json!({ "id": id, "module": { "api_name": grant.module.api_name } });
            let body = json!({ "data": [{ "Note_Content": text, "Parent_Id": parent }] }).to_string();
            let body = WriteBody::parse(body.as_bytes())?;
            let drafts = crate::related::notes::new(cx, module, &body.records()?);
            let grant = cx.grant(module, Action::Create)?;
            Some((Writing::new(cx, &grant).made_by("blueprint"), drafts))
        }
    };
    cx.org
        .store
        .write(move |tx| {
            Box::pin(async move {
                fails(update::write(tx, &writing, drafts, Change::called(TRANSITION)).await?)?;
                if let Some((writing, drafts)) = notes {
                    fails(insert::write(tx, &writing, drafts).await?)?;
                }
                Ok::<_, Error>(())
            })
        })
        .await
}

/// The first refusal, which undoes the transaction.
fn fails<T>(results: Vec<Result<T, ApiError>>) -> Result<(), Error> {
    match results.into_iter().find_map(Result::err) {
        Some(error) => Err(error.into()),
        None => Ok(()),
    }
}

/// True for the drafts of a transition, which may change the state.
pub(super) fn is_transition(change: Deed) -> bool {
    change.action == TRANSITION.action
}

/// Drafts that name a field.
pub(super) fn naming(drafts: &[Result<Draft, ApiError>], field: usize) -> impl Iterator<Item = &Draft> {
    drafts.iter().flatten().filter(move |draft| draft.names(field))
}
