//! One entry of a settings body: its keys with their types, and errors that say where they were found.
//!
//! Keys that are not asked for are passed over, because clients send back what they have read.

use dealwright_wire::{ApiError, Code, Id};
use serde_json::{Map, Value};

use crate::request::Request;

/// The entries under `key` of a body: at least one and at most `most`.
pub(crate) fn parse(request: &Request, key: &str, most: usize) -> Result<Vec<Map<String, Value>>, ApiError> {
    let body: Value =
        serde_json::from_slice(&request.body).map_err(|_| ApiError::new(Code::UnableToParseDataType))?;
    let path = format!("$.{key}");
    let list = match body.get(key) {
        None | Some(Value::Null) => return Err(ApiError::new(Code::MandatoryNotFound).field(key, path)),
        Some(Value::Array(list)) if !list.is_empty() => list,
        Some(_) => return Err(expected("jsonarray").field(key, path)),
    };
    if list.len() > most {
        let due_to = serde_json::json!([{"api_name": key, "json_path": path}]);
        return Err(ApiError::new(Code::LimitExceeded).detail("limit", most).detail("limit_due_to", due_to));
    }
    let keys = |(at, entry): (usize, &Value)| match entry {
        Value::Object(keys) => Ok(keys.clone()),
        _ => Err(expected("jsonobject").field(key, format!("{path}[{at}]"))),
    };
    list.iter().enumerate().map(keys).collect()
}

/// The list under `key` of a body that names things: `None` when an element is of another type.
fn named<T>(
    request: &Request,
    key: &str,
    data_type: &str,
    read: impl Fn(&Value) -> Option<T>,
) -> Result<Vec<T>, ApiError> {
    let body: Value =
        serde_json::from_slice(&request.body).map_err(|_| ApiError::new(Code::UnableToParseDataType))?;
    let at_key = |error: ApiError| error.field(key, format!("$.{key}"));
    match body.get(key) {
        None | Some(Value::Null) => {
            Err(at_key(ApiError::new(Code::MandatoryNotFound).message("expected key is missing")))
        }
        Some(Value::Array(list)) if !list.is_empty() => {
            let all: Option<Vec<T>> = list.iter().map(read).collect();
            all.ok_or_else(|| at_key(expected(data_type)))
        }
        Some(_) => Err(at_key(expected("jsonarray"))),
    }
}

/// The ids under `key` of a body: at least one and at most `most`.
pub(crate) fn ids(request: &Request, key: &str, most: usize) -> Result<Vec<Id>, ApiError> {
    let ids = named(request, key, "bigint", |value| serde_json::from_value(value.clone()).ok())?;
    if ids.len() > most {
        let due_to = serde_json::json!([{"api_name": key, "json_path": format!("$.{key}")}]);
        return Err(ApiError::new(Code::LimitExceeded).detail("limit", most).detail("limit_due_to", due_to));
    }
    Ok(ids)
}

/// The texts under `key` of a body: at least one.
pub(crate) fn texts(request: &Request, key: &str) -> Result<Vec<String>, ApiError> {
    named(request, key, "text", |value| value.as_str().map(str::to_owned))
}

/// No stored text has a NUL, and PostgreSQL refuses to compare with one.
fn is_storable(text: &str) -> bool {
    !text.contains('\0')
}

fn expected(data_type: &str) -> ApiError {
    ApiError::new(Code::InvalidData).detail("expected_data_type", data_type)
}

/// One object of a body and where it stands.
pub(crate) struct Entry<'a> {
    keys: &'a Map<String, Value>,
    path: String,
}

impl<'a> Entry<'a> {
    /// The object at `path` of a body.
    pub(crate) fn at(keys: &'a Map<String, Value>, path: String) -> Self {
        Self { keys, path }
    }

    /// The entry at `index` of the list under `key`.
    pub(crate) fn of_list(keys: &'a Map<String, Value>, key: &str, index: usize) -> Self {
        Self { keys, path: format!("$.{key}[{index}]") }
    }

    /// Where it stands: `$.fields[0]`.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// An error about one key of this entry.
    pub(crate) fn error(&self, code: Code, key: &str) -> ApiError {
        ApiError::new(code).field(key, format!("{}.{key}", self.path))
    }

