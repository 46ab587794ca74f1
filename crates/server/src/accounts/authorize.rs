//! `/oauth/v2/auth`: a client asks, a person decides, the browser goes back to the client.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use dealwright_accounts::{Accounts, OAuthError, Org, ResponseType, scopes};

use super::answer::{self, Failure, redirect};
use super::visit::Visit;

#[derive(Template)]
#[template(path = "accounts/consent.html")]
struct ConsentPage<'a> {
    who: &'a str,
    form_token: &'a str,
    client: &'a str,
    homepage: &'a str,
    scopes: Vec<ScopeLine>,
    orgs: Vec<Org>,
    is_offline: bool,
    redirects_to: &'a str,
    /// The request itself, repeated by the form.
    fields: Vec<(&'a str, &'a str)>,
}

/// A scope with what it means.
pub(super) struct ScopeLine {
    pub(super) name: String,
    pub(super) words: String,
}

pub(super) fn scope_lines(set: &dealwright_wire::ScopeSet) -> Vec<ScopeLine> {
    set.iter().map(|name| ScopeLine { words: scopes::describe(name), name: name.to_owned() }).collect()
}

/// GET and POST alike: POST with `decision` is the answer of the consent form.
pub(super) async fn page(State(accounts): State<Accounts>, visit: Visit) -> Result<Response, Failure> {
    let request = accounts.authorization(&visit.params).await.map_err(|error| refused(error, &visit))?;
    if request.is_silent && visit.sign_in.is_none() {
        return Ok(redirect(&request.refusal("login_required")));
    }
    let sign_in = visit.signed_in()?;
    let identity = sign_in.identity.id;
    if let Some(decision) = visit.params.get("decision") {
        visit.own_form()?;
        if decision != "allow" {
            return Ok(redirect(&request.refusal("access_denied")));
        }
        let org = visit.params.get("org").and_then(|org| org.parse().ok()).ok_or(Failure::Unreadable)?;
        return Ok(redirect(&accounts.allow(&request, identity, org, true).await?));
    }
    let consented = accounts.consented_org(identity, request.client.id, &request.scopes).await?;
    if let Some(org) = consented.filter(|_| !request.asks_consent) {
        return Ok(redirect(&accounts.allow(&request, identity, org, false).await?));
    }
    if request.is_silent {
        return Ok(redirect(&request.refusal("consent_required")));
    }
    let repeated = |name: &str| !matches!(name, "form_token" | "decision" | "org" | "client_secret");
    answer::page(&ConsentPage {
        who: &sign_in.identity.email,
        form_token: sign_in.form_token(),
        client: &request.client.name,
        homepage: &request.client.homepage,
        scopes: scope_lines(&request.scopes),
        orgs: accounts.orgs_of(identity).await?,
        is_offline: request.is_offline && request.response_type == ResponseType::Code,
        redirects_to: &request.redirect_uri,
        fields: visit.params.iter().filter(|(name, _)| repeated(name)).collect(),
    })
}

/// A refusal, with the scope that is wrong where it is one.
fn refused(error: OAuthError, visit: &Visit) -> Failure {
    let fault = scopes::fault(visit.params.get("scope").unwrap_or_default());
    match (error, fault) {
        (OAuthError::InvalidScope, Some(fault)) => Failure::Scope(fault),
        (error, _) => error.into(),
    }
}
