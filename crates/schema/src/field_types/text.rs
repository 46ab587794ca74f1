//! `text`: a line of text. Numbers and booleans are taken as their text, as the service tolerates.

use super::read::{expected, text_or_scalar, within};
use super::{FieldType, Form, Value, ValueCx, ValueError};
use crate::cell::{Cell, Storage};
use crate::field::FieldDef;

pub(super) static TEXT: FieldType = FieldType {
    key: "text",
    name: "text",
    json_type: "string",
    storage: Some(Storage::Text),
    form: Form::Text,
    ui_type: 1,
    custom_length: Some((255, 255)),
    parse,
};

pub(super) fn parse<'a>(field: &FieldDef, raw: &'a str, _: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
    let text = text_or_scalar(raw).ok_or_else(|| expected("text"))?;
    within(&text, field.length.unwrap_or(255))?;
    Ok(Value::Cell(Cell::Text(text)))
}
