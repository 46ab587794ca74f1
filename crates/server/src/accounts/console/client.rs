//! One client: its settings, a new secret, codes of a self client, its tokens, its end.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use dealwright_accounts::codes::SELF_CLIENT_MINUTES;
use dealwright_accounts::{
    Accounts, Client, ClientKind, Error, OAuthError, Org, Secret, TokenEntry, redirects, scopes,
};

use super::{Fields, moment};
use crate::accounts::answer::{self, Failure, redirect};
use crate::accounts::visit::Visit;

/// What has just happened, told once on the page that follows.
#[derive(Default)]
pub(super) struct News {
    secret: Option<Secret>,
    code: Option<Secret>,
    done: &'static str,
    problem: String,
    fields: Option<Fields>,
}

impl News {
    /// A secret that was just made.
    pub(super) fn secret(secret: Secret) -> Self {
        Self { secret: Some(secret), ..Self::default() }
    }
}

#[derive(Template)]
#[template(path = "accounts/client.html")]
struct ClientPage<'a> {
    who: &'a str,
    form_token: &'a str,
    client: &'a Client,
    is_self_client: bool,
    fields: Fields,
    secret: Option<Secret>,
    code: Option<Secret>,
    done: &'a str,
    problem: &'a str,
    /// Scopes last asked for, so that a mistake can be mended.
    scopes: &'a str,
    minutes: [u64; 4],
    orgs: Vec<Org>,
    tokens: Vec<TokenEntry>,
    /// Redirect URIs from before the rules they break, with the rule.
    misfits: Vec<(&'a str, &'static str)>,
}

#[derive(Template)]
#[template(path = "accounts/client_delete.html")]
struct DeletePage<'a> {
    who: &'a str,
    form_token: &'a str,
    client: &'a Client,
}

/// `GET /console/clients/{client_id}`.
pub(super) async fn page(
    State(accounts): State<Accounts>,
    Path(client_id): Path<String>,
    visit: Visit,
) -> Result<Response, Failure> {
    let client = own(&accounts, &visit, &client_id).await?;
    show(&accounts, &visit, &client, News::default()).await
}

