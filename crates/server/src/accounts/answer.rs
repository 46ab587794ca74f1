//! Answers: JSON for clients, pages for people, and failures of both.

use askama::Template;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, LOCATION, PRAGMA, REFERRER_POLICY,
    RETRY_AFTER, SET_COOKIE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use dealwright_accounts::{Error, OAuthError};
use dealwright_store::error::chain;
use serde::Serialize;

use crate::trouble;

/// No scripts, no frames, nothing from elsewhere. `form-action` is left out on purpose: browsers apply it to the
/// redirect that follows the consent form, which leads to the client.
const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'";

const PAGE_HEADERS: [(HeaderName, &str); 6] = [
    (CONTENT_TYPE, "text/html;charset=UTF-8"),
    (CACHE_CONTROL, "no-store"),
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_FRAME_OPTIONS, "DENY"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
];

const JSON_HEADERS: [(HeaderName, &str); 4] = [
    (CONTENT_TYPE, "application/json;charset=UTF-8"),
    (CACHE_CONTROL, "no-store"),
    (PRAGMA, "no-cache"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

/// Seconds, in `Retry-After`, after which one attempt more is let through.
const SOON: HeaderValue = HeaderValue::from_static("20");
/// The same where the database was away.
const AT_ONCE: HeaderValue = HeaderValue::from_static("1");

/// A JSON body with HTTP 200.
pub(super) fn json<T: Serialize>(body: &T) -> Response {
    let mut text = Vec::new();
    dealwright_wire::json::value(&mut text, body);
    (JSON_HEADERS, text).into_response()
}

/// `{"error": …}` with a status of its own.
pub(super) fn json_error(status: StatusCode, error: &str) -> Response {
    (status, json(&serde_json::json!({ "error": error }))).into_response()
}

/// The documented answer of a failed OAuth request. Our own faults are logged here.
pub(super) fn oauth_error(error: &OAuthError) -> Response {
    if let OAuthError::Internal(cause) = error {
        tracing::error!(error = chain(cause), "an OAuth request failed");
    }
    let status = match error {
        OAuthError::Internal(cause) => trouble::status(cause),
        error => StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
    };
    let mut response = (status, JSON_HEADERS, error.body()).into_response();
    match error {
        OAuthError::Throttled => drop(response.headers_mut().insert(RETRY_AFTER, SOON)),
        _ if status == StatusCode::SERVICE_UNAVAILABLE => {
            response.headers_mut().insert(RETRY_AFTER, AT_ONCE);
        }
        _ => {}
    }
    response
}

/// A page, or the failure to draw it.
pub(super) fn page<T: Template>(template: &T) -> Result<Response, Failure> {
    Ok((PAGE_HEADERS, template.render().map_err(Failure::Template)?).into_response())
}

/// An answer that says after how many seconds to try again.
pub(super) fn later(status: StatusCode, seconds: u64, answer: impl IntoResponse) -> Response {
    (status, [(RETRY_AFTER, HeaderValue::from(seconds))], answer).into_response()
}

/// Sends the browser on with GET.
pub(super) fn redirect(to: &str) -> Response {
    let location = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/console"));
    (StatusCode::SEE_OTHER, [(LOCATION, location), (CACHE_CONTROL, HeaderValue::from_static("no-store"))])
        .into_response()
}

/// Adds a cookie that scripts cannot read and that other sites' forms do not send.
pub(super) fn set_cookie(
    mut response: Response,
    name: &str,
    value: &str,
    seconds: u64,
    is_secure: bool,
) -> Response {
    let secure = if is_secure { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    if let Ok(value) = HeaderValue::from_str(&text) {
        response.headers_mut().append(SET_COOKIE, value);
    }
    response
}

/// Why a page cannot be shown.
#[derive(Debug)]
pub(super) enum Failure {
    /// Sign in first, then come back to this path.
    SignIn(String),
    NotFound,
    /// There is something here, but nothing to be looked at or sent to in this way.
    WrongMethod,
    /// A request for authorization with scopes that do not exist; says which.
    Scope(String),
    /// The form is older than the sign-in, or does not come from here.
    StaleForm,
    Unreadable,
    /// A request for authorization that must not be answered by redirect.
    OAuth(OAuthError),
    Internal(Error),
    /// An org that cannot be opened.
    Org(dealwright_engine::Error),
    /// Too many attempts from one address.
    TooMany,
    Template(askama::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Internal(error)
    }
}

impl From<OAuthError> for Failure {
    fn from(error: OAuthError) -> Self {
        Self::OAuth(error)
    }
}

#[derive(Template)]
#[template(path = "accounts/error.html")]
struct ErrorPage<'a> {
    title: &'a str,
    text: &'a str,
    /// The word that programs know the failure by; empty when there is none.
    code: &'a str,
    who: &'a str,
    form_token: &'a str,
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let ours = ("Something went wrong", "The fault is ours. It has been logged.");
        let (status, (title, text), code) = match &self {
            Self::SignIn(next) => {
                let query =
                    form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
                return redirect(&format!("/oauth/signin?{query}"));
            }
            Self::NotFound => {
                (StatusCode::NOT_FOUND, ("Not found", "There is nothing here, or it is not yours."), "")
            }
            Self::WrongMethod => {
                let words = (
                    "Nothing to see here",
                    "This address takes requests of another kind, from a form or a program.",
                );
                (StatusCode::METHOD_NOT_ALLOWED, words, "")
            }
            Self::Scope(which) => {
                (StatusCode::BAD_REQUEST, ("Unknown scope", which.as_str()), "ERROR_invalid_scope")
            }
            Self::StaleForm => {
                let text =
                    "You may have signed in again since. Go back, reload the page and send it once more.";
                (StatusCode::FORBIDDEN, ("This form is out of date", text), "")
            }
            Self::Unreadable => {
                (StatusCode::BAD_REQUEST, ("Unreadable request", "The form could not be read."), "")
            }
            Self::OAuth(OAuthError::Internal(error)) | Self::Internal(error) => {
                tracing::error!(error = chain(error), "a page of the accounts server failed");
                (trouble::status(error), ours, "")
            }
            Self::Org(error) => {
                tracing::error!(error = chain(error), "a page of the accounts server cannot open an org");
                (trouble::status(error), ours, "")
            }
            Self::TooMany => {
                let text = "There were too many attempts from your address. Wait a while and try again.";
                (StatusCode::TOO_MANY_REQUESTS, ("Too many attempts", text), "")
            }
            Self::Template(error) => {
                tracing::error!(error = chain(error), "drawing a page of the accounts server failed");
                (StatusCode::INTERNAL_SERVER_ERROR, ours, "")
            }
            Self::OAuth(error) => {
                let (words, code) = in_words(error);
                (StatusCode::BAD_REQUEST, words, code)
            }
        };
        let page = ErrorPage { title, text, code, who: "", form_token: "" };
        let body = page.render().unwrap_or_else(|_| title.to_owned());
        let mut response = (status, PAGE_HEADERS, body).into_response();
        match status {
            StatusCode::TOO_MANY_REQUESTS => drop(response.headers_mut().insert(RETRY_AFTER, SOON)),
            StatusCode::SERVICE_UNAVAILABLE => drop(response.headers_mut().insert(RETRY_AFTER, AT_ONCE)),
            _ => {}
        }
        response
    }
}

/// Title and explanation of a refused authorization request, and the word that the reference service titles it with.
fn in_words(error: &OAuthError) -> ((&'static str, &'static str), &'static str) {
    match error {
        OAuthError::InvalidClient => (
            ("Unknown application", "No application is registered under the client_id that was sent."),
            "ERROR_invalid_client",
        ),
        OAuthError::InvalidRedirectUri => (
            (
                "Unknown redirect address",
                "The redirect_uri that was sent is not registered for this application. It must match to the letter.",
            ),
            "ERROR_invalid_redirect_uri",
        ),
        OAuthError::InvalidScope => (
            ("Unknown scope", "The scope parameter is missing, or names a scope that does not exist."),
            "ERROR_invalid_scope",
        ),
        OAuthError::InvalidResponseType => (
            (
                "Wrong kind of request",
                "The response_type is missing or not one this type of application may use: code, or token for \
                 client-based applications.",
            ),
            "ERROR_invalid_response_type",
        ),
        OAuthError::InvalidChallenge => (
            (
                "No proof key",
                "This application needs a PKCE challenge: code_challenge with code_challenge_method=S256. Other methods \
                 are not taken.",
            ),
            "ERROR_general_error",
        ),
        OAuthError::AccessDenied => {
            (("No access", "You do not belong to this organisation."), "ERROR_access_denied")
        }
        OAuthError::Throttled => (
            (
                "Too many requests",
                "There were too many requests in a short time. Wait ten minutes and try again.",
            ),
            "ERROR_access_denied",
        ),
        _ => (
            ("Incomplete request", "The request is not complete, or a parameter is malformed."),
            "ERROR_general_error",
        ),
    }
}
