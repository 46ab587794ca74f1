//! What a request says: parameters from everywhere, cookies, and who is signed in.

use axum::body::Body;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HeaderName, ORIGIN, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dealwright_accounts::{Accounts, Origin, Params, SignIn};

use super::answer::{Failure, json_error};
use super::news::Board;
use crate::connection::proxies::ClientAddress;

pub(super) const SESSION_COOKIE: &str = "dealwright_session";
/// By which a browser is known in which somebody has signed in before.
pub(super) const MARK_COOKIE: &str = "dealwright_browser";

/// A call of a client to an OAuth endpoint.
pub(super) struct Call {
    pub(super) params: Params,
    pub(super) method: Method,
    /// Address of the client, as far as it is known.
    pub(super) from: String,
    headers: HeaderMap,
}

impl Call {
    /// The access token of the `Authorization` header, under either of its two schemes.
    pub(super) fn access_token(&self) -> Option<&str> {
        let (scheme, token) = self.headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
        let is_known =
            scheme.eq_ignore_ascii_case("Zoho-oauthtoken") || scheme.eq_ignore_ascii_case("Bearer");
        is_known.then_some(token.trim())
    }

    pub(super) fn origin(&self) -> Option<&str> {
        self.headers.get(ORIGIN)?.to_str().ok()
    }
}

impl FromRequest<Accounts> for Call {
    type Rejection = Response;

    async fn from_request(request: Request, accounts: &Accounts) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let mut params = read_params(&parts, body, accounts)
            .await
            .map_err(|Unreadable| json_error(StatusCode::BAD_REQUEST, "general_error"))?;
        if let Some((client_id, secret)) = basic(&parts.headers) {
            params.push("client_id", client_id);
            params.push("client_secret", secret);
        }
        Ok(Self { params, from: client_address(&parts), method: parts.method, headers: parts.headers })
    }
}

/// A person's browser at one of the pages.
pub(super) struct Visit {
    pub(super) params: Params,
    pub(super) sign_in: Option<SignIn>,
    /// Address of the browser, as far as it is known; that of a proxy that is not trusted.
    pub(super) from: String,
    agent: String,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) board: Board,
    cookies: Vec<(String, String)>,
}

impl Visit {
    pub(super) fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The cookie of the sign-in.
    pub(super) fn session_cookie(&self) -> &str {
        self.cookie(SESSION_COOKIE).unwrap_or_default()
    }

    /// Where the browser is, for the list of sign-ins.
    pub(super) fn origin(&self) -> Origin<'_> {
        Origin { address: &self.from, agent: &self.agent, mark: self.cookie(MARK_COOKIE).unwrap_or_default() }
    }

    pub(super) fn is_post(&self) -> bool {
        self.method == Method::POST
    }

    /// The person signed in; otherwise off to the sign-in page and back.
    pub(super) fn signed_in(&self) -> Result<&SignIn, Failure> {
        self.sign_in.as_ref().ok_or_else(|| Failure::SignIn(self.return_path()))
    }

    /// The person signed in, and proof that the form came from one of their own pages.
    pub(super) fn own_form(&self) -> Result<&SignIn, Failure> {
        let sign_in = self.signed_in()?;
        let token = self.params.get("form_token").unwrap_or_default();
        if self.method == Method::POST && sign_in.owns_form(token) {
            Ok(sign_in)
        } else {
            Err(Failure::StaleForm)
        }
    }

    /// Where to go on after signing in. What a form was about to change is not done without being asked again.
    fn return_path(&self) -> String {
        if self.method == Method::POST && self.path.starts_with("/console") {
            return "/console".to_owned();
        }
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in self
            .params
            .iter()
            .filter(|(name, _)| !matches!(*name, "form_token" | "decision" | "client_secret" | "token"))
        {
            query.append_pair(name, value);
        }
        let query = query.finish();
        if query.is_empty() { self.path.clone() } else { format!("{}?{query}", self.path) }
    }
}

impl FromRequest<Accounts> for Visit {
    type Rejection = Failure;

    async fn from_request(request: Request, accounts: &Accounts) -> Result<Self, Failure> {
        let (parts, body) = request.into_parts();
        let params = read_params(&parts, body, accounts).await.map_err(|Unreadable| Failure::Unreadable)?;
        let cookies = cookies(&parts.headers);
        let session = cookies.iter().find(|(name, _)| name == SESSION_COOKIE);
        let sign_in = match session {
            Some((_, value)) => accounts.signed_in(value).await?,
            None => None,
        };
        Ok(Self {
            params,
            sign_in,
            from: client_address(&parts),
            agent: text(&parts.headers, USER_AGENT),
            path: parts.uri.path().to_owned(),
            board: parts.extensions.get().cloned().unwrap_or_default(),
            method: parts.method,
            cookies,
        })
    }
}

/// The address that a request came from, as far as it is known.
fn client_address(parts: &Parts) -> String {
    let client = parts.extensions.get::<ClientAddress>();
    client.map_or_else(|| "unknown".to_owned(), |ClientAddress(address)| address.to_string())
}

/// A header as text; empty when it is missing or no text.
fn text(headers: &HeaderMap, name: HeaderName) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

/// The body is not what its content type says.
pub(super) struct Unreadable;

/// Query first, then the body: urlencoded unless it says multipart.
pub(super) async fn read_params<S: Send + Sync>(
    parts: &Parts,
    body: Body,
    state: &S,
) -> Result<Params, Unreadable> {
    let mut params = Params::default();
    push_pairs(&mut params, parts.uri.query().unwrap_or_default().as_bytes());
    let content_type =
        parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // The extractors find the body limit among the extensions.
    let request = Request::from_parts(parts.clone(), body);
    if content_type.to_ascii_lowercase().starts_with("multipart/form-data") {
        let mut form = Multipart::from_request(request, state).await.map_err(|_| Unreadable)?;
        while let Some(field) = form.next_field().await.map_err(|_| Unreadable)? {
            let name = field.name().unwrap_or_default().to_owned();
            params.push(name, field.text().await.map_err(|_| Unreadable)?);
        }
        return Ok(params);
    }
    let bytes = axum::body::Bytes::from_request(request, state).await.map_err(|_| Unreadable)?;
    push_pairs(&mut params, &bytes);
    Ok(params)
}

fn push_pairs(params: &mut Params, text: &[u8]) {
    for (name, value) in form_urlencoded::parse(text) {
        params.push(name, value);
    }
}

/// `client_secret_basic`: id and secret, each form-encoded (RFC 6749, section 2.3.1).
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, value) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
    let (client_id, secret) = text.split_once(':')?;
    Some((client_id.to_owned(), secret.to_owned()))
}

fn cookies(headers: &HeaderMap) -> Vec<(String, String)> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
