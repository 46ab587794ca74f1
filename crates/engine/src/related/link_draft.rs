//! One element of a body that links records: which record, and what the link shall hold.

use std::collections::HashMap;

use dealwright_schema::{Cell, ModuleDef};
use dealwright_wire::{ApiError, Code, Id, decimal, letters};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::records::linked::LinkValue;

/// Characters of a status at most.
const STATUS_LENGTH: usize = 120;

/// A link on its way in.
#[derive(Debug, Clone)]
pub(crate) struct LinkDraft {
    /// Where it stands in the body: `$.data[3]`.
    pub path: String,
    pub target: Target,
    pub value: Given,
    /// External field and its value, to be repeated in the answer.
    pub external: Option<(String, String)>,
}

/// The record to be linked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    Id(Id),
    /// By the value of the external field that the request's header names.
    External(String),
}

/// What the body says that the link holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Given {
    /// Nothing; what the link holds already is kept.
    Nothing,
    Cell(Cell<'static>),
    /// A contact role by id.
    RoleId(Id),
    /// A contact role by name.
    RoleName(String),
}

impl LinkDraft {
    /// Reads one element. `id` is the record when the path names it; `external` the field that stands for ids.
    pub(crate) fn read(
        raw: &RawValue,
        at: usize,
        id: Option<Id>,
        external: Option<&str>,
        holds: Option<LinkValue>,
    ) -> Result<Self, ApiError> {
        let path = format!("$.data[{at}]");
        let Ok(body) = serde_json::from_str::<Map<String, Value>>(raw.get()) else {
            return Err(ApiError::new(Code::InvalidData)
                .detail("expected_data_type", "jsonobject")
                .field("data", path));
        };
        let target = match (id, external) {
            (Some(id), _) => Target::Id(id),
            (None, Some(field)) => external_target(&body, field, &path)?,
            (None, None) => own_id(&body, &path)?,
        };
        let value = match holds {
            Some(holds) => given(holds, body.get(holds.api_name()), &path)?,
            None => Given::Nothing,
        };
        let external = match (&target, external) {
            (Target::External(value), Some(field)) => Some((field.to_owned(), value.clone())),
            _ => None,
        };
        Ok(Self { path, target, value, external })
    }
}

fn own_id(body: &Map<String, Value>, path: &str) -> Result<Target, ApiError> {
    let at_id = |error: ApiError| error.field("id", format!("{path}.id"));
    let id = body.get("id").filter(|id| !id.is_null());
    let id = id.ok_or_else(|| at_id(ApiError::new(Code::MandatoryNotFound)))?;
    let id = serde_json::from_value(id.clone());
    id.map(Target::Id).map_err(|_| {
        at_id(ApiError::new(Code::InvalidData).message("the id given seems to be invalid"))
            .detail("expected_data_type", "bigint")
    })
}

