//! `GET /{module}/{id}/__timeline`: what happened to a record, with the values before and after each change.

use std::collections::{BTreeMap, HashMap};

use dealwright_schema::{Cell, FieldDef, Form, ModuleDef};
use dealwright_store::{Row, Sql, Weight};
use dealwright_wire::{Id, Instant};
use serde_json::{Map, Value, json};

use crate::access::Action;
use crate::access::unasked::{self, Why};
use crate::cx::Cx;
use crate::error::Error;
use crate::history::chain::{Chain, Entry};
use crate::history::timeline_query::TimelineQuery;
use crate::records::order::Spot;
use crate::records::page_token::{self, Bound, Place};
use crate::records::selection::display_column;
use crate::records::{get, page};
use crate::request::{Answer, Reply, Request};

/// How the timeline names what an entry says was done.
const ACTIONS: [(&str, &str); 7] = [
    ("insert", "added"),
    ("update", "updated"),
    ("delete", "deleted"),
    ("restore", "restored"),
    ("convert", "converted"),
    ("merge", "merged"),
    ("transition", "transition_executed"),
];

/// Fields that move with every change and tell nothing beside the entry's own time and user.
const UNTOLD: [&str; 3] = ["Modified_Time", "Modified_By", "Last_Activity_Time"];

/// Reads the history, also of a deleted record: 200, or 204 when there is no such record.
pub fn timeline<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let grant = page::grant_to_view(cx, request.segment(0))?;
        let id = get::parse_id(request.segment(1))?;
        let query = TimelineQuery::parse(cx, grant.module.id, &request.params)?;
        let Some(chain) = Chain::read(cx, &grant, id).await? else { return Ok(Reply::nothing()) };
        let mut entries: Vec<&Entry> = chain.entries.iter().collect();
        if let Some(filter) = &query.filter {
            entries.retain(|entry| filter.lets_through(cx, entry, action(&entry.action)));
        }
        if query.ascending {
            entries.reverse();
        }
        let passed = match &query.place {
            Some(place) => entries
                .iter()
                .position(|entry| entry.id.get() == place.spot.id)
                .map_or(entries.len(), |at| at + 1),
            None => (query.page - 1).saturating_mul(query.per_page),
        };
        let more = entries.len() > passed.saturating_add(query.per_page);
        let part: Vec<&Entry> = entries.into_iter().skip(passed).take(query.per_page).collect();
        let Some(last) = part.last() else { return Ok(Reply::nothing()) };
        let token = more.then(|| {
            let place = Place {
                spot: Spot { key: Cell::Null, id: last.id.get() },
                passed: (passed + part.len()) as u32,
                backwards: false,
            };
            let bound =
                Bound { user: cx.user_id(), module: grant.module.id, within: "", params: &request.params };
            page_token::seal(
                &place,
                Instant(cx.org.clock.now().0 + page_token::LIFETIME),
                &cx.org.token_key,
                bound,
            )
        });
        let names = names(cx, &grant.module, &part).await?;
        let record = record(&grant.module, id, &chain.now);
        let shown: Vec<Value> =
            part.iter().map(|entry| show(cx, &grant.module, &query, &names, &record, entry)).collect();
        let info = json!({
            "per_page": query.per_page,
            "next_page_token": token,
            "count": shown.len(),
            "page": passed / query.per_page + 1,
            "previous_page_token": null,
            "more_records": more,
        });
        Ok(Reply::value(200, &json!({ "__timeline": shown, "info": info })))
    })
}

/// An entry's action in the words of the timeline.
pub(super) fn action(stored: &str) -> &str {
    ACTIONS.iter().find(|(own, _)| *own == stored).map_or(stored, |(_, shown)| shown)
}

/// `{"name","id","module"}` of the record.
fn record(module: &ModuleDef, id: Id, now: &Map<String, Value>) -> Value {
    let name = module.display_field.as_ref().and_then(|field| now.get(field));
    json!({ "name": name, "id": id, "module": { "api_name": module.api_name, "id": module.id } })
}

