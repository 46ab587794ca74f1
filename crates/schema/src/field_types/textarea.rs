//! `textarea`: text of several lines, plain or rich. Line feeds are kept. Of rich text, which is HTML, stays what is
//! safe to show.

use super::read::within;
use super::{FieldType, Form, Value, ValueCx, ValueError};
use crate::cell::{Cell, Storage};
use crate::field::FieldDef;
use crate::html;

pub(super) static TEXTAREA: FieldType = FieldType {
    key: "textarea",
    name: "textarea",
    json_type: "string",
    storage: Some(Storage::Text),
    form: Form::Text,
    ui_type: 110,
    custom_length: Some((2_000, 50_000)),
    parse,
};

fn parse<'a>(field: &FieldDef, raw: &'a str, cx: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
    let value = super::text::parse(field, raw, cx)?;
    match &value {
        Value::Cell(Cell::Text(text)) if field.is_rich_text() => {
            let clean = html::clean_html(text);
            within(&clean, field.length.unwrap_or(50_000))?;
            Ok(Value::Cell(Cell::from(clean)))
        }
        _ => Ok(value),
    }
}
