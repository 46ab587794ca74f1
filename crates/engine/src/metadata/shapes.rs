//! Values whose JSON type older clients expect to be another one.
//!
//! Source: the models of the official client libraries per version. A client that expects a number or a plain
//! name and gets an object gives up the whole answer, so these cannot be served in the newest form everywhere.

use dealwright_wire::Profile;
use serde_json::{Value, json};

/// Forecast categories in the order that gives them their numbers in older versions; the numbers are ours.
const FORECAST_CATEGORIES: [&str; 5] = ["Pipeline", "Best Case", "Committed", "Closed", "Omitted"];

/// The first version whose clients read `{"api_name","id"}` where a module is named.
const MODULE_OBJECTS: u8 = 30;

/// A module named inside a lookup or related list: a plain name up to v2.1.
pub(super) fn named_module(profile: &Profile, reference: Value) -> Value {
    if profile.order >= MODULE_OBJECTS {
        return reference;
    }
    reference.get("api_name").cloned().unwrap_or(Value::Null)
}

/// The forecast category of a stage: a number up to v2.1.
pub(super) fn forecast_category(profile: &Profile, category: &Value) -> Value {
    if profile.order >= MODULE_OBJECTS {
        return category.clone();
    }
    let name = category.get("name").and_then(Value::as_str).unwrap_or("");
    FORECAST_CATEGORIES.iter().position(|&known| known == name).map_or(Value::Null, |at| json!(at + 1))
}

/// The field a view is sorted by: a plain name up to v2.1.
pub(super) fn sort_field(profile: &Profile, reference: Value) -> Value {
    named_module(profile, reference)
}

/// How the tabulator key walks a section: a number before v8.
pub(super) fn tab_traversal(profile: &Profile) -> Value {
    if profile.order >= 80 { json!("left_to_right") } else { json!(2) }
}

/// State of a layout: a number up to v2.1.
pub(super) fn layout_status(profile: &Profile) -> Value {
    if profile.order >= MODULE_OBJECTS { json!("active") } else { json!(0) }
}