/// `POST /console/clients/{client_id}`.
pub(super) async fn update(
    State(accounts): State<Accounts>,
    Path(client_id): Path<String>,
    visit: Visit,
) -> Result<Response, Failure> {
    visit.own_form()?;
    let client = own(&accounts, &visit, &client_id).await?;
    let sent = Fields::sent(&visit.params, client.kind);
    let updated = match sent.draft(client.kind) {
        Ok(draft) => accounts.update_client(&client, draft).await,
        Err(error) => Err(error),
    };
    match updated {
        Ok(()) => {
            let client = own(&accounts, &visit, &client_id).await?;
            show(&accounts, &visit, &client, News { done: "The changes are saved.", ..News::default() }).await
        }
        Err(Error::Refused(problem)) => {
            show(&accounts, &visit, &client, News { problem, fields: Some(sent), ..News::default() }).await
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /console/clients/{client_id}/secret`.
pub(super) async fn regenerate_secret(
    State(accounts): State<Accounts>,
    Path(client_id): Path<String>,
    visit: Visit,
) -> Result<Response, Failure> {
    visit.own_form()?;
    let client = own(&accounts, &visit, &client_id).await?;
    let secret = accounts.regenerate_secret(client.id).await?;
    show(&accounts, &visit, &client, News::secret(secret)).await
}

/// `POST /console/clients/{client_id}/code`, for self clients.
pub(super) async fn make_code(
    State(accounts): State<Accounts>,
    Path(client_id): Path<String>,
    visit: Visit,
) -> Result<Response, Failure> {
    let identity = visit.own_form()?.identity.id;
    let client = own(&accounts, &visit, &client_id).await?;
    let minutes = visit.params.get("minutes").and_then(|minutes| minutes.parse().ok()).unwrap_or_default();
    let org = visit.params.get("org").and_then(|org| org.parse().ok());
    let org = accounts.orgs_of(identity).await?.into_iter().find(|own| Some(own.id) == org);
    let news = match (scopes::requested(visit.params.get("scope").unwrap_or_default()), org) {
        (Ok(scopes), Some(org)) => match accounts.self_client_code(&client, org.id, &scopes, minutes).await {
            Ok(code) => News { code: Some(code), ..News::default() },
            Err(OAuthError::Internal(error)) => return Err(error.into()),
            Err(error) => News { problem: format!("No code was made: {error}."), ..News::default() },
        },
        (Err(_), _) => News {
            problem: "At least one scope is needed, and all of them must exist.".to_owned(),
            ..News::default()
        },
        (_, None) => News { problem: "Choose one of your organisations.".to_owned(), ..News::default() },
    };
    show(&accounts, &visit, &client, news).await
}

/// `GET /console/clients/{client_id}/delete`: asks first.
pub(super) async fn ask_delete(
    State(accounts): State<Accounts>,
    Path(client_id): Path<String>,
    visit: Visit,
) -> Result<Response, Failure> {
    let client = own(&accounts, &visit, &client_id).await?;
    let sign_in = visit.signed_in()?;
    answer::page(&DeletePage {
        who: &sign_in.identity.email,
        form_token: sign_in.form_token(),
        client: &client,
    })
}

/// `POST /console/clients/{client_id}/delete`.
pub(super) async fn delete(
    State(accounts): State<Accounts>,
    Path(client_id): Path<String>,
    visit: Visit,
) -> Result<Response, Failure> {
    visit.own_form()?;
    accounts.delete_client(own(&accounts, &visit, &client_id).await?.id).await?;
    Ok(redirect("/console"))
}

/// `POST /console/clients/{client_id}/tokens/{token}/revoke`.
pub(super) async fn revoke(
    State(accounts): State<Accounts>,
    Path((client_id, token)): Path<(String, String)>,
    visit: Visit,
) -> Result<Response, Failure> {
    visit.own_form()?;
    let client = own(&accounts, &visit, &client_id).await?;
    let token = token.parse().map_err(|_| Failure::NotFound)?;
    let done = if accounts.revoke_entry(client.id, token).await? {
        "The refresh token and its access tokens are revoked."
    } else {
        "That token was gone already."
    };
    show(&accounts, &visit, &client, News { done, ..News::default() }).await
}

/// The client, if it belongs to the person signed in.
async fn own(accounts: &Accounts, visit: &Visit, client_id: &str) -> Result<Client, Failure> {
    let owner = visit.signed_in()?.identity.id;
    accounts.client(client_id).await?.filter(|client| client.owner == owner).ok_or(Failure::NotFound)
}

pub(super) async fn show(
    accounts: &Accounts,
    visit: &Visit,
    client: &Client,
    news: News,
) -> Result<Response, Failure> {
    let sign_in = visit.signed_in()?;
    answer::page(&ClientPage {
        who: &sign_in.identity.email,
        form_token: sign_in.form_token(),
        client,
        is_self_client: client.kind == ClientKind::SelfClient,
        fields: news.fields.unwrap_or_else(|| Fields::of(client)),
        secret: news.secret,
        code: news.code,
        done: news.done,
        problem: &news.problem,
        scopes: visit
            .params
            .get("scope")
            .unwrap_or("ZohoCRM.modules.ALL,ZohoCRM.settings.ALL,ZohoCRM.users.READ"),
        minutes: SELF_CLIENT_MINUTES,
        orgs: accounts.orgs_of(sign_in.identity.id).await?,
        tokens: accounts.tokens_of(client.id).await?,
        misfits: client
            .redirect_uris
            .iter()
            .filter_map(|uri| Some((uri.as_str(), redirects::check(uri, client.kind).err()?)))
            .collect(),
    })
}
