//! `POST /{module}[/{id}]/actions/add_tags` and `…/remove_tags`.
//!
//! Until v3 the tags stand in the query (`tag_names`, `over_write`, `ids`), from v4 on in the body
//! (`{"tags":[{"name"}],"over_write":false,"ids":[…]}`). Either form is read in every version.

use std::collections::HashMap;
use std::sync::Arc;

use dealwright_schema::Cell;
use dealwright_store::Conn;
use dealwright_wire::{ApiError, Code, Id, json};
use serde_json::{Map, Value};

use super::stored;
use super::tag::PER_RECORD;
use super::value::{self, Asked, By};
use crate::access::Action;
use crate::cx::Cx;
use crate::error::Error;
use crate::records::draft::Draft;
use crate::records::outcome::{self, Outcome, Said};
use crate::records::update::{self, Change};
use crate::records::writing::Writing;
use crate::records::{external, stored as records};
use crate::request::{Answer, Body, Reply, Request};
use crate::tag_book;
use crate::tag_book::tag::{Tag, position};

/// Records in one request. Source: records reference, section 6.8.
const RECORDS: usize = 500;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    Add { over_write: bool },
    Remove,
}

/// Adds tags to one record. Tags that do not exist are made.
pub fn add_one<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move { one(cx, request, true).await })
}

/// Takes tags off one record.
pub fn remove_one<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move { one(cx, request, false).await })
}

/// Adds tags to up to 500 records.
pub fn add_many<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move { many(cx, request, true).await })
}

/// Takes tags off up to 500 records.
pub fn remove_many<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move { many(cx, request, false).await })
}

async fn one(cx: &Cx, request: &Request, adds: bool) -> Result<Reply, Error> {
    let module = cx.snapshot.module(request.segment(0))?;
    let grant = super::grant(cx, module, Action::Edit, true)?;
    let (asked, body) = asked(request)?;
    let doing = doing(request, &body, adds)?;
    let id = external::path_id(cx, &grant, request).await?;
    let mut outcomes = run(cx, &grant, vec![Ok(id)], asked, doing, request).await?;
    for outcome in &mut outcomes {
        // The path names the record, not the body.
        if let Outcome::Failed(error) = outcome
            && error.details.get("api_name").is_some_and(|name| name == "id")
        {
            error.details.shift_remove("api_name");
            error.details.shift_remove("json_path");
            error.details.insert("resource_path_index".to_owned(), 1.into());
        }
    }
    Ok(outcome::reply(cx, 200, outcomes))
}

async fn many(cx: &Cx, request: &Request, adds: bool) -> Result<Reply, Error> {
    let module = cx.snapshot.module(request.segment(0))?;
    let grant = super::grant(cx, module, Action::Edit, true)?;
    let (asked, body) = asked(request)?;
    let doing = doing(request, &body, adds)?;
    let ids = ids(request, &body)?;
    let mut outcomes = run(cx, &grant, ids, asked, doing, request).await?;
    for (at, outcome) in outcomes.iter_mut().enumerate() {
        if let Outcome::Failed(error) = outcome
            && error.details.get("api_name").is_some_and(|name| name == "id")
        {
            error.details.insert("json_path".to_owned(), format!("$.ids[{at}]").into());
        }
    }
    let done = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Said(_))).count();
    let is_locked =
        |outcome: &&Outcome| matches!(outcome, Outcome::Failed(error) if error.code == Code::RecordLocked);
    let locked = outcomes.iter().filter(is_locked).count();
    let mut reply = outcome::reply(cx, 200, outcomes);
    if let Body::Json(out) = &mut reply.body {
        // The counts stand beside the list.
        out.pop();
        out.extend_from_slice(b",\"success_count\":");
        json::string(out, &done.to_string());
        out.extend_from_slice(b",\"locked_count\":");
        // A number in the models of the clients that send tags in the query.
        if cx.profile.tags_in_query {
            json::int(out, locked as i64);
        } else {
            json::string(out, &locked.to_string());
        }
        out.push(b'}');
    }
    Ok(reply)
}

