//! What became of each record of a write. One bad record fails alone; the others are written.

use dealwright_wire::Id;
use serde::Deserialize;
use serde_json::Value;

use crate::error::ApiFailure;

/// What became of one record, in the order of the request.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Entry")]
pub enum Outcome {
    Done(Done),
    Failed(ApiFailure),
}

/// A record that was written or deleted.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    pub id: Id,
    /// What an upsert did; `None` for other writes.
    pub action: Option<Action>,
    /// The field by which an upsert found the record.
    pub duplicate_field: Option<String>,
    /// `Created_Time`, `Modified_By` and their kin, where the API tells them.
    pub details: Value,
}

/// What an upsert did with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    Insert,
    Update,
}

impl Outcome {
    /// The id, or the failure.
    pub fn id(self) -> Result<Id, ApiFailure> {
        match self {
            Self::Done(done) => Ok(done.id),
            Self::Failed(failure) => Err(failure),
        }
    }
}

/// An element of `data` as it stands in the answer.
#[derive(Deserialize)]
struct Entry {
    code: String,
    status: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    details: Value,
    action: Option<Action>,
    duplicate_field: Option<String>,
}

impl TryFrom<Entry> for Outcome {
    type Error = String;

    fn try_from(entry: Entry) -> Result<Self, String> {
        let Entry { code, status, message, details, action, duplicate_field } = entry;
        if status != "success" {
            return Ok(Self::Failed(ApiFailure { code, message, details }));
        }
        let id = details.get("id").and_then(|id| Id::deserialize(id).ok());
        let id = id.ok_or_else(|| format!("a success without an id in its details: {message}"))?;
        Ok(Self::Done(Done { id, action, duplicate_field, details }))
    }
}

/// The body of a write's answer.
#[derive(Deserialize)]
pub(crate) struct WriteAnswer {
    pub(crate) data: Vec<Outcome>,
}
