//! Taxes of a product or service: some of those the org has, which are the options of the field. Taken by id, as
//! `{"value"}` or by name alone; shown as `[{"id","value"}]`, in the oldest version by name.

use dealwright_wire::{ApiError, Code, Id};
use serde_json::Value as Json;

use super::document::stored;
use super::read::expected;
use super::{FieldType, Form, Value, ValueCx, ValueError};
use crate::cell::Storage;
use crate::field::{FieldDef, PickValue};

pub(super) static TAX: FieldType = FieldType {
    key: "tax",
    name: "multiselectpicklist",
    json_type: "jsonarray",
    storage: Some(Storage::Text),
    form: Form::Taxes,
    ui_type: 100,
    custom_length: None,
    parse,
};

fn parse<'a>(field: &FieldDef, raw: &'a str, _: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
    let given: Vec<Json> = match serde_json::from_str(raw).map_err(|_| expected("jsonarray"))? {
        Json::Array(given) => given,
        one @ Json::String(_) => vec![one],
        _ => return Err(expected("jsonarray")),
    };
    let mut kept: Vec<Json> = Vec::with_capacity(given.len());
    let is_empty = |one: &Json| one.is_null() || one.as_str().is_some_and(|name| name.trim().is_empty());
    for (at, one) in given.iter().enumerate().filter(|(_, one)| !is_empty(one)) {
        let (found, key) = option(field, one);
        let found = found.ok_or_else(|| {
            let error = ValueError::from(ApiError::new(Code::InvalidData));
            error.inside(if key.is_empty() { format!("[{at}]") } else { format!("[{at}].{key}") })
        })?;
        let name = Json::from(found.actual_value.as_str());
        if !kept.contains(&name) {
            kept.push(name);
        }
    }
    stored(&Json::Array(kept))
}

/// The tax that is meant, and the key that told.
fn option<'f>(field: &'f FieldDef, given: &Json) -> (Option<&'f PickValue>, &'static str) {
    // The rate may stand behind the name: `Vat - 12.5 %`.
    let named = |text: &str| {
        let name = text.rsplit_once(" - ").map_or(text, |(name, _)| name);
        field.pick_value(text).or_else(|| field.pick_value(name))
    };
    if let Some(id) = given.get("id").filter(|id| !id.is_null()) {
        let id: Option<Id> = serde_json::from_value(id.clone()).ok();
        return (field.pick_list_values.iter().find(|one| id.is_some() && one.id == id), "id");
    }
    match given.get("value") {
        Some(value) => (value.as_str().and_then(named), "value"),
        None => (given.as_str().and_then(named), ""),
    }
}
