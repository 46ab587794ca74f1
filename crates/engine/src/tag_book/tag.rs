//! One tag, as records hold and show it.

use dealwright_schema::{FieldDef, ModuleDef};
use dealwright_wire::{Id, json, letters};

/// Name of the field that holds a record's tags.
pub(crate) const FIELD: &str = "Tag";

/// A tag of a module. Times are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag {
    pub id: Id,
    pub module: Id,
    pub name: String,
    pub color: Option<String>,
    pub created_by: i64,
    pub created_time: i64,
    pub modified_by: i64,
    pub modified_time: i64,
    /// When it was last put on a record.
    pub used_time: Option<i64>,
}

impl Tag {
    /// As records show it: `{"name","id","color_code"}`, in the oldest version without the colour.
    pub(crate) fn write(&self, with_color: bool, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"name\":");
        json::string(out, &self.name);
        out.extend_from_slice(b",\"id\":");
        json::quoted_int(out, self.id.get());
        if with_color {
            out.extend_from_slice(b",\"color_code\":");
            match &self.color {
                Some(color) => json::string(out, color),
                None => out.extend_from_slice(b"null"),
            }
        }
        out.push(b'}');
    }
}

/// A name as names are compared.
pub(crate) fn folded(name: &str) -> String {
    letters::fold(name).into_owned()
}

/// True for the field that holds a record's tags.
pub(crate) fn is_tags(field: &FieldDef) -> bool {
    field.api_name == FIELD && field.json_type == "jsonarray"
}

/// Position of the field that holds a record's tags; modules without it have no tags.
pub(crate) fn position(module: &ModuleDef) -> Option<usize> {
    module.field_index(FIELD).filter(|&at| is_tags(&module.fields()[at]))
}
