//! `ownerlookup`, `userlookup`: a user of the org, by id or e-mail address.

use super::{FieldType, Form, Value, ValueCx, ValueError};
use crate::cell::Storage;
use crate::field::FieldDef;

pub(super) static OWNERLOOKUP: FieldType = FieldType {
    key: "ownerlookup",
    name: "ownerlookup",
    json_type: "jsonobject",
    storage: Some(Storage::Int),
    form: Form::User,
    ui_type: 8,
    custom_length: None,
    parse,
};

pub(super) static USERLOOKUP: FieldType = FieldType {
    key: "userlookup",
    name: "userlookup",
    json_type: "jsonobject",
    storage: Some(Storage::Int),
    form: Form::User,
    ui_type: 8,
    custom_length: Some((120, 120)),
    parse,
};

fn parse<'a>(_: &FieldDef, raw: &'a str, _: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
    super::lookup::reference(raw).map(Value::User)
}
