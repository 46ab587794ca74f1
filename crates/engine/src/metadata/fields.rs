//! `GET settings/fields`, `settings/fields/{id or api_name}`, `settings/fields/{id}/pick_list_values`.

use dealwright_schema::{FieldDef, ModuleDef};
use serde_json::{Value, json};

use super::{Reader, field, layouts, pick_list, read_module, unknown_value};
use crate::cx::Cx;
use crate::request::{Answer, Reply, Request};

/// The fields of a module: the used ones, or those that `type` asks for. 204 when there are none.
pub fn list<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let module = &read_module(cx, request)?;
        let wanted = match request.params.get("type").unwrap_or("used") {
            "all" => None,
            kind @ ("used" | "unused") => Some(kind),
            _ => return Err(unknown_value("type", &["used", "unused", "all"]).into()),
        };
        let types = request.params.list("data_type");
        let reader = Reader::of(cx);
        let fields: Vec<Value> = field::listed(&reader, module)
            .filter(|(field, _)| wanted.is_none_or(|wanted| kind(field) == wanted))
            .filter(|(field, _)| {
                types.as_ref().is_none_or(|types| types.contains(&field::data_type(&reader, field)))
            })
            .map(|(field, sequence)| written(&reader, request, module, field, sequence))
            .collect();
        Ok(answer(&fields))
    })
}

/// One field, by id or `api_name`. 204 when the module has no such field.
pub fn get<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let module = &read_module(cx, request)?;
        let reader = Reader::of(cx);
        let Some((field, sequence)) = find(&reader, module, request.segment(0)) else {
            return Ok(Reply::nothing());
        };
        Ok(answer(&[written(&reader, request, module, field, sequence)]))
    })
}

/// The options of a picklist with the layouts they are in. 204 when the field has none.
pub fn pick_list_values<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let module = &read_module(cx, request)?;
        let reader = Reader::of(cx);
        let Some((field, _)) = find(&reader, module, request.segment(0)) else { return Ok(Reply::nothing()) };
        if field.pick_list_values.is_empty() {
            return Ok(Reply::nothing());
        }
        let mut options = pick_list::options(&reader, field);
        for option in &mut options {
            option["layout_associations"] =
                json!([{"api_name": layouts::API_NAME, "name": layouts::NAME, "id": module.layout_id}]);
        }
        Ok(Reply::value(200, &json!({"pick_list_values": options})))
    })
}

fn answer(fields: &[Value]) -> Reply {
    if fields.is_empty() {
        return Reply::nothing();
    }
    Reply::value(200, &json!({"fields": fields}))
}

/// `used` or `unused`.
fn kind(field: &FieldDef) -> &str {
    field.described.get("type").and_then(Value::as_str).unwrap_or("used")
}

/// By id first: no `api_name` is all digits.
fn find<'m>(reader: &'m Reader<'_>, module: &'m ModuleDef, key: &str) -> Option<(&'m FieldDef, u32)> {
    let id = key.parse().ok();
    let mut fields = field::listed(reader, module);
    fields.find(|(field, _)| Some(field.id) == id || field::is_named(field, key))
}

