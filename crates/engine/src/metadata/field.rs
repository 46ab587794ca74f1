//! One field in its wire form.

use dealwright_query::formula::Limits;
use dealwright_schema::{FieldDef, ModuleDef};
use serde_json::{Map, Value, json};

use super::{Reader, lookup, object, pick_list, shapes};
use crate::records::mapping;

/// Name of line items before they became subforms.
const FLAT_LINE_ITEMS: &str = "Product_Details";

/// The fields of a module as the caller's version lists them, with their place in the module.
pub(crate) fn listed<'m>(
    reader: &'m Reader<'_>,
    module: &'m ModuleDef,
) -> impl Iterator<Item = (&'m FieldDef, u32)> {
    module.fields().iter().zip(1..).filter(move |(field, _)| is_listed(reader, field))
}

/// Whether the caller's version lists the field: what all of the metadata names fields by.
pub(super) fn is_listed(reader: &Reader<'_>, field: &FieldDef) -> bool {
    // Clients of v2 break on the id field: it was not listed then.
    let is_hidden_id = reader.profile.flat_line_items && field.api_name == "id";
    // Keys of records that begin with `$` are no fields for clients, also where they are stored like some.
    let is_key = field.api_name.starts_with('$');
    let is_known = shapes::data_type(reader.profile, field.data_type.name()).is_some();
    !is_hidden_id && !is_key && is_known && reader.snapshot.is_in_use(field)
}

/// The field of that name, where the version lists it.
pub(super) fn named<'m>(reader: &Reader<'_>, module: &'m ModuleDef, name: &str) -> Option<&'m FieldDef> {
    module.field(name).filter(|field| is_listed(reader, field))
}

/// The field object, with every key that the newest version has.
pub(crate) fn write(
    reader: &Reader<'_>,
    module: &ModuleDef,
    field: &FieldDef,
    sequence: u32,
) -> Map<String, Value> {
    let mut out = identity(reader, module, field);
    out.extend(abilities(reader, module, field));
    out.extend(structures(reader, module, field));
    out.insert("sequence_number".to_owned(), json!(sequence));
    out.extend(rare(reader, field));
    optional(reader, field, &mut out);
    out
}

/// What the field is called and what it holds.
fn identity(reader: &Reader<'_>, module: &ModuleDef, field: &FieldDef) -> Map<String, Value> {
    let said = |key: &str| field.described.get(key).cloned();
    object(json!({
        "id": field.id,
        "api_name": field.api_name,
        "field_label": field.field_label,
        "display_label": field.field_label,
        "data_type": data_type(reader, field),
        "json_type": field.json_type,
        "length": field.length,
        "decimal_place": field.decimal_place,
        "ui_type": said("ui_type").filter(Value::is_i64).unwrap_or_else(|| json!(field.data_type.get().ui_type)),
        "display_type": -1,
        "type": said("type").unwrap_or_else(|| json!("used")),
        "system_mandatory": field.system_mandatory,
        "read_only": field.read_only,
        "field_read_only": field.flag("field_read_only", false),
        "custom_field": field.custom_field,
        "visible": field.flag("visible", true),
        "virtual_field": field.flag("virtual_field", false),
        "display_field": module.display_field.as_ref() == Some(&field.api_name),
        "created_source": said("created_source").unwrap_or_else(|| json!("default")),
        "created_time": said("created_time"),
        "modified_time": said("modified_time"),
    }))
}

