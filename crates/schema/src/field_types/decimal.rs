//! `double`, `currency`, `percent`: exact numbers with a fixed count of decimals (`docs/adr/0003-decimals.md`).
//!
//! More decimals than the field keeps are rounded half away from zero.

use super::read::{expected, numeral, too_long};
use super::{FieldType, Form, Value, ValueCx, ValueError};
use crate::cell::{Cell, Storage};
use crate::field::FieldDef;

pub(super) static DOUBLE: FieldType = FieldType {
    key: "double",
    name: "double",
    json_type: "double",
    storage: Some(Storage::Int),
    form: Form::Decimal,
    ui_type: 38,
    custom_length: Some((16, 16)),
    parse,
};

pub(super) static CURRENCY: FieldType = FieldType {
    key: "currency",
    name: "currency",
    json_type: "double",
    storage: Some(Storage::Int),
    form: Form::Decimal,
    ui_type: 36,
    custom_length: Some((16, 16)),
    parse,
};

pub(super) static PERCENT: FieldType = FieldType {
    key: "percent",
    name: "percent",
    json_type: "double",
    storage: Some(Storage::Int),
    form: Form::Decimal,
    ui_type: 34,
    custom_length: Some((5, 5)),
    parse,
};

fn parse<'a>(field: &FieldDef, raw: &'a str, _: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
    let text = numeral(raw).ok_or_else(|| expected(field.data_type.name()))?;
    let length = field.length.unwrap_or(16);
    // A number too large for the column is too long; anything else is no number at all.
    let units = dealwright_wire::decimal::parse(&text, field.scale()).ok_or_else(|| {
        if text.parse::<f64>().is_ok() { too_long(length) } else { expected(field.data_type.name()) }
    })?;
    // The digits before the point are counted, of a double those behind it too. All together have to fit 18.
    let whole = units.unsigned_abs() / 10_u64.pow(u32::from(field.scale()));
    let behind = if field.data_type.name() == "double" { decimals(units, field.scale()) } else { 0 };
    if whole >= 10_u64.pow(length.saturating_sub(behind).clamp(1, 18)) {
        return Err(too_long(length));
    }
    Ok(Value::Cell(Cell::Int(units)))
}

/// Digits behind the point, without zeros at the end.
fn decimals(units: i64, scale: u8) -> u32 {
    let mut units = units.unsigned_abs();
    let mut left = u32::from(scale);
    while left > 0 && units.is_multiple_of(10) {
        units /= 10;
        left -= 1;
    }
    left
}
