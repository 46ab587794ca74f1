//! `linetax`: taxes on a line item or on a whole document, as a list of `{"id", "name", "percentage"}`.
//!
//! What is in the objects is checked where the taxes are worked out, beside the record they stand in.

use dealwright_wire::json;
use serde_json::{Map, Value as Json};

use super::read::{expected, too_long};
use super::{FieldType, Form, Value, ValueCx, ValueError};
use crate::cell::{Cell, Storage};
use crate::field::FieldDef;

/// Taxes on one thing at most.
const MOST: u32 = 20;

pub(super) static LINETAX: FieldType = FieldType {
    key: "linetax",
    name: "linetax",
    json_type: "jsonarray",
    storage: Some(Storage::Text),
    form: Form::JsonList,
    ui_type: 209,
    custom_length: None,
    parse,
};

fn parse<'a>(_: &FieldDef, raw: &'a str, _: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
    let list: Vec<Json> = serde_json::from_str(raw).map_err(|_| expected("jsonarray"))?;
    if list.len() > MOST as usize {
        return Err(too_long(MOST));
    }
    let tax = |(at, given): (usize, &'_ Json)| match given {
        Json::Object(tax) => Ok(tax.clone()),
        _ => Err(expected("jsonobject").inside(format!("[{at}]"))),
    };
    let taxes: Vec<Map<String, Json>> = list.iter().enumerate().map(tax).collect::<Result<_, _>>()?;
    let mut text = Vec::with_capacity(raw.len());
    json::value(&mut text, &taxes);
    Ok(Value::Cell(Cell::from(String::from_utf8(text).map_err(|_| expected("jsonarray"))?)))
}
