//! `date`: `yyyy-MM-dd` and nothing else.

use super::read::{expected, string};
use super::{FieldType, Form, Value, ValueCx, ValueError};
use crate::cell::{Cell, Storage};
use crate::field::FieldDef;

pub(super) static DATE: FieldType = FieldType {
    key: "date",
    name: "date",
    json_type: "string",
    storage: Some(Storage::Date),
    form: Form::Date,
    ui_type: 24,
    custom_length: Some((20, 20)),
    parse,
};

fn parse<'a>(_: &FieldDef, raw: &'a str, _: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
    let date = string(raw).and_then(|text| dealwright_wire::time::parse_date(&text));
    date.map(|date| Value::Cell(Cell::Date(date))).ok_or_else(|| expected("date"))
}
