//! What fields say about the modules they point to.

use dealwright_schema::{FieldDef, ModuleDef};
use serde_json::{Value, json};

use super::{Reader, field, shapes};

/// `lookup` of a field; empty for fields that point nowhere.
///
/// `se_module` stays the name of the target where the value brings its module along: clients know the word and
/// do not ask for such a module's fields.
pub(super) fn lookup(reader: &Reader<'_>, field: &FieldDef) -> Value {
    let (target, api_name, display_label) = match &field.lookup {
        Some(lookup) => (lookup.module.as_str(), &lookup.api_name, &lookup.display_label),
        None if is_any_for_older(reader, field) => ("se_module", &None, &None),
        None => return json!({}),
    };
    let module = reader.module_reference(target);
    json!({
        "id": related_list_id(reader, field),
        "api_name": api_name,
        "display_label": display_label,
        "module": shapes::named_module(reader.profile, module),
        "query_details": {},
        "revalidate_filter_during_edit": false,
        "show_fields": [],
    })
}

/// A `multi_module_lookup` for clients that know lookups only.
fn is_any_for_older(reader: &Reader<'_>, field: &FieldDef) -> bool {
    field.data_type.is_multi_module_lookup() && field::data_type(reader, field) == "lookup"
}

/// The related list on the target that shows the records of this lookup, by id: one of the standard lists, or
/// the one that comes with the field and has its id.
pub(super) fn related_list_id(reader: &Reader<'_>, field: &FieldDef) -> Value {
    let standard = || {
        let lookup = field.lookup.as_ref()?;
        let target = reader.snapshot.schema.module(&lookup.module)?;
        let name = lookup.api_name.as_deref()?;
        let lists = target.described.get("related_lists")?.as_array()?;
        lists.iter().find(|list| list["api_name"] == name)?.get("id").cloned()
    };
    standard().unwrap_or_else(|| json!(field.id))
}

/// `multi_module_lookup` of a field; empty for other types.
pub(super) fn multi_module_lookup(reader: &Reader<'_>, field: &FieldDef) -> Value {
    if field::data_type(reader, field) != "multi_module_lookup" {
        return json!({});
    }
    let modules = allowed_modules(reader, field);
    json!({"api_name": field.api_name, "display_label": field.field_label, "modules": modules})
}

/// The modules whose records a `multi_module_lookup` can name; none for other types.
pub(super) fn allowed_modules(reader: &Reader<'_>, field: &FieldDef) -> Vec<Value> {
    if field::data_type(reader, field) != "multi_module_lookup" {
        return Vec::new();
    }
    let targets = reader.snapshot.schema.modules().iter().filter(|module| is_target(module));
    targets.map(|module| json!({"api_name": module.api_name, "id": module.id})).collect()
}

fn is_target(module: &ModuleDef) -> bool {
    module.has_records() && module.flag("lookupable")
}

/// `multiselectlookup` or `multiuserlookup` of a field: the module of its links, what they link and by which fields.
/// Empty for other types. The names of both generations of clients are there.
pub(super) fn links(reader: &Reader<'_>, field: &FieldDef) -> Value {
    let Some((links, rows)) = field.links.as_ref().zip(field.subform.as_deref()) else { return json!({}) };
    let connected = links.module.as_deref().unwrap_or("Users");
    let rows_module = reader.snapshot.schema.module(rows);
    let described = |name: &str| {
        let module = reader.snapshot.schema.module(name);
        json!({
            "api_name": name,
            "id": module.map(|module| module.id),
            "plural_label": module.map(|module| module.text("plural_label")),
            "visibility": module.and_then(|module| module.described.get("visibility").cloned()),
        })
    };
    let lookup = |name: &str| {
        let found = rows_module.and_then(|module| module.field(name));
        json!({
            "api_name": name,
            "id": found.map(|found| found.id),
            "field_label": found.map(|found| found.field_label.as_str()),
        })
    };
    json!({
        "id": field.id,
        "api_name": field.api_name,
        "display_label": links.display_label,
        "linking_module": reader.module_reference(rows),
        "lookup_apiname": links.own,
        "connected_module": reader.module_reference(connected),
        "connectedfield_apiname": links.connected,
        "connectedlookup_apiname": links.connected,
        "record_access": false,
        "linking_details": {
            "module": described(rows),
            "lookup_field": lookup(&links.own),
            "connected_lookup_field": lookup(&links.connected),
        },
        "connected_details": {"module": described(connected), "field": lookup(&links.connected), "layouts": []},
        "related_list": {"id": field.id, "api_name": field.api_name, "display_label": links.display_label},
    })
}

/// Module that came with a subform, or with a field of files: `{"module","api_name","id"}`, or null.
pub(super) fn associated_module(reader: &Reader<'_>, field: &FieldDef) -> Value {
    let Some(rows) = field.associated_module().filter(|_| field.links.is_none()) else { return Value::Null };
    json!({"module": rows, "api_name": rows, "id": reader.snapshot.schema.module(rows).map(|module| module.id)})
}
