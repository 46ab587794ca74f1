//! `GET settings/related_lists`, `settings/related_lists/{id}`.

use std::borrow::Cow;

use dealwright_schema::{FieldDef, ModuleDef};
use serde_json::{Value, json};

use super::activities;
use super::{Reader, field, path_id, read_module, shapes};
use crate::cx::Cx;
use crate::request::{Answer, Reply, Request};

/// The related lists of a module: the standard ones, then one for each custom lookup that points to it, and one on
/// either side of a multi-select lookup.
pub fn list<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let module = &read_module(cx, request)?;
        Ok(answer(&lists(&Reader::of(cx), module)))
    })
}

/// One related list; 204 when the module has no such list.
pub fn get<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let module = &read_module(cx, request)?;
        let id = json!(path_id(request, 0, 2)?);
        let mut found = lists(&Reader::of(cx), module);
        found.retain(|list| list["id"] == id);
        Ok(answer(&found))
    })
}

fn answer(lists: &[Value]) -> Reply {
    if lists.is_empty() {
        return Reply::nothing();
    }
    Reply::value(200, &json!({"related_lists": lists}))
}

fn lists(reader: &Reader<'_>, module: &ModuleDef) -> Vec<Value> {
    let described = module.described.get("related_lists").and_then(Value::as_array);
    let is_in_use = |given: &&Value| {
        given["module"]["api_name"] != "Territories" || !reader.snapshot.territories.is_empty()
    };
    let described = described.into_iter().flatten().filter(is_in_use);
    let mut out: Vec<Value> =
        described.map(|given| standard(reader, &of_version(reader, module, given))).collect();
    for other in reader.snapshot.schema.modules() {
        for field in other.fields().iter().filter(|field| points_to(field, module) && other.parent.is_none())
        {
            let sequence = out.len() + 1;
            out.extend(custom(reader, module, other, field, sequence));
        }
        for field in other.fields().iter().filter(|field| field.links.is_some()) {
            let sequence = out.len() + 1;
            out.extend(linked(reader, module, other, field, sequence));
        }
    }
    out
}

/// A list as the version knows it: the same lists in each. Where there is a module of all activities, the two lists of all
/// of them are lists of that module under its name.
fn of_version<'g>(reader: &Reader<'_>, module: &ModuleDef, given: &'g Value) -> Cow<'g, Value> {
    let name = given["api_name"].as_str().unwrap_or_default();
    let older = activities::older_view(name).filter(|_| reader.profile.activity_lists);
    let Some(older) = older else { return Cow::Borrowed(given) };
    let mut out = given.clone();
    out["api_name"] = json!(older);
    out["type"] = json!("default");
    out["module"] = json!({"api_name": activities::MODULE});
    out["href"] = json!(format!("{}/{{ENTITYID}}/{older}", module.api_name));
    Cow::Owned(out)
}

fn standard(reader: &Reader<'_>, given: &Value) -> Value {
    let module = match given["module"]["api_name"].as_str() {
        Some(name) => shapes::named_module(reader.profile, reader.module_reference(name)),
        None => Value::Null,
    };
    let mut out = json!({
        "id": given["id"],
        "api_name": given["api_name"],
        "name": given["display_label"],
        "display_label": given["display_label"],
        "sequence_number": given["sequence_number"],
        "type": given["type"],
        "module": module,
        "href": given["href"],
        "action": null,
        "status": given["status"],
        "visible": given["status"] == "visible",
        "customize_sort": given["customize_sort"],
        "customize_fields": given["customize_fields"],
        "customize_display_label": given["customize_display_label"],
        "sort_by": null,
        "sort_order": null,
        "fields": columns(reader, given["module"]["api_name"].as_str()),
    });
    if given["type"] == "grouped" {
        out["parent_related_lists"] = json!([]);
    }
    out
}

/// The fields that a list shows: those that its module shows in related lists, or else in its default view.
fn columns(reader: &Reader<'_>, module: Option<&str>) -> Value {
    let module = module.and_then(|name| reader.snapshot.schema.module(name));
    let names = module.and_then(|module| {
        ["related_list_fields", "default_view_fields"]
            .iter()
            .find_map(|key| module.described.get(*key)?.as_array())
    });
    let fields = names.into_iter().flatten().filter_map(|name| field::named(reader, module?, name.as_str()?));
    fields.map(|field| json!({"api_name": field.api_name, "id": field.id})).collect()
}

