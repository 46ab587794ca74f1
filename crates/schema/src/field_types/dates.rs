//! A list of days: `["2024-06-05"]`.

use serde_json::Value as Json;

use super::document::stored;
use super::read::expected;
use super::{FieldType, Form, Value, ValueCx, ValueError};
use crate::cell::Storage;
use crate::field::FieldDef;

pub(super) static DATE_LIST: FieldType = FieldType {
    key: "date[]",
    name: "date",
    json_type: "jsonarray",
    storage: Some(Storage::Text),
    form: Form::Json,
    ui_type: 209,
    custom_length: None,
    parse,
};

fn parse<'a>(_: &FieldDef, raw: &'a str, _: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
    let days: Vec<Json> = serde_json::from_str(raw).map_err(|_| expected("jsonarray"))?;
    let wrong =
        days.iter().position(|day| day.as_str().and_then(dealwright_wire::time::parse_date).is_none());
    if let Some(at) = wrong {
        return Err(expected("date").inside(format!("[{at}]")));
    }
    stored(&Json::Array(days))
}
