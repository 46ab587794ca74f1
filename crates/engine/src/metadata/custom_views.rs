//! `GET settings/custom_views`, `settings/custom_views/{id}`: the views that come with each module.

use dealwright_schema::ModuleDef;
use dealwright_wire::{ApiError, Code, Id};
use serde_json::{Map, Value, json};

use super::{Reader, module_param, object, page, paging, path_id, shapes};
use crate::cx::Cx;
use crate::error::Error;
use crate::request::{Reply, Request};

/// The views of a module, without criteria and columns. 204 when there are none.
#[expect(clippy::unused_async, reason = "operations share one signature")]
pub async fn list(cx: &Cx, request: &Request) -> Result<Reply, Error> {
    let module = module_param(&cx.snapshot, request)?;
    let (number, per_page) = paging(request)?;
    let all: Vec<&Value> = views(module).collect();
    let (rows, mut info) = page(&all, number, per_page);
    if rows.is_empty() {
        return Ok(Reply::nothing());
    }
    let default = all.iter().find(|view| view["default"] == true).or(all.first());
    info["default"] = default.map_or(Value::Null, |view| view["id"].clone());
    info["translation"] = json!({
        "public_views": "Public Views",
        "other_users_views": "Other User's Views",
        "shared_with_me": "Shared With Me",
        "created_by_me": "Created By Me",
    });
    let listed: Vec<Value> = rows.into_iter().map(|view| Value::Object(item(module, view))).collect();
    Ok(Reply::value(200, &json!({"custom_views": listed, "info": info})))
}

/// One view with its criteria and columns.
#[expect(clippy::unused_async, reason = "operations share one signature")]
pub async fn get(cx: &Cx, request: &Request) -> Result<Reply, Error> {
    let module = module_param(&cx.snapshot, request)?;
    let id = path_id(request, 0, 2)?;
    let found = find(module, id).ok_or_else(|| {
        ApiError::new(Code::InvalidData)
            .message("The provided CustomView is either invalid or already Deleted")
            .id(id)
    })?;
    Ok(Reply::value(200, &json!({"custom_views": [details(&Reader::of(cx), module, found)]})))
}

/// The view that lists open with, as the module's details show it; null when the module has none.
pub(super) fn default_view(reader: &Reader<'_>, module: &ModuleDef) -> Value {
    let found = views(module).find(|view| view["default"] == true).or_else(|| views(module).next());
    found.map_or(Value::Null, |view| details(reader, module, view))
}

/// The view of that id.
pub(crate) fn find(module: &ModuleDef, id: Id) -> Option<&Value> {
    let wanted = json!(id);
    views(module).find(|view| view["id"] == wanted)
}

fn views(module: &ModuleDef) -> impl Iterator<Item = &Value> {
    module.described.get("default_views").and_then(Value::as_array).into_iter().flatten()
}

fn item(module: &ModuleDef, view: &Value) -> Map<String, Value> {
    object(json!({
        "id": view["id"],
        "name": view["name"],
        "display_value": view["display_value"],
        "system_name": view["system_name"],
        "system_defined": true,
        "default": view["default"],
        "category": "public_views",
        "access_type": "public",
        "favorite": null,
        "locked": false,
        "created_time": null,
        "created_by": null,
        "modified_time": null,
        "modified_by": null,
        "last_accessed_time": null,
        "offline": false,
        "module": owner(module),
        // Shown by the single call.
        "shared_to": null,
        "sort_by": null,
        "sort_order": null,
        "criteria": null,
        "fields": null,
    }))
}

/// The module of a view, in the form that the published description gives it: with the keys of a person.
fn owner(module: &ModuleDef) -> Value {
    json!({
        "api_name": module.api_name,
        "id": module.id,
        "name": module.text("plural_label"),
        "first_name": null,
        "last_name": null,
    })
}

fn details(reader: &Reader<'_>, module: &ModuleDef, view: &Value) -> Value {
    let mut out = item(module, view);
    let columns = module.described.get("default_view_fields").and_then(Value::as_array);
    let fields: Vec<Value> = columns
        .into_iter()
        .flatten()
        .filter_map(|name| module.field(name.as_str()?))
        .map(|field| json!({"api_name": field.api_name, "_pin": false, "id": field.id}))
        .collect();
    let sort_by = view["sort_by"].as_str().and_then(|name| module.field(name)).map_or(Value::Null, |field| {
        shapes::sort_field(reader.profile, json!({"api_name": field.api_name, "id": field.id}))
    });
    let more = [
        ("shared_to", Value::Null),
        ("sort_by", sort_by),
        ("sort_order", view["sort_order"].clone()),
        ("criteria", criteria(module, &view["criteria"])),
        ("cross_filters", Value::Null),
        ("$modified_criteria", json!(false)),
        ("fields", Value::Array(fields)),
    ];
    out.extend(more.map(|(key, value)| (key.to_owned(), value)));
    Value::Object(out)
}

/// The criteria with the id of each field beside its name. Conditions and groups show each other's keys as null: the
/// published description has one form for both.
fn criteria(module: &ModuleDef, given: &Value) -> Value {
    let mut out = given.clone();
    let Some(keys) = out.as_object_mut() else { return out };
    for key in ["comparator", "field", "value", "group_operator", "group"] {
        keys.entry(key).or_insert(Value::Null);
    }
    if let Some(group) = keys["group"].as_array_mut() {
        for part in group {
            *part = criteria(module, part);
        }
    } else if let Some(field) = given["field"]["api_name"].as_str().and_then(|name| module.field(name)) {
        out["field"]["id"] = json!(field.id);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::tests::{NEWEST, reader, snapshot};

    #[test]
    fn every_module_with_views_has_an_all_view_and_columns() {
        let snapshot = snapshot();
        for module in snapshot.schema.modules() {
            for view in super::views(module) {
                let out = super::details(&reader(&snapshot, &NEWEST), module, view);
                assert!(out["id"].is_string() && out["name"].is_string(), "{}", module.api_name);
                assert!(!out["fields"].as_array().unwrap().is_empty(), "{}", module.api_name);
            }
        }
        let leads = snapshot.schema.module("Leads").unwrap();
        let first = super::default_view(&reader(&snapshot, &NEWEST), leads);
        assert_eq!((&first["display_value"], &first["default"]), (&"All Leads".into(), &true.into()));
        assert!(first["criteria"]["field"]["id"].is_string());
    }
}
