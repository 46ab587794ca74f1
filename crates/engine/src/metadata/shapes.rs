//! Values whose JSON type older clients expect to be another one, and data types that they do not know.
//!
//! Source: the models and the tables of data types in the official client libraries of each version. A client that
//! expects a number or a plain name and gets an object gives up the whole answer, so these cannot be served in the newest
//! form everywhere.

use dealwright_schema::ModuleDef;
use dealwright_wire::Profile;
use serde_json::{Value, json};

/// Forecast categories in the order that gives them their numbers in older versions; the numbers are ours.
const FORECAST_CATEGORIES: [&str; 5] = ["Pipeline", "Best Case", "Committed", "Closed", "Omitted"];

/// The first version whose clients read `{"api_name","id"}` where a module is named.
const MODULE_OBJECTS: u8 = 30;
/// The same for the field that a view is sorted by.
const SORT_OBJECTS: u8 = 40;
/// The first version that says in words how the tabulator key walks a section.
const TABULATOR_WORDS: u8 = 60;
/// The first version that names the display field of a module by an object.
const DISPLAY_OBJECTS: u8 = 80;

/// Data types that came after v2: the first version that knows them, and what older ones are told instead; `None`: older
/// versions do not list such fields.
const NEWER_TYPES: [(&str, u8, Option<&str>); 4] = [
    ("linetax", 21, None),
    // Older clients know a lookup that brings its module along as one to `se_module`.
    ("multi_module_lookup", 30, Some("lookup")),
    ("time_range", 60, None),
    // Worked out and read only, as formulas are.
    ("rollup_summary", 60, Some("formula")),
];

/// The data type as the version knows it; `None` where it does not list such fields.
pub(super) fn data_type(profile: &Profile, name: &'static str) -> Option<&'static str> {
    let newer = NEWER_TYPES.iter().find(|(newer, since, _)| *newer == name && profile.order < *since);
    newer.map_or(Some(name), |(_, _, older)| *older)
}

/// A module named inside a lookup or related list: a plain name up to v2.1.
pub(super) fn named_module(profile: &Profile, reference: Value) -> Value {
    named_since(profile, MODULE_OBJECTS, reference)
}

/// The forecast category of a stage: a number up to v2.1.
pub(super) fn forecast_category(profile: &Profile, category: &Value) -> Value {
    if profile.order >= MODULE_OBJECTS {
        return category.clone();
    }
    let name = category.get("name").and_then(Value::as_str).unwrap_or("");
    FORECAST_CATEGORIES.iter().position(|&known| known == name).map_or(Value::Null, |at| json!(at + 1))
}

/// The field that names a module's records: a plain name before v8, an object from there on.
pub(super) fn display_field(profile: &Profile, module: &ModuleDef) -> Value {
    let Some(name) = module.display_field.as_deref() else { return Value::Null };
    if profile.order < DISPLAY_OBJECTS {
        return json!(name);
    }
    let field = module.field(name);
    json!({
        "api_name": name,
        "id": field.map(|field| field.id),
        "field_label": field.map(|field| field.field_label.as_str()),
        "data_type": field.map(|field| field.data_type.name()),
    })
}

/// The field a view is sorted by: a plain name up to v3.
pub(super) fn sort_field(profile: &Profile, reference: Value) -> Value {
    named_since(profile, SORT_OBJECTS, reference)
}

fn named_since(profile: &Profile, version: u8, reference: Value) -> Value {
    if profile.order >= version {
        return reference;
    }
    reference.get("api_name").cloned().unwrap_or(Value::Null)
}

/// How the tabulator key walks a section: a number before v6.
pub(super) fn tab_traversal(profile: &Profile) -> Value {
    if profile.order >= TABULATOR_WORDS { json!("left_to_right") } else { json!(2) }
}

/// State of a layout: a number up to v2.1.
pub(super) fn layout_status(profile: &Profile) -> Value {
    if profile.order >= MODULE_OBJECTS { json!("active") } else { json!(0) }
}
