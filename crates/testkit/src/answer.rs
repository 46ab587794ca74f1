//! What came back, and the form of it that snapshots keep.

use std::collections::HashMap;

use reqwest::header::HeaderMap;
use serde_json::{Map, Value, json};

/// Digits of the shortest number that counts as an id.
const ID_DIGITS: usize = 15;
/// Hexadecimal digits of the shortest text that counts as a token.
const TOKEN_DIGITS: usize = 40;

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
    pub text: String,
}

impl Answer {
    /// `None` when the connection broke on the way.
    pub(crate) async fn try_read(response: reqwest::Response) -> Option<Self> {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.ok()?.to_vec();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Some(Self { status, headers, bytes, text })
    }

    /// The body as JSON; null when there is none.
    pub fn json(&self) -> Value {
        if self.text.is_empty() {
            return Value::Null;
        }
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("headers are text"))
    }

    /// What the server says it did other than the reference service.
    pub fn note(&self) -> Option<&str> {
        self.header("x-dealwright-note")
    }

    /// The elements of `data`.
    pub fn rows(&self) -> Vec<Value> {
        self.json()["data"].as_array().cloned().unwrap_or_default()
    }

    /// The ids of the records that were written, or of those that are shown.
    pub fn ids(&self) -> Vec<String> {
        let id = |row: &Value| row["details"]["id"].as_str().or(row["id"].as_str()).map(str::to_owned);
        self.rows().iter().filter_map(id).collect()
    }

    /// The code of the answer as a whole, or else of each of its elements, joined by spaces.
    pub fn code(&self) -> String {
        let body = self.json();
        if let Some(code) = body["code"].as_str() {
            return code.to_owned();
        }
        let mut lists = body.as_object().into_iter().flat_map(Map::values).filter_map(Value::as_array);
        let codes = lists.next().into_iter().flatten().filter_map(|one| one["code"].as_str());
        codes.collect::<Vec<_>>().join(" ")
    }

    /// Details of the answer as a whole, or of its first element.
    pub fn details(&self) -> Value {
        let body = self.json();
        if body["details"].is_object() { body["details"].clone() } else { body["data"][0]["details"].clone() }
    }

    /// Status, note and body for a snapshot. Ids are numbered in the order in which they come, so that it still shows
    /// which are equal; tokens are left out. Times stay: the clock of a test stands still.
    pub fn shown(&self) -> Value {
        let mut shown = Map::new();
        shown.insert("status".to_owned(), json!(self.status));
        if let Some(note) = self.note() {
            shown.insert("note".to_owned(), json!(note));
        }
        let mut body = self.json();
        hide(&mut body, &mut HashMap::new());
        shown.insert("body".to_owned(), body);
        Value::Object(shown)
    }
}

fn hide(value: &mut Value, ids: &mut HashMap<String, usize>) {
    match value {
        Value::String(text) => {
            if text.len() >= ID_DIGITS && text.bytes().all(|b| b.is_ascii_digit()) {
                let next = ids.len() + 1;
                let number = *ids.entry(text.clone()).or_insert(next);
                *text = format!("[id {number}]");
            } else if is_token(text) {
                "[token]".clone_into(text);
            } else if let Some(rest) = text.strip_prefix("http://127.0.0.1:") {
                let path = rest.find('/').map_or("", |at| &rest[at..]);
                *text = format!("[server]{path}");
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| hide(value, ids)),
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                if value.is_string() && matches!(key.as_str(), "next_page_token" | "previous_page_token") {
                    *value = Value::from("[token]");
                }
                hide(value, ids);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn is_token(text: &str) -> bool {
    let text = text.strip_prefix("1000.").unwrap_or(text);
    text.len() >= TOKEN_DIGITS && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'.')
}
