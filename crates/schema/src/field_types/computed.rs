//! Values that only the server makes: formulas (so far the totals of inventory documents) and record images.

use super::{FieldType, Form, Value, ValueCx, ValueError};
use crate::cell::Storage;
use crate::field::FieldDef;

pub(super) static FORMULA: FieldType = FieldType {
    key: "formula",
    name: "formula",
    json_type: "double",
    storage: Some(Storage::Int),
    form: Form::Decimal,
    ui_type: 116,
    custom_length: None,
    parse,
};

pub(super) static PROFILEIMAGE: FieldType = FieldType {
    key: "profileimage",
    name: "profileimage",
    json_type: "string",
    storage: Some(Storage::Text),
    form: Form::Text,
    ui_type: 66,
    custom_length: None,
    parse,
};

#[expect(clippy::unnecessary_wraps, reason = "one signature for all types")]
pub(super) fn parse<'a>(_: &FieldDef, _: &'a str, _: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
    Ok(Value::Ignored)
}
