//! Options of picklists in their wire form.

use dealwright_schema::FieldDef;
use dealwright_schema::field::PickValue;
use serde_json::{Map, Value, json};

use super::{Reader, shapes};
use crate::taxes;

/// The options of a field, in order.
pub(super) fn options(reader: &Reader<'_>, field: &FieldDef) -> Vec<Value> {
    let numbered = field.pick_list_values.iter().zip(1_u32..);
    numbered.map(|(value, sequence)| Value::Object(option(reader, value, sequence))).collect()
}

/// One option; what the catalogue or a client said beyond the usual keys comes after them.
pub(super) fn option(reader: &Reader<'_>, value: &PickValue, sequence: u32) -> Map<String, Value> {
    let mut out = Map::new();
    out.insert("id".to_owned(), json!(value.id));
    out.insert("display_value".to_owned(), json!(value.display_value));
    out.insert("actual_value".to_owned(), json!(value.actual_value));
    out.insert("reference_value".to_owned(), json!(value.actual_value));
    out.insert("sequence_number".to_owned(), json!(sequence));
    out.insert("type".to_owned(), json!("used"));
    out.insert("colour_code".to_owned(), Value::Null);
    // What else is known of a tax stands in the list of taxes.
    for (key, more) in
        value.more.iter().filter(|(key, _)| ![taxes::RATE, taxes::LABEL].contains(&key.as_str()))
    {
        let shown = match key.as_str() {
            "forecast_category" => shapes::forecast_category(reader.profile, more),
            _ => more.clone(),
        };
        out.insert(key.clone(), shown);
    }
    out
}
