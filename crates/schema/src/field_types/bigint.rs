//! `bigint`: a whole number of at most 18 digits, shown in quotes. Record ids are of this type.

use super::read::{expected, too_long, whole};
use super::{FieldType, Form, Value, ValueCx, ValueError};
use crate::cell::{Cell, Storage};
use crate::field::FieldDef;

pub(super) static BIGINT: FieldType = FieldType {
    key: "bigint",
    name: "bigint",
    json_type: "string",
    storage: Some(Storage::Int),
    form: Form::BigInt,
    ui_type: 52,
    custom_length: Some((18, 18)),
    parse,
};

fn parse<'a>(field: &FieldDef, raw: &'a str, _: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
    let number = whole(raw).ok_or_else(|| expected("bigint"))?;
    let digits = field.length.unwrap_or(18).clamp(1, 18);
    if number.unsigned_abs() >= 10_u64.pow(digits) {
        return Err(too_long(digits));
    }
    Ok(Value::Cell(Cell::Int(number)))
}