/// What the version calls the type. Fields whose type it does not know at all are not listed, and keep the name.
pub(super) fn data_type(reader: &Reader<'_>, field: &FieldDef) -> &'static str {
    let name = field.data_type.name();
    shapes::data_type(reader.profile, name).unwrap_or(name)
}

/// What can be done with the field, and by whom.
fn abilities(reader: &Reader<'_>, module: &ModuleDef, field: &FieldDef) -> Map<String, Value> {
    let view = field
        .described
        .get("view_type")
        .cloned()
        .unwrap_or_else(|| json!({"view": true, "edit": true, "create": true, "quick_create": false}));
    object(json!({
        "blueprint_supported": field.data_type.is_picklist(),
        "webhook": field.flag("webhook", true),
        "mass_update": field.flag("mass_update", false),
        "sortable": field.flag("sortable", true),
        "searchable": field.flag("searchable", true),
        "filterable": field.flag("filterable", true),
        "separator": field.flag("separator", false),
        "businesscard_supported": field.flag("businesscard_supported", true),
        "operation_type": operations(field, &view),
        "view_type": view,
        "profiles": profiles(reader, field),
        "customizable_properties": customizable(field),
        "layout_associations": layouts(module, field),
        "email_parser": {"fields_update_supported": true, "record_operations_supported": true},
        "hipaa_compliance": null,
        "hipaa_compliance_enabled": false,
    }))
}

/// What only some types have; empty or null for the others.
fn structures(reader: &Reader<'_>, module: &ModuleDef, field: &FieldDef) -> Map<String, Value> {
    let said = |key: &str| field.described.get(key).cloned();
    let is_multi_select = field.data_type.links_records();
    object(json!({
        "enable_colour_code": field.flag("enable_colour_code", false),
        "colour_code_enabled_by_system": false,
        "pick_list_values_sorted_lexically": field.flag("pick_list_values_sorted_lexically", false),
        "pick_list_values": pick_list::options(reader, field),
        "global_picklist": null,
        "unique": unique(field),
        "external": field.external,
        "crypt": null,
        "tooltip": said("tooltip"),
        "currency": said("currency").unwrap_or_else(|| json!({})),
        "lookup": lookup::lookup(reader, field),
        "multiselectlookup": if is_multi_select { lookup::links(reader, field) } else { json!({}) },
        "multi_module_lookup": lookup::multi_module_lookup(reader, field),
        "formula": formula(reader, field),
        "rollup_summary": rollup_summary(reader, field),
        "auto_number": field.auto_number.as_ref().map_or_else(|| json!({}), |number| json!(number)),
        "history_tracking": null,
        "convert_mapping": convert_mapping(reader, module, field),
        "association_details": null,
        "associated_module": lookup::associated_module(reader, field),
    }))
}

/// Keys that the published description of a field demands and that say little here: null stands for what the field
/// does not have, for what only requests send, and for what this server does not know.
fn rare(reader: &Reader<'_>, field: &FieldDef) -> Map<String, Value> {
    let said = |key: &str| field.described.get(key).cloned();
    let is_user_links = field.data_type.links_users();
    object(json!({
        "textarea": said("textarea"),
        "subform": null,
        "multiuserlookup": is_user_links.then(|| lookup::links(reader, field)),
        // An older name of `auto_number`.
        "autonumber": field.auto_number.as_ref().map(|number| {
            let digits = number.start_number.to_string().len();
            json!({
                "prefix": number.prefix,
                "suffix": number.suffix,
                "start_number": number.start_number,
                "starting_number_length": digits,
            })
        }),
        // An older name of `separator`.
        "number_separator": field.flag("separator", false),
        // There are no layouts of single users, and no fields whose values come with the layout.
        "available_in_user_layout": false,
        "static_field": false,
        "allowed_modules": lookup::allowed_modules(reader, field),
        "file_upolad_optionlist": [],
        "quick_sequence_number": said("quick_sequence_number"),
        "category": said("category"),
        "column_name": said("column_name"),
        "show_type": said("show_type"),
        "additional_column": null,
        "refer_from_field": null,
        "sharing_properties": null,
        "sub_module": null,
        "_update_existing_records": null,
    }))
}

/// Keys that only some fields have, and the one field that older versions call otherwise.
fn optional(reader: &Reader<'_>, field: &FieldDef, out: &mut Map<String, Value>) {
    if let Some(value) = &field.default_value {
        out.insert("default_value".to_owned(), value.clone());
    }
    if field.subform.is_some() && field.links.is_none() {
        out.insert("subform".to_owned(), lookup::associated_module(reader, field));
        if reader.profile.flat_line_items && !field.custom_field {
            for (key, value) in [
                ("api_name", json!(FLAT_LINE_ITEMS)),
                ("data_type", json!("text")),
                ("json_type", json!("jsonarray")),
                ("length", json!(2000)),
                ("associated_module", Value::Null),
            ] {
                out.insert(key.to_owned(), value);
            }
            out.shift_remove("subform");
        }
    }
}

/// Whether the name means this field: its own, or the one older versions use for line items.
pub(super) fn is_named(field: &FieldDef, name: &str) -> bool {
    field.api_name == name || (name == FLAT_LINE_ITEMS && field.subform.is_some() && !field.custom_field)
}

fn operations(field: &FieldDef, view: &Value) -> Value {
    let may = |key: &str| !field.read_only && view[key].as_bool().unwrap_or(true);
    let (create, update) = (may("create"), may("edit"));
    json!({"web_update": update, "api_create": create, "web_create": create, "api_update": update})
}

/// Permission per profile; null for callers who may not change it.
fn profiles(reader: &Reader<'_>, field: &FieldDef) -> Value {
    if !reader.is_admin {
        return Value::Null;
    }
    let permission = if field.read_only { "read_only" } else { "read_write" };
    let of = |profile: &std::sync::Arc<crate::documents::UserProfile>| json!({"permission_type": permission, "name": profile.name, "id": profile.id});
    reader.snapshot.profiles.iter().map(of).collect()
}

/// What the settings operations can change in this field.
fn customizable(field: &FieldDef) -> Vec<&'static str> {
    let mut names = vec!["tooltip"];
    if field.custom_field {
        names.push("removal");
        if !field.data_type.get().is_worked_out() {
            names.push("default_value");
        }
    }
    if field.data_type.has_options() {
        names.push("option_add");
    }
    names
}

