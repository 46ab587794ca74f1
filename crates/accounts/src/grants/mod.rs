//! The token endpoint: one file per grant type.

mod authorization_code;
mod client_credentials;
mod device;
mod refresh_token;

use crate::{Accounts, OAuthError, Params, TokenReply};

impl Accounts {
    /// Answers `/oauth/v2/token`.
    pub async fn token(&self, params: &Params) -> Result<TokenReply, OAuthError> {
        match params.require("grant_type")? {
            "authorization_code" => authorization_code::grant(self, params).await,
            "refresh_token" => refresh_token::grant(self, params).await,
            "client_credentials" => client_credentials::grant(self, params).await,
            "urn:ietf:params:oauth:grant-type:device_code" | "device_token" => {
                device::grant(self, params).await
            }
            _ => Err(OAuthError::UnsupportedGrantType),
        }
    }

    /// Answers `/oauth/v3/device/token`.
    pub async fn device_token(&self, params: &Params) -> Result<TokenReply, OAuthError> {
        match params.get("grant_type") {
            None | Some("device_token" | "urn:ietf:params:oauth:grant-type:device_code") => {
                device::grant(self, params).await
            }
            Some(_) => Err(OAuthError::UnsupportedGrantType),
        }
    }
}
