//! `phone`: kept as it was typed.

use super::{FieldType, Form};
use crate::cell::Storage;

pub(super) static PHONE: FieldType = FieldType {
    key: "phone",
    name: "phone",
    json_type: "string",
    storage: Some(Storage::Text),
    form: Form::Text,
    ui_type: 33,
    custom_length: Some((30, 30)),
    parse: super::text::parse,
};
