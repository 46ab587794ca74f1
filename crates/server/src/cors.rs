//! Calls from pages of other origins. Source: "CORS, methods, compression" of the platform reference.
//!
//! The API takes its credentials from the `Authorization` header alone, never from cookies, so naming an origin
//! gives a page nothing that it does not hold already.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use dealwright_accounts::Session;

const ANY: HeaderValue = HeaderValue::from_static("*");
const ALLOWED_HEADERS: HeaderValue = HeaderValue::from_static(
    "Authorization, Content-Type, If-Modified-Since, If-Unmodified-Since, X-EXTERNAL, X-CRM-ORG, X-ZOHO-SDK, feature",
);
const EXPOSED_HEADERS: HeaderValue = HeaderValue::from_static(
    "X-API-CREDITS-REMAINING, X-ACCESSTOKEN-RESET, Content-Disposition, X-Request-Id, X-Dealwright-Note, WWW-Authenticate",
);

/// The answer to `OPTIONS`: no token is needed, browsers send none.
pub(crate) fn preflight(methods: HeaderValue) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(header::ALLOW, methods.clone());
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, ANY);
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    response
}

/// The origin that may read the answer: one that the token's client has registered, or any while no client is known.
/// `None` for requests that come from no page, and for pages of other origins.
pub(crate) fn allowed_origin(request: &HeaderMap, session: Option<&Session>) -> Option<HeaderValue> {
    let origin = request.get(header::ORIGIN)?;
    let Some(session) = session else { return Some(ANY) };
    let text = origin.to_str().ok()?;
    let registered = |domain: &String| domain.trim_end_matches('/').eq_ignore_ascii_case(text);
    session.js_domains.iter().any(registered).then(|| origin.clone())
}

/// Lets a page of that origin read the answer.
pub(crate) fn expose(response: &mut Response, origin: HeaderValue) {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
    headers.insert(header::VARY, HeaderValue::from_static("Origin"));
}
