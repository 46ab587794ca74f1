//! Types whose value is a small JSON document: stored as compact JSON text and shown as it is.

use dealwright_wire::json;

use super::read::{expected, too_long};
use super::{FieldType, Form, Value, ValueCx, ValueError};
use crate::cell::{Cell, Storage};
use crate::field::FieldDef;

/// Bytes of JSON that one such value may hold.
const LARGEST: u32 = 32_000;

macro_rules! structured {
    ($($name:ident $key:literal $wire:literal $json:literal $form:ident $ui:literal $parse:path;)*) => {
        $(pub(super) static $name: FieldType = FieldType {
            key: $key,
            name: $wire,
            json_type: $json,
            storage: Some(Storage::Text),
            form: Form::$form,
            ui_type: $ui,
            custom_length: None,
            parse: $parse,
        };)*
    };
}

structured! {
    TEXT_LIST "text[]" "text" "jsonarray" JsonList 209 list;
    BIGINT_LIST "bigint[]" "bigint" "jsonarray" JsonList 209 list;
    DATE_LIST "date[]" "date" "jsonarray" Json 209 list;
    LINETAX "linetax" "linetax" "jsonarray" JsonList 209 list;
    MULTIREMINDER "multireminder" "multireminder" "jsonarray" Json 209 reminder;
    MULTIUSERLOOKUP "multiuserlookup" "multiuserlookup" "jsonarray" Json 445 list;
    TIME_RANGE "time_range" "time_range" "jsonarray" Json 209 list;
    RRULE "RRULE" "RRULE" "jsonobject" Json 209 object;
    ALARM "ALARM" "ALARM" "jsonobject" Json 209 object;
    TERRITORIES "territories" "territories" "jsonarray" Json 999 super::computed::parse;
}

fn list<'a>(_: &FieldDef, raw: &'a str, _: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
    if raw.starts_with('[') { compact(raw) } else { Err(expected("jsonarray")) }
}

fn object<'a>(_: &FieldDef, raw: &'a str, _: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
    if raw.starts_with('{') { compact(raw) } else { Err(expected("jsonobject")) }
}

/// Reminders come as a list; a datetime string, as older orgs have it, is kept too.
fn reminder<'a>(field: &FieldDef, raw: &'a str, cx: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
    if raw.starts_with('"') { compact(raw) } else { list(field, raw, cx) }
}

fn compact(raw: &str) -> Result<Value<'_>, ValueError> {
    let value: serde_json::Value = serde_json::from_str(raw).map_err(|_| expected("jsonarray"))?;
    if value.as_array().is_some_and(Vec::is_empty) {
        return Ok(Value::Cell(Cell::Null));
    }
    let mut text = Vec::with_capacity(raw.len());
    json::value(&mut text, &value);
    if text.len() > LARGEST as usize {
        return Err(too_long(LARGEST));
    }
    Ok(Value::Cell(Cell::from(String::from_utf8(text).map_err(|_| expected("jsonarray"))?)))
}
