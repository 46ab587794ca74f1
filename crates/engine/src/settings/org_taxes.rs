//! `org/taxes`: which taxes there are, at which rates, in which order.
//!
//! Up to v4 each tax is answered by itself under `taxes`; from v5 on they and the preferences are one object,
//! `org_taxes`, that changes as a whole. Source: the models of the official clients. Both bodies are read everywhere.

use dealwright_schema::field::PickValue;
use dealwright_schema::{FieldDef, ModuleDef};
use dealwright_wire::{ApiError, Code, Id, letters};
use serde_json::{Map, Value, json};

use super::entry::Entry;
use crate::cx::Cx;
use crate::error::Error;
use crate::metadata::{CUSTOMIZE, invalid_id, path_id};
use crate::org::Change;
use crate::records::outcome::{self, Outcome, Said};
use crate::request::{Answer, Reply, Request};
use crate::settings::resource::ids_param;
use crate::taxes::{self, LABEL, LONGEST_NAME, MODIFY_RATES, PREFERENCE, RATE};

const WHOLE: &str = "org_taxes";
const LIST: &str = "taxes";
const PREFERENCES: [&str; 2] = ["auto_populate_tax", MODIFY_RATES];
/// Taxes that an org has at most, and that one call changes.
const MOST: usize = 100;

/// All taxes and the preferences; 204 when there are no taxes.
pub fn list<'a>(cx: &'a Cx, _: &'a Request) -> Answer<'a> {
    Box::pin(async move { Ok(answer(cx, |_| true).unwrap_or_else(Reply::nothing)) })
}

/// One tax.
pub fn get<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let id = path_id(request, 0, 2)?;
        answer(cx, |option| option.id == Some(id)).ok_or_else(|| invalid_id(2).into())
    })
}

fn answer(cx: &Cx, is_asked: impl Fn(&PickValue) -> bool) -> Option<Reply> {
    let (_, field) = taxes::field(&cx.snapshot.schema)?;
    let numbered = field.pick_list_values.iter().zip(1..).filter(|(option, _)| is_asked(option));
    let shown: Vec<Value> = numbered.map(|(option, sequence)| show(option, sequence)).collect();
    if shown.is_empty() {
        return None;
    }
    let preference: Map<String, Value> =
        PREFERENCES.iter().map(|&name| (name.to_owned(), json!(taxes::prefers(field, name)))).collect();
    let whole = json!({LIST: shown, "preference": preference});
    Some(Reply::value(200, &if cx.profile.taxes_in_list { whole } else { json!({WHOLE: whole}) }))
}

fn show(option: &PickValue, sequence: usize) -> Value {
    let rate = taxes::rate(option).and_then(|units| taxes::numeral(units).parse::<f64>().ok());
    json!({
        "id": option.id,
        "name": option.display_value,
        "display_label": option.more.get(LABEL).unwrap_or(&json!(option.display_value)),
        "value": rate.unwrap_or(0.0),
        "sequence_number": sequence,
    })
}

/// New taxes, behind those there are unless they say where.
pub fn create<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move { apply(cx, request, false).await })
}

/// Changes taxes by their ids; in the object of v5 also new ones without an id, removals by `_delete`, and preferences.
pub fn update<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move { apply(cx, request, true).await })
}

/// Removes the tax of the path, or those that `ids` names. Records keep what they were taxed.
pub fn delete<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        cx.require_admin(CUSTOMIZE)?;
        let (ids, single) = match request.segment(0) {
            "" => (ids_param(request, MOST)?, false),
            _ => (vec![path_id(request, 0, 2)?], true),
        };
        if !cx.profile.taxes_in_list {
            return whole(cx, 200, |options, _| {
                let mut said = Said::new("tax deleted");
                for &id in &ids {
                    said = remove(options, id)?;
                }
                Ok(said)
            })
            .await;
        }
        let outcomes = cx.change(|change| {
            let each = ids.iter().map(|&id| {
                let removed = edit(cx, change, |options, _| remove(options, id));
                if single { removed.map(Outcome::Said) } else { in_place(removed) }
            });
            each.collect::<Result<Vec<_>, Error>>()
        });
        Ok(outcome::reply_under(cx, LIST, 200, outcomes.await?))
    })
}

fn remove(options: &mut Vec<PickValue>, id: Id) -> Result<Said, ApiError> {
    let at = options.iter().position(|option| option.id == Some(id));
    let gone = options.remove(at.ok_or_else(|| invalid_id(2).message("tax not deleted").id(id))?);
    Ok(done(&gone, "tax deleted"))
}

