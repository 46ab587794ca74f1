//! Attachments, files, and fields that hold files.

mod attachments;
mod fake_s3;
mod field_values;
mod files_api;
mod s3;
mod uploads;

use dealwright_testkit::{Answer, Api};
use reqwest::Method;

/// Operations tested here: id, and the file below `tests/`.
pub(crate) const TESTED: &[(&str, &str)] = &[
    ("attachments.list", "files/attachments.rs"),
    ("attachments.create", "files/attachments.rs"),
    ("attachments.get", "files/attachments.rs"),
    ("attachments.delete_one", "files/attachments.rs"),
    ("attachments.delete_many", "files/attachments.rs"),
    ("files.create", "files/files_api.rs"),
    ("files.get", "files/files_api.rs"),
    ("field_attachment.get", "files/field_values.rs"),
];

/// First bytes of a picture, and some more.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\nthe rest of a picture";

/// A part of a multipart body.
enum Part<'a> {
    /// Name of the file, and its bytes.
    File(&'a str, &'a [u8]),
    /// Name and value.
    Field(&'a str, &'a str),
}

/// The boundary of [`body`].
const BOUNDARY: &str = "limit";

/// A multipart body.
fn body(parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for part in parts {
        let (head, content) = match part {
            Part::File(name, bytes) => {
                (format!("name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/html"), *bytes)
            }
            Part::Field(name, value) => (format!("name=\"{name}\""), value.as_bytes()),
        };
        body.extend(format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n").as_bytes());
        body.extend(content);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

/// `POST` of a multipart body.
async fn send(api: &Api, path: &str, parts: &[Part<'_>]) -> Answer {
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    api.header("content-type", &content_type).send(Method::POST, path, body(parts)).await
}

/// Uploads a file and gives its handle.
async fn uploaded(api: &Api, name: &str, bytes: &[u8]) -> String {
    let answer = send(api, "files", &[Part::File(name, bytes)]).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.ids().remove(0)
}
