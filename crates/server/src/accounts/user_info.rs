//! Who a token acts for.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use dealwright_accounts::{Accounts, Error, OAuthError, Session};
use serde::Serialize;

use super::answer::{json, json_error, oauth_error};
use super::visit::Call;

/// `GET /oauth/v2/userinfo`: the claims of `OpenID` Connect.
pub(super) async fn claims(State(accounts): State<Accounts>, call: Call) -> Response {
    match session(&accounts, &call).await {
        Ok(session) => within_scope(accounts.claims(&session).await),
        Err(response) => response,
    }
}

/// `GET /oauth/user/info`: the older form.
pub(super) async fn profile(State(accounts): State<Accounts>, call: Call) -> Response {
    match session(&accounts, &call).await {
        Ok(session) => within_scope(accounts.user_info(&session).await),
        Err(response) => response,
    }
}

async fn session(accounts: &Accounts, call: &Call) -> Result<Arc<Session>, Response> {
    let found = accounts.authenticate(call.access_token().unwrap_or_default()).await;
    found
        .map_err(|error| oauth_error(&error.into()))?
        .ok_or_else(|| refused(StatusCode::UNAUTHORIZED, "invalid_token"))
}

fn within_scope<T: Serialize>(result: Result<Option<T>, Error>) -> Response {
    match result {
        Ok(Some(body)) => json(&body),
        Ok(None) => refused(StatusCode::FORBIDDEN, "insufficient_scope"),
        Err(error) => oauth_error(&OAuthError::Internal(error)),
    }
}

/// RFC 6750, section 3.
fn refused(status: StatusCode, error: &str) -> Response {
    let mut response = json_error(status, error);
    if let Ok(value) = HeaderValue::from_str(&format!("Bearer error=\"{error}\"")) {
        response.headers_mut().insert(WWW_AUTHENTICATE, value);
    }
    response
}
