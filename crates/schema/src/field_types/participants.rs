//! Participants of an event: users, contacts, leads and bare e-mail addresses, at most fifty.
//!
//! What is stored after reading is `{"type","participant"}`; the engine finds the people and adds their names.

use dealwright_wire::{ApiError, Code, Id};
use serde_json::{Value as Json, json};

use super::document::{entries, stored, text};
use super::read::expected;
use super::{FieldType, Form, Value, ValueCx, ValueError};
use crate::cell::Storage;
use crate::field::FieldDef;

/// Source: records reference, section 3.1.
const MOST: usize = 50;
const TYPES: [&str; 4] = ["user", "contact", "lead", "email"];

pub(super) static PARTICIPANTS: FieldType = FieldType {
    key: "participants",
    name: "bigint",
    json_type: "jsonarray",
    storage: Some(Storage::Text),
    form: Form::JsonList,
    ui_type: 209,
    custom_length: None,
    parse,
};

fn parse<'a>(_: &FieldDef, raw: &'a str, _: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
    let given = entries(raw)?;
    if given.len() > MOST {
        let message = "Only 50 participants can be added to an event.";
        return Err(ApiError::new(Code::LimitExceeded).message(message).detail("limit", MOST).into());
    }
    let mut kept: Vec<Json> = Vec::with_capacity(given.len());
    for (at, keys) in given.iter().enumerate() {
        let inside = |key: &str| format!("[{at}].{key}");
        let kind = text(keys, "type").map_err(|error| error.inside(inside("type")))?;
        let kind = kind.filter(|kind| TYPES.contains(kind)).ok_or_else(|| {
            let error = ApiError::new(Code::InvalidData).detail("supported_values", TYPES.to_vec());
            ValueError::from(error).inside(inside("type"))
        })?;
        let who = match keys.get("participant") {
            Some(Json::String(text)) => text.trim().to_owned(),
            Some(Json::Number(number)) => number.to_string(),
            _ => {
                let missing = ApiError::new(Code::MandatoryNotFound);
                return Err(ValueError::from(missing).inside(inside("participant")));
            }
        };
        let fits = if kind == "email" { super::email::is_address(&who) } else { who.parse::<Id>().is_ok() };
        if !fits {
            let wanted = if kind == "email" { "email" } else { "bigint" };
            return Err(expected(wanted).inside(inside("participant")));
        }
        let one = json!({"type": kind, "participant": who});
        if !kept.contains(&one) {
            kept.push(one);
        }
    }
    stored(&Json::Array(kept))
}
