//! One client: its settings, a new secret, codes of a self client, its tokens, its end.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use dealwright_accounts::codes::{NewCode, SELF_CLIENT_MINUTES};
use dealwright_accounts::{
    Accounts, Client, ClientKind, Error, OAuthError, Org, Secret, TokenEntry, redirects, scopes,
};

use super::{Fields, moment};
use crate::accounts::answer::{self, Failure, redirect};
use crate::accounts::news::News;
use crate::accounts::scope_list::scope_groups;
use crate::accounts::visit::Visit;

#[derive(Template)]
#[template(path = "accounts/client.html")]
struct ClientPage<'a> {
    who: &'a str,
    form_token: &'a str,
    client: &'a Client,
    is_self_client: bool,
    fields: Fields,
    secret: Option<Secret>,
    code: Option<NewCode>,
    /// Where codes are exchanged.
    public_url: &'a str,
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
#[template(path = "accounts/client_secret.html")]
struct SecretPage<'a> {
    who: &'a str,
    form_token: &'a str,
    client: &'a Client,
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
    show(&accounts, &visit, &client).await
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
        Ok(()) => visit.tell(&home(&client), News::done("The changes are saved.")),
        Err(Error::Refused(problem)) => {
            visit.tell(&home(&client), News { problem, sent: visit.params.clone(), ..News::default() })
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /console/clients/{client_id}/secret`: asks first.
pub(super) async fn ask_secret(
    State(accounts): State<Accounts>,
    Path(client_id): Path<String>,
    visit: Visit,
) -> Result<Response, Failure> {
    let client = own(&accounts, &visit, &client_id).await?;
    let sign_in = visit.signed_in()?;
    answer::page(&SecretPage {
        who: &sign_in.identity.email,
        form_token: sign_in.form_token(),
        client: &client,
    })
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
    visit.tell(&home(&client), News::secret(secret))
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
    let wanted = visit.params.get("scope").unwrap_or_default();
    let mut news = match (scopes::requested(wanted), org) {
        (Ok(scopes), Some(org)) => match accounts.self_client_code(&client, org.id, &scopes, minutes).await {
            Ok(code) => News { code: Some(code), ..News::default() },
            Err(OAuthError::Internal(error)) => return Err(error.into()),
            Err(error) => News::problem(format!("No code was made: {error}.")),
        },
        (Err(_), _) => News::problem(scopes::fault(wanted).unwrap_or_default()),
        (_, None) => News::problem("Choose one of your organisations."),
    };
    if !wanted.is_empty() {
        news.sent.push("scope", wanted);
    }
    visit.tell(&home(&client), news)
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
    visit.tell(&home(&client), News::done(done))
}

/// The page of a client.
pub(super) fn home(client: &Client) -> String {
    format!("/console/clients/{}", client.client_id)
}

/// The client, if it belongs to the person signed in.
async fn own(accounts: &Accounts, visit: &Visit, client_id: &str) -> Result<Client, Failure> {
    let owner = visit.signed_in()?.identity.id;
    accounts.client(client_id).await?.filter(|client| client.owner == owner).ok_or(Failure::NotFound)
}

async fn show(accounts: &Accounts, visit: &Visit, client: &Client) -> Result<Response, Failure> {
    let sign_in = visit.signed_in()?;
    let news = visit.news();
    // Only a form that was refused comes back: it has a name, unless that was what it lacked.
    let is_refused = !news.problem.is_empty() && news.sent.raw("name").is_some();
    answer::page(&ClientPage {
        who: &sign_in.identity.email,
        form_token: sign_in.form_token(),
        client,
        is_self_client: client.kind == ClientKind::SelfClient,
        fields: if is_refused { Fields::sent(&news.sent, client.kind) } else { Fields::of(client) },
        secret: news.secret,
        code: news.code,
        public_url: &accounts.public_url(),
        done: news.done,
        problem: &news.problem,
        scopes: news
            .sent
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
