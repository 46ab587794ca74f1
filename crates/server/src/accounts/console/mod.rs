//! The API console under `/console`: a person's clients, their secrets and tokens.
//!
//! - [`new`]: registering a client
//! - [`client`]: one client: settings, secret, codes, tokens, deletion

mod client;
mod new;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use dealwright_accounts::{Accounts, Client, ClientDraft, ClientKind, Params};
use dealwright_wire::{Instant, Zone};

use super::answer::{self, Failure};
use super::visit::Visit;

pub(super) fn routes() -> Router<Accounts> {
    Router::new()
        .route("/console", get(list))
        .route("/console/new", get(new::choose))
        .route("/console/new/{kind}", get(new::form).post(new::create))
        .route("/console/clients/{client_id}", get(client::page).post(client::update))
        .route("/console/clients/{client_id}/secret", post(client::regenerate_secret))
        .route("/console/clients/{client_id}/code", post(client::make_code))
        .route("/console/clients/{client_id}/delete", get(client::ask_delete).post(client::delete))
        .route("/console/clients/{client_id}/tokens/{token}/revoke", post(client::revoke))
}

#[derive(Template)]
#[template(path = "accounts/clients.html")]
struct ClientsPage<'a> {
    who: &'a str,
    form_token: &'a str,
    clients: Vec<Client>,
}

/// `GET /console`.
async fn list(State(accounts): State<Accounts>, visit: Visit) -> Result<Response, Failure> {
    let sign_in = visit.signed_in()?;
    let clients = accounts.clients_of(sign_in.identity.id).await?;
    answer::page(&ClientsPage { who: &sign_in.identity.email, form_token: sign_in.form_token(), clients })
}

/// The fields of a client as its form shows them: lists with one entry per line.
struct Fields {
    name: String,
    homepage: String,
    redirect_uris: String,
    js_domains: String,
}

impl Fields {
    fn sent(params: &Params) -> Self {
        let text = |name: &str| params.get(name).unwrap_or_default().to_owned();
        Self {
            name: text("name"),
            homepage: text("homepage"),
            redirect_uris: text("redirect_uris"),
            js_domains: text("js_domains"),
        }
    }

    fn of(client: &Client) -> Self {
        Self {
            name: client.name.clone(),
            homepage: client.homepage.clone(),
            redirect_uris: client.redirect_uris.join("\n"),
            js_domains: client.js_domains.join("\n"),
        }
    }

    fn draft(&self, kind: ClientKind) -> ClientDraft {
        let lines = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        ClientDraft {
            kind,
            name: self.name.clone(),
            homepage: self.homepage.clone(),
            redirect_uris: lines(&self.redirect_uris),
            js_domains: lines(&self.js_domains),
        }
    }
}

/// Date and time for a person.
fn moment(instant: Instant) -> String {
    instant.text(&Zone::UTC).replacen('T', " ", 1).replace("+00:00", " UTC")
}
