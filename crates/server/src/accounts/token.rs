//! The endpoints programs call: tokens, revocation, introspection, and the programs' side of the device flow.

use axum::extract::State;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, VARY};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use dealwright_accounts::{Accounts, OAuthError};
use serde::Serialize;

use super::answer::{json, json_error, oauth_error};
use super::visit::Call;

/// `POST /oauth/v2/token`.
pub(super) async fn grant(State(accounts): State<Accounts>, call: Call) -> Response {
    if call.method != Method::POST {
        // Tokens are not handed out by following a link.
        return json_error(StatusCode::BAD_REQUEST, "general_error");
    }
    let response = answer(&accounts, &call, accounts.token(&call.params).await);
    allow_origin(&accounts, &call, response).await
}

/// `POST /oauth/v2/token/revoke`; GET is tolerated.
pub(super) async fn revoke(State(accounts): State<Accounts>, call: Call) -> Response {
    let result = match call.params.get("token").or_else(|| call.params.get("refresh_token")) {
        Some(token) => accounts.revoke(token).await,
        None => Err(OAuthError::InvalidToken),
    };
    let response = answer(&accounts, &call, result.map(|()| serde_json::json!({ "status": "success" })));
    allow_origin(&accounts, &call, response).await
}

/// `POST /oauth/v2/introspect`.
pub(super) async fn introspect(State(accounts): State<Accounts>, call: Call) -> Response {
    match accounts.introspect(&call.params).await {
        // Here RFC 7662 rules: a client that cannot prove itself gets 401.
        Err(error @ (OAuthError::InvalidClient | OAuthError::InvalidClientSecret)) => {
            (StatusCode::UNAUTHORIZED, oauth_error(&error)).into_response()
        }
        result => answer(&accounts, &call, result),
    }
}

/// `GET /oauth/v2/token/info`.
pub(super) async fn info(State(accounts): State<Accounts>, call: Call) -> Response {
    let token =
        call.params.get("token").or_else(|| call.params.get("access_token")).or_else(|| call.access_token());
    let result = accounts.token_info(token.unwrap_or_default()).await;
    answer(&accounts, &call, result)
}

/// `POST /oauth/v3/device/code`.
pub(super) async fn device_code(State(accounts): State<Accounts>, call: Call) -> Response {
    if !accounts.admits_device_code(&call.from) {
        return oauth_error(&OAuthError::Throttled);
    }
    let result = accounts.device_request(&call.params).await;
    answer(&accounts, &call, result)
}

/// `POST /oauth/v3/device/token`.
pub(super) async fn device_token(State(accounts): State<Accounts>, call: Call) -> Response {
    let result = accounts.device_token(&call.params).await;
    answer(&accounts, &call, result)
}

/// The answer to a client. Whoever is refused again and again is told no reason any more.
fn answer<T: Serialize>(accounts: &Accounts, call: &Call, result: Result<T, OAuthError>) -> Response {
    match result {
        Ok(body) => json(&body),
        // A device that asks whether somebody has decided does what it should.
        Err(error @ (OAuthError::AuthorizationPending | OAuthError::SlowDown | OAuthError::Internal(_))) => {
            oauth_error(&error)
        }
        Err(_) if !accounts.admits_refusal(&call.from) => oauth_error(&OAuthError::Throttled),
        Err(error) => oauth_error(&error),
    }
}

/// Lets pages of the client's registered JavaScript domains read the answer.
async fn allow_origin(accounts: &Accounts, call: &Call, mut response: Response) -> Response {
    let (Some(origin), Some(client_id)) = (call.origin(), call.params.get("client_id")) else {
        return response;
    };
    let Ok(Some(client)) = accounts.client(client_id).await else { return response };
    if client.js_domains.iter().any(|domain| domain == origin)
        && let Ok(origin) = HeaderValue::from_str(origin)
    {
        response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        response.headers_mut().append(VARY, HeaderValue::from_static("Origin"));
    }
    response
}
