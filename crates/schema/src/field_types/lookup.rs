//! `lookup` and `multi_module_lookup`: a record of another module, by id or, where its name is known, by name.

use std::borrow::Cow;

use dealwright_wire::Id;
use serde::Deserialize;

use super::read::{expected, string, whole};
use super::{By, FieldType, Form, Reference, Value, ValueCx, ValueError};
use crate::cell::Storage;
use crate::field::FieldDef;

pub(super) static LOOKUP: FieldType = FieldType {
    key: "lookup",
    name: "lookup",
    json_type: "jsonobject",
    storage: Some(Storage::Int),
    form: Form::Lookup,
    ui_type: 133,
    custom_length: Some((120, 120)),
    parse,
};

pub(super) static MULTI_MODULE_LOOKUP: FieldType = FieldType {
    key: "multi_module_lookup",
    name: "multi_module_lookup",
    json_type: "jsonobject",
    storage: Some(Storage::Int),
    form: Form::AnyLookup,
    ui_type: 133,
    custom_length: None,
    parse,
};

/// The object form; keys not named here are passed over.
#[derive(Deserialize)]
pub(super) struct Object<'a> {
    #[serde(borrow)]
    id: Option<&'a serde_json::value::RawValue>,
    name: Option<String>,
    email: Option<String>,
    module: Option<Module>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Module {
    Object { api_name: String },
    Name(String),
}

fn parse<'a>(_: &FieldDef, raw: &'a str, _: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
    reference(raw).map(Value::Record)
}

/// `{"id"}`, `{"name"}`, `{"email"}`, an id as a string or a number.
pub(super) fn reference(raw: &str) -> Result<Reference<'_>, ValueError> {
    let bad_id = || expected("bigint").inside("id".to_owned());
    if !raw.starts_with('{') {
        let id =
            id(raw).ok_or_else(|| if raw.starts_with('[') { expected("jsonobject") } else { bad_id() })?;
        return Ok(Reference { by: By::Id(id), module: None });
    }
    let object: Object<'_> = serde_json::from_str(raw).map_err(|_| expected("jsonobject"))?;
    let module = object.module.map(|module| match module {
        Module::Object { api_name } | Module::Name(api_name) => Cow::Owned(api_name),
    });
    let by = match (object.id.filter(|id| id.get() != "null"), object.email, object.name) {
        (Some(raw), ..) => By::Id(id(raw.get()).ok_or_else(bad_id)?),
        (None, Some(email), _) => By::Email(Cow::Owned(email)),
        (None, None, Some(name)) if !name.trim().is_empty() && !name.contains('\0') => {
            By::Name(Cow::Owned(name.trim().to_owned()))
        }
        _ => return Err(expected("jsonobject")),
    };
    Ok(Reference { by, module })
}

fn id(raw: &str) -> Option<Id> {
    match string(raw) {
        Some(text) => text.trim().parse().ok(),
        None => whole(raw).and_then(Id::new),
    }
}