fn show(
    cx: &Cx,
    module: &ModuleDef,
    query: &TimelineQuery,
    names: &Names,
    record: &Value,
    entry: &Entry,
) -> Value {
    let user = Id::new(entry.user).and_then(|id| cx.snapshot.user(id));
    let fields = entry.before.iter().filter_map(|(name, old)| {
        let field = module.field(name).filter(|field| !UNTOLD.contains(&field.api_name.as_str()))?;
        let new = entry.after.get(name).unwrap_or(&Value::Null);
        let mut change = json!({
            "data_type": field.data_type.name(),
            "field_label": field.field_label,
            "_value": { "new": text(cx, field, new, names), "old": text(cx, field, old, names) },
            "api_name": name,
            "id": field.id,
        });
        if query.options && !field.pick_list_values.is_empty() {
            change["pick_list_values"] = json!(field.pick_list_values);
        }
        if query.colour_flag {
            change["enable_colour_code"] = json!(field.flag("enable_colour_code", false));
        }
        Some(change)
    });
    json!({
        "audited_time": Instant(entry.at.div_euclid(1000)).text(&cx.snapshot.zone),
        "action": action(&entry.action),
        "id": entry.id,
        "source": entry.source,
        "extension": null,
        "type": null,
        "done_by": { "name": user.map(|user| user.full_name()), "id": entry.user.to_string() },
        "related_record": null,
        "automation_details": null,
        "record": record,
        "field_history": fields.collect::<Vec<_>>(),
    })
}

/// Names of records that lookups pointed to, by the target's module and id.
type Names = HashMap<(Id, i64), String>;

/// A value in the timeline's words: always a text, or null.
fn text(cx: &Cx, field: &FieldDef, value: &Value, names: &Names) -> Option<String> {
    let told = crate::tag_book::tag::is_tags(field).then(|| cx.snapshot.tags.described(value));
    let value = told.as_ref().filter(|_| !value.is_null()).unwrap_or(value);
    let plain = || match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => {
            let words =
                parts.iter().map(|part| part.as_str().or_else(|| part["name"].as_str()).unwrap_or_default());
            Some(words.collect::<Vec<_>>().join(", "))
        }
        other => Some(other.to_string()),
    };
    let id = || value.as_str().and_then(|text| text.parse::<Id>().ok());
    match field.data_type.get().form {
        Form::User => id().and_then(|id| cx.snapshot.user(id)).map(|user| user.full_name()).or_else(plain),
        Form::Lookup | Form::AnyLookup => {
            let target = field.lookup_module().and_then(|name| cx.snapshot.schema.module(name));
            let name = target.zip(id()).and_then(|(target, id)| names.get(&(target.id, id.get())));
            name.cloned().or_else(plain)
        }
        Form::Instant => {
            let instant = value.as_str().and_then(|text| Instant::parse(text, &cx.snapshot.zone));
            instant.map(|instant| instant.text(&cx.snapshot.zone)).or_else(plain)
        }
        Form::Subform => value.as_array().map(|rows| rows.len().to_string()),
        _ => plain(),
    }
}

/// Names of all records that the entries' lookups point to: one query per module.
async fn names(cx: &Cx, module: &ModuleDef, entries: &[&Entry]) -> Result<Names, Error> {
    let mut wanted: BTreeMap<Id, Vec<i64>> = BTreeMap::new();
    for entry in entries {
        for (name, value) in entry.before.iter().chain(&entry.after) {
            let target = module.field(name).and_then(FieldDef::lookup_module);
            let target = target.and_then(|name| cx.snapshot.schema.module(name));
            let id = value.as_str().and_then(|text| text.parse::<Id>().ok());
            if let Some((target, id)) = target.zip(id) {
                wanted.entry(target.id).or_default().push(id.get());
            }
        }
    }
    let mut names = Names::new();
    for (target, mut ids) in wanted {
        ids.sort_unstable();
        ids.dedup();
        let Some(module) = cx.snapshot.schema.module_by_id(target) else { continue };
        if !cx.caller().has_permission(module, Action::View) {
            continue;
        }
        let (Some(table), Some(column)) = (unasked::table(module, Why::Name), display_column(module)) else {
            continue;
        };
        let test = cx.org.store.dialect().in_ids("t.id", "?1");
        let sql = Sql::from(format!("SELECT t.id, t.\"{column}\" FROM {{{table}}} t WHERE {test}"));
        let found = cx
            .org
            .store
            .read(Weight::Scan, move |conn| {
                Box::pin(async move {
                    let read =
                        |row: &Row<'_>| Ok((Row::must(row.int(0)?, 0)?, row.text(1)?.map(str::to_owned)));
                    Ok::<_, Error>(conn.all(&sql, &[Cell::Ids(ids.into())], read).await?)
                })
            })
            .await?;
        names.extend(found.into_iter().filter_map(|(id, name)| Some(((target, id), name?))));
    }
    Ok(names)
}
