//! The only place that turns a reply or an error into status, headers and bytes.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use dealwright_engine::files::Download;
use dealwright_engine::{Body as Content, Error, Reply};
use dealwright_store::error::chain;
use dealwright_wire::{ApiError, Code, Profile};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::coding::{self, Coding};
use crate::request_id::RequestId;
use crate::trouble;

const JSON: HeaderValue = HeaderValue::from_static("application/json;charset=UTF-8");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store, no-cache, must-revalidate, private");
pub(crate) const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
/// Source: response headers of the platform reference, 6.8.
const NOTHING: HeaderValue = HeaderValue::from_static("default-src 'none';frame-ancestors 'self'");
const RESPONSE_JSON: HeaderValue = HeaderValue::from_static("attachment; filename=response.json");
/// For whatever shows a download in place all the same: nothing in it runs or loads.
const SANDBOX: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox");
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const NOTE: HeaderName = HeaderName::from_static("x-dealwright-note");

/// What is left as it is in `filename*`: what RFC 5987 names, and spaces and brackets, see [`disposition`].
const FILE_NAME: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'.')
    .remove(b'-')
    .remove(b'_')
    .remove(b'~')
    .remove(b' ')
    .remove(b'(')
    .remove(b')');

/// The response to a call of an operation, or to a call of none; a success in JSON in the coding that was asked for.
pub(crate) fn respond(
    result: Result<Reply, Error>,
    notes: &[&'static str],
    profile: Option<&Profile>,
    coding: Option<Coding>,
    id: RequestId,
) -> Response {
    let mut response = match result {
        Ok(reply) => success(reply, coding, id),
        Err(Error::Api(error)) => failure(error, profile),
        Err(error @ Error::Internal { .. }) => {
            tracing::error!(request_id = %id, error = chain(&error), "a request failed by our fault");
            failure(ApiError::new(trouble::code(&error)), profile)
        }
    };
    let is_unavailable = response.status() == StatusCode::SERVICE_UNAVAILABLE;
    let headers = response.headers_mut();
    if is_unavailable {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    headers.insert(header::CACHE_CONTROL, NO_STORE);
    protect(headers);
    headers.insert(REQUEST_ID, id.into());
    if !notes.is_empty()
        && let Ok(value) = HeaderValue::try_from(notes.join(", "))
    {
        headers.insert(NOTE, value);
    }
    response
}

/// The response to a request whose handler panicked.
pub(crate) fn panicked(id: RequestId) -> Response {
    tracing::error!(request_id = %id, "the handler of a request panicked");
    respond(Err(Code::InternalError.into()), &[], None, None, id)
}

/// The response to a request that came to an end before its operation did, with the id that it got on the way.
pub(crate) fn refused(code: Code, id: Option<&HeaderValue>) -> Response {
    let mut response = failure(ApiError::new(code), None);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, NO_STORE);
    protect(headers);
    if let Some(id) = id {
        headers.insert(REQUEST_ID, id.clone());
    }
    response
}

/// What keeps a browser from showing an answer as something else, or inside a page of somebody else's.
fn protect(headers: &mut HeaderMap) {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(NOTHING);
}

fn success(reply: Reply, coding: Option<Coding>, id: RequestId) -> Response {
    let mut response = match reply.body {
        Content::Empty => Response::new(Body::empty()),
        Content::Json(bytes) => {
            let mut headers = HeaderMap::new();
            let mut response = json(coding::coded(bytes, coding, &mut headers));
            response.headers_mut().extend(headers);
            response
        }
        Content::Prepared(whole) => {
            let mut headers = HeaderMap::new();
            let mut response = json(coding::prepared(&whole, coding, &mut headers));
            response.headers_mut().extend(headers);
            response
        }
        Content::File(file) => download(file, id),
    };
    *response.status_mut() = status(reply.status);
    response
}

fn failure(mut error: ApiError, profile: Option<&Profile>) -> Response {
    if profile.is_some_and(|profile| !profile.json_path) {
        error.details.remove("json_path");
    }
    let mut bytes = Vec::with_capacity(160);
    error.write(&mut bytes);
    let mut response = json(bytes);
    if let Some(challenge) = error.required_scope().and_then(challenge) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    *response.status_mut() = status(error.code.status());
    response
}

/// What a token has to have, in the form of RFC 6750, section 3: scopes separated by spaces.
fn challenge(scopes: &str) -> Option<HeaderValue> {
    let scopes = scopes.replace(',', " ");
    HeaderValue::try_from(format!("Bearer error=\"insufficient_scope\", scope=\"{scopes}\"")).ok()
}

fn status(number: u16) -> StatusCode {
    StatusCode::from_u16(number).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn json(bytes: impl Into<Body>) -> Response {
    let mut response = Response::new(bytes.into());
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    response.headers_mut().insert(header::CONTENT_DISPOSITION, RESPONSE_JSON);
    response
}

/// A file, piece by piece. Browsers save it and never show it in place, whatever is in it.
fn download(file: Download, id: RequestId) -> Response {
    let disposition = HeaderValue::try_from(disposition(&file.name));
    let size = file.content.size;
    let pieces = futures::stream::try_unfold(file.content, move |mut content| async move {
        match content.next().await {
            Ok(piece) => Ok(piece.map(|piece| (piece, content))),
            Err(error) => {
                // The head is out already: all that is left is to break off, and the client sees a short file.
                tracing::error!(request_id = %id, error = chain(&error), "reading a file broke off");
                Err(error)
            }
        }
    });
    let mut response = Response::new(Body::from_stream(pieces));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, size.into());
    headers.insert(header::CONTENT_SECURITY_POLICY, SANDBOX);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-download"));
    let fallback = HeaderValue::from_static("attachment;filename*=UTF-8''file");
    headers.insert(header::CONTENT_DISPOSITION, disposition.unwrap_or(fallback));
    response
}

/// `Content-Disposition` of a file. The official clients take what follows the last `'` and do not decode it, so spaces and
/// brackets stand as they are, which browsers read as well.
fn disposition(name: &str) -> String {
    format!("attachment;filename*=UTF-8''{}", utf8_percent_encode(name, FILE_NAME))
}

#[cfg(test)]
mod tests {
    use super::disposition;

    #[test]
    fn names_reach_clients_that_decode_and_those_that_do_not() {
        for (name, wanted) in [
            ("a.pdf", "attachment;filename*=UTF-8''a.pdf"),
            ("report v1 (2).bin", "attachment;filename*=UTF-8''report v1 (2).bin"),
            ("Ada's.txt", "attachment;filename*=UTF-8''Ada%27s.txt"),
            ("a\"b.txt", "attachment;filename*=UTF-8''a%22b.txt"),
            ("a=b 50%.txt", "attachment;filename*=UTF-8''a%3Db 50%25.txt"),
            ("日.csv", "attachment;filename*=UTF-8''%E6%97%A5.csv"),
        ] {
            assert_eq!(disposition(name), wanted);
        }
    }
}
