//! Every change of a record exactly, the record as it was, and its restoration. These operations are this server's own;
//! the reference service shows its history, in words, and brings nothing back.

use dealwright_schema::{DataType, FieldDef, Form, ModuleDef};
use dealwright_wire::{ApiError, Code, Id, Instant};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};

use crate::access::Action;
use crate::cx::Cx;
use crate::error::Error;
use crate::history::chain::{Chain, Entry};
use crate::history::timeline::action;
use crate::records::draft;
use crate::records::list_query::PAGE;
use crate::records::outcome::{self, Done, Outcome};
use crate::records::update::{self, Change};
use crate::records::writing::Writing;
use crate::records::{get, insert, page};
use crate::request::{Answer, Reply, Request};

/// True for types whose values belong to something beside the record and do not come back with it.
fn is_beside(kind: DataType) -> bool {
    kind.holds_anything() || kind.is_worked_out()
}

/// `GET /{module}/{id}/__history`: all changes, newest first, with exact values before and after. 204 when there is no
/// such record.
pub fn list<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let grant = page::grant_to_view(cx, request.segment(0))?;
        let id = get::parse_id(request.segment(1))?;
        let number = |name: &str, otherwise: usize| match request.params.get(name).map(str::parse::<usize>) {
            None => Ok(otherwise),
            Some(Ok(number)) if number >= 1 => Ok(number),
            Some(_) => {
                Err(ApiError::new(Code::InvalidData).param(name).detail("expected_data_type", "integer"))
            }
        };
        let per_page = number("per_page", PAGE as usize)?.min(PAGE as usize);
        let page = number("page", 1)?;
        let Some(chain) = Chain::read(cx, &grant, id).await? else { return Ok(Reply::nothing()) };
        let passed = (page - 1).saturating_mul(per_page);
        let more = chain.entries.len() > passed.saturating_add(per_page);
        let part = chain.entries.iter().skip(passed).take(per_page);
        let shown: Vec<Value> = part.map(|entry| show(cx, &grant.module, entry)).collect();
        if shown.is_empty() {
            return Ok(Reply::nothing());
        }
        let info = json!({ "per_page": per_page, "count": shown.len(), "page": page, "more_records": more });
        Ok(Reply::value(200, &json!({ "__history": shown, "info": info })))
    })
}

fn show(cx: &Cx, module: &ModuleDef, entry: &Entry) -> Value {
    let user = Id::new(entry.user).and_then(|id| cx.snapshot.user(id));
    let fields = entry.before.iter().filter_map(|(name, before)| {
        let field = module.field(name)?;
        let after = entry.after.get(name).unwrap_or(&Value::Null);
        Some(json!({
            "api_name": name,
            "before": wire(cx, field, before, entry.before.get(&beside(name))),
            "after": wire(cx, field, after, entry.after.get(&beside(name))),
        }))
    });
    json!({
        "id": entry.id,
        "audited_time": Instant(entry.at.div_euclid(1000)).text(&cx.snapshot.zone),
        "action": action(&entry.action),
        "source": entry.source,
        "client_id": entry.client,
        "done_by": { "name": user.map(|user| user.full_name()), "id": entry.user.to_string() },
        "fields": fields.collect::<Vec<_>>(),
    })
}

/// `GET /{module}/{id}/__history/{entry}`: the record as it was right after that change. 204 when there is no such
/// record or no such change of it.
pub fn state<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let grant = page::grant_to_view(cx, request.segment(0))?;
        let (id, entry) = (get::parse_id(request.segment(1))?, entry_id(request)?);
        let chain = Chain::read(cx, &grant, id).await?;
        let Some(state) = chain.and_then(|chain| chain.state_after(entry)) else {
            return Ok(Reply::nothing());
        };
        let mut record = Map::new();
        for field in grant.module.fields().iter().filter(|field| grant.shows(field)) {
            let value = state.get(&field.api_name).unwrap_or(&Value::Null);
            record
                .insert(field.api_name.clone(), wire(cx, field, value, state.get(&beside(&field.api_name))));
        }
        record.insert("id".to_owned(), json!(id));
        Ok(Reply::value(200, &json!({ "data": [record] })))
    })
}

/// `POST /{module}/{id}/__history/{entry}/actions/restore`: gives the record the values it had right after that change,
/// its rows of subforms with them. It is an update like any other: checked, recorded, and refused where the state of
/// the record forbids it. Photos and uploaded files stay as they are.
pub fn restore<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let module = cx.snapshot.module(request.segment(0))?;
        let view = cx.grant(module, Action::View)?;
        let grant = cx.grant(module, Action::Edit)?;
        let (id, entry) = (get::parse_id(request.segment(1))?, entry_id(request)?);
        let unknown = |at: usize| {
            ApiError::new(Code::InvalidData)
                .message("the id given seems to be invalid")
                .detail("resource_path_index", at)
        };
        let chain =
            Chain::read(cx, &view, id).await?.filter(|chain| !chain.is_deleted).ok_or_else(|| unknown(1))?;
        let state = chain.state_after(entry).ok_or_else(|| unknown(3))?;
        let sent = difference(cx, module, &chain.now, &state);
        let sent: Box<RawValue> = to_raw_value(&sent).map_err(Error::internal("writing an earlier state"))?;
        let mut drafts = draft::drafts(cx, module, &[&sent]);
        for draft in drafts.iter_mut().flatten() {
            draft.id = Some(id);
        }
        let newest = chain.entries.first().map_or(0, |entry| entry.id.get());
        let writing = Writing::new(cx, &grant).made_by("history");
        let results = cx
            .org
            .store
            .write(move |tx| {
                Box::pin(async move { update::write(tx, &writing, drafts, Change::expecting(newest)).await })
            })
            .await?;
        let outcomes = results.into_iter().map(|result| match insert::into_outcome(result) {
            Outcome::Done(done) => Outcome::Done(Done { message: "record restored", ..done }),
            other => other,
        });
        Ok(outcome::reply(cx, 200, outcomes.collect()))
    })
}

