//! What can go wrong: the server refuses, the accounts server refuses, nobody answers, or the answer makes no sense.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

/// Why a call did not succeed. Records of a batch that failed alone are no error: see [`crate::Outcome`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration cannot work; the text says what to change.
    #[error("{0}")]
    Config(String),
    /// The API refused the call as a whole.
    #[error("{doing}: the server answered {status}: {failure}")]
    Api { doing: String, status: u16, failure: Box<ApiFailure> },
    /// The accounts server gives no access token. `error` is its word: `invalid_code`, `invalid_client`, …
    #[error("refreshing the access token: {error}")]
    OAuth { error: String, description: Option<String> },
    /// No answer came, or not all of it.
    #[error("{doing}")]
    Transport { doing: String, source: reqwest::Error },
    /// The answer is not what the API answers, or does not fit the caller's type.
    #[error("{doing}: reading the answer with status {status}")]
    Shape { doing: String, status: u16, source: serde_json::Error },
}

impl Error {
    /// The code of a refusal by the API.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Api { failure, .. } => Some(&failure.code),
            _ => None,
        }
    }
}

/// An error in the API's envelope, of a call or of one record.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ApiFailure {
    /// `INVALID_DATA`, `MANDATORY_NOT_FOUND`, …
    pub code: String,
    pub message: String,
    /// An object; `api_name` and `json_path` name the field at fault where there is one.
    #[serde(default)]
    pub details: Value,
}

impl ApiFailure {
    /// `api_name` of the field at fault.
    pub fn field(&self) -> Option<&str> {
        self.details.get("api_name")?.as_str()
    }
}

impl fmt::Display for ApiFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}", self.code, self.message)?;
        if let Some(field) = self.field() {
            write!(f, ", field {field}")?;
        }
        f.write_str(")")
    }
}
