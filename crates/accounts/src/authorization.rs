//! The authorization request: what `/oauth/v2/auth` is asked, and the redirect it ends with.

use dealwright_wire::{Id, ScopeSet};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::clients::{Client, ClientKind};
use crate::codes::{Challenge, CodeDraft};
use crate::tokens::{Refresh, Subject};
use crate::{Accounts, OAuthError, Params, consents, scopes};

/// All but the characters that never need escaping (RFC 3986, section 2.3).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseType {
    /// A code in the query, to be exchanged.
    Code,
    /// An access token in the fragment, for web clients.
    Token,
}

/// A request whose client, redirect URI, response type and scopes are known to be good.
#[derive(Clone)]
pub struct AuthorizationRequest {
    pub client: Client,
    pub redirect_uri: String,
    pub response_type: ResponseType,
    pub scopes: ScopeSet,
    /// `access_type=offline`: a refresh token is wanted.
    pub is_offline: bool,
    /// `prompt=consent`: ask even if the person has agreed before.
    pub asks_consent: bool,
    /// `prompt=none`: show no page, answer by redirect only.
    pub is_silent: bool,
    state: Option<String>,
    challenge: Option<Challenge>,
}

impl AuthorizationRequest {
    /// Where the browser goes when the person refuses, or when `prompt=none` finds that it would have to ask.
    pub fn refusal(&self, error: &str) -> String {
        let mut pairs = vec![("error", error)];
        pairs.extend(self.state.as_deref().map(|state| ("state", state)));
        self.redirect(&pairs)
    }

    fn redirect(&self, pairs: &[(&str, &str)]) -> String {
        let mut url = self.redirect_uri.clone();
        let mut separator = match self.response_type {
            ResponseType::Token => '#',
            ResponseType::Code if url.contains('?') => '&',
            ResponseType::Code => '?',
        };
        for (name, value) in pairs {
            url.push(separator);
            url.push_str(name);
            url.push('=');
            url.extend(utf8_percent_encode(value, ESCAPED));
            separator = '&';
        }
        url
    }
}

impl Accounts {
    /// Reads and checks the parameters. An error is shown on a page here and never sent to the redirect URI,
    /// which may be a stranger's.
    pub async fn authorization(&self, params: &Params) -> Result<AuthorizationRequest, OAuthError> {
        let client = self.named_client(params).await?;
        let redirect_uri = params.get("redirect_uri").ok_or(OAuthError::InvalidRedirectUri)?;
        if !client.redirect_uris.iter().any(|registered| registered == redirect_uri) {
            return Err(OAuthError::InvalidRedirectUri);
        }
        let response_type = match (params.get("response_type"), client.kind) {
            (Some("token"), ClientKind::Web) => ResponseType::Token,
            (Some("code"), ClientKind::Server | ClientKind::Mobile | ClientKind::Web) => ResponseType::Code,
            _ => return Err(OAuthError::InvalidResponseType),
        };
        let challenge = match (params.get("code_challenge"), params.get("code_challenge_method")) {
            (Some(text), method) => Some(Challenge::read(text, method).ok_or(OAuthError::InvalidChallenge)?),
            // A method alone is what is left of a request somebody took the challenge out of.
            (None, Some(_)) => return Err(OAuthError::InvalidChallenge),
            (None, None) => None,
        };
        // A web client has no secret to prove itself with, so its codes need a challenge.
        let needs_challenge = client.kind == ClientKind::Web || client.policy.requires_pkce;
        if response_type == ResponseType::Code && needs_challenge && challenge.is_none() {
            return Err(OAuthError::InvalidChallenge);
        }
        let scopes = scopes::requested(params.get("scope").unwrap_or_default())?;
        let prompts = params.get("prompt").unwrap_or_default();
        Ok(AuthorizationRequest {
            redirect_uri: redirect_uri.to_owned(),
            response_type,
            scopes,
            is_offline: params.get("access_type") == Some("offline"),
            asks_consent: prompts.split_ascii_whitespace().any(|prompt| prompt == "consent"),
            is_silent: prompts == "none",
            state: params.raw("state").map(str::to_owned),
            challenge,
            client,
        })
    }

    /// Lets the client in and gives the URL the browser goes to.
    ///
    /// `was_asked`: the person has just agreed on the consent page. Only then is there a refresh token,
    /// and only for `access_type=offline`.
    pub async fn allow(
        &self,
        request: &AuthorizationRequest,
        identity: Id,
        org: Id,
        was_asked: bool,
    ) -> Result<String, OAuthError> {
        if !self.orgs_of(identity).await?.iter().any(|own| own.id == org) {
            return Err(OAuthError::AccessDenied);
        }
        let scopes = request.scopes.to_string();
        let subject = Subject { client: request.client.id, identity, org, scopes };
        if was_asked {
            self.remember_consent(subject.clone()).await?;
        }
        let accounts = self.clone();
        let public_url = self.public_url();
        let location = self.settings().location.as_str();
        if request.response_type == ResponseType::Token {
            let work = self.store().write(move |tx| {
                Box::pin(async move { accounts.make_tokens(tx, subject, Refresh::None, None).await })
            });
            let reply = self.reply(work.await?);
            let expires_in = reply.expires_in.to_string();
            let mut pairs = vec![
                ("access_token", reply.access_token.as_str()),
                ("expires_in", &expires_in),
                ("location", location),
                ("accounts-server", &public_url),
                ("api_domain", &public_url),
                ("token_type", reply.token_type),
                ("scope", &reply.scope),
            ];
            pairs.extend(request.state.as_deref().map(|state| ("state", state)));
            return Ok(request.redirect(&pairs));
        }
        let draft = CodeDraft {
            subject,
            redirect_uri: Some(request.redirect_uri.clone()),
            challenge: request.challenge.clone(),
            is_offline: request.is_offline && was_asked && request.client.kind != ClientKind::Web,
            ttl: self.settings().code_ttl,
        };
        let code = self
            .store()
            .write(move |tx| Box::pin(async move { accounts.insert_code(tx, draft).await }))
            .await?;
        let mut pairs =
            vec![("code", code.expose()), ("location", location), ("accounts-server", &public_url)];
        pairs.extend(request.state.as_deref().map(|state| ("state", state)));
        Ok(request.redirect(&pairs))
    }

    async fn remember_consent(&self, subject: Subject) -> Result<(), OAuthError> {
        let (id, now) = (self.mint().next(), self.now().0);
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    let key = (subject.identity, subject.client, subject.org);
                    Ok(consents::insert(tx, id, key, &subject.scopes, now).await?)
                })
            })
            .await
    }
}
