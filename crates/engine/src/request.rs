//! What an operation is given and what it answers, free of HTTP types.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use dealwright_wire::{ApiError, Instant, json};
use futures::future::BoxFuture;

use crate::error::Error;
use crate::files::{Download, Upload};

/// What an operation gives. A function of this type, and no `async fn`: what is polled in another crate is compiled there, and the
/// server would be compiled as long as all operations together.
pub type Answer<'a> = BoxFuture<'a, Result<Reply, Error>>;

/// Query parameters in the order they came, decoded. Names are compared by case.
#[derive(Debug, Clone, Default)]
pub struct Params(Vec<(String, String)>);

/// Parameters that name several things: what is said twice adds up.
const LISTS: [&str; 7] = ["approval_state", "data_type", "fields", "ids", "include", "status", "tag_names"];

impl Params {
    pub fn new(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// The first value of a parameter that is not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// The values of a comma-separated parameter, also when it is repeated. `None` when it is missing.
    pub fn list(&self, name: &str) -> Option<Vec<&str>> {
        let values: Vec<&str> = self
            .0
            .iter()
            .filter(|(key, _)| key == name)
            .flat_map(|(_, value)| value.split(','))
            .map(str::trim)
            .filter(|value| !value.is_empty())
            .collect();
        (!values.is_empty()).then_some(values)
    }

    /// The first parameter that is given two values and can only have one. An empty one gives none.
    pub fn ambiguous(&self) -> Option<&str> {
        let values =
            || self.0.iter().filter(|(name, value)| !value.is_empty() && !LISTS.contains(&name.as_str()));
        let is_other = |(at, (name, value)): (usize, &(String, String))| {
            values().take(at).any(|(earlier, other)| earlier == name && other != value)
        };
        values().enumerate().find(|&pair| is_other(pair)).map(|(_, (name, _))| name.as_str())
    }

    /// `true` or `false`; anything else is refused by name.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, ApiError> {
        match self.get(name) {
            None => Ok(None),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(_) => Err(ApiError::new(dealwright_wire::Code::PatternNotMatched).param(name)),
        }
    }

    /// `sort_order`, when it is said: true for `desc`, false for `asc`; anything else is refused.
    pub fn descending(&self) -> Result<Option<bool>, ApiError> {
        match self.get("sort_order") {
            None => Ok(None),
            Some(text) if text.eq_ignore_ascii_case("desc") => Ok(Some(true)),
            Some(text) if text.eq_ignore_ascii_case("asc") => Ok(Some(false)),
            Some(_) => Err(ApiError::new(dealwright_wire::Code::InvalidData)
                .param("sort_order")
                .detail("supported_values", vec!["asc", "desc"])),
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

/// One call of an operation.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Values of the path's placeholders, in order.
    pub path: Vec<String>,
    pub params: Params,
    /// The body as it came; JSON whatever its content type says.
    pub body: Bytes,
    /// `If-Modified-Since`, when it could be read.
    pub if_modified_since: Option<Instant>,
    /// `If-Unmodified-Since`, when it could be read.
    pub if_unmodified_since: Option<Instant>,
    /// `X-ZOHO-SDK`: the call comes from an official SDK.
    pub is_from_sdk: bool,
    /// `X-EXTERNAL`: ids in the request are values of these external fields.
    pub external: Option<String>,
    /// The files of a multipart body, in order. Those that the operation does not keep go with the request.
    pub files: Vec<Arc<Upload>>,
    /// The other parts of a multipart body.
    pub form: Params,
}

impl Request {
    /// The placeholder at `index`; empty when the route has none there.
    pub fn segment(&self, index: usize) -> &str {
        self.path.get(index).map_or("", String::as_str)
    }

    /// A value that may stand in the query or in the form beside a file.
    pub fn said(&self, name: &str) -> Option<&str> {
        self.params.get(name).or_else(|| self.form.get(name))
    }
}

/// An answer. 204 and 304 have no body.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub body: Body,
}

#[derive(Debug)]
pub enum Body {
    Empty,
    Json(Vec<u8>),
    /// JSON that many answers share.
    Prepared(Arc<Prepared>),
    File(Download),
}

/// A long body that is the same for many answers, and what it comes to in each coding that was asked for.
#[derive(Debug)]
pub struct Prepared {
    json: Bytes,
    coded: Mutex<Vec<(&'static str, Bytes)>>,
}

impl Prepared {
    pub fn new(json: Vec<u8>) -> Self {
        Self { json: json.into(), coded: Mutex::default() }
    }

    pub fn json(&self) -> Bytes {
        self.json.clone()
    }

    /// The body in a coding; coded at the first time. `None` when that fails.
    pub fn coded(&self, name: &'static str, code: impl FnOnce(&[u8]) -> Option<Vec<u8>>) -> Option<Bytes> {
        let mut coded = self.coded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = coded.iter().find(|(known, _)| *known == name) {
            return Some(known.clone());
        }
        let made = Bytes::from(code(&self.json)?);
        coded.push((name, made.clone()));
        Some(made)
    }
}

impl Reply {
    pub fn json(status: u16, body: Vec<u8>) -> Self {
        Self { status, body: Body::Json(body) }
    }

    /// A body that was made before.
    pub fn prepared(status: u16, body: Arc<Prepared>) -> Self {
        Self { status, body: Body::Prepared(body) }
    }

    /// A small body through serde.
    pub fn value<T: serde::Serialize + ?Sized>(status: u16, value: &T) -> Self {
        let mut out = Vec::with_capacity(1024);
        json::value(&mut out, value);
        Self::json(status, out)
    }

    /// 204.
    pub fn nothing() -> Self {
        Self { status: 204, body: Body::Empty }
    }

    /// 304.
    pub fn not_modified() -> Self {
        Self { status: 304, body: Body::Empty }
    }

    pub fn file(file: Download) -> Self {
        Self { status: 200, body: Body::File(file) }
    }
}
