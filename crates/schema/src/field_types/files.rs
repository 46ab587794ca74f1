//! `fileupload`, `imageupload`: files that were uploaded before, and are named by what the upload answered.
//!
//! The column holds the rows as JSON text of the engine's own; every version shows them in another form.

use super::read::expected;
use super::{FieldType, Form, Value, ValueCx, ValueError};
use crate::cell::Storage;
use crate::field::FieldDef;

/// `length` is the number of files. Source: metadata reference, section 2.
pub(super) static FILEUPLOAD: FieldType = upload("fileupload", 555, 5);

pub(super) static IMAGEUPLOAD: FieldType = upload("imageupload", 556, 10);

const fn upload(name: &'static str, ui_type: i64, most: u32) -> FieldType {
    FieldType {
        key: name,
        name,
        json_type: "jsonarray",
        storage: Some(Storage::Text),
        form: Form::Files,
        ui_type,
        custom_length: Some((most, most)),
        parse,
    }
}

fn parse<'a>(_: &FieldDef, raw: &'a str, _: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
    if raw.starts_with('[') { Ok(Value::Files(raw)) } else { Err(expected("jsonarray")) }
}
