//! `subform`: rows of another table that belong to the record.

use super::read::expected;
use super::{FieldType, Form, Value, ValueCx, ValueError};
use crate::field::FieldDef;

pub(super) static SUBFORM: FieldType = FieldType {
    key: "subform",
    name: "subform",
    json_type: "jsonarray",
    storage: None,
    form: Form::Subform,
    ui_type: 500,
    custom_length: Some((0, 0)),
    parse,
};

pub(super) fn parse<'a>(_: &FieldDef, raw: &'a str, _: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
    if raw.starts_with('[') { Ok(Value::Rows(raw)) } else { Err(expected("jsonarray")) }
}
