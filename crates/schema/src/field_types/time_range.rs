//! `time_range`: parts of a day, `[{"From":"09:00","To":"17:00"}]`, each with its end after its beginning.

use serde_json::{Map, Value as Json, json};

use super::document::{entries, stored, text};
use super::read::expected;
use super::{FieldType, Form, Value, ValueCx, ValueError};
use crate::cell::Storage;
use crate::field::FieldDef;

pub(super) static TIME_RANGE: FieldType = FieldType {
    key: "time_range",
    name: "time_range",
    json_type: "jsonarray",
    storage: Some(Storage::Text),
    form: Form::Json,
    ui_type: 209,
    custom_length: None,
    parse,
};

fn parse<'a>(_: &FieldDef, raw: &'a str, _: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
    let mut kept = Vec::new();
    for (at, keys) in entries(raw)?.iter().enumerate() {
        let (from, to) = (time(keys, "From"), time(keys, "To"));
        let inside = |error: ValueError| error.below(format!("[{at}]"));
        let (from, to) = (from.map_err(inside)?, to.map_err(inside)?);
        if minutes(from) >= minutes(to) {
            return Err(expected("time").inside(format!("[{at}].To")));
        }
        kept.push(json!({"From": from, "To": to}));
    }
    stored(&Json::Array(kept))
}

fn time<'k>(keys: &'k Map<String, Json>, key: &str) -> Result<&'k str, ValueError> {
    let found = text(keys, key)?.filter(|text| minutes(text).is_some());
    found.ok_or_else(|| expected("time").inside(key.to_owned()))
}

/// Minutes since midnight of `HH:mm`.
pub(super) fn minutes(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |part: &str, most: u32| {
        let digits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        part.parse().ok().filter(|number: &u32| digits && *number <= most)
    };
    Some(number(hours, 23)? * 60 + number(minutes, 59)?)
}