/// The tags asked for, and the body they came in; empty when they came in the query.
fn asked(request: &Request) -> Result<(Vec<Asked>, Map<String, Value>), ApiError> {
    let body = match serde_json::from_slice(&request.body) {
        Ok(Value::Object(body)) => body,
        _ if request.body.trim_ascii().is_empty() || request.params.get("tag_names").is_some() => Map::new(),
        Ok(_) => return Err(ApiError::new(Code::InvalidData).detail("expected_data_type", "jsonobject")),
        Err(_) => return Err(ApiError::new(Code::UnableToParseDataType)),
    };
    let in_query = request.params.list("tag_names");
    let list: Vec<Value> = match (body.get("tags"), in_query) {
        (Some(Value::Array(list)), _) => list.clone(),
        (Some(Value::Null) | None, Some(names)) => names.into_iter().map(Value::from).collect(),
        (Some(Value::Null) | None, None) => {
            let missing = ApiError::new(Code::MandatoryNotFound).field("tags", "$.tags".to_owned());
            return Err(if body.is_empty() { ApiError::missing_param("tag_names") } else { missing });
        }
        (Some(_), _) => {
            let error = ApiError::new(Code::InvalidData).detail("expected_data_type", "jsonarray");
            return Err(error.field("tags", "$.tags".to_owned()));
        }
    };
    if list.is_empty() {
        let error = ApiError::new(Code::InvalidData).detail("minimum_length", 1);
        return Err(error.field("tags", "$.tags".to_owned()));
    }
    let read = |(at, one): (usize, &Value)| value::asked(one, format!("$.tags[{at}]"));
    Ok((list.iter().enumerate().map(read).collect::<Result<_, _>>()?, body))
}

fn doing(request: &Request, body: &Map<String, Value>, adds: bool) -> Result<Doing, ApiError> {
    if !adds {
        return Ok(Doing::Remove);
    }
    let over_write = match body.get("over_write") {
        Some(Value::Bool(flag)) => Some(*flag),
        Some(Value::String(text)) if text == "true" || text == "false" => Some(text == "true"),
        Some(Value::Null) | None => None,
        Some(_) => {
            let error = ApiError::new(Code::InvalidData).detail("expected_data_type", "boolean");
            return Err(error.field("over_write", "$.over_write".to_owned()));
        }
    };
    let over_write = over_write.or(request.params.flag("over_write")?).unwrap_or(false);
    Ok(Doing::Add { over_write })
}

/// The records: a list in the body, the same as JSON in a string, or a parameter. Each id once; one that is no id
/// is an error in its place.
fn ids(request: &Request, body: &Map<String, Value>) -> Result<Vec<Result<Id, ApiError>>, ApiError> {
    let at_ids = |error: ApiError| error.field("ids", "$.ids".to_owned());
    let list: Vec<Value> = match body.get("ids") {
        Some(Value::Array(list)) => list.clone(),
        Some(Value::String(text)) => match serde_json::from_str(text) {
            Ok(Value::Array(list)) => list,
            _ => text.split(',').map(|id| Value::from(id.trim())).collect(),
        },
        Some(Value::Null) | None => match request.params.list("ids") {
            Some(ids) => ids.into_iter().map(Value::from).collect(),
            None if body.is_empty() => return Err(ApiError::missing_param("ids")),
            None => return Err(at_ids(ApiError::new(Code::MandatoryNotFound))),
        },
        Some(_) => {
            return Err(at_ids(ApiError::new(Code::InvalidData).detail("expected_data_type", "jsonarray")));
        }
    };
    if list.len() > RECORDS {
        return Err(at_ids(ApiError::new(Code::InvalidData).detail("maximum_length", RECORDS)));
    }
    if list.is_empty() {
        return Err(at_ids(ApiError::new(Code::InvalidData).detail("minimum_length", 1)));
    }
    let mut seen = std::collections::HashSet::new();
    let read = list.iter().enumerate().map(|(at, value)| {
        serde_json::from_value::<Id>(value.clone()).map_err(|_| {
            ApiError::new(Code::InvalidData)
                .message("the id given seems to be invalid")
                .detail("id", value.clone())
                .field("ids", format!("$.ids[{at}]"))
        })
    });
    Ok(read.filter(|id| id.as_ref().map_or(true, |id| seen.insert(*id))).collect())
}

async fn run(
    cx: &Cx,
    grant: &crate::access::Grant,
    ids: Vec<Result<Id, ApiError>>,
    asked: Vec<Asked>,
    doing: Doing,
    request: &Request,
) -> Result<Vec<Outcome>, Error> {
    let writing = Writing::new(cx, grant);
    let change = Change::merge(request);
    let with_color = cx.profile.tag_color;
    let results = cx
        .org
        .store
        .write(move |tx| Box::pin(async move { write(tx, &writing, ids, &asked, doing, change).await }))
        .await?;
    let outcome = |result: Result<(Id, Vec<Tag>), ApiError>| match result {
        Ok((id, tags)) => {
            let said = Said::of(id, "tags updated successfully");
            Outcome::Said(
                said.detail("tags", tags.iter().map(|tag| shown(tag, with_color)).collect::<Vec<_>>()),
            )
        }
        Err(error) => Outcome::Failed(error),
    };
    Ok(results?.into_iter().map(outcome).collect())
}

