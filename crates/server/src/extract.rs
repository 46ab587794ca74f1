//! From an HTTP request to what an operation is given.

use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::Query;
use axum::http::{HeaderMap, Uri, header, request::Parts};
use dealwright_engine::{Cx, Error, Params, Request};
use dealwright_wire::{ApiError, Code, Instant};
use futures::StreamExt as _;

use crate::multipart;
use crate::ops::Operation;

/// What a multipart body may have around its file, in bytes.
const MULTIPART_FRAME: usize = 64 << 10;
/// How much of a body that is too large is read and thrown away, and for how long.
const DISCARD_BYTES: usize = 64 << 20;
const DISCARD_TIME: Duration = Duration::from_secs(5);

/// Reads everything the operation may want to know. The body is read last.
pub(crate) async fn request(
    operation: &Operation,
    path: Vec<String>,
    parts: &Parts,
    body: Body,
    cx: &Cx,
) -> Result<Request, Error> {
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let time = |name: &str| text(name).and_then(|value| Instant::parse(value, &cx.snapshot.zone));
    let mut request = Request {
        path,
        params: params(&parts.uri)?,
        body: Bytes::new(),
        if_modified_since: time("if-modified-since"),
        if_unmodified_since: time("if-unmodified-since"),
        external: text("x-external").map(str::to_owned),
        file: None,
    };
    let bytes = read(body, &parts.headers, operation.body_limit).await?;
    match multipart_type(&parts.headers) {
        Some(content_type) if !bytes.is_empty() => {
            request.file = multipart::file(content_type, bytes).await?;
        }
        _ => request.body = bytes,
    }
    Ok(request)
}

/// The query as a form: `+` is a space, repeated names stay repeated.
fn params(uri: &Uri) -> Result<Params, ApiError> {
    if uri.query().is_none_or(str::is_empty) {
        return Ok(Params::default());
    }
    let Query(pairs) =
        Query::<Vec<(String, String)>>::try_from_uri(uri).map_err(|_| ApiError::new(Code::InvalidRequest))?;
    // No stored text has a NUL, and PostgreSQL refuses to compare with one.
    if let Some((name, _)) = pairs.iter().find(|(name, value)| name.contains('\0') || value.contains('\0')) {
        return Err(ApiError::new(Code::InvalidData).param(name));
    }
    Ok(Params::new(pairs))
}

fn multipart_type(headers: &HeaderMap) -> Option<&axum::http::HeaderValue> {
    let value = headers.get(header::CONTENT_TYPE)?;
    let is_multipart =
        value.as_bytes().get(..10).is_some_and(|start| start.eq_ignore_ascii_case(b"multipart/"));
    is_multipart.then_some(value)
}

/// The body, if it is no larger than `limit`; what lies beyond is not kept.
async fn read(body: Body, headers: &HeaderMap, limit: usize) -> Result<Bytes, Error> {
    if axum::body::HttpBody::is_end_stream(&body) {
        return Ok(Bytes::new());
    }
    let ceiling = if multipart_type(headers).is_some() { limit + MULTIPART_FRAME } else { limit };
    let announced =
        headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let mut chunks = body.into_data_stream();
    if announced.is_some_and(|length| length > ceiling) {
        // A client that waits for leave to send the body gets its answer instead.
        if !headers.contains_key(header::EXPECT) {
            discard(chunks).await;
        }
        return Err(too_large(headers, limit).into());
    }
    let mut first = Bytes::new();
    let mut all: Vec<u8> = Vec::new();
    while let Some(chunk) = chunks.next().await {
        // The client went away or broke the framing: nobody reads the answer.
        let chunk =
            chunk.map_err(|_| ApiError::new(Code::InvalidRequest).message("the request body ended early"))?;
        if first.len() + all.len() + chunk.len() > ceiling {
            discard(chunks).await;
            return Err(too_large(headers, limit).into());
        }
        if first.is_empty() && all.is_empty() {
            first = chunk;
            continue;
        }
        if all.is_empty() {
            all.reserve(announced.unwrap_or(first.len() + chunk.len()));
            all.extend_from_slice(&first);
            first = Bytes::new();
        }
        all.extend_from_slice(&chunk);
    }
    Ok(if all.is_empty() { first } else { all.into() })
}

/// Lets a client finish sending before it is refused, within reason: most clients read no answer before that, and
/// see a broken connection in place of the reason.
async fn discard(mut chunks: BodyDataStream) {
    let mut left = DISCARD_BYTES;
    let draining = async {
        while let Some(Ok(chunk)) = chunks.next().await {
            match left.checked_sub(chunk.len()) {
                Some(rest) => left = rest,
                None => break,
            }
        }
    };
    // Out of time is as good as done.
    let _ = tokio::time::timeout(DISCARD_TIME, draining).await;
}

fn too_large(headers: &HeaderMap, limit: usize) -> ApiError {
    if multipart_type(headers).is_some() {
        return ApiError::new(Code::FileSizeMoreThanAllowedSize)
            .message("Please check if the size of the file is in the correct range")
            .detail("limit", limit);
    }
    ApiError::new(Code::RequestEntityTooLarge)
        .message(format!("the request body is larger than the {limit} bytes this operation accepts"))
        .detail("limit", limit)
}
