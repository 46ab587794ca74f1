//! From an HTTP request to what an operation is given.

use axum::body::{Body, Bytes};
use axum::extract::Query;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header, request::Parts};
use dealwright_engine::{Cx, Error, Params, Request};
use dealwright_wire::{ApiError, Code, Instant};
use futures::StreamExt as _;

use crate::coding::{Decoder, Refused};
use crate::multipart;
use crate::ops::Operation;

/// Largest body of any kind. Source: records reference, 6.3.
const BODY: usize = 100 << 20;

/// Reads everything the operation may want to know. The body is read last.
pub(crate) async fn request(
    operation: &Operation,
    path: Vec<String>,
    parts: &Parts,
    body: Body,
    cx: &Cx,
) -> Result<Request, Error> {
    say_one_thing(&parts.headers)?;
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let time = |name: &str| text(name).and_then(|value| Instant::parse(value, &cx.snapshot.zone));
    let request = Request {
        path,
        params: params(&parts.uri)?,
        body: Bytes::new(),
        if_modified_since: time("if-modified-since"),
        if_unmodified_since: guard(&parts.headers, cx)?,
        is_from_sdk: parts.headers.contains_key("x-zoho-sdk"),
        external: listed(&parts.headers, "x-external"),
        files: Vec::new(),
        form: Params::default(),
    };
    if is_end(&body) {
        return Ok(request);
    }
    // In a box: calls without a body do not carry the room for reading one.
    Box::pin(with_body(request, operation, parts, body, cx)).await
}

async fn with_body(
    mut request: Request,
    operation: &Operation,
    parts: &Parts,
    body: Body,
    cx: &Cx,
) -> Result<Request, Error> {
    let files = operation.uploads.and_then(|uploads| Some((uploads, multipart_type(&parts.headers)?)));
    if let Some((uploads, content_type)) = files {
        let whole = multipart::whole(&uploads);
        if let Some(code) = beyond(announced(&parts.headers), whole, uploads.too_large) {
            return Err(too_large_file(code, uploads.bytes).into());
        }
        let parts = multipart::read(cx, &uploads, content_type, body).await?;
        // What belongs to a file may stand in the query or beside it in the body.
        let query = request.params.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        check(&Params::new(query.chain(parts.form.iter().cloned()).collect()))?;
        (request.files, request.form) = (parts.files, Params::new(parts.form));
        return Ok(request);
    }
    let limit = operation.body_limit;
    request.body = match Decoder::of(&parts.headers, limit)? {
        None => read(body, &parts.headers, limit).await?,
        Some(decoder) => read_coded(body, decoder, limit).await?,
    };
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
    let params = Params::new(pairs);
    check(&params)?;
    Ok(params)
}

/// Which of two values is meant, only the caller knows.
fn check(params: &Params) -> Result<(), ApiError> {
    match params.ambiguous() {
        None => Ok(()),
        Some(name) => Err(ApiError::new(Code::AmbiguityDuringProcessing)
            .message("the parameter is given two values")
            .param(name)),
    }
}

/// Headers that say one thing each. Two values that differ come from a client, or a proxy before it, that is at odds with
/// itself; that of a token is checked before anything else is.
fn say_one_thing(headers: &HeaderMap) -> Result<(), ApiError> {
    const ONE: [HeaderName; 3] = [header::CONTENT_TYPE, header::CONTENT_ENCODING, header::IF_MODIFIED_SINCE];
    ONE.iter().try_for_each(|name| only(headers, name).map(drop))
}

/// The value of a header that is sent once, or several times to the letter. `AMBIGUITY_DURING_PROCESSING` otherwise.
pub(crate) fn only<'h>(
    headers: &'h HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'h HeaderValue>, ApiError> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.all(|value| Some(value) == first) {
        return Ok(first);
    }
    Err(ApiError::new(Code::AmbiguityDuringProcessing)
        .message("the header is given two values")
        .detail("header", name.as_str()))
}

