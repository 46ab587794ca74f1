//! `multiselectpicklist`: options in an array; a single string is one option. Stored as JSON text.

use super::read::{expected, string, within};
use super::{FieldType, Form, Value, ValueCx, ValueError};
use crate::cell::{Cell, Storage};
use crate::field::FieldDef;

pub(super) static MULTISELECTPICKLIST: FieldType = FieldType {
    key: "multiselectpicklist",
    name: "multiselectpicklist",
    json_type: "jsonarray",
    storage: Some(Storage::Text),
    form: Form::Json,
    ui_type: 100,
    custom_length: Some((1_000, 1_000)),
    parse,
};

fn parse<'a>(_: &FieldDef, raw: &'a str, _: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
    let options: Vec<String> = match string(raw) {
        Some(one) => vec![one.into_owned()],
        None => serde_json::from_str(raw).map_err(|_| expected("jsonarray"))?,
    };
    let mut kept: Vec<String> = Vec::with_capacity(options.len());
    for option in options {
        within(&option, 120)?;
        if option != "-None-" && !kept.contains(&option) {
            kept.push(option);
        }
    }
    if kept.is_empty() {
        return Ok(Value::Cell(Cell::Null));
    }
    let mut text = Vec::new();
    dealwright_wire::json::value(&mut text, &kept);
    Ok(Value::Cell(Cell::from(String::from_utf8(text).map_err(|_| expected("jsonarray"))?)))
}