/// The list of a multi-select lookup: on the module that has the field under its name and id, on the module that is
/// linked under the name it got there and the id of the links' field.
fn linked(
    reader: &Reader<'_>,
    module: &ModuleDef,
    other: &ModuleDef,
    field: &FieldDef,
    sequence: usize,
) -> Option<Value> {
    let links = field.links.as_ref()?;
    let rows = reader.snapshot.schema.module(field.subform.as_deref()?)?;
    let target = links.module.as_deref()?;
    let (id, name, shown) = if other.id == module.id {
        (field.id, field.api_name.as_str(), target)
    } else if module.api_name == target {
        (rows.field(&links.connected)?.id, links.api_name.as_deref()?, other.api_name.as_str())
    } else {
        return None;
    };
    let given = json!({
        "id": id,
        "api_name": name,
        "display_label": links.display_label,
        "sequence_number": sequence.to_string(),
        "type": "multiselectlookup",
        "module": {"api_name": shown},
        "href": format!("{}/{{ENTITYID}}/{name}", module.api_name),
        "status": "visible",
        "customize_sort": true,
        "customize_fields": true,
        "customize_display_label": true,
    });
    let mut out = standard(reader, &given);
    out["connectedmodule"] = json!(shown);
    out["linkingmodule"] = json!(rows.api_name);
    Some(out)
}

fn points_to(field: &FieldDef, module: &ModuleDef) -> bool {
    field.custom_field && field.lookup_module() == Some(module.api_name.as_str())
}

/// The list that came with a custom lookup; it has the field's id.
fn custom(
    reader: &Reader<'_>,
    module: &ModuleDef,
    other: &ModuleDef,
    field: &FieldDef,
    sequence: usize,
) -> Option<Value> {
    let lookup = field.lookup.as_ref()?;
    let name = lookup.api_name.as_deref()?;
    let given = json!({
        "id": field.id,
        "api_name": name,
        "display_label": lookup.display_label,
        "sequence_number": sequence.to_string(),
        "type": "default",
        "module": {"api_name": other.api_name},
        "href": format!("{}/{{ENTITYID}}/{name}", module.api_name),
        "status": "visible",
        "customize_sort": true,
        "customize_fields": true,
        "customize_display_label": true,
    });
    Some(standard(reader, &given))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{NEWEST, OLDEST, reader, snapshot};

    #[test]
    fn lists_have_ids_and_name_their_module() {
        let snapshot = snapshot();
        let accounts = snapshot.schema.module("Accounts").unwrap();
        let contacts = snapshot.schema.module("Contacts").unwrap();
        let find = |profile| {
            let lists = super::lists(&reader(&snapshot, profile), accounts);
            lists.into_iter().find(|list| list["api_name"] == "Contacts").unwrap()
        };
        let newest = find(&NEWEST);
        assert!(newest["id"].is_string() && newest["sequence_number"].is_string());
        assert_eq!(newest["module"]["id"], contacts.id.to_string());
        assert_eq!(find(&OLDEST)["module"], "Contacts");
    }

    #[test]
    fn the_oldest_versions_have_two_lists_of_all_activities() {
        let snapshot = snapshot();
        let accounts = snapshot.schema.module("Accounts").unwrap();
        let named = |profile| {
            let lists = super::lists(&reader(&snapshot, profile), accounts);
            let names = lists.into_iter().filter(|list| {
                let name = list["api_name"].as_str().unwrap();
                ["Activities", "Tasks", "Events", "Calls"].iter().any(|of| name.starts_with(of))
            });
            names
                .map(|list| (list["api_name"].as_str().unwrap().to_owned(), list["module"].clone()))
                .collect()
        };
        let oldest: Vec<(String, serde_json::Value)> = named(&OLDEST);
        let together: Vec<&str> =
            oldest.iter().filter(|(_, of)| of == "Activities").map(|(name, _)| name.as_str()).collect();
        assert_eq!(together, ["Activities", "Activities_History"]);
        let newest: Vec<(String, serde_json::Value)> = named(&NEWEST);
        assert_eq!((oldest.len(), newest.len()), (8, 8));
    }
}