/// The external value stands under the field's own name, or in place of the id.
fn external_target(body: &Map<String, Value>, field: &str, path: &str) -> Result<Target, ApiError> {
    let value = body.get(field).or_else(|| body.get("id"));
    let text = match value {
        Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    text.map(Target::External)
        .ok_or_else(|| ApiError::new(Code::MandatoryNotFound).field(field, format!("{path}.{field}")))
}

fn given(holds: LinkValue, value: Option<&Value>, path: &str) -> Result<Given, ApiError> {
    let name = holds.api_name();
    let refused = |error: ApiError| error.field(name, format!("{path}.{name}"));
    let expected = |kind: &str| refused(ApiError::new(Code::InvalidData).detail("expected_data_type", kind));
    if holds.is_mandatory() && value.is_none_or(|value| value.is_null() || *value == "") {
        return Err(refused(ApiError::new(Code::MandatoryNotFound)));
    }
    let Some(value) = value else { return Ok(Given::Nothing) };
    match holds {
        LinkValue::ListPrice => {
            let text = match value {
                Value::Number(number) => number.to_string(),
                Value::String(text) => text.clone(),
                _ => return Err(expected("double")),
            };
            let price = decimal::parse(&text, LinkValue::PRICE_SCALE).filter(|price| *price >= 0);
            price.map(|price| Given::Cell(price.into())).ok_or_else(|| expected("double"))
        }
        LinkValue::MemberStatus => match value {
            Value::Null => Ok(Given::Cell(Cell::Null)),
            Value::String(text) if text.is_empty() || text == "-None-" => Ok(Given::Cell(Cell::Null)),
            Value::String(text) if text.contains('\0') => Err(expected("text")),
            Value::String(text) if text.chars().count() > STATUS_LENGTH => {
                Err(refused(ApiError::new(Code::InvalidData).detail("maximum_length", STATUS_LENGTH)))
            }
            Value::String(text) => Ok(Given::Cell(text.clone().into())),
            _ => Err(expected("text")),
        },
        LinkValue::ContactRole => role(value).ok_or_else(|| expected("jsonobject")),
    }
}

/// A role as an object, an id, or as older versions send it, by name.
fn role(value: &Value) -> Option<Given> {
    match value {
        Value::Object(role) => match (role.get("id").filter(|id| !id.is_null()), role.get("name")) {
            (Some(id), _) => serde_json::from_value(id.clone()).ok().map(Given::RoleId),
            (None, Some(Value::String(name))) => Some(Given::RoleName(name.clone())),
            _ => None,
        },
        Value::Number(_) => serde_json::from_value(value.clone()).ok().map(Given::RoleId),
        Value::String(text) => match text.parse() {
            Ok(id) => Some(Given::RoleId(id)),
            Err(_) => Some(Given::RoleName(text.clone())),
        },
        _ => None,
    }
}

/// The roles of the org, to find what bodies name. Names are compared without regard to case.
#[derive(Debug, Default)]
pub(crate) struct Roles(pub HashMap<Id, String>);

impl Roles {
    fn find(&self, given: &Given) -> Option<Id> {
        match given {
            Given::RoleId(id) => self.0.contains_key(id).then_some(*id),
            Given::RoleName(name) => {
                self.0.iter().find(|(_, known)| letters::same(known, name)).map(|(id, _)| *id)
            }
            Given::Nothing | Given::Cell(_) => None,
        }
    }

    /// What is stored for a value, and whether what is there already stays.
    pub(crate) fn settle(&self, draft: &LinkDraft) -> Result<(Cell<'static>, bool), ApiError> {
        match &draft.value {
            Given::Nothing => Ok((Cell::Null, true)),
            Given::Cell(cell) => Ok((cell.clone(), false)),
            role => {
                let name = LinkValue::ContactRole.api_name();
                let unknown =
                    || ApiError::new(Code::InvalidData).field(name, format!("{}.{name}", draft.path));
                self.find(role).map(|id| (id.into(), false)).ok_or_else(unknown)
            }
        }
    }
}

/// `INVALID_DATA` for a record that is not there.
pub(crate) fn unknown_record(draft: &LinkDraft) -> ApiError {
    ApiError::new(Code::InvalidData)
        .message("the id given seems to be invalid")
        .field("id", format!("{}.id", draft.path))
}

/// External field of the records to be linked, when the header names one.
pub(crate) fn external_name(
    module: &ModuleDef,
    request: &crate::request::Request,
) -> Result<Option<String>, ApiError> {
    Ok(crate::records::external::field(module, request)?.map(|field| field.api_name.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str, holds: Option<LinkValue>) -> Result<LinkDraft, ApiError> {
        let raw = RawValue::from_string(body.to_owned()).unwrap();
        LinkDraft::read(&raw, 0, None, None, holds)
    }

    #[test]
    fn a_price_must_be_given_and_be_a_number() {
        let price = |body: &str| read(body, Some(LinkValue::ListPrice));
        assert_eq!(price(r#"{"id":"12","list_price":10.5}"#).unwrap().value, Given::Cell(Cell::Int(1050)));
        assert_eq!(price(r#"{"id":12,"list_price":"10"}"#).unwrap().target, Target::Id(Id::new(12).unwrap()));
        assert_eq!(price(r#"{"id":"12"}"#).unwrap_err().code, Code::MandatoryNotFound);
        for bad in ["true", "\"x\"", "-1", "{}"] {
            let refused = price(&format!(r#"{{"id":"12","list_price":{bad}}}"#)).unwrap_err();
            assert_eq!(refused.details["json_path"], "$.data[0].list_price", "{bad}");
        }
    }

    #[test]
    fn roles_come_in_every_form() {
        let role = |value: &str| {
            read(&format!(r#"{{"id":"12","Contact_Role":{value}}}"#), Some(LinkValue::ContactRole))
        };
        let id = Given::RoleId(Id::new(7).unwrap());
        for form in [r#"{"id":"7","name":"x"}"#, r#"{"id":7}"#, "\"7\"", "7"] {
            assert_eq!(role(form).unwrap().value, id, "{form}");
        }
        for form in [r#"{"name":"Buyer"}"#, "\"Buyer\""] {
            assert_eq!(role(form).unwrap().value, Given::RoleName("Buyer".to_owned()), "{form}");
        }
        assert_eq!(role("true").unwrap_err().code, Code::InvalidData);
        assert_eq!(role("null").unwrap_err().code, Code::MandatoryNotFound);
    }

    #[test]
    fn a_record_must_be_named() {
        assert_eq!(read("{}", None).unwrap_err().code, Code::MandatoryNotFound);
        assert_eq!(read(r#"{"id":"x"}"#, None).unwrap_err().code, Code::InvalidData);
        assert_eq!(read("[]", None).unwrap_err().details["expected_data_type"], "jsonobject");
    }
}
