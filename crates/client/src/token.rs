//! One access token for all calls. Whoever needs a new one fetches it while the others wait for it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Deserialize;
use tokio::sync::Mutex;

use crate::client::url;
use crate::config::Config;
use crate::error::Error;

const DOING: &str = "refreshing the access token";
/// A token is given up this long before it expires, so that none expires on the way.
const MARGIN: Duration = Duration::from_mins(1);

pub(crate) struct Tokens {
    config: Config,
    endpoint: reqwest::Url,
    current: Mutex<Option<Token>>,
}

struct Token {
    text: Arc<str>,
    good_until: Instant,
}

/// The token endpoint answers refusals with status 200 too.
#[derive(Deserialize)]
struct Answer {
    access_token: Option<String>,
    /// Seconds.
    #[serde(default)]
    expires_in: u64,
    error: Option<String>,
    error_description: Option<String>,
}

impl Tokens {
    pub(crate) fn new(config: Config) -> Result<Self, Error> {
        let endpoint = url(&config.accounts_url, &["oauth", "v2", "token"])?;
        Ok(Self { config, endpoint, current: Mutex::default() })
    }

    /// An access token other than `refused`. The lock is held while one is fetched: calls that come meanwhile get
    /// that one, and of many calls whose token was refused only the first fetches.
    pub(crate) async fn get(&self, http: &reqwest::Client, refused: Option<&str>) -> Result<Arc<str>, Error> {
        let mut current = self.current.lock().await;
        if let Some(token) = &*current
            && refused != Some(&*token.text)
            && Instant::now() < token.good_until
        {
            return Ok(Arc::clone(&token.text));
        }
        let token = self.fetch(http).await?;
        let text = Arc::clone(&token.text);
        *current = Some(token);
        Ok(text)
    }

    async fn fetch(&self, http: &reqwest::Client) -> Result<Token, Error> {
        let failed = |source: reqwest::Error| Error::Transport { doing: DOING.to_owned(), source };
        let asked = Instant::now();
        // In the body: a query ends up in the logs of proxies.
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", &self.config.client_id),
            ("client_secret", &self.config.client_secret),
            ("refresh_token", &self.config.refresh_token),
        ];
        let response = http.post(self.endpoint.clone()).form(&form).send().await.map_err(failed)?;
        let status = response.status().as_u16();
        let body = response.bytes().await.map_err(failed)?;
        let shape = |source| Error::Shape { doing: DOING.to_owned(), status, source };
        let answer: Answer = serde_json::from_slice(&body).map_err(shape)?;
        match answer.access_token {
            Some(text) if answer.error.is_none() => {
                let lasts = Duration::from_secs(answer.expires_in);
                let good_until = asked + lasts.saturating_sub(MARGIN.min(lasts / 10));
                Ok(Token { text: text.into(), good_until })
            }
            _ => Err(Error::OAuth {
                error: answer.error.unwrap_or_else(|| "the answer has no access_token".to_owned()),
                description: answer.error_description,
            }),
        }
    }
}
