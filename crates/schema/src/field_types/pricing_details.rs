//! Price ranges of a price book: `[{"from_range":1,"to_range":5,"discount":2.1,"id":"…"}]`. The server gives the ids.

use dealwright_wire::{ApiError, Code};
use serde_json::{Map, Value as Json};

use super::document::{entries, stored};
use super::read::expected;
use super::{FieldType, Form, Value, ValueCx, ValueError};
use crate::cell::Storage;
use crate::field::FieldDef;

/// Numbers of a range; each is needed.
const NUMBERS: [&str; 3] = ["from_range", "to_range", "discount"];

pub(super) static PRICING_DETAILS: FieldType = FieldType {
    key: "pricing_details",
    name: "text",
    json_type: "jsonarray",
    storage: Some(Storage::Text),
    form: Form::JsonList,
    ui_type: 209,
    custom_length: None,
    parse,
};

fn parse<'a>(_: &FieldDef, raw: &'a str, _: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
    let mut kept = Vec::new();
    for (at, keys) in entries(raw)?.iter().enumerate() {
        kept.push(range(keys).map_err(|error| error.below(format!("[{at}]")))?);
    }
    stored(&Json::Array(kept))
}

fn range(keys: &Map<String, Json>) -> Result<Json, ValueError> {
    let mut kept = Map::new();
    for key in NUMBERS {
        let number = match keys.get(key) {
            None | Some(Json::Null) => {
                return Err(ValueError::from(ApiError::new(Code::MandatoryNotFound)).inside(key.to_owned()));
            }
            Some(Json::Number(number)) => number.as_f64(),
            Some(Json::String(text)) => text.trim().parse().ok(),
            Some(_) => None,
        };
        let number = number.filter(|number: &f64| number.is_finite() && *number >= 0.0 && *number < 1e16);
        let number = number.ok_or_else(|| expected("double").inside(key.to_owned()))?;
        // Whole numbers stay whole.
        let shown = if number.fract() == 0.0 { Json::from(number as i64) } else { Json::from(number) };
        kept.insert(key.to_owned(), shown);
    }
    if kept["from_range"].as_f64() > kept["to_range"].as_f64() {
        let error = ApiError::new(Code::InvalidData).message("to_range lies below from_range");
        return Err(ValueError::from(error).inside("to_range".to_owned()));
    }
    if let Some(id) = keys.get("id").filter(|id| !id.is_null()) {
        kept.insert("id".to_owned(), id.clone());
    }
    Ok(Json::Object(kept))
}
