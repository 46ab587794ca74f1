//! The caller's fault, in the form the API documents: code, message, details.

use std::borrow::Cow;
use std::fmt;

use serde_json::{Map, Value};

use crate::{Code, Id, json};

/// Key of the scopes in the details of `OAUTH_SCOPE_MISMATCH`.
const REQUIRED_SCOPE: &str = "required_scope";

/// `{"code", "details", "message", "status": "error"}`.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiError {
    pub code: Code,
    pub message: Cow<'static, str>,
    pub details: Map<String, Value>,
}

impl ApiError {
    /// The code with its usual message and empty details.
    pub fn new(code: Code) -> Self {
        Self { code, message: Cow::Borrowed(code.message()), details: Map::new() }
    }

    #[must_use]
    pub fn message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.message = message.into();
        self
    }

    /// Adds one key to `details`.
    #[must_use]
    pub fn detail(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.details.insert(key.to_owned(), value.into());
        self
    }

    #[must_use]
    pub fn id(self, id: Id) -> Self {
        self.detail("id", id.to_string())
    }

    /// Names the field at fault and where it stands in the body.
    #[must_use]
    pub fn field(self, api_name: &str, json_path: String) -> Self {
        self.detail("api_name", api_name).detail("json_path", json_path)
    }

    /// `OAUTH_SCOPE_MISMATCH`, and what the token lacks: scopes separated by commas, as clients ask for them.
    pub fn missing_scope(scopes: impl Into<String>) -> Self {
        Self::new(Code::OauthScopeMismatch).detail(REQUIRED_SCOPE, scopes.into())
    }

    /// The scopes that the token lacks.
    pub fn required_scope(&self) -> Option<&str> {
        self.details.get(REQUIRED_SCOPE)?.as_str()
    }

    /// Names the query parameter at fault.
    #[must_use]
    pub fn param(self, name: &str) -> Self {
        self.detail("param_name", name)
    }

    /// `INVALID_MODULE` for the module segment of a path.
    pub fn invalid_module() -> Self {
        Self::new(Code::InvalidModule).detail("resource_path_index", 0)
    }

    /// `REQUIRED_PARAM_MISSING`; `param` repeats the name for clients of older versions.
    pub fn missing_param(name: &str) -> Self {
        Self::new(Code::RequiredParamMissing).param(name).detail("param", name)
    }

    /// Writes the error object.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"code\":\"");
        out.extend_from_slice(self.code.text().as_bytes());
        out.extend_from_slice(b"\",\"details\":");
        json::value(out, &self.details);
        out.extend_from_slice(b",\"message\":");
        json::string(out, &self.message);
        out.extend_from_slice(b",\"status\":\"error\"}");
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.text(), self.message)
    }
}

impl std::error::Error for ApiError {}
