//! The keys that bodies of mass actions share.

use dealwright_wire::{ApiError, Code, Id};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use crate::cx::Cx;

/// Ids in one request at most. Source: "Mass update records", "Change owner".
pub(super) const IDS: usize = 500;

/// A body. Keys that an action does not know are passed over.
#[derive(Debug, Default, Deserialize)]
pub(super) struct MassBody<'a> {
    #[serde(borrow)]
    pub data: Option<&'a RawValue>,
    ids: Option<Value>,
    pub cvid: Option<Value>,
    pub territory: Option<Value>,
    pub criteria: Option<Value>,
    over_write: Option<Value>,
    owner: Option<Value>,
    notify: Option<Value>,
    pub related_modules: Option<Value>,
}

impl<'a> MassBody<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Result<Self, ApiError> {
        serde_json::from_slice(body).map_err(|_| ApiError::new(Code::InvalidData).message("body"))
    }

    pub(super) fn has_ids(&self) -> bool {
        self.ids.is_some()
    }

    /// Names a choice of records by a view, a territory or criteria.
    pub(super) fn has_choice(&self) -> bool {
        self.cvid.is_some() || self.territory.is_some() || self.criteria.is_some()
    }

    /// The named records, at least one, at most [`IDS`]; what is no id keeps its place.
    pub(super) fn ids(&self) -> Result<Vec<Result<Id, ApiError>>, ApiError> {
        let at_ids = |error: ApiError| error.field("ids", "$.ids".to_owned());
        let ids = self.ids.as_ref().ok_or_else(|| at_ids(ApiError::new(Code::MandatoryNotFound)))?;
        let Some(ids) = ids.as_array() else {
            return Err(at_ids(ApiError::new(Code::InvalidData).detail("expected_data_type", "jsonarray")));
        };
        if ids.is_empty() {
            return Err(at_ids(ApiError::new(Code::InvalidData).detail("minimum_length", 1)));
        }
        if ids.len() > IDS {
            let error = ApiError::new(Code::LimitExceeded).message("Record count exceeded");
            return Err(at_ids(error.detail("limit", IDS).detail("maximum_length", IDS)));
        }
        Ok(ids.iter().enumerate().map(|(at, value)| id(value, "ids", format!("$.ids[{at}]"))).collect())
    }

    pub(super) fn over_write(&self) -> Result<bool, ApiError> {
        flag(self.over_write.as_ref(), "over_write")
    }

    pub(super) fn notify(&self) -> Result<bool, ApiError> {
        flag(self.notify.as_ref(), "notify")
    }

    /// The user who shall own the records: one of this org, and active.
    pub(super) fn owner(&self, cx: &Cx) -> Result<Id, ApiError> {
        let missing =
            |key: &str, path: &str| ApiError::new(Code::MandatoryNotFound).field(key, path.to_owned());
        let owner = self.owner.as_ref().ok_or_else(|| missing("owner", "$.owner"))?;
        let Some(owner) = owner.as_object() else {
            return Err(ApiError::new(Code::InvalidData)
                .detail("expected_data_type", "jsonobject")
                .field("owner", "$.owner".to_owned()));
        };
        let given = owner.get("id").filter(|id| !id.is_null()).ok_or_else(|| missing("id", "$.owner.id"))?;
        let refused = |status: &str| {
            ApiError::new(Code::InvalidData)
                .message("the owner id given is invalid")
                .field("id", "$.owner.id".to_owned())
                .param("owner")
                .detail("owner_status", status)
        };
        let id = id(given, "id", "$.owner.id".to_owned())
            .map_err(|error| error.message("the owner id given is invalid").param("owner"))?;
        let user = cx.snapshot.user(id).ok_or_else(|| refused("not_crm_user"))?;
        if user.is_active { Ok(id) } else { Err(refused("inactive")) }
    }
}

/// An id as text or number.
pub(super) fn id(value: &Value, key: &str, json_path: String) -> Result<Id, ApiError> {
    Id::deserialize(value).map_err(|_| {
        ApiError::new(Code::InvalidData)
            .message("the id given seems to be invalid")
            .detail("expected_data_type", "bigint")
            .detail("id", value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            .field(key, json_path)
    })
}

fn flag(value: Option<&Value>, key: &str) -> Result<bool, ApiError> {
    match value {
        None => Ok(false),
        Some(Value::Bool(yes)) => Ok(*yes),
        Some(Value::String(text)) if text == "true" => Ok(true),
        Some(Value::String(text)) if text == "false" => Ok(false),
        Some(_) => Err(ApiError::new(Code::InvalidData)
            .detail("expected_data_type", "boolean")
            .field(key, format!("$.{key}"))),
    }
}