fn layouts(module: &ModuleDef, field: &FieldDef) -> Vec<Value> {
    if field.section.is_some() { super::layouts::association(module) } else { Vec::new() }
}

/// What a formula field computes; the totals of inventory documents describe theirs, and of a rollup that older clients
/// take for a formula they learn the type.
fn formula(reader: &Reader<'_>, field: &FieldDef) -> Value {
    if let Some(summary) = &field.rollup_summary
        && data_type(reader, field) == "formula"
    {
        return json!({"return_type": summary.return_type, "expression": null});
    }
    let Some(formula) = &field.formula else {
        return field.described.get("formula").cloned().unwrap_or_else(|| json!({}));
    };
    let read = dealwright_query::formula::parse(&formula.expression, &Limits::default());
    json!({
        "return_type": formula.return_type.name(),
        "expression": formula.expression,
        "assume_default": formula.assume_default,
        "dynamic": read.is_ok_and(|expression| expression.depends_on_time()),
        "stop_compute_conditionally": false,
        "stop_compute_expression": null,
    })
}

/// What a rollup field sums up.
fn rollup_summary(reader: &Reader<'_>, field: &FieldDef) -> Value {
    let Some(summary) = &field.rollup_summary else { return json!({}) };
    let lookup =
        reader.snapshot.schema.module(&summary.module).and_then(|child| child.field(&summary.lookup));
    let parameters: Vec<Value> = summary.field.iter().map(|name| json!({"api_name": name})).collect();
    json!({
        "return_type": summary.return_type,
        "expression": {
            "function": summary.function.name(),
            "function_parameters": parameters,
            "criteria": summary.criteria,
        },
        "based_on_module": reader.module_reference(&summary.module),
        "related_list": {
            "api_name": summary.related_list,
            "id": lookup.map(|lookup| lookup::related_list_id(reader, lookup)),
        },
        "rollup_based_on": "related_list",
    })
}

/// Both spellings of the key are in use: the documents' and the client libraries'.
fn unique(field: &FieldDef) -> Value {
    match field.unique {
        None => json!({}),
        Some(unique) => json!({
            "case_sensitive": unique.case_sensitive,
            "casesensitive": unique.case_sensitive.to_string(),
        }),
    }
}

/// Where the value of a lead goes when the lead is converted.
fn convert_mapping(reader: &Reader<'_>, module: &ModuleDef, field: &FieldDef) -> Value {
    if !module.is_of_leads() {
        return json!({});
    }
    let target = |name: &str| {
        let target = reader.snapshot.schema.module(name)?;
        mapping::target_of(field, target).map(|field| field.api_name.as_str())
    };
    json!({"Contacts": target("Contacts"), "Deals": target("Deals"), "Accounts": target("Accounts")})
}
