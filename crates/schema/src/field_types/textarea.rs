//! `textarea`: text of several lines, plain or rich. Line feeds are kept.

use super::{FieldType, Form};
use crate::cell::Storage;

pub(super) static TEXTAREA: FieldType = FieldType {
    key: "textarea",
    name: "textarea",
    json_type: "string",
    storage: Some(Storage::Text),
    form: Form::Text,
    ui_type: 110,
    custom_length: Some((2_000, 50_000)),
    parse: super::text::parse,
};
