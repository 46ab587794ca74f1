//! Values that only the server makes: formulas, rollups of related records, record images.
//!
//! Formulas and rollups come in a variant for each kind of value, which is stored and shown like a plain field of
//! that kind, so that it can be searched and sorted.

use super::{FieldType, Form, Value, ValueCx, ValueError};
use crate::cell::Storage;
use crate::field::FieldDef;

macro_rules! computed {
    ($($name:ident $key:literal $wire:literal $json:literal $storage:ident $form:ident $ui:literal $length:expr;)*) => {
        $(pub(super) static $name: FieldType = FieldType {
            key: $key,
            name: $wire,
            json_type: $json,
            storage: Some(Storage::$storage),
            form: Form::$form,
            ui_type: $ui,
            custom_length: $length,
            parse,
        };)*
    };
}

computed! {
    FORMULA "formula" "formula" "double" Int Decimal 116 Some((16, 16));
    FORMULA_TEXT "formula:text" "formula" "string" Text Text 116 Some((255, 255));
    FORMULA_DATE "formula:date" "formula" "string" Date Date 116 Some((20, 20));
    FORMULA_DATETIME "formula:datetime" "formula" "string" Instant Instant 116 Some((120, 120));
    FORMULA_BOOLEAN "formula:boolean" "formula" "boolean" Bool Bool 116 Some((5, 5));
    ROLLUP_SUMMARY "rollup_summary" "rollup_summary" "double" Int Decimal 118 Some((16, 16));
    ROLLUP_SUMMARY_INTEGER "rollup_summary:integer" "rollup_summary" "integer" Int Int 118 Some((9, 9));
    ROLLUP_SUMMARY_DATE "rollup_summary:date" "rollup_summary" "string" Date Date 118 Some((20, 20));
    ROLLUP_SUMMARY_DATETIME "rollup_summary:datetime" "rollup_summary" "string" Instant Instant 118 Some((120, 120));
    PROFILEIMAGE "profileimage" "profileimage" "string" Text Text 66 None;
}

#[expect(clippy::unnecessary_wraps, reason = "one signature for all types")]
pub(super) fn parse<'a>(_: &FieldDef, _: &'a str, _: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
    Ok(Value::Ignored)
}
