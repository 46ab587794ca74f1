//! Where the server is and who calls.

use std::fmt;

/// What a client is made of. Prints without its secrets.
#[derive(Clone)]
pub struct Config {
    /// Base URL of the API: `https://crm.example.com`. The `api_domain` of a token is not followed.
    pub base_url: String,
    /// Base URL of the accounts server; the same as `base_url` unless a proxy takes them apart.
    pub accounts_url: String,
    pub client_id: String,
    pub client_secret: String,
    /// Does not wear out: it is exchanged for an access token whenever one is needed.
    pub refresh_token: String,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("base_url", &self.base_url)
            .field("accounts_url", &self.accounts_url)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}