/// The point in time of a header that keeps a record from being overwritten. One that cannot be read, or says two
/// things, is refused: passed over, it would let happen what it is there to prevent.
fn guard(headers: &HeaderMap, cx: &Cx) -> Result<Option<Instant>, ApiError> {
    const NAME: &str = "if-unmodified-since";
    let mut found = None;
    for value in headers.get_all(NAME) {
        let refused = |code| ApiError::new(code).detail("header", NAME);
        let text = value.to_str().ok().map(str::trim);
        if text == Some("") {
            continue;
        }
        let time = text.and_then(|text| Instant::parse(text, &cx.snapshot.zone));
        let time = time.ok_or_else(|| refused(Code::InvalidData).detail("expected_data_type", "datetime"))?;
        if found.is_some_and(|other| other != time) {
            return Err(refused(Code::AmbiguityDuringProcessing));
        }
        found = Some(time);
    }
    Ok(found)
}

/// A header that lists things; what is sent twice adds up.
fn listed(headers: &HeaderMap, name: &str) -> Option<String> {
    let values: Vec<&str> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    (!values.is_empty()).then(|| values.join(","))
}

fn multipart_type(headers: &HeaderMap) -> Option<&HeaderValue> {
    let value = headers.get(header::CONTENT_TYPE)?;
    let is_multipart =
        value.as_bytes().get(..10).is_some_and(|start| start.eq_ignore_ascii_case(b"multipart/"));
    is_multipart.then_some(value)
}

fn is_end(body: &Body) -> bool {
    axum::body::HttpBody::is_end_stream(body)
}

/// The length that the client announced.
fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The code for a body with files that is longer than it can be: the whole is refused beyond 100 MB, a file before.
fn beyond(announced: Option<usize>, whole: usize, too_large: Code) -> Option<Code> {
    let length = announced.filter(|&length| length > whole)?;
    Some(if whole < BODY && length > BODY { Code::BodySizeReached } else { too_large })
}

/// The body, if it is no larger than `limit`; what lies beyond is not kept.
async fn read(body: Body, headers: &HeaderMap, limit: usize) -> Result<Bytes, Error> {
    let announced = announced(headers);
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large(limit).into());
    }
    let mut chunks = body.into_data_stream();
    let mut first = Bytes::new();
    let mut all: Vec<u8> = Vec::new();
    while let Some(chunk) = chunks.next().await {
        // The client went away or broke the framing: nobody reads the answer.
        let chunk =
            chunk.map_err(|_| ApiError::new(Code::InvalidRequest).message("the request body ended early"))?;
        if first.len() + all.len() + chunk.len() > limit {
            return Err(too_large(limit).into());
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

/// The body as it was before it was coded, if that is no larger than `limit`.
async fn read_coded(body: Body, mut decoder: Decoder, limit: usize) -> Result<Bytes, Error> {
    let refused = |refused| match refused {
        Refused::TooLarge => too_large(limit),
        Refused::Broken => ApiError::new(Code::UnableToParseDataType)
            .message("the request body is not in its Content-Encoding"),
    };
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk =
            chunk.map_err(|_| ApiError::new(Code::InvalidRequest).message("the request body ended early"))?;
        if let Err(error) = decoder.take(&chunk) {
            return Err(refused(error).into());
        }
    }
    Ok(decoder.finish().map_err(refused)?.into())
}

/// A file with more than `limit` bytes, or a body that could only be so long with one.
pub(crate) fn too_large_file(code: Code, limit: usize) -> ApiError {
    if code == Code::BodySizeReached {
        return ApiError::new(code);
    }
    ApiError::new(code)
        .message("Please check if the size of the file is in the correct range")
        .detail("limit", limit)
}

fn too_large(limit: usize) -> ApiError {
    ApiError::new(Code::RequestEntityTooLarge)
        .message(format!("the request body is larger than the {limit} bytes this operation accepts"))
        .detail("limit", limit)
}
