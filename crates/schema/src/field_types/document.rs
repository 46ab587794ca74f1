//! Values that are small JSON documents: taken apart entry by entry, and stored as compact JSON text.

use dealwright_wire::json;
use serde_json::{Map, Value as Json};

use super::read::{expected, too_long};
use super::{Value, ValueError};
use crate::cell::Cell;

/// Bytes of JSON that one such value may hold.
const LARGEST: u32 = 32_000;

/// The entries of a list of objects.
pub(super) fn entries(raw: &str) -> Result<Vec<Map<String, Json>>, ValueError> {
    let list: Vec<Json> = serde_json::from_str(raw).map_err(|_| expected("jsonarray"))?;
    let entry = |(at, one): (usize, Json)| match one {
        Json::Object(keys) => Ok(keys),
        _ => Err(expected("jsonobject").inside(format!("[{at}]"))),
    };
    list.into_iter().enumerate().map(entry).collect()
}

/// An object.
pub(super) fn object(raw: &str) -> Result<Map<String, Json>, ValueError> {
    serde_json::from_str(raw).map_err(|_| expected("jsonobject"))
}

/// The text under a key; null counts as absent.
pub(super) fn text<'k>(keys: &'k Map<String, Json>, key: &str) -> Result<Option<&'k str>, ValueError> {
    match keys.get(key) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) if !text.contains('\0') => Ok(Some(text)),
        Some(_) => Err(expected("text").inside(key.to_owned())),
    }
}

/// The cell for a document; an empty list is nothing.
pub(super) fn stored(document: &Json) -> Result<Value<'static>, ValueError> {
    if document.as_array().is_some_and(Vec::is_empty) {
        return Ok(Value::Cell(Cell::Null));
    }
    let mut text = Vec::new();
    json::value(&mut text, document);
    if text.len() > LARGEST as usize {
        return Err(too_long(LARGEST));
    }
    Ok(Value::Cell(Cell::from(String::from_utf8(text).map_err(|_| expected("jsonobject"))?)))
}

/// A whole number, also as a string of digits.
pub(super) fn whole(value: &Json) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}
