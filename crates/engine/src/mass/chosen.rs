//! Which records a job is about: those of a view, of a territory, that criteria hold for, or all of these together.

use dealwright_wire::{ApiError, Code, Id};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::body::{MassBody, id};
use crate::access::Grant;
use crate::cx::Cx;
use crate::records::filter::Filter;
use crate::records::json_criteria::{self, Place};
use crate::records::narrow;
use crate::records::view::View;

/// A choice of records; stored with the job and looked up anew at each step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Chosen {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cvid: Option<Id>,
    /// The territory, and whether those below it are meant as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    territory: Option<(Id, bool)>,
    /// Trees that must all hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    criteria: Vec<Value>,
    /// They came as one tree and not as a list, which shows in the paths of errors.
    #[serde(default)]
    is_single: bool,
}

impl Chosen {
    /// Reads the choice of a body. `needs_view` when the action goes by views only.
    pub(super) fn read(body: &MassBody<'_>, needs_view: bool) -> Result<Self, ApiError> {
        let cvid = match &body.cvid {
            Some(value) => Some(id(value, "cvid", "$.cvid".to_owned()).map_err(|_| bad_view())?),
            None if needs_view || !body.has_choice() => {
                return Err(ApiError::new(Code::MandatoryNotFound)
                    .detail("expected_data_type", "bigint")
                    .field("cvid", "$.cvid".to_owned()));
            }
            None => None,
        };
        let territory = body.territory.as_ref().map(territory).transpose()?;
        let (criteria, is_single) = match body.criteria.clone() {
            None => (Vec::new(), false),
            Some(Value::Array(trees)) => (trees, false),
            Some(tree) => (vec![tree], true),
        };
        Ok(Self { cvid, territory, criteria, is_single })
    }

    /// True when both go by the same view, or by no view and the same criteria.
    pub(super) fn shares_view_with(&self, other: &Self) -> bool {
        if self.cvid.is_some() { self.cvid == other.cvid } else { self == other }
    }

    /// Narrows `filter` to the chosen records among those that the grant reaches.
    pub(super) fn narrow(&self, cx: &Cx, grant: &Grant, filter: &mut Filter) -> Result<(), ApiError> {
        let module = &grant.module;
        if let Some(cvid) = self.cvid {
            let view = View::find(cx, module, cvid).ok_or_else(bad_view)?;
            view.narrow(cx, module, filter)?;
        }
        if let Some((id, include_child)) = self.territory {
            narrow::territory(cx, module, id, include_child, filter)
                .map_err(|error| error.field("id", "$.territory.id".to_owned()))?;
        }
        for (at, tree) in self.criteria.iter().enumerate() {
            let root = if self.is_single { "$.criteria".to_owned() } else { format!("$.criteria[{at}]") };
            json_criteria::add(cx, module, tree, Place { root: &root, param: None }, filter)?;
        }
        if let Some(scope) = grant.rows("t", &mut filter.args) {
            filter.and(&scope);
        }
        Ok(())
    }
}

fn bad_view() -> ApiError {
    ApiError::new(Code::InvalidData)
        .message("the cvid given seems to be invalid")
        .detail("expected_data_type", "bigint")
        .field("cvid", "$.cvid".to_owned())
}

fn territory(value: &Value) -> Result<(Id, bool), ApiError> {
    let Some(object) = value.as_object() else {
        return Err(ApiError::new(Code::InvalidData)
            .detail("expected_data_type", "jsonobject")
            .field("territory", "$.territory".to_owned()));
    };
    let path = "$.territory.id".to_owned();
    let given = object.get("id").filter(|id| !id.is_null());
    let given = given.ok_or_else(|| ApiError::new(Code::MandatoryNotFound).field("id", path.clone()))?;
    let include_child = object.get("include_child").and_then(Value::as_bool).unwrap_or(false);
    Ok((id(given, "id", path)?, include_child))
}
