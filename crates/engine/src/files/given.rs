//! Rows of a file or image upload field as a body names them.

use std::borrow::Cow;

use dealwright_wire::{ApiError, Code, Id};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// Rows that one value may name; fields hold far fewer.
const MOST: usize = 100;
/// Characters of a description. Source of the number: none published; that of other short texts.
const LONGEST_DESCRIPTION: usize = 255;

/// One row. Without an id it adds the file; with one it changes or removes the row.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    /// Where it stands in the body: `$.data[0].Papers[1]`.
    pub path: String,
    pub id: Option<Id>,
    pub handle: Option<String>,
    pub delete: bool,
    pub sequence: Option<i64>,
    /// The empty text empties it.
    pub description: Option<String>,
}

/// The keys of all versions: with the suffix from v5 on, before without it and in their own spelling.
#[derive(Deserialize)]
struct Keys<'a> {
    #[serde(default, alias = "attachment_id", alias = "attachment_Id")]
    id: Option<Value>,
    #[serde(
        default,
        rename = "File_Id__s",
        alias = "File_Id",
        alias = "file_id",
        alias = "file_Id",
        alias = "Encrypted_Id"
    )]
    handle: Option<Value>,
    #[serde(default, borrow, rename = "_delete", deserialize_with = "present")]
    delete: Option<&'a RawValue>,
    #[serde(default, rename = "Sequence_Number__s", alias = "Sequence_Number")]
    sequence: Option<Value>,
    #[serde(default, rename = "Description__s", alias = "Description", deserialize_with = "named")]
    description: Option<Value>,
}

/// The presence of the key counts; its value is null most often.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// Keeps null apart from a key that is missing.
fn named<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Reads the JSON text of a value. `path` is the field's place in the body.
///
/// A row is an object, or in the oldest form the bare handle of an uploaded file. A client that sends back what it has
/// read gives both id and handle; the id decides.
pub(crate) fn read(raw: &str, path: &str) -> Result<Vec<Given>, ApiError> {
    let wrong = |kind: &str, path: &str| {
        let name = path.rsplit('.').next().unwrap_or(path);
        let name = name.split('[').next().unwrap_or(name).to_owned();
        ApiError::new(Code::InvalidData).detail("expected_data_type", kind).field(&name, path.to_owned())
    };
    let rows: Vec<&RawValue> = serde_json::from_str(raw).map_err(|_| wrong("jsonarray", path))?;
    if rows.len() > MOST {
        return Err(wrong("jsonarray", path).detail("maximum_length", MOST));
    }
    let row = |(at, raw): (usize, &&RawValue)| {
        let path = format!("{path}[{at}]");
        if raw.get().starts_with('"') {
            let handle: String = serde_json::from_str(raw.get()).map_err(|_| wrong("jsonobject", &path))?;
            return Ok(Given {
                path,
                id: None,
                handle: Some(handle),
                delete: false,
                sequence: None,
                description: None,
            });
        }
        // The same key in the spelling of two versions cannot be read.
        let keys: Keys<'_> = serde_json::from_str(raw.get()).map_err(|_| wrong("jsonobject", &path))?;
        let id = match keys.id {
            None | Some(Value::Null) => None,
            Some(id) => Some(serde_json::from_value(id).map_err(|_| {
                let place = format!("{path}.id");
                ApiError::new(Code::InvalidData).detail("expected_data_type", "bigint").field("id", place)
            })?),
        };
        let handle = match keys.handle {
            None | Some(Value::Null) => None,
            Some(Value::String(handle)) => Some(handle),
            Some(_) => return Err(wrong("text", &format!("{path}.File_Id__s"))),
        };
        let sequence = match keys.sequence {
            None | Some(Value::Null) => None,
            Some(number) => {
                Some(whole(&number).ok_or_else(|| wrong("integer", &format!("{path}.Sequence_Number__s")))?)
            }
        };
        let description = match keys.description {
            None => None,
            Some(Value::Null) => Some(String::new()),
            Some(Value::String(text)) if text.chars().count() <= LONGEST_DESCRIPTION => Some(text),
            Some(other) => {
                let error = wrong("text", &format!("{path}.Description__s"));
                return Err(if other.is_string() {
                    error.detail("maximum_length", LONGEST_DESCRIPTION)
                } else {
                    error
                });
            }
        };
        Ok(Given { path, id, handle, delete: keys.delete.is_some(), sequence, description })
    };
    rows.iter().enumerate().map(row).collect()
}

fn whole(number: &Value) -> Option<i64> {
    number.as_i64().or_else(|| number.as_str()?.trim().parse().ok())
}

impl Given {
    /// `INVALID_DATA` for a key of this row, by its name in the newest version.
    pub(crate) fn invalid(&self, key: &str, message: impl Into<Cow<'static, str>>) -> ApiError {
        ApiError::new(Code::InvalidData).message(message).field(key, format!("{}.{key}", self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_all_versions_are_read() {
        let rows = read(
            r#"[{"File_Id__s":"a","Sequence_Number__s":2,"Description__s":"x"},{"file_id":"b"},"c",{"id":"7","_delete":null},{"attachment_id":8,"_delete":null,"Description":null}]"#,
            "$.data[0].Papers",
        )
        .unwrap();
        let handles: Vec<_> = rows.iter().map(|row| row.handle.as_deref()).collect();
        assert_eq!(handles, [Some("a"), Some("b"), Some("c"), None, None]);
        assert_eq!((rows[0].sequence, rows[0].description.clone()), (Some(2), Some("x".to_owned())));
        assert_eq!((rows[3].id, rows[3].delete, rows[0].delete), (Id::new(7), true, false));
        assert_eq!((rows[4].id, rows[4].description.clone()), (Id::new(8), Some(String::new())));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        for (raw, name, path) in [
            ("{}", "Papers", "$.data[0].Papers"),
            ("[1]", "Papers", "$.data[0].Papers[0]"),
            (r#"[{"id":"x"}]"#, "id", "$.data[0].Papers[0].id"),
            (r#"[{"file_id":1}]"#, "File_Id__s", "$.data[0].Papers[0].File_Id__s"),
            (
                r#"[{"Sequence_Number__s":"first"}]"#,
                "Sequence_Number__s",
                "$.data[0].Papers[0].Sequence_Number__s",
            ),
        ] {
            let error = read(raw, "$.data[0].Papers").unwrap_err();
            assert_eq!(
                (&error.details["api_name"], &error.details["json_path"]),
                (&name.into(), &path.into()),
                "{raw}"
            );
        }
    }
}