fn entry_id(request: &Request) -> Result<Id, ApiError> {
    request.segment(2).parse().map_err(|_| {
        ApiError::new(Code::InvalidData)
            .message("the id given seems to be invalid")
            .detail("resource_path_index", 3)
    })
}

/// Key of the module beside a lookup that can point to any.
fn beside(api_name: &str) -> String {
    format!("{api_name}$module")
}

/// A stored value in the form in which records show and take it.
fn wire(cx: &Cx, field: &FieldDef, value: &Value, module: Option<&Value>) -> Value {
    if value.is_null() {
        return Value::Null;
    }
    match field.data_type.get().form {
        _ if crate::tag_book::tag::is_tags(field) => cx.snapshot.tags.described(value),
        Form::Lookup | Form::AnyLookup => {
            let module = module.and_then(|id| id.as_str()?.parse::<Id>().ok());
            match module.and_then(|id| cx.snapshot.schema.module_by_id(id)) {
                Some(module) => json!({ "id": value, "module": { "api_name": module.api_name } }),
                None => json!({ "id": value }),
            }
        }
        Form::User | Form::Layout => json!({ "id": value }),
        Form::Instant => {
            let instant = value.as_str().and_then(|text| Instant::parse(text, &cx.snapshot.zone));
            instant.map_or_else(|| value.clone(), |instant| json!(instant.text(&cx.snapshot.zone)))
        }
        Form::Subform => {
            let rows = field.subform.as_deref().and_then(|name| cx.snapshot.schema.module(name));
            let rows = rows.zip(value.as_array());
            rows.map_or_else(
                || json!([]),
                |(module, rows)| rows.iter().map(|row| row_wire(cx, module, row)).collect(),
            )
        }
        _ => value.clone(),
    }
}

fn row_wire(cx: &Cx, module: &ModuleDef, row: &Value) -> Value {
    let mut out = Map::new();
    for field in module.fields() {
        if let Some(value) = row.get(&field.api_name) {
            out.insert(field.api_name.clone(), wire(cx, field, value, row.get(beside(&field.api_name))));
        }
    }
    out.insert("id".to_owned(), row["id"].clone());
    Value::Object(out)
}

/// The update that makes `target` of `now`: only what differs and can be written.
fn difference(
    cx: &Cx,
    module: &ModuleDef,
    now: &Map<String, Value>,
    target: &Map<String, Value>,
) -> Map<String, Value> {
    let mut sent = Map::new();
    for field in module.fields() {
        let name = &field.api_name;
        if field.read_only || draft::is_system(name) || is_beside(field.data_type) {
            continue;
        }
        let (is, was) = (now.get(name).unwrap_or(&Value::Null), target.get(name).unwrap_or(&Value::Null));
        if field.data_type.get().form == Form::Subform {
            let rows = field.subform.as_deref().and_then(|name| cx.snapshot.schema.module(name));
            if let Some(rows) = rows.filter(|_| is != was) {
                sent.insert(name.clone(), row_changes(cx, rows, is, was));
            }
        } else if is != was || now.get(&beside(name)) != target.get(&beside(name)) {
            sent.insert(name.clone(), wire(cx, field, was, target.get(&beside(name))));
        }
    }
    sent
}

/// Rows to send so that a subform has the rows it had: those that are gone come back under new ids.
fn row_changes(cx: &Cx, module: &ModuleDef, is: &Value, was: &Value) -> Value {
    let rows = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let (is, was) = (rows(is), rows(was));
    if was.is_empty() {
        return json!([]);
    }
    let has = |rows: &[Value], id: &Value| rows.iter().any(|row| row["id"] == *id);
    let mut sent: Vec<Value> = is
        .iter()
        .filter(|row| !has(&was, &row["id"]))
        .map(|row| json!({ "id": row["id"], "_delete": null }))
        .collect();
    for row in &was {
        let mut values = Map::new();
        for field in
            module.fields().iter().filter(|field| !field.read_only && !draft::is_system(&field.api_name))
        {
            let value = row.get(&field.api_name).unwrap_or(&Value::Null);
            if field.api_name != "Parent_Id" && !is_beside(field.data_type) {
                values
                    .insert(field.api_name.clone(), wire(cx, field, value, row.get(beside(&field.api_name))));
            }
        }
        if has(&is, &row["id"]) {
            values.insert("id".to_owned(), row["id"].clone());
        }
        sent.push(Value::Object(values));
    }
    Value::Array(sent)
}
