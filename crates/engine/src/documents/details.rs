//! The org itself.

use dealwright_wire::Id;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The org itself, in its wire form: the keys of `GET /org` that can be set.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OrgDetails {
    pub id: Id,
    pub zgid: Id,
    pub company_name: String,
    pub time_zone: String,
    pub currency_name: String,
    pub currency_symbol: String,
    pub currency_code: String,
    pub created_time: i64,
    /// Further keys clients may have set.
    #[serde(default)]
    pub more: Map<String, Value>,
}
