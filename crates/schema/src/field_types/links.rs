//! `multiselectlookup` and `multiuserlookup`: records or users that are linked to the record. Each link is a row of a
//! module of its own, which came with the field; so the values are read and written like a subform's rows.

use super::{FieldType, Form};

pub(super) static MULTISELECTLOOKUP: FieldType = FieldType {
    key: "multiselectlookup",
    name: "multiselectlookup",
    json_type: "jsonarray",
    storage: None,
    form: Form::Subform,
    ui_type: 444,
    custom_length: Some((200, 200)),
    parse: super::subform::parse,
};

pub(super) static MULTIUSERLOOKUP: FieldType = FieldType {
    key: "multiuserlookup[]",
    name: "multiuserlookup",
    json_type: "jsonarray",
    storage: None,
    form: Form::Subform,
    ui_type: 445,
    custom_length: Some((200, 200)),
    parse: super::subform::parse,
};
