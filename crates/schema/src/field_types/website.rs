//! `website`: kept as it was typed, no scheme is added.

use super::{FieldType, Form};
use crate::cell::Storage;

pub(super) static WEBSITE: FieldType = FieldType {
    key: "website",
    name: "website",
    json_type: "string",
    storage: Some(Storage::Text),
    form: Form::Text,
    ui_type: 21,
    custom_length: Some((450, 450)),
    parse: super::text::parse,
};