/// Changes everything or nothing, and answers with one object.
async fn whole(
    cx: &Cx,
    ok: u16,
    work: impl FnOnce(&mut Vec<PickValue>, &mut Map<String, Value>) -> Result<Said, ApiError>,
) -> Result<Reply, Error> {
    let said = cx.change(|change| edit(cx, change, work)).await?;
    let body =
        json!({"code": said.code, "details": said.details, "message": said.message, "status": "success"});
    Ok(Reply::value(ok, &json!({WHOLE: body})))
}

/// The taxes and preferences of a body, in either form.
struct Given {
    body: Map<String, Value>,
    is_whole: bool,
}

impl Given {
    fn read(request: &Request) -> Result<Self, ApiError> {
        let body: Value =
            serde_json::from_slice(&request.body).map_err(|_| ApiError::new(Code::UnableToParseDataType))?;
        let Value::Object(body) = body else {
            return Err(ApiError::new(Code::InvalidData).detail("expected_data_type", "jsonobject"));
        };
        let is_whole = body.contains_key(WHOLE);
        Ok(Self { body, is_whole })
    }

    /// The object that the taxes stand in.
    fn whole(&self) -> Result<Entry<'_>, ApiError> {
        let top = Entry::at(&self.body, "$".to_owned());
        if !self.is_whole {
            return Ok(top);
        }
        top.entry(WHOLE)?.ok_or_else(|| top.missing(WHOLE))
    }

    fn entries(&self) -> Result<Vec<Entry<'_>>, ApiError> {
        let whole = self.whole()?;
        let entries = whole.entries(LIST)?;
        if entries.len() > MOST {
            return Err(whole.error(Code::LimitExceeded, LIST).detail("limit", MOST));
        }
        if entries.is_empty() && whole.value("preference").is_none() {
            return Err(whole.missing(LIST));
        }
        Ok(entries)
    }
}

async fn apply(cx: &Cx, request: &Request, may_change: bool) -> Result<Reply, Error> {
    cx.require_admin(CUSTOMIZE)?;
    let given = Given::read(request)?;
    let entries = given.entries()?;
    check_places(&entries)?;
    let ok = if may_change { 200 } else { 201 };
    if cx.profile.taxes_in_list {
        let outcomes = cx.change(|change| {
            let each = entries
                .iter()
                .map(|entry| in_place(edit(cx, change, |options, _| one(cx, options, entry, may_change))));
            each.collect::<Result<Vec<_>, Error>>()
        });
        return Ok(outcome::reply_under(cx, LIST, ok, outcomes.await?));
    }
    whole(cx, ok, |options, described| {
        let mut said = Said::new("tax updated");
        for entry in &entries {
            said = one(cx, options, entry, may_change)?;
        }
        prefer(&given.whole()?, described)?;
        Ok(said)
    })
    .await
}

fn in_place(result: Result<Said, Error>) -> Result<Outcome, Error> {
    match result {
        Ok(said) => Ok(Outcome::Said(said)),
        Err(Error::Api(error)) => Ok(Outcome::Failed(error)),
        Err(error) => Err(error),
    }
}

/// Changes the options and the description of the field; nothing stays of what fails.
fn edit(
    cx: &Cx,
    change: &mut Change,
    work: impl FnOnce(&mut Vec<PickValue>, &mut Map<String, Value>) -> Result<Said, ApiError>,
) -> Result<Said, Error> {
    let ids = taxes::field(change.schema()).map(|(module, field)| (module.id, field.id));
    let (module, field) = ids.ok_or_else(ApiError::invalid_module)?;
    let now = change.now.text(&cx.snapshot.zone);
    change.attempt(|change| {
        change.module(module, |module: &mut ModuleDef| {
            let field: &mut FieldDef = module.field_by_id_mut(field).ok_or_else(ApiError::invalid_module)?;
            let said = work(&mut field.pick_list_values, &mut field.described)?;
            // A release does not bring back what people took away.
            field.described.insert("modified_time".to_owned(), now.into());
            let user = &cx.actor.user;
            let by = json!({"name": user.full_name(), "id": user.id});
            module.described.insert("modified_by".to_owned(), by);
            Ok(said)
        })
    })
}

