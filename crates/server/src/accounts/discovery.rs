//! What this accounts server offers, for clients that ask before they start.

use axum::extract::State;
use axum::response::Response;
use dealwright_accounts::Accounts;
use serde_json::json;

use super::answer;

/// `GET /.well-known/openid-configuration`. Tokens are opaque and there is no `id_token`, so nothing about its
/// signature is announced.
pub(super) async fn openid_configuration(State(accounts): State<Accounts>) -> Response {
    let issuer = accounts.public_url();
    answer::json(&json!({
        "issuer": &*issuer,
        "authorization_endpoint": format!("{issuer}/oauth/v2/auth"),
        "token_endpoint": format!("{issuer}/oauth/v2/token"),
        "revocation_endpoint": format!("{issuer}/oauth/v2/token/revoke"),
        "introspection_endpoint": format!("{issuer}/oauth/v2/introspect"),
        "userinfo_endpoint": format!("{issuer}/oauth/v2/userinfo"),
        "jwks_uri": format!("{issuer}/oauth/v2/keys"),
        "device_authorization_endpoint": format!("{issuer}/oauth/v3/device/code"),
        "dc_info": format!("{issuer}/oauth/serverinfo"),
        "response_types_supported": ["code", "token"],
        "response_modes_supported": ["query", "fragment"],
        "grant_types_supported": [
            "authorization_code",
            "implicit",
            "refresh_token",
            "client_credentials",
            "urn:ietf:params:oauth:grant-type:device_code",
        ],
        "subject_types_supported": ["public"],
        "scopes_supported": ["email", "profile", "openid", "phone"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "claims_supported": ["sub", "email", "email_verified", "name", "first_name", "last_name"],
        "code_challenge_methods_supported": ["S256"],
    }))
}

/// `GET /oauth/v2/keys`: no signatures, no keys.
pub(super) async fn keys() -> Response {
    answer::json(&json!({ "keys": [] }))
}

/// `GET /oauth/serverinfo`: one location, this server.
pub(super) async fn server_info(State(accounts): State<Accounts>) -> Response {
    let location = accounts.settings().location.as_str();
    answer::json(&json!({ "result": "success", "locations": { location: &*accounts.public_url() } }))
}