    /// `MANDATORY_NOT_FOUND` for a key.
    pub(crate) fn missing(&self, key: &str) -> ApiError {
        self.error(Code::MandatoryNotFound, key)
    }

    /// `INVALID_DATA` for a key that takes one of a few values.
    pub(crate) fn unsupported(&self, key: &str, supported: Vec<&'static str>) -> ApiError {
        self.error(Code::InvalidData, key).detail("supported_values", supported)
    }

    /// `INVALID_DATA` for a value of another JSON type.
    pub(crate) fn wrong_type(&self, key: &str, data_type: &str) -> ApiError {
        self.error(Code::InvalidData, key).detail("expected_data_type", data_type)
    }

    /// True for `{}` and for an object whose values are all null.
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.values().all(Value::is_null)
    }

    /// A key with a value; null counts as absent.
    pub(crate) fn value(&self, key: &str) -> Option<&'a Value> {
        self.keys.get(key).filter(|value| !value.is_null())
    }

    /// True when the key is there, be it null.
    pub(crate) fn names(&self, key: &str) -> bool {
        self.keys.contains_key(key)
    }

    pub(crate) fn is_null(&self, key: &str) -> bool {
        self.keys.get(key).is_some_and(Value::is_null)
    }

    /// A text that is not blank, without spaces around it.
    pub(crate) fn text(&self, key: &str, maximum: usize) -> Result<Option<&'a str>, ApiError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let text = value.as_str().filter(|text| is_storable(text));
        let text = text.ok_or_else(|| self.wrong_type(key, "text"))?.trim();
        if text.chars().count() > maximum {
            return Err(self.error(Code::InvalidData, key).detail("maximum_length", maximum));
        }
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    /// A text as it was sent, spaces and all. Its size is bounded by the body's.
    pub(crate) fn whole_text(&self, key: &str) -> Result<Option<&'a str>, ApiError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let text = value.as_str().filter(|text| is_storable(text));
        text.map(Some).ok_or_else(|| self.wrong_type(key, "text"))
    }

    /// `true` or `false`, also as strings.
    pub(crate) fn flag(&self, key: &str) -> Result<Option<bool>, ApiError> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(Value::String(text)) if text == "true" => Ok(Some(true)),
            Some(Value::String(text)) if text == "false" => Ok(Some(false)),
            Some(_) => Err(self.wrong_type(key, "boolean")),
        }
    }

    /// A whole number, also as a string of digits.
    pub(crate) fn whole(&self, key: &str) -> Result<Option<i64>, ApiError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let number = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok());
        number.map(Some).ok_or_else(|| self.wrong_type(key, "integer"))
    }

    /// An id as a string of digits or a number.
    pub(crate) fn id(&self, key: &str) -> Result<Option<Id>, ApiError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let id = serde_json::from_value(value.clone());
        id.map(Some).map_err(|_| self.wrong_type(key, "bigint"))
    }

    /// The id of what a key refers to: the id itself, or an object with one.
    pub(crate) fn reference(&self, key: &str) -> Result<Option<Id>, ApiError> {
        match self.value(key) {
            Some(Value::Object(_)) => match self.entry(key)? {
                Some(inner) => inner.id("id")?.map_or_else(|| Err(inner.missing("id")), |id| Ok(Some(id))),
                None => Ok(None),
            },
            _ => self.id(key),
        }
    }

    pub(crate) fn entry(&self, key: &str) -> Result<Option<Entry<'a>>, ApiError> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Object(keys)) => Ok(Some(Entry { keys, path: format!("{}.{key}", self.path) })),
            Some(_) => Err(self.wrong_type(key, "jsonobject")),
        }
    }

    pub(crate) fn entries(&self, key: &str) -> Result<Vec<Entry<'a>>, ApiError> {
        let list = match self.value(key) {
            None => return Ok(Vec::new()),
            Some(Value::Array(list)) => list,
            Some(_) => return Err(self.wrong_type(key, "jsonarray")),
        };
        let entry = |(at, value): (usize, &'a Value)| match value {
            Value::Object(keys) => Ok(Entry { keys, path: format!("{}.{key}[{at}]", self.path) }),
            _ => Err(expected("jsonobject").field(key, format!("{}.{key}[{at}]", self.path))),
        };
        list.iter().enumerate().map(entry).collect()
    }
}