/// Creates, changes or removes the tax that an entry is about.
fn one(cx: &Cx, options: &mut Vec<PickValue>, entry: &Entry<'_>, may_change: bool) -> Result<Said, ApiError> {
    let id = entry.id("id")?.filter(|_| may_change);
    let at = match id {
        Some(id) => {
            let found = options.iter().position(|option| option.id == Some(id));
            Some(found.ok_or_else(|| {
                entry.error(Code::InvalidData, "id").message("Given ID does not exist").id(id)
            })?)
        }
        // Where each tax is answered by itself, a change names what it changes.
        None if may_change && cx.profile.taxes_in_list => return Err(entry.missing("id")),
        None => None,
    };
    if let Some(at) = at
        && entry.flag("_delete")? == Some(true)
    {
        let gone = options.remove(at);
        return Ok(done(&gone, "tax deleted"));
    }
    let name = entry.text("name", LONGEST_NAME)?;
    let rate = rate(entry)?;
    if at.is_none() || entry.is_null("name") {
        name.ok_or_else(|| entry.missing("name"))?;
    }
    if at.is_none() || entry.is_null("value") {
        rate.ok_or_else(|| entry.missing("value"))?;
    }
    if let Some(name) = name {
        let is_taken = |(other, option): (usize, &PickValue)| {
            Some(other) != at
                && (letters::same(&option.display_value, name) || letters::same(&option.actual_value, name))
        };
        if options.iter().enumerate().any(is_taken) {
            return Err(entry.error(Code::DuplicateData, "name"));
        }
    }
    let label = entry.text("display_label", LONGEST_NAME)?;
    let at = if let Some(at) = at {
        at
    } else {
        if options.len() >= MOST {
            let full: ApiError = entry.error(Code::LimitReached, "name");
            return Err(full.message("the organisation has no room for more taxes").detail("limit", MOST));
        }
        let name = name.unwrap_or_default().to_owned();
        options.push(PickValue {
            id: Some(cx.org.mint.next()),
            display_value: name.clone(),
            actual_value: name,
            more: Map::new(),
        });
        options.len() - 1
    };
    let option = &mut options[at];
    if let Some(name) = name {
        // Products hold the first name.
        name.clone_into(&mut option.display_value);
    }
    if let Some(rate) = rate {
        option.more.insert(RATE.to_owned(), json!(taxes::numeral(rate)));
    }
    if let Some(label) = label {
        option.more.insert(LABEL.to_owned(), json!(label));
    }
    let said = done(option, if id.is_some() { "tax updated" } else { "tax added" });
    place(options, at, entry)?;
    Ok(said)
}

fn done(option: &PickValue, message: &'static str) -> Said {
    let said = match option.id {
        Some(id) => Said::of(id, message),
        None => Said::new(message),
    };
    said.detail("name", option.display_value.as_str())
}

fn rate(entry: &Entry<'_>) -> Result<Option<i64>, ApiError> {
    let Some(given) = entry.value("value") else { return Ok(None) };
    if !given.is_number() && !given.is_string() {
        return Err(entry.wrong_type("value", "double"));
    }
    let rate = taxes::rate_of(given);
    rate.map(Some)
        .ok_or_else(|| entry.wrong_type("value", "double").detail("range", json!({"from": 0, "to": 100})))
}

/// Moves a tax to its `sequence_number`, counted from one.
fn place(options: &mut Vec<PickValue>, at: usize, entry: &Entry<'_>) -> Result<(), ApiError> {
    let Some(place) = entry.whole("sequence_number")? else { return Ok(()) };
    let to = usize::try_from(place).ok().and_then(|place| place.checked_sub(1));
    let to = to.filter(|to| *to < options.len()).ok_or_else(|| {
        entry.error(Code::InvalidData, "sequence_number").message("Sequence number out of range")
    })?;
    let option = options.remove(at);
    options.insert(to, option);
    Ok(())
}

fn check_places(entries: &[Entry<'_>]) -> Result<(), ApiError> {
    let mut taken = Vec::new();
    for entry in entries {
        let Some(place) = entry.whole("sequence_number")? else { continue };
        if taken.contains(&place) {
            let message = "Sequence number cannot be repeated in same request";
            return Err(entry.error(Code::InvalidData, "sequence_number").message(message));
        }
        taken.push(place);
    }
    Ok(())
}

fn prefer(whole: &Entry<'_>, described: &mut Map<String, Value>) -> Result<(), ApiError> {
    let Some(given) = whole.entry("preference")? else { return Ok(()) };
    let kept = described.entry(PREFERENCE).or_insert_with(|| json!({}));
    for name in PREFERENCES {
        if let Some(flag) = given.flag(name)? {
            kept[name] = json!(flag);
        }
    }
    Ok(())
}
