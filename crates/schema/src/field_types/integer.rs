//! `integer`: a whole number of at most nine digits.

use super::read::{expected, too_long, whole};
use super::{FieldType, Form, Value, ValueCx, ValueError};
use crate::cell::{Cell, Storage};
use crate::field::FieldDef;

pub(super) static INTEGER: FieldType = FieldType {
    key: "integer",
    name: "integer",
    json_type: "integer",
    storage: Some(Storage::Int),
    form: Form::Int,
    ui_type: 32,
    custom_length: Some((9, 9)),
    parse,
};

fn parse<'a>(field: &FieldDef, raw: &'a str, _: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
    let number = whole(raw).ok_or_else(|| expected("integer"))?;
    let digits = field.length.unwrap_or(9).clamp(1, 9);
    if number.unsigned_abs() >= 10_u64.pow(digits) {
        return Err(too_long(digits));
    }
    Ok(Value::Cell(Cell::Int(number)))
}
