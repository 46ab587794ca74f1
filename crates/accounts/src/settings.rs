//! What an operator can choose about the accounts server.

use std::time::Duration;

/// Choices with their usual values in [`Settings::default`].
#[derive(Debug, Clone)]
pub struct Settings {
    /// Base URL clients reach this server at; a trailing slash is dropped.
    pub public_url: String,
    /// The `location` told to clients after an authorization.
    pub location: String,
    /// Published accounts are allowed to exist ([`crate::Accounts::ensure_development`]).
    pub development: bool,
    /// Refuse more than 10 access tokens per refresh token, 10 codes per user and client, or 5 refresh
    /// tokens a minute. Off by default: a server of one's own has no neighbours to protect.
    pub token_throttle: bool,
    pub code_ttl: Duration,
    pub access_token_ttl: Duration,
    /// How long a sign-in lasts at most.
    pub sign_in_ttl: Duration,
    /// How long a sign-in lasts without being used.
    pub sign_in_idle: Duration,
    /// How long an invited person may take to set a password.
    pub invitation_ttl: Duration,
    /// How long a link to set another password is good.
    pub reset_ttl: Duration,
    /// Refresh tokens per user and client; one more deletes the oldest.
    pub refresh_tokens: u16,
    /// Live access tokens per refresh token; one more deletes the oldest. Published texts say 10, 15 and 30;
    /// the largest lets test runs in parallel share one refresh token.
    pub access_tokens: u16,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            public_url: "http://127.0.0.1:8080".to_owned(),
            location: "us".to_owned(),
            development: false,
            token_throttle: false,
            code_ttl: Duration::from_mins(2),
            access_token_ttl: Duration::from_hours(1),
            sign_in_ttl: Duration::from_hours(24 * 7),
            sign_in_idle: Duration::from_hours(12),
            invitation_ttl: Duration::from_hours(24 * 3),
            reset_ttl: Duration::from_hours(1),
            refresh_tokens: 20,
            access_tokens: 30,
        }
    }
}
