//! `website`: kept as it was typed, no scheme is added; one that is no page's is refused.

use super::read::expected;
use super::{FieldType, Form, Value, ValueCx, ValueError};
use crate::cell::{Cell, Storage};
use crate::field::FieldDef;
use crate::web_address;

pub(super) static WEBSITE: FieldType = FieldType {
    key: "website",
    name: "website",
    json_type: "string",
    storage: Some(Storage::Text),
    form: Form::Text,
    ui_type: 21,
    custom_length: Some((450, 450)),
    parse,
};

fn parse<'a>(field: &FieldDef, raw: &'a str, cx: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
    let value = super::text::parse(field, raw, cx)?;
    match &value {
        Value::Cell(Cell::Text(text)) if !web_address::is_harmless(text) => Err(expected("website")),
        _ => Ok(value),
    }
}
