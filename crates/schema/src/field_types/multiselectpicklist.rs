//! `multiselectpicklist`: options in an array. Stored as JSON text, by their actual values; at most a hundred.
//!
//! A text is no array and refused, as the service does; in lenient mode it is an option, or several behind semicolons,
//! as spreadsheets and forms join them.

use dealwright_wire::Compat;

use super::read::{expected, string, too_long, within};
use super::{FieldType, Form, Value, ValueCx, ValueError};
use crate::cell::{Cell, Storage};
use crate::field::FieldDef;

pub(super) static MULTISELECTPICKLIST: FieldType = FieldType {
    key: "multiselectpicklist",
    name: "multiselectpicklist",
    json_type: "jsonarray",
    storage: Some(Storage::Text),
    form: Form::Json,
    ui_type: 100,
    custom_length: Some((1_000, 1_000)),
    parse,
};

/// Options of one value. Source: records reference, section 3.1.
const MOST: usize = 100;

fn parse<'a>(field: &FieldDef, raw: &'a str, cx: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
    let options: Vec<Option<String>> = match string(raw) {
        Some(_) if cx.compat == Compat::Strict => return Err(expected("jsonarray")),
        Some(one) if field.pick_value(&one).is_some() => vec![Some(one.into_owned())],
        Some(several) => several.split(';').map(|one| Some(one.trim().to_owned())).collect(),
        None => serde_json::from_str(raw).map_err(|_| expected("jsonarray"))?,
    };
    let mut kept: Vec<String> = Vec::with_capacity(options.len());
    for option in options.into_iter().flatten().filter(|option| !option.trim().is_empty()) {
        within(&option, 120)?;
        let actual = field.pick_value(&option).map(|listed| listed.actual_value.clone());
        let option = actual.unwrap_or(option);
        if option != "-None-" && !kept.contains(&option) {
            kept.push(option);
        }
    }
    if kept.len() > MOST {
        return Err(too_long(MOST as u32));
    }
    if kept.is_empty() {
        return Ok(Value::Cell(Cell::Null));
    }
    let mut text = Vec::new();
    dealwright_wire::json::value(&mut text, &kept);
    Ok(Value::Cell(Cell::from(String::from_utf8(text).map_err(|_| expected("jsonarray"))?)))
}
