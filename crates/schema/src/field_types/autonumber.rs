//! `autonumber`: counted up by the server; what a client sends is passed over.

use super::{FieldType, Form};
use crate::cell::Storage;

pub(super) static AUTONUMBER: FieldType = FieldType {
    key: "autonumber",
    name: "autonumber",
    json_type: "string",
    storage: Some(Storage::Text),
    form: Form::Text,
    ui_type: 107,
    custom_length: Some((255, 255)),
    parse: super::computed::parse,
};
