//! What tests and server say to each other, kept in a file when `DEALWRIGHT_TEST_TRAFFIC` names one: a line of JSON per
//! call of the newest version. A checker of the published descriptions can read it.

use std::fs::File;
use std::io::Write as _;
use std::sync::{Mutex, OnceLock, PoisonError};

use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::Answer;

/// Only this version is described in a form that machines read.
const NEWEST: &str = "/crm/v8/";
/// Answers longer than this many bytes are of no further interest.
const LONGEST: usize = 256 << 10;

static FILE: OnceLock<Option<Mutex<File>>> = OnceLock::new();

/// Keeps one exchange.
pub(crate) fn note(method: &str, path: &str, is_external: bool, answer: &Answer) {
    let is_described = path.starts_with(NEWEST) || path.starts_with("/crm/bulk/v8/");
    let Some(file) =
        FILE.get_or_init(open).as_ref().filter(|_| is_described && answer.bytes.len() <= LONGEST)
    else {
        return;
    };
    let is_json =
        answer.headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    let body = if is_json {
        serde_json::from_slice(&answer.bytes).unwrap_or(json!("<not json>"))
    } else {
        Value::Null
    };
    let line = json!({"method": method, "path": path, "status": answer.status, "external": is_external, "body": body});
    let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
    writeln!(file, "{line}").expect("the file of the traffic can be written");
}

#[expect(clippy::disallowed_methods, reason = "tests are programs of their own and read their environment")]
fn open() -> Option<Mutex<File>> {
    let path = std::env::var_os("DEALWRIGHT_TEST_TRAFFIC")?;
    let file =
        File::options().create(true).append(true).open(path).expect("the file of the traffic can be opened");
    Some(Mutex::new(file))
}
