//! The API console under `/console`: a person's clients, their secrets and tokens.
//!
//! - [`new`]: registering a client
//! - [`client`]: one client: settings, secret, codes, tokens, deletion
//! - [`account`]: the person's own password and sign-ins; [`people`]: those of an org, for its administrators

mod account;
mod client;
mod new;
mod people;

use askama::Template;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use dealwright_accounts::{Accounts, Client, ClientDraft, ClientKind, Error, Params, Policy};
use dealwright_wire::{Instant, Zone};

use super::answer::{self, Failure};
use super::desk::Desk;
use super::visit::Visit;

pub(super) fn routes() -> Router<Accounts> {
    Router::new()
        .route("/console", get(list))
        .route("/console/new", get(new::choose))
        .route("/console/new/{kind}", get(new::form).post(new::create))
        .route("/console/clients/{client_id}", get(client::page).post(client::update))
        .route("/console/clients/{client_id}/secret", get(client::ask_secret).post(client::regenerate_secret))
        .route("/console/clients/{client_id}/code", get(to_client).post(client::make_code))
        .route("/console/clients/{client_id}/delete", get(client::ask_delete).post(client::delete))
        .route("/console/clients/{client_id}/tokens/{token}/revoke", get(to_client).post(client::revoke))
        .route("/console/account", get(account::page))
        .route("/console/account/password", get(to_section).post(account::change_password))
        .route("/console/account/sign-ins/{id}/end", get(to_section).post(account::end))
        .route("/console/account/sign-ins/end-others", get(to_section).post(account::end_others))
        .route("/console/account/sign-out-everywhere", get(to_section).post(account::out_everywhere))
        .route("/console/people", get(people::page))
        .route("/console/people/{org}/{identity}/link", get(to_section).post(people::link))
        .route("/console/people/{org}/{identity}/mail", get(to_section).post(people::mail))
        .route("/console/people/{org}/{identity}/sign-out", get(to_section).post(people::sign_out))
}

/// Whoever looks at an address that takes a form of a client's page only is led to that page.
async fn to_client(uri: Uri) -> Response {
    beginning(&uri, 4)
}

/// The same for the account and the people.
async fn to_section(uri: Uri) -> Response {
    beginning(&uri, 3)
}

fn beginning(uri: &Uri, parts: usize) -> Response {
    let parts: Vec<&str> = uri.path().split('/').take(parts).collect();
    answer::redirect(&parts.join("/"))
}

#[derive(Template)]
#[template(path = "accounts/clients.html")]
struct ClientsPage<'a> {
    who: &'a str,
    form_token: &'a str,
    clients: Vec<Client>,
    is_administrator: bool,
}

/// `GET /console`.
async fn list(
    State(accounts): State<Accounts>,
    Extension(desk): Extension<Desk>,
    visit: Visit,
) -> Result<Response, Failure> {
    let sign_in = visit.signed_in()?;
    answer::page(&ClientsPage {
        who: &sign_in.identity.email,
        form_token: sign_in.form_token(),
        clients: accounts.clients_of(sign_in.identity.id).await?,
        is_administrator: desk.is_administrator(&accounts, sign_in.identity.id).await,
    })
}

/// The fields of a client as its form shows them: lists with one entry per line.
struct Fields {
    name: String,
    homepage: String,
    redirect_uris: String,
    js_domains: String,
    credential_scopes: String,
    requires_pkce: bool,
    rotates: bool,
    refresh_idle_days: String,
}

impl Fields {
    fn sent(params: &Params, kind: ClientKind) -> Self {
        let text = |name: &str| params.get(name).unwrap_or_default().to_owned();
        Self {
            name: text("name"),
            homepage: text("homepage"),
            redirect_uris: text("redirect_uris"),
            js_domains: text("js_domains"),
            credential_scopes: text("credential_scopes"),
            // A new mobile client needs PKCE unless its owner says otherwise: its secret is no secret.
            requires_pkce: match params.get("pkce") {
                Some(choice) => choice == "required",
                None => kind == ClientKind::Mobile,
            },
            rotates: params.get("refresh_tokens") == Some("rotate"),
            refresh_idle_days: text("refresh_idle_days"),
        }
    }

    fn of(client: &Client) -> Self {
        Self {
            name: client.name.clone(),
            homepage: client.homepage.clone(),
            redirect_uris: client.redirect_uris.join("\n"),
            js_domains: client.js_domains.join("\n"),
            credential_scopes: client.policy.credential_scopes.clone(),
            requires_pkce: client.policy.requires_pkce,
            rotates: client.policy.rotates,
            refresh_idle_days: match client.policy.refresh_idle_days {
                0 => String::new(),
                days => days.to_string(),
            },
        }
    }

    fn draft(&self, kind: ClientKind) -> Result<ClientDraft, Error> {
        let lines = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        let days = self.refresh_idle_days.trim();
        let refresh_idle_days = match days {
            "" => 0,
            days => days.parse().ok().filter(|days| (1..=3650).contains(days)).ok_or_else(|| {
                Error::Refused(
                    "unused refresh tokens end after 1 to 3650 days, or never when left empty".to_owned(),
                )
            })?,
        };
        Ok(ClientDraft {
            kind,
            name: self.name.clone(),
            homepage: self.homepage.clone(),
            redirect_uris: lines(&self.redirect_uris),
            js_domains: lines(&self.js_domains),
            policy: Policy {
                credential_scopes: self.credential_scopes.trim().to_owned(),
                requires_pkce: self.requires_pkce,
                rotates: self.rotates,
                refresh_idle_days,
            },
        })
    }
}

/// Date and time for a person.
fn moment(instant: Instant) -> String {
    instant.text(&Zone::UTC).replacen('T', " ", 1).replace("+00:00", " UTC")
}
