//! Multipart bodies: files go to the store while they come in, other parts are kept as a form.
//!
//! At no time more of a body is in memory than a few pieces of it. That takes a little care, because the parser reads
//! ahead for as long as there is something to read: [`Pieces`] hands it one piece at a time, and breaks off when the
//! parser has been given much and made nothing of it (a head without an end).

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::multipart::Field;
use axum::extract::{DefaultBodyLimit, FromRequest as _, Multipart};
use axum::http::{HeaderValue, Request, header};
use dealwright_engine::files::{Receiving, Upload};
use dealwright_engine::{Cx, Error};
use dealwright_wire::{ApiError, Code};
use futures::{Stream, StreamExt as _};
use percent_encoding::percent_decode_str;

use crate::extract;
use crate::ops::Uploads;

/// What a body may have around each file, in bytes.
const FRAME: usize = 64 << 10;
/// What the parser may hold back: a head of a part, and a piece that came with it.
const UNUSED: usize = 1 << 20;
/// Parts that are no files: how many, and how long in bytes.
const FORM_PARTS: usize = 20;
const FORM_PART: usize = 16 << 10;

/// What was in a body.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    /// Parts called `file`, and others that carry a file name.
    pub(crate) files: Vec<Arc<Upload>>,
    pub(crate) form: Vec<(String, String)>,
}

/// Bytes of the longest body that can be right.
pub(crate) fn whole(uploads: &Uploads) -> usize {
    uploads.files * (uploads.bytes + FRAME)
}

/// Reads a body with at most the files that an operation takes.
pub(crate) async fn read(
    cx: &Cx,
    uploads: &Uploads,
    content_type: &HeaderValue,
    body: Body,
) -> Result<Parts, Error> {
    let unused = Arc::new(AtomicUsize::new(0));
    let pieces = Pieces {
        body: body.into_data_stream(),
        left: whole(uploads),
        unused: Arc::clone(&unused),
        has_given: false,
    };
    let mut request = Request::new(Body::from_stream(pieces));
    request.headers_mut().insert(header::CONTENT_TYPE, content_type.clone());
    DefaultBodyLimit::disable().apply(&mut request);
    let malformed = || malformed(uploads.malformed);
    let mut multipart = Multipart::from_request(request, &()).await.map_err(|_| malformed())?;
    let mut parts = Parts::default();
    while let Some(mut part) = multipart.next_field().await.map_err(|_| malformed())? {
        unused.store(0, Ordering::Relaxed);
        let name = part.name().unwrap_or_default().to_owned();
        let file_name = file_name(&part);
        if name == "file" || file_name.is_some() {
            if parts.files.len() == uploads.files {
                return Err(ApiError::new(Code::LimitExceeded)
                    .detail("limit", uploads.files)
                    .detail("api_name", "file")
                    .into());
            }
            let file_name = file_name.unwrap_or_default();
            let file = receive(cx, uploads, &mut part, &file_name, &unused).await?;
            parts.files.push(Arc::new(file));
            continue;
        }
        if parts.form.len() == FORM_PARTS {
            return Err(malformed().into());
        }
        let value = text(&mut part, &unused).await.ok_or_else(malformed)?;
        parts.form.push((name, value));
    }
    Ok(parts)
}

/// One file. What was stored of one that is refused goes again.
async fn receive(
    cx: &Cx,
    uploads: &Uploads,
    part: &mut Field<'_>,
    file_name: &str,
    unused: &AtomicUsize,
) -> Result<Upload, Error> {
    let mut file = Receiving::start(cx, file_name).await?;
    while let Some(piece) = part.chunk().await.map_err(|_| malformed(uploads.malformed))? {
        unused.store(0, Ordering::Relaxed);
        if file.size() + piece.len() as u64 > uploads.bytes as u64 {
            return Err(extract::too_large_file(uploads.too_large, uploads.bytes).into());
        }
        file.write(piece).await?;
    }
    file.finish().await
}

/// A part of the form; `None` when it is too long, no text, or breaks off.
async fn text(part: &mut Field<'_>, unused: &AtomicUsize) -> Option<String> {
    let mut bytes = Vec::new();
    while let Some(piece) = part.chunk().await.ok()? {
        unused.store(0, Ordering::Relaxed);
        if bytes.len() + piece.len() > FORM_PART {
            return None;
        }
        bytes.extend_from_slice(&piece);
    }
    // No stored text has a NUL.
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

/// The file name of a part. `filename*` (RFC 5987) has the letters that `filename` may not have.
fn file_name(part: &Field<'_>) -> Option<String> {
    let extended = part
        .headers()
        .get(header::CONTENT_DISPOSITION)
        .and_then(|value| extended_name(std::str::from_utf8(value.as_bytes()).ok()?));
    extended.or_else(|| part.file_name().map(str::to_owned))
}

fn extended_name(disposition: &str) -> Option<String> {
    const KEY: &str = "filename*=";
    let at = disposition.to_ascii_lowercase().find(KEY)?;
    let value = disposition[at + KEY.len()..].split(';').next()?.trim().trim_matches('"');
    let (charset, rest) = value.split_once('\'')?;
    let (_, encoded) = rest.split_once('\'')?;
    charset
        .eq_ignore_ascii_case("utf-8")
        .then(|| percent_decode_str(encoded).decode_utf8_lossy().into_owned())
}

fn malformed(code: Code) -> ApiError {
    let error = ApiError::new(code);
    if code == Code::UnableToParseDataType {
        error.message("the multipart body cannot be read")
    } else {
        error
    }
}

/// The pieces of a body, one for each time that the parser asks.
struct Pieces {
    body: BodyDataStream,
    /// Bytes that may still come.
    left: usize,
    /// Bytes given since the parser last made something of them.
    unused: Arc<AtomicUsize>,
    has_given: bool,
}

impl Stream for Pieces {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.has_given) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let polled = self.body.poll_next_unpin(cx);
        if let Poll::Ready(Some(Ok(piece))) = &polled {
            let before = self.unused.fetch_add(piece.len(), Ordering::Relaxed);
            let Some(left) = self.left.checked_sub(piece.len()).filter(|_| before <= UNUSED) else {
                return Poll::Ready(Some(Err(axum::Error::new("the body is too long"))));
            };
            self.left = left;
            self.has_given = true;
        }
        polled
    }
}

#[cfg(test)]
mod tests {
    use super::extended_name;

    #[test]
    fn extended_file_names_are_decoded() {
        for (given, wanted) in [
            ("form-data; name=\"file\"; filename=\"a.txt\"", None),
            ("form-data; name=\"file\"; filename*=utf-8''%E2%82%AC%20rates.txt", Some("€ rates.txt")),
            ("form-data; name=\"file\"; filename=\"x\"; FileName*=UTF-8'en'a%2Fb.txt; x=y", Some("a/b.txt")),
            ("form-data; filename*=iso-8859-1''a", None),
            ("form-data; filename*=", None),
        ] {
            assert_eq!(extended_name(given).as_deref(), wanted, "{given}");
        }
    }
}
