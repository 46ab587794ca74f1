//! `picklist`: one option, by its actual or display value; the actual one is stored, the other shown. `-None-` and blanks clear.
//!
//! Values outside the list are kept, as the service does for ordinary picklists. In strict mode the
//! system-controlled ones refuse them (source: records reference, section 3.1).

use dealwright_wire::{ApiError, Code, Compat};

use super::read::{expected, text_or_scalar, within};
use super::{FieldType, Form, Value, ValueCx, ValueError};
use crate::cell::{Cell, Storage};
use crate::field::FieldDef;

/// Picklists whose options drive the system.
const CONTROLLED: [&str; 2] = ["Stage", "Pipeline"];

pub(super) static PICKLIST: FieldType = FieldType {
    key: "picklist",
    name: "picklist",
    json_type: "string",
    storage: Some(Storage::Text),
    form: Form::Text,
    ui_type: 2,
    custom_length: Some((120, 120)),
    parse,
};

fn parse<'a>(field: &FieldDef, raw: &'a str, cx: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
    let text = text_or_scalar(raw).ok_or_else(|| expected("text"))?;
    if text == "-None-" || text.trim().is_empty() {
        return Ok(Value::Cell(Cell::Null));
    }
    within(&text, field.length.unwrap_or(120))?;
    let listed = field.pick_value(&text);
    if cx.compat == Compat::Strict && is_controlled(field) && listed.is_none() {
        let supported: Vec<_> = field.pick_list_values.iter().map(|v| v.actual_value.clone()).collect();
        return Err(ApiError::new(Code::InvalidData).detail("supported_values", supported).into());
    }
    Ok(Value::Cell(match listed {
        Some(option) if option.actual_value != text => Cell::from(option.actual_value.clone()),
        _ => Cell::Text(text),
    }))
}

fn is_controlled(field: &FieldDef) -> bool {
    !field.custom_field && CONTROLLED.contains(&field.api_name.as_str())
}

impl FieldDef {
    /// A value of a system-controlled picklist that is not among its options: kept in lenient mode only.
    pub fn is_unlisted(&self, cell: &Cell<'_>) -> bool {
        let text = cell.as_text();
        is_controlled(self) && text.is_some_and(|text| self.pick_value(text).is_none())
    }
}
