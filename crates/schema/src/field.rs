//! One field of a module.

use std::borrow::Cow;

use dealwright_wire::Id;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::field_types::DataType;
use crate::worked_out::{Formula, RollupSummary};
use crate::{html, web_address};

/// Key of the description that names the hidden module of a field of files.
pub const UPLOADS: &str = "uploads_module";

/// A field as stored in the org and as the rules need it. What only describes (ui type, view type, flags that
/// clients read and the engine does not) stands in `described`, in its wire form.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FieldDef {
    pub id: Id,
    pub api_name: String,
    pub field_label: String,
    pub data_type: DataType,
    /// JSON form when it differs from the data type's usual one (`Tag` is text in an array).
    pub json_type: String,
    pub length: Option<u32>,
    pub decimal_place: Option<u8>,
    #[serde(default)]
    pub system_mandatory: bool,
    #[serde(default)]
    pub layout_required: bool,
    #[serde(default)]
    pub read_only: bool,
    #[serde(default)]
    pub custom_field: bool,
    /// Set: no two records share a value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unique: Option<Unique>,
    /// Set: records can be addressed by this field through `X-EXTERNAL`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<External>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lookup: Option<Lookup>,
    /// Module whose rows this subform holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subform: Option<String>,
    /// Set for multi-select lookups, whose rows (see `subform`) are links.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub links: Option<Links>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_number: Option<AutoNumber>,
    /// Set: the value is computed from others of the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formula: Option<Formula>,
    /// Set: the value sums up records that point to this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollup_summary: Option<RollupSummary>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pick_list_values: Vec<PickValue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_value: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    /// Column of the module's table; `None` when nothing is stored (subforms).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    #[serde(default)]
    pub described: Map<String, Value>,
}

/// A unique field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unique {
    #[serde(default)]
    pub case_sensitive: bool,
}

/// An external id field: `user` or `org`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct External {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub show: bool,
}

/// Target of a lookup. `se_module` stands for "any module, named beside the value".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lookup {
    pub module: String,
    /// Further modules whose records are taken when the value, or `$se_module` beside it, names one of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// Related list on the target that shows the records pointing to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_label: Option<String>,
}

/// How the rows of a multi-select lookup stand between two records. Names are those of the rows' fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// Points to the record that has the lookup.
    pub own: String,
    /// Points to the record or user that is linked.
    pub connected: String,
    /// Module of the linked records; `None` for users.
    pub module: Option<String>,
    /// Related list on that module that shows the records linked to one of its own.
    pub api_name: Option<String>,
    pub display_label: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutoNumber {
    pub prefix: Option<String>,
    pub start_number: i64,
    pub suffix: Option<String>,
}

/// One option of a picklist.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PickValue {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
    pub display_value: String,
    pub actual_value: String,
    /// Further keys of some picklists: probability, forecast type, colour.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

impl FieldDef {
    /// A field of that type with nothing particular to it: neither custom nor demanded, and without a column.
    pub fn plain(id: Id, api_name: String, field_label: String, data_type: DataType) -> Self {
        Self {
            id,
            api_name,
            field_label,
            data_type,
            json_type: data_type.get().json_type.to_owned(),
            length: data_type.get().custom_length.map(|(usual, _)| usual),
            decimal_place: None,
            system_mandatory: false,
            layout_required: false,
            read_only: false,
            custom_field: false,
            unique: None,
            external: None,
            lookup: None,
            subform: None,
            links: None,
            auto_number: None,
            formula: None,
            rollup_summary: None,
            pick_list_values: Vec::new(),
            default_value: None,
            section: None,
            column: None,
            described: Map::new(),
        }
    }

    /// Module a lookup points to; `None` for other types and for those that name their module beside the value.
    pub fn lookup_module(&self) -> Option<&str> {
        self.lookup.as_ref().map(|lookup| lookup.module.as_str()).filter(|&module| module != "se_module")
    }

    /// True when the value names its module beside the id.
    pub fn is_any_module(&self) -> bool {
        self.data_type.name() == "multi_module_lookup"
            || self.lookup.as_ref().is_some_and(|lookup| lookup.module == "se_module")
    }

    /// True when records of several modules can be meant, so that the module is stored beside the id.
    pub fn has_module(&self) -> bool {
        self.is_any_module() || self.lookup.as_ref().is_some_and(|lookup| !lookup.also.is_empty())
    }

    /// Column that holds the module's id of a lookup that can point to several modules.
    pub fn module_column(&self) -> Option<String> {
        self.column.as_ref().filter(|_| self.has_module()).map(|column| format!("{column}_m"))
    }

    /// The option whose actual or display value this is.
    pub fn pick_value(&self, text: &str) -> Option<&PickValue> {
        self.pick_list_values.iter().find(|v| v.actual_value == text || v.display_value == text)
    }

    /// Module that came with the field: that of its rows, or the hidden one of its files.
    pub fn associated_module(&self) -> Option<&str> {
        self.subform.as_deref().or_else(|| self.described.get(UPLOADS)?.as_str())
    }

    /// A flag of the description, with what holds when it is not given.
    pub fn flag(&self, key: &str, otherwise: bool) -> bool {
        self.described.get(key).and_then(Value::as_bool).unwrap_or(otherwise)
    }

    /// True when the values are HTML.
    pub fn is_rich_text(&self) -> bool {
        self.described
            .get("textarea")
            .and_then(|text| text.get("type"))
            .is_some_and(|kind| kind == "rich_text")
    }

    /// A text that comes from another field as this one keeps it; `None` when it keeps no such text.
    pub fn kept<'t>(&self, text: &'t str) -> Option<Cow<'t, str>> {
        if self.is_rich_text() {
            return Some(Cow::Owned(html::clean_html(text)));
        }
        let is_fit = self.data_type.name() != "website" || web_address::is_harmless(text);
        is_fit.then_some(Cow::Borrowed(text))
    }

    /// Digits after the point that the column keeps.
    pub fn scale(&self) -> u8 {
        self.decimal_place.unwrap_or(2).min(9)
    }
}
