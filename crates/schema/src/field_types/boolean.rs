//! `boolean`: also as the strings `"true"` and `"false"`.

use super::read::expected;
use super::{FieldType, Form, Value, ValueCx, ValueError};
use crate::cell::{Cell, Storage};
use crate::field::FieldDef;

pub(super) static BOOLEAN: FieldType = FieldType {
    key: "boolean",
    name: "boolean",
    json_type: "boolean",
    storage: Some(Storage::Bool),
    form: Form::Bool,
    ui_type: 301,
    custom_length: Some((5, 5)),
    parse,
};

fn parse<'a>(_: &FieldDef, raw: &'a str, _: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
    match raw {
        "true" | "\"true\"" => Ok(Value::Cell(Cell::Bool(true))),
        "false" | "\"false\"" => Ok(Value::Cell(Cell::Bool(false))),
        _ => Err(expected("boolean")),
    }
}
