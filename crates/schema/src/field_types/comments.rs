//! Comments of cases and solutions. A text that is sent becomes one more comment; the list, as clients read it, is
//! passed over when it is sent back.

use serde_json::json;

use super::document::stored;
use super::read::{expected, string, within};
use super::{FieldType, Form, Value, ValueCx, ValueError};
use crate::cell::Storage;
use crate::field::FieldDef;

/// Characters of one comment.
const LONGEST: u32 = 32_000;

pub(super) static COMMENTS: FieldType = FieldType {
    key: "comments",
    name: "text",
    json_type: "jsonarray",
    storage: Some(Storage::Text),
    form: Form::JsonList,
    ui_type: 209,
    custom_length: None,
    parse,
};

fn parse<'a>(_: &FieldDef, raw: &'a str, _: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
    if raw.starts_with('[') {
        return Ok(Value::Ignored);
    }
    let text = string(raw).ok_or_else(|| expected("text"))?;
    within(&text, LONGEST)?;
    // Two bytes for each character of the longest comment would not fit the bound of documents.
    stored(&json!([{ "comment_content": text }])).map_err(|_| super::read::too_long(LONGEST / 2))
}
