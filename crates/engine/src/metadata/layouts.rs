//! `GET settings/layouts`, `settings/layouts/{id}`: each module has one layout, `Standard`.

use dealwright_schema::module::Section;
use dealwright_schema::{FieldDef, ModuleDef};
use serde_json::{Map, Value, json};

use super::{Reader, field, path_id, read_module, shapes};
use crate::cx::Cx;
use crate::request::{Answer, Reply, Request};

pub(super) const NAME: &str = "Standard";
pub(super) const API_NAME: &str = "Standard__s";

/// The layouts of a module; 204 for modules without one.
pub fn list<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let module = &read_module(cx, request)?;
        if module.layout_sections.is_empty() {
            return Ok(Reply::nothing());
        }
        Ok(Reply::value(200, &json!({"layouts": [layout(&Reader::of(cx), module)]})))
    })
}

/// One layout; 204 when the module has no such layout.
pub fn get<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let module = &read_module(cx, request)?;
        if path_id(request, 0, 2)? != module.layout_id {
            return Ok(Reply::nothing());
        }
        list(cx, request).await
    })
}

/// The layout as the module and its fields name it; none for modules without a layout.
pub(super) fn association(module: &ModuleDef) -> Vec<Value> {
    let has_layout = !module.layout_sections.is_empty();
    let layout = has_layout.then(|| json!({"api_name": API_NAME, "name": NAME, "id": module.layout_id}));
    layout.into_iter().collect()
}

fn layout(reader: &Reader<'_>, module: &ModuleDef) -> Value {
    let sections = module.layout_sections.iter().map(|given| section(reader, module, given));
    let mut out = json!({
        "id": module.layout_id,
        "name": NAME,
        "api_name": API_NAME,
        "display_label": NAME,
        "status": shapes::layout_status(reader.profile),
        "visible": true,
        "source": "crm",
        "generated_type": "system",
        "mode": null,
        "display_type": 1,
        "show_business_card": true,
        "has_more_profiles": false,
        "created_for": null,
        "created_time": null,
        "created_by": null,
        "modified_time": module.described.get("modified_time"),
        "modified_by": module.described.get("modified_by"),
        "profiles": profiles(reader, module),
        "actions_allowed": {
            "edit": false,
            "rename": false,
            "clone": false,
            "downgrade": false,
            "delete": false,
            "deactivate": false,
            "set_layout_permissions": false,
        },
        "sections": sections.collect::<Vec<_>>(),
        "subform_properties": null,
        "convert_mapping": null,
    });
    if let Some(mapping) = module.described.get("convert_mapping").and_then(Value::as_object) {
        out["convert_mapping"] = convert_mapping(reader, mapping);
    }
    out
}

fn profiles(reader: &Reader<'_>, module: &ModuleDef) -> Vec<Value> {
    let view = json!({"name": NAME, "id": module.layout_id, "type": "layout"});
    let of = |profile: &std::sync::Arc<crate::documents::UserProfile>| {
        json!({
            "id": profile.id,
            "name": profile.name,
            "default": true,
            "_default_view": view,
            "_default_assignment_view": view,
        })
    };
    reader.snapshot.profiles.iter().map(of).collect()
}

fn section(reader: &Reader<'_>, module: &ModuleDef, section: &Section) -> Value {
    let fields: Vec<Value> = field::listed(reader, module)
        .filter(|(field, _)| is_in(field, section))
        .map(|(field, sequence)| section_field(reader, module, section, field, sequence))
        .collect();
    let is_subform = module.fields().iter().any(|field| field.subform.is_some() && is_in(field, section));
    json!({
        "id": section.id,
        "api_name": section.api_name,
        "name": section.api_name,
        "display_label": section.display_label,
        "sequence_number": section.sequence_number,
        "column_count": section.column_count,
        "tab_traversal": shapes::tab_traversal(reader.profile),
        "isSubformSection": is_subform,
        "generated_type": "default",
        "type": "used",
        "mode": "default_create",
        "properties": if is_subform { json!({"reorder_rows": false, "tooltip": null, "maximum_rows": 200, "pinned_column": null}) } else { Value::Null },
        "fields": fields,
        // Sent to take a section out of the layout; never set in one that is shown.
        "_delete": null,
    })
}

/// Fields name their section by either of its names.
fn is_in(field: &FieldDef, section: &Section) -> bool {
    field.section.as_ref().is_some_and(|name| *name == section.api_name || *name == section.display_label)
}

fn section_field(
    reader: &Reader<'_>,
    module: &ModuleDef,
    section: &Section,
    field: &FieldDef,
    sequence: u32,
) -> Value {
    let mut out = field::write(reader, module, field, sequence);
    let more = [
        ("required", json!(field.system_mandatory || field.layout_required)),
        ("validation_rule", Value::Null),
        ("default_value", json!(field.default_value)),
        ("section_id", json!(section.id)),
        ("static_values", json!([])),
        ("_delete", Value::Null),
    ];
    out.extend(more.map(|(key, value)| (key.to_owned(), value)));
    Value::Object(out)
}

/// The layouts that records get when a lead is converted, and the fields of the deal that are asked for.
fn convert_mapping(reader: &Reader<'_>, mapping: &Map<String, Value>) -> Value {
    let target = |(name, given): (&String, &Value)| {
        let module = reader.snapshot.schema.module(name)?;
        let mut layout = json!({"name": given["layout"], "id": module.layout_id});
        if let Some(fields) = given["fields"].as_array() {
            let fields = fields.iter().filter_map(|asked| {
                let field = module.field(asked["api_name"].as_str()?)?;
                Some(json!({
                    "api_name": field.api_name,
                    "field_label": field.field_label,
                    "id": field.id,
                    "required": asked["required"],
                }))
            });
            layout["fields"] = fields.collect();
        }
        Some((name.clone(), layout))
    };
    // No lead becomes a document here.
    let others = ["Invoices", "SalesOrders"].map(|name| (name.to_owned(), Value::Null));
    Value::Object(mapping.iter().filter_map(target).chain(others).collect())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{NEWEST, reader, snapshot};

    #[test]
    fn layouts_hold_their_fields_in_sections() {
        let snapshot = snapshot();
        for (module, section, field) in [
            ("Deals", "Deal Information", "Stage"),
            ("Quotes", "Quoted_Items", "Quoted_Items"),
            ("Leads", "Address Information", "City"),
        ] {
            let module = snapshot.schema.module(module).unwrap();
            let out = super::layout(&reader(&snapshot, &NEWEST), module);
            let sections = out["sections"].as_array().unwrap();
            let section = sections.iter().find(|found| found["api_name"] == section).unwrap();
            let fields = section["fields"].as_array().unwrap();
            let found = fields.iter().find(|found| found["api_name"] == field).unwrap();
            assert!(found["required"].is_boolean());
            assert_eq!(found["section_id"], section["id"]);
        }
    }

    #[test]
    fn leads_say_where_a_conversion_leads() {
        let snapshot = snapshot();
        let leads = snapshot.schema.module("Leads").unwrap();
        let deals = snapshot.schema.module("Deals").unwrap();
        let out = super::layout(&reader(&snapshot, &NEWEST), leads);
        assert_eq!(out["convert_mapping"]["Deals"]["id"], deals.layout_id.to_string());
        assert_eq!(out["convert_mapping"]["Deals"]["fields"][1]["api_name"], "Deal_Name");
        assert_eq!(out["convert_mapping"]["Deals"]["fields"][1]["required"], true);
    }
}
