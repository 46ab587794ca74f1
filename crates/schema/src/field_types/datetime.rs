//! `datetime`: ISO 8601; `Z`, a fraction and a missing offset (then the zone of the org) are accepted.

use dealwright_wire::Instant;

use super::read::{expected, string};
use super::{FieldType, Form, Value, ValueCx, ValueError};
use crate::cell::{Cell, Storage};
use crate::field::FieldDef;

pub(super) static DATETIME: FieldType = FieldType {
    key: "datetime",
    name: "datetime",
    json_type: "string",
    storage: Some(Storage::Instant),
    form: Form::Instant,
    ui_type: 333,
    custom_length: Some((120, 120)),
    parse,
};

pub(super) fn parse<'a>(_: &FieldDef, raw: &'a str, cx: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
    let instant = string(raw).and_then(|text| Instant::parse(&text, cx.zone));
    instant.map(|instant| Value::Cell(Cell::Instant(instant))).ok_or_else(|| expected("datetime"))
}