fn written(
    reader: &Reader<'_>,
    request: &Request,
    module: &ModuleDef,
    field: &FieldDef,
    sequence: u32,
) -> Value {
    let mut out = field::write(reader, module, field, sequence);
    let include = request.params.list("include").unwrap_or_default();
    if include.contains(&"allowed_permissions_to_update") {
        let free = !field.system_mandatory;
        let allowed = json!({"read_write": !field.read_only, "read_only": free, "hidden": free});
        out.insert("allowed_permissions_to_update".to_owned(), allowed);
    }
    Value::Object(out)
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value};

    use super::super::tests::{NEWEST, OLDEST, reader, snapshot};
    use super::field;

    /// Keys of rule 16 of the client rules, with the JSON types they may have.
    const KEYS: [(&str, &str); 22] = [
        ("id", "string"),
        ("api_name", "string"),
        ("field_label", "string"),
        ("display_label", "string"),
        ("data_type", "string"),
        ("json_type", "string"),
        ("length", "number null"),
        ("decimal_place", "number null"),
        ("ui_type", "number"),
        ("system_mandatory", "boolean"),
        ("custom_field", "boolean"),
        ("visible", "boolean"),
        ("virtual_field", "boolean"),
        ("display_type", "number"),
        ("view_type", "object"),
        ("pick_list_values", "array"),
        ("lookup", "object"),
        ("associated_module", "object null"),
        ("profiles", "array"),
        ("created_time", "string null"),
        ("unique", "object"),
        ("auto_number", "object"),
    ];

    fn kind(value: Option<&Value>) -> &'static str {
        match value {
            None => "missing",
            Some(Value::Null) => "null",
            Some(Value::Bool(_)) => "boolean",
            Some(Value::Number(_)) => "number",
            Some(Value::String(_)) => "string",
            Some(Value::Array(_)) => "array",
            Some(Value::Object(_)) => "object",
        }
    }

    fn digits(value: &Value) -> bool {
        value.as_str().is_some_and(|text| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()))
    }

    fn check(place: &str, out: &Map<String, Value>) {
        for (key, kinds) in KEYS {
            let found = kind(out.get(key));
            assert!(kinds.split(' ').any(|kind| kind == found), "{place}: {key} is {found}");
        }
        assert!(digits(&out["id"]), "{place}");
        let json_type = out["json_type"].as_str().unwrap();
        let known = ["string", "integer", "double", "boolean", "jsonarray", "jsonobject"];
        assert!(known.contains(&json_type), "{place}: {json_type}");
        assert!(json_type != "string" || out["length"].is_number(), "{place}: a string has a length");
        for option in out["pick_list_values"].as_array().unwrap() {
            assert!(option["display_value"].is_string() && option["actual_value"].is_string(), "{place}");
            assert!(digits(&option["id"]) && option["sequence_number"].is_number(), "{place}");
        }
    }

    #[test]
    fn every_field_of_every_module_has_what_clients_read() {
        let snapshot = snapshot();
        for profile in [&NEWEST, &OLDEST] {
            let reader = reader(&snapshot, profile);
            for module in snapshot.schema.modules() {
                for (field, sequence) in field::listed(&reader, module) {
                    let place = format!("{} {}.{}", profile.name, module.api_name, field.api_name);
                    check(&place, &field::write(&reader, module, field, sequence));
                }
            }
        }
    }

    #[test]
    fn lookups_name_their_module_and_subforms_the_module_of_their_rows() {
        let snapshot = snapshot();
        let reader = reader(&snapshot, &NEWEST);
        for module in snapshot.schema.modules() {
            for (field, sequence) in field::listed(&reader, module) {
                let place = format!("{}.{}", module.api_name, field.api_name);
                let out = field::write(&reader, module, field, sequence);
                if out["data_type"] == "lookup" {
                    let target = &out["lookup"]["module"];
                    // Roles and profiles are no modules.
                    let is_no_module =
                        ["se_module", "Roles", "Profiles"].iter().any(|name| target["api_name"] == *name);
                    assert!(is_no_module != digits(&target["id"]), "{place}");
                    assert!(digits(&out["lookup"]["id"]), "{place}");
                }
                if out["data_type"] == "subform" {
                    assert!(out["associated_module"]["module"].is_string(), "{place}");
                    assert!(digits(&out["associated_module"]["id"]), "{place}");
                }
            }
        }
    }

    #[test]
    fn v2_lists_line_items_as_one_text_and_no_id() {
        let snapshot = snapshot();
        let reader = reader(&snapshot, &OLDEST);
        let quotes = snapshot.schema.module("Quotes").unwrap();
        let written: Vec<_> = field::listed(&reader, quotes)
            .map(|(field, at)| field::write(&reader, quotes, field, at))
            .collect();
        let named = |name: &str| written.iter().find(|out| out["api_name"] == name);
        assert!(named("id").is_none() && named("Quoted_Items").is_none());
        let items = named("Product_Details").unwrap();
        assert_eq!((&items["data_type"], &items["json_type"]), (&"text".into(), &"jsonarray".into()));
        assert_eq!(named("Account_Name").unwrap()["lookup"]["module"], "Accounts");
    }

    #[test]
    fn stages_tell_their_forecast_category_as_the_version_expects_it() {
        let snapshot = snapshot();
        let deals = snapshot.schema.module("Deals").unwrap();
        let stage = deals.field("Stage").unwrap();
        let first = |profile| {
            let out = field::write(&reader(&snapshot, profile), deals, stage, 1);
            out["pick_list_values"][0].clone()
        };
        let newest = first(&NEWEST);
        assert_eq!(newest["forecast_category"]["name"], "Pipeline");
        assert!(digits(&newest["forecast_category"]["id"]));
        assert_eq!(newest["probability"], 10);
        assert!(first(&OLDEST)["forecast_category"].is_number());
    }
}
