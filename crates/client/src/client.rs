//! Sending a call: with a good token, and once more with a new one when the server refuses it.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::redirect::Policy;
use reqwest::{Method, Url};
use serde::de::DeserializeOwned;

use crate::config::Config;
use crate::error::{ApiFailure, Error};
use crate::records::Records;
use crate::token::Tokens;

/// The version of the API that this SDK speaks.
const VERSION: &str = "v8";
const CONNECT: Duration = Duration::from_secs(10);
/// The whole of a call, its answer included.
const CALL: Duration = Duration::from_mins(1);

/// A connection to one server as one user. Cheap to clone; clones share connections and token.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    http: reqwest::Client,
    base_url: String,
    tokens: Tokens,
}

impl Client {
    /// A client with HTTP settings of its own: 10 seconds to connect, one minute per call, no redirects.
    pub fn new(config: Config) -> Result<Self, Error> {
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            // Fails only when another thread was faster, which is as good.
            let _installed = rustls::crypto::ring::default_provider().install_default();
        }
        let http = reqwest::Client::builder().connect_timeout(CONNECT).timeout(CALL).redirect(Policy::none());
        let failed = |source| Error::Transport { doing: "setting up HTTP".to_owned(), source };
        Self::with_http(config, http.build().map_err(failed)?)
    }

    /// A client that sends through `http`: for proxies, certificates and time limits of one's own. Without a provider
    /// of cryptography for the process, `reqwest` cannot build one; [`Client::new`] installs ring where there is none.
    pub fn with_http(config: Config, http: reqwest::Client) -> Result<Self, Error> {
        let base_url = config.base_url.clone();
        url(&base_url, &[])?;
        Ok(Self(Arc::new(Inner { http, base_url, tokens: Tokens::new(config)? })))
    }

    /// The records of one module, by its `api_name`.
    pub fn records(&self, module: impl Into<String>) -> Records {
        Records::new(self.clone(), module.into())
    }

    /// Sends a call. An answer of any status is an answer; only a refused token is dealt with here.
    pub(crate) async fn call(&self, call: &Call) -> Result<Answer, Error> {
        let Inner { http, tokens, .. } = &*self.0;
        let token = tokens.get(http, None).await?;
        let answer = self.send(call, &token).await?;
        if !answer.refuses_token() {
            return Ok(answer);
        }
        let token = tokens.get(http, Some(&token)).await?;
        self.send(call, &token).await
    }

    async fn send(&self, call: &Call, token: &str) -> Result<Answer, Error> {
        let failed = |source| Error::Transport { doing: call.doing.clone(), source };
        let mut path = vec!["crm", VERSION];
        path.extend(call.path.iter().map(String::as_str));
        let mut request = self
            .0
            .http
            .request(call.method.clone(), url(&self.0.base_url, &path)?)
            .header(AUTHORIZATION, format!("Zoho-oauthtoken {token}"));
        if !call.query.is_empty() {
            request = request.query(&call.query);
        }
        if let Some(body) = &call.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.clone());
        }
        let response = request.send().await.map_err(failed)?;
        let status = response.status().as_u16();
        let body = response.bytes().await.map_err(failed)?.to_vec();
        Ok(Answer { doing: call.doing.clone(), status, body })
    }
}

/// `base` with the segments below it, each encoded.
pub(crate) fn url(base: &str, segments: &[&str]) -> Result<Url, Error> {
    let refused =
        || Error::Config(format!("{base:?} is no base URL; one looks like https://crm.example.com"));
    let mut url = Url::parse(base).map_err(|_| refused())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refused());
    }
    url.path_segments_mut().map_err(|()| refused())?.pop_if_empty().extend(segments);
    Ok(url)
}

/// One call of the API.
pub(crate) struct Call {
    /// What it is for, as errors say it: `listing Deals`.
    pub(crate) doing: String,
    pub(crate) method: Method,
    /// Below the version.
    pub(crate) path: Vec<String>,
    pub(crate) query: Vec<(&'static str, String)>,
    /// JSON text.
    pub(crate) body: Option<Vec<u8>>,
}

/// What came back.
pub(crate) struct Answer {
    doing: String,
    status: u16,
    body: Vec<u8>,
}

impl Answer {
    fn refuses_token(&self) -> bool {
        self.status == 401
            && serde_json::from_slice::<ApiFailure>(&self.body)
                .is_ok_and(|failure| failure.code == "INVALID_TOKEN")
    }

    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// The body of a success; `None` for a success without one.
    pub(crate) fn read<T: DeserializeOwned>(self) -> Result<Option<T>, Error> {
        match self.status {
            204 => Ok(None),
            200..300 => serde_json::from_slice(&self.body).map(Some).map_err(|source| self.shape(source)),
            _ => Err(self.refusal()),
        }
    }

    /// The body whatever the status says, when it has the shape of `T`; otherwise the refusal in it.
    pub(crate) fn read_any<T: DeserializeOwned>(self) -> Result<T, Error> {
        match serde_json::from_slice(&self.body) {
            Ok(body) => Ok(body),
            Err(source) if (200..300).contains(&self.status) => Err(self.shape(source)),
            Err(_) => Err(self.refusal()),
        }
    }

    /// The error that the body carries.
    fn refusal(self) -> Error {
        match serde_json::from_slice::<ApiFailure>(&self.body) {
            Ok(failure) => Error::Api { doing: self.doing, status: self.status, failure: Box::new(failure) },
            Err(source) => self.shape(source),
        }
    }

    fn shape(self, source: serde_json::Error) -> Error {
        Error::Shape { doing: self.doing, status: self.status, source }
    }
}