/// A tag in an answer: an object, in the oldest version its name alone.
fn shown(tag: &Tag, as_object: bool) -> Value {
    if !as_object {
        return Value::from(tag.name.as_str());
    }
    serde_json::json!({"name": tag.name, "id": tag.id, "color_code": tag.color})
}

type Changed = Result<(Id, Vec<Tag>), ApiError>;

/// Changes the tags of records in the running transaction. The outer error is the request's, and nothing is done.
async fn write(
    tx: &mut Conn,
    writing: &Writing,
    ids: Vec<Result<Id, ApiError>>,
    asked: &[Asked],
    doing: Doing,
    change: Change,
) -> Result<Result<Vec<Changed>, ApiError>, Error> {
    let module = Arc::clone(&writing.module);
    let Some(at) = position(&module) else { return Ok(Err(ApiError::invalid_module())) };
    let mut known = stored::of_module(tx, module.id).await?;
    let tags = match doing {
        Doing::Add { .. } => value::find(tx, writing, &mut known, asked).await?,
        Doing::Remove => {
            asked.iter().map(|one| value::existing(&known, one).ok_or_else(|| unknown(one))).collect()
        }
    };
    let tags = match tags {
        Ok(tags) => tags,
        Err(error) => return Ok(Err(error)),
    };
    let numbers: Vec<i64> = ids.iter().flatten().map(|id| id.get()).collect();
    let there = records::load(tx, &module, &numbers, &[at]).await?;
    let mut lists: HashMap<Id, Vec<Tag>> = HashMap::new();
    let drafts = ids.into_iter().enumerate().map(|(place, id)| {
        let id = id?;
        let held = there.get(&id.get()).and_then(|stored| stored.cells[at].as_ref()).and_then(Cell::as_text);
        let list = after(&known, held.unwrap_or_default(), &tags, doing);
        if list.len() > PER_RECORD {
            return Err(value::too_many("tags", "$.tags".to_owned()).id(id));
        }
        let mut draft = Draft::empty(&module, format!("$.ids[{place}]"));
        draft.id = Some(id);
        draft.cells[at] = Some(value::column(&list).into());
        lists.insert(id, list);
        Ok(draft)
    });
    let drafts = drafts.collect();
    let results = update::write(tx, writing, drafts, change).await?;
    if matches!(doing, Doing::Add { .. }) && results.iter().any(Result::is_ok) {
        let ids: Vec<Id> = tags.iter().map(|tag| tag.id).collect();
        stored::touch(tx, &ids, writing.now).await?;
    }
    let mut changed = Vec::with_capacity(results.len());
    for result in results {
        changed.push(result.map(|done| (done.id, lists.remove(&done.id).unwrap_or_default())));
    }
    Ok(Ok(changed))
}

/// The tags of a record after the change. What it holds and the module does not know any more is left out.
fn after(known: &[Tag], held: &str, tags: &[Tag], doing: Doing) -> Vec<Tag> {
    let mut list: Vec<Tag> = match doing {
        Doing::Add { over_write: true } => Vec::new(),
        _ => tag_book::ids(held)
            .iter()
            .filter_map(|id| known.iter().find(|tag| tag.id == *id).cloned())
            .collect(),
    };
    for tag in tags {
        let place = list.iter().position(|other| other.id == tag.id);
        match (doing, place) {
            (Doing::Add { .. }, None) => list.push(tag.clone()),
            (Doing::Remove, Some(place)) => drop(list.remove(place)),
            _ => {}
        }
    }
    list
}

/// A tag to remove that the module does not have.
fn unknown(asked: &Asked) -> ApiError {
    match &asked.by {
        By::Id(id) | By::Held(id) => {
            ApiError::new(Code::TagIdNotFound).id(*id).field("id", format!("{}.id", asked.path))
        }
        By::Name(_) => ApiError::new(Code::InvalidData)
            .message("tags not found")
            .field("name", format!("{}.name", asked.path)),
    }
}
