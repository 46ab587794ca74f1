//! Failures of the OAuth endpoints in the words clients know.
//!
//! Source: accounts service documentation, "OAuth errors". Nearly all of them travel with HTTP 200; clients look
//! for `access_token` or `error` in the body.

use dealwright_store::StoreError;

use crate::Error;

/// A failure; its text is what stands in `error`.
#[derive(Debug, thiserror::Error)]
pub enum OAuthError {
    /// A grant code or refresh token that is unknown, used, expired or revoked.
    #[error("invalid_code")]
    InvalidCode,
    #[error("invalid_client")]
    InvalidClient,
    #[error("invalid_client_secret")]
    InvalidClientSecret,
    #[error("invalid_redirect_uri")]
    InvalidRedirectUri,
    #[error("invalid_scope")]
    InvalidScope,
    #[error("invalid_response_type")]
    InvalidResponseType,
    #[error("invalid_token")]
    InvalidToken,
    #[error("unsupported_grant_type")]
    UnsupportedGrantType,
    /// `client_credentials` without `soid`.
    #[error("missing_org_info")]
    MissingOrgInfo,
    #[error("access_denied")]
    AccessDenied,
    /// Anything without a name of its own, a missing parameter for example.
    #[error("general_error")]
    General,
    /// An authorization request whose PKCE challenge is missing where it is needed, or is not S256.
    #[error("general_error")]
    InvalidChallenge,
    #[error("Access Denied")]
    Throttled,
    /// Device flow: nobody has decided yet.
    #[error("authorization_pending")]
    AuthorizationPending,
    /// Device flow: asked again too soon.
    #[error("slow_down")]
    SlowDown,
    /// Device flow: the device code is too old or unknown.
    #[error("expired")]
    Expired,
    /// Our fault. Clients see `general_error`; the cause goes to the log.
    #[error("general_error")]
    Internal(#[from] Error),
}

impl OAuthError {
    /// HTTP status of the answer.
    pub fn status(&self) -> u16 {
        match self {
            Self::Throttled => 400,
            Self::Internal(_) => 500,
            _ => 200,
        }
    }

    /// JSON body of the answer.
    pub fn body(&self) -> String {
        if matches!(self, Self::Throttled) {
            return "{\"error_description\":\"You have made too many requests continuously. Please try again after some \
                    time.\",\"error\":\"Access Denied\",\"status\":\"failure\"}"
                .to_owned();
        }
        format!("{{\"error\":\"{self}\"}}")
    }
}

impl From<StoreError> for OAuthError {
    fn from(error: StoreError) -> Self {
        Self::Internal(error.into())
    }
}
