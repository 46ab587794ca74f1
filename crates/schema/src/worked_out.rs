//! What the fields say whose values the server works out: formulas, and rollups of related records.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::field_types::DataType;

/// The expression of a formula field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Formula {
    /// Decided when the field is made: its column is of this type.
    pub return_type: ReturnType,
    pub expression: String,
    /// Empty numbers count as 0.
    #[serde(default)]
    pub assume_default: bool,
}

/// What a formula gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReturnType {
    Double,
    Currency,
    Text,
    Date,
    Datetime,
    Boolean,
}

impl ReturnType {
    pub const ALL: [Self; 6] =
        [Self::Double, Self::Currency, Self::Text, Self::Date, Self::Datetime, Self::Boolean];

    /// As it stands in `return_type`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Double => "double",
            Self::Currency => "currency",
            Self::Text => "text",
            Self::Date => "date",
            Self::Datetime => "datetime",
            Self::Boolean => "boolean",
        }
    }

    /// The type of the field: stored and shown like a plain field of the return type.
    pub fn data_type(self) -> DataType {
        DataType::keyed(match self {
            Self::Double | Self::Currency => "formula",
            Self::Text => "formula:text",
            Self::Date => "formula:date",
            Self::Datetime => "formula:datetime",
            Self::Boolean => "formula:boolean",
        })
    }
}

/// What a rollup field sums up: the records of a related list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollupSummary {
    pub function: RollupFunction,
    /// Module of the related records.
    pub module: String,
    /// Their lookup that points to this module's records.
    pub lookup: String,
    /// The related list by its name; its id is looked up.
    pub related_list: String,
    /// Field of theirs that the function is applied to; none for `COUNT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Only the records that fulfil it count: a criterion object of the API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criteria: Option<Value>,
    /// `integer`, `double`, `currency`, `percent`, `date` or `datetime`.
    pub return_type: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RollupFunction {
    Count,
    Sum,
    Average,
    Min,
    Max,
    /// The latest date.
    Recent,
    /// The earliest date.
    Oldest,
}

impl RollupFunction {
    pub const ALL: [Self; 7] =
        [Self::Count, Self::Sum, Self::Average, Self::Min, Self::Max, Self::Recent, Self::Oldest];

    /// As it stands in `function`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Count => "COUNT",
            Self::Sum => "SUM",
            Self::Average => "AVERAGE",
            Self::Min => "MIN",
            Self::Max => "MAX",
            Self::Recent => "RECENT",
            Self::Oldest => "OLDEST",
        }
    }
}

impl RollupSummary {
    /// The type of the field: stored and shown like a plain field of the return type.
    pub fn data_type(&self) -> DataType {
        DataType::keyed(match self.return_type.as_str() {
            "integer" => "rollup_summary:integer",
            "date" => "rollup_summary:date",
            "datetime" => "rollup_summary:datetime",
            _ => "rollup_summary",
        })
    }
}
