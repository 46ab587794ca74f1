//! `layout`: the layout a record uses, by id.

use super::read::expected;
use super::{By, FieldType, Form, Value, ValueCx, ValueError};
use crate::cell::{Cell, Storage};
use crate::field::FieldDef;

pub(super) static LAYOUT: FieldType = FieldType {
    key: "layout",
    name: "layout",
    json_type: "jsonobject",
    storage: Some(Storage::Int),
    form: Form::Layout,
    ui_type: 208,
    custom_length: None,
    parse,
};

fn parse<'a>(_: &FieldDef, raw: &'a str, _: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
    match super::lookup::reference(raw)?.by {
        By::Id(id) => Ok(Value::Cell(Cell::Int(id.get()))),
        By::Name(_) | By::Email(_) => Err(expected("jsonobject")),
    }
}
