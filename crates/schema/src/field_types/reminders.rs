//! `multireminder` and `event_reminder`: how long before an event people are reminded, or when.
//!
//! `[{"unit":15,"period":"minutes"}]`, for events of whole days with the `time` of the day; the single point in time
//! of older orgs is taken too.

use dealwright_wire::{ApiError, Code, Instant};
use serde_json::{Map, Value as Json};

use super::document::{entries, stored, text, whole};
use super::read::{expected, string};
use super::{FieldType, Form, Value, ValueCx, ValueError};
use crate::cell::Storage;
use crate::field::FieldDef;

const PERIODS: [&str; 4] = ["minutes", "hours", "days", "weeks"];

pub(super) static MULTIREMINDER: FieldType = FieldType {
    key: "multireminder",
    name: "multireminder",
    json_type: "jsonarray",
    storage: Some(Storage::Text),
    form: Form::Reminders,
    ui_type: 209,
    custom_length: None,
    parse,
};

pub(super) static EVENT_REMINDER: FieldType = FieldType {
    key: "event_reminder",
    name: "event_reminder",
    json_type: "string",
    storage: Some(Storage::Instant),
    form: Form::Instant,
    ui_type: 209,
    custom_length: None,
    parse: super::datetime::parse,
};

fn parse<'a>(_: &FieldDef, raw: &'a str, cx: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
    if raw.starts_with('"') {
        let instant = string(raw).and_then(|text| Instant::parse(&text, cx.zone));
        let instant = instant.ok_or_else(|| expected("jsonarray"))?;
        return stored(&Json::String(instant.text(cx.zone)));
    }
    let mut kept = Vec::new();
    for (at, keys) in entries(raw)?.iter().enumerate() {
        kept.push(reminder(keys).map_err(|error| error.below(format!("[{at}]")))?);
    }
    stored(&Json::Array(kept))
}

fn reminder(keys: &Map<String, Json>) -> Result<Json, ValueError> {
    let period = text(keys, "period")?.filter(|period| PERIODS.contains(period)).ok_or_else(|| {
        let error = ApiError::new(Code::InvalidData).detail("supported_values", PERIODS.to_vec());
        ValueError::from(error).inside("period".to_owned())
    })?;
    let unit = keys.get("unit").and_then(whole).filter(|unit| (0..10_000).contains(unit));
    let unit = unit.ok_or_else(|| expected("integer").inside("unit".to_owned()))?;
    let mut kept = Map::new();
    kept.insert("unit".to_owned(), unit.into());
    kept.insert("period".to_owned(), period.into());
    if let Some(time) = text(keys, "time")? {
        if super::time_range::minutes(time).is_none() {
            return Err(expected("time").inside("time".to_owned()));
        }
        kept.insert("time".to_owned(), time.into());
    }
    Ok(Json::Object(kept))
}
