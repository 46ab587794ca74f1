//! Types whose value is a small JSON document that the server only keeps: stored as compact text, shown as it is.

use super::document;
use super::read::expected;
use super::{FieldType, Form, Value, ValueCx, ValueError};
use crate::cell::Storage;
use crate::field::FieldDef;

macro_rules! structured {
    ($($name:ident $key:literal $wire:literal $json:literal $form:ident $ui:literal $parse:path;)*) => {
        $(pub(super) static $name: FieldType = FieldType {
            key: $key,
            name: $wire,
            json_type: $json,
            storage: Some(Storage::Text),
            form: Form::$form,
            ui_type: $ui,
            custom_length: None,
            parse: $parse,
        };)*
    };
}

structured! {
    TEXT_LIST "text[]" "text" "jsonarray" JsonList 209 list;
    BIGINT_LIST "bigint[]" "bigint" "jsonarray" JsonList 209 list;
    // Orgs of the first release have it so; their services' members are no rows.
    MULTIUSERLOOKUP "multiuserlookup" "multiuserlookup" "jsonarray" Json 445 list;
    TERRITORIES "territories" "territories" "jsonarray" Json 999 super::computed::parse;
}

fn list<'a>(_: &FieldDef, raw: &'a str, _: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
    if !raw.starts_with('[') {
        return Err(expected("jsonarray"));
    }
    document::stored(&serde_json::from_str(raw).map_err(|_| expected("jsonarray"))?)
}
