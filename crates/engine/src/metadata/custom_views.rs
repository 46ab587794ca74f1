//! `GET settings/custom_views`, `settings/custom_views/{id}`: the views of each module that the caller may use.

use dealwright_schema::ModuleDef;
use dealwright_wire::{ApiError, Code, Id};
use serde_json::{Map, Value, json};

use super::{Reader, field, object, page, paging, path_id, read_module, shapes, single_info};
use crate::access::principals::GROUPS;
use crate::cx::Cx;
use crate::records::view::View;
use crate::request::{Answer, Reply, Request};
use crate::snapshot::Snapshot;

/// The views of a module, without criteria and columns. 204 when there are none.
pub fn list<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let module = &read_module(cx, request)?;
        let (number, per_page) = paging(request)?;
        let all: Vec<View<'_>> = View::all(cx, module).collect();
        let (rows, mut info) = page(&all, number, per_page);
        if rows.is_empty() {
            return Ok(Reply::nothing());
        }
        about_views(&mut info, &all);
        let reader = Reader::of(cx);
        let listed: Vec<Value> =
            rows.into_iter().map(|view| Value::Object(item(&reader, module, view))).collect();
        Ok(Reply::value(200, &json!({"custom_views": listed, "info": info})))
    })
}

/// One view with its criteria and columns.
pub fn get<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let module = &read_module(cx, request)?;
        let id = path_id(request, 0, 2)?;
        let found = View::find(cx, module, id).ok_or_else(|| unknown(id))?;
        let mut info = single_info();
        about_views(&mut info, &View::all(cx, module).collect::<Vec<_>>());
        let shown = details(&Reader::of(cx), module, found);
        Ok(Reply::value(200, &json!({"custom_views": [shown], "info": info})))
    })
}

/// What `info` says of the views of a module: which one lists open with, and what their kinds are called.
fn about_views(info: &mut Value, all: &[View<'_>]) {
    let default = all.iter().find(|view| view.get("default") == true).or(all.first());
    info["default"] = json!(default.and_then(|view| view.id()));
    info["translation"] = json!({
        "public_views": "Public Views",
        "other_users_views": "Other User's Views",
        "shared_with_me": "Shared With Me",
        "created_by_me": "Created By Me",
    });
}

/// The error for a view that is not there, or not for the caller.
pub(crate) fn unknown(id: Id) -> ApiError {
    ApiError::new(Code::InvalidData)
        .message("The provided CustomView is either invalid or already Deleted")
        .id(id)
}

/// The view that lists open with, as the module's details show it; null when the module has none.
pub(super) fn default_view(reader: &Reader<'_>, module: &ModuleDef) -> Value {
    let found = View::standard(module).find(|view| view.get("default") == true);
    let found = found.or_else(|| View::standard(module).next());
    found.map_or(Value::Null, |view| details(reader, module, view))
}

fn item(reader: &Reader<'_>, module: &ModuleDef, view: View<'_>) -> Map<String, Value> {
    let audit = view.made.map(|made| made.audit.clone()).unwrap_or_default();
    let name = view.get("name");
    let is_standard = view.made.is_none();
    object(json!({
        "id": view.id(),
        "name": name,
        "display_value": if is_standard { view.get("display_value") } else { name },
        "system_name": view.get("system_name"),
        "system_defined": is_standard,
        "default": view.get("default") == true,
        "category": view.category.name(),
        "access_type": view.get("access_type").as_str().unwrap_or("public"),
        "favorite": view.own("favorite"),
        "locked": view.get("locked") == true,
        "created_time": reader.time(audit.created_time),
        "created_by": reader.user(audit.created_by),
        "modified_time": reader.time(audit.modified_time),
        "modified_by": reader.user(audit.modified_by),
        "last_accessed_time": null,
        "offline": false,
        "module": owner(module),
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

fn details(reader: &Reader<'_>, module: &ModuleDef, view: View<'_>) -> Value {
    let mut out = item(reader, module, view);
    let sorted_by = view.sorted_by(module);
    let sort_by = sorted_by.map_or(Value::Null, |(field, _)| {
        shapes::sort_field(reader.profile, json!({"api_name": field.api_name, "id": field.id}))
    });
    let more = [
        ("shared_to", shared_to(reader.snapshot, view)),
        ("sort_by", sort_by),
        ("sort_order", json!(sorted_by.map(|(_, descending)| if descending { "desc" } else { "asc" }))),
        ("criteria", view.criteria(module).map_or(Value::Null, whole)),
        ("cross_filters", Value::Null),
        ("$modified_criteria", json!(false)),
        ("fields", columns(reader, module, view)),
    ];
    out.extend(more.map(|(key, value)| (key.to_owned(), value)));
    Value::Object(out)
}

/// The criteria with each other's keys of conditions and groups as null: the published description has one form for both.
fn whole(mut criteria: Value) -> Value {
    let Some(keys) = criteria.as_object_mut() else { return criteria };
    for key in ["comparator", "field", "value", "group_operator", "group"] {
        keys.entry(key).or_insert(Value::Null);
    }
    if let Some(group) = keys["group"].as_array_mut() {
        for part in group {
            *part = whole(part.take());
        }
    }
    criteria
}

/// The columns that a view shows: its own, or those of the module.
fn columns(reader: &Reader<'_>, module: &ModuleDef, view: View<'_>) -> Value {
    let own = view.get("fields").as_array().into_iter().flatten().filter_map(|column| {
        let own = module.field_by_id(column["id"].as_str()?.parse().ok()?)?;
        let field = field::named(reader, module, &own.api_name)?;
        Some(json!({"api_name": field.api_name, "_pin": column["_pin"] == true, "id": field.id}))
    });
    let own: Vec<Value> = own.collect();
    if !own.is_empty() {
        return Value::Array(own);
    }
    let names = module.described.get("default_view_fields").and_then(Value::as_array).into_iter().flatten();
    let fields = names.filter_map(|name| field::named(reader, module, name.as_str()?));
    fields.map(|field| json!({"api_name": field.api_name, "_pin": false, "id": field.id})).collect()
}

fn shared_to(snapshot: &Snapshot, view: View<'_>) -> Value {
    let Some(sides) = view.get("shared_to").as_array() else { return Value::Null };
    let sides = sides.iter().map(|side| {
        let id = side["resource"]["id"].as_str().and_then(|id| id.parse::<Id>().ok());
        let name = id.and_then(|id| match side["type"].as_str()? {
            "users" => snapshot.user(id).map(|user| user.full_name()),
            "roles" => snapshot.role(id).map(|role| role.name.clone()),
            "territories" => snapshot.territory(id).map(|territory| territory.name.clone()),
            _ => snapshot
                .settings(GROUPS)
                .find(|group| group.id == id)
                .map(|group| group.str("name").to_owned()),
        });
        json!({"type": side["type"], "id": id, "name": name, "subordinates": side["subordinates"]})
    });
    sides.collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{NEWEST, reader, snapshot};
    use crate::records::view::View;

    #[test]
    fn every_module_with_views_has_an_all_view_and_columns() {
        let snapshot = snapshot();
        for module in snapshot.schema.modules() {
            for view in View::standard(module) {
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
