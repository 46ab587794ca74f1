//! The one file of a multipart body.

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, FromRequest as _, Multipart};
use axum::http::{HeaderValue, Request, header};
use dealwright_engine::Error;
use dealwright_engine::request::Upload;
use dealwright_wire::{ApiError, Code};

/// The part `file`, or else the first part that carries a file name. `None` when there is none.
///
/// The limit on the body's size was applied when it was read.
pub(crate) async fn file(content_type: &HeaderValue, bytes: Bytes) -> Result<Option<Upload>, Error> {
    let mut request = Request::new(Body::from(bytes));
    request.headers_mut().insert(header::CONTENT_TYPE, content_type.clone());
    DefaultBodyLimit::disable().apply(&mut request);
    let mut parts = Multipart::from_request(request, &()).await.map_err(|_| malformed())?;
    let mut found: Option<Upload> = None;
    while let Some(part) = parts.next_field().await.map_err(|_| malformed())? {
        let is_file = part.name() == Some("file");
        if !is_file && (part.file_name().is_none() || found.is_some()) {
            continue;
        }
        let name = part.file_name().unwrap_or("file").to_owned();
        let content_type = part.content_type().unwrap_or("application/octet-stream").to_owned();
        let bytes = part.bytes().await.map_err(|_| malformed())?;
        found = Some(Upload { name, content_type, bytes });
        if is_file {
            break;
        }
    }
    Ok(found)
}

fn malformed() -> ApiError {
    ApiError::new(Code::UnableToParseDataType).message("the multipart body cannot be read")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: HeaderValue = HeaderValue::from_static("multipart/form-data; boundary=XX");

    #[tokio::test]
    async fn the_part_named_file_is_found_behind_others() {
        let body = "--XX\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nhello\r\n\
                    --XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\
                    Content-Type: image/png\r\n\r\nPNG\r\n--XX--\r\n";
        let file = file(&TYPE, Bytes::from(body)).await.unwrap().unwrap();
        assert_eq!(
            (file.name.as_str(), file.content_type.as_str(), &file.bytes[..]),
            ("a.png", "image/png", &b"PNG"[..])
        );
    }

    #[tokio::test]
    async fn broken_bodies_are_the_callers_fault() {
        for body in ["", "nonsense", "--XX\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nhalf"] {
            assert!(matches!(file(&TYPE, Bytes::from(body)).await, Err(Error::Api(_))), "{body:?}");
        }
    }
}
