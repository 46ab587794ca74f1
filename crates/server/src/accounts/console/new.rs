//! Registering a client: first its type, then what that type needs.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use dealwright_accounts::{Accounts, ClientKind, Error};

use super::Fields;
use super::client::home;
use crate::accounts::answer::{self, Failure};
use crate::accounts::news::News;
use crate::accounts::scope_list::scope_groups;
use crate::accounts::visit::Visit;

/// Each type with when to choose it.
const KINDS: [(ClientKind, &str); 5] = [
    (ClientKind::Server, "Runs on a server and keeps its secret there. Signs people in by redirect."),
    (ClientKind::Web, "JavaScript in the browser. Has no secret; gets short-lived tokens only."),
    (ClientKind::Mobile, "An app on a phone or desktop. May use a URI scheme of its own."),
    (ClientKind::Device, "A device without a browser. Shows a code that a person types in elsewhere."),
    (ClientKind::SelfClient, "Your own scripts. You make its codes here in the console; one per account."),
];

#[derive(Template)]
#[template(path = "accounts/client_kinds.html")]
struct KindsPage<'a> {
    who: &'a str,
    form_token: &'a str,
    kinds: &'a [(ClientKind, &'a str)],
}

#[derive(Template)]
#[template(path = "accounts/client_new.html")]
struct NewPage<'a> {
    who: &'a str,
    form_token: &'a str,
    kind: ClientKind,
    fields: Fields,
    problem: &'a str,
}

/// `GET /console/new`.
pub(super) async fn choose(visit: Visit) -> Result<Response, Failure> {
    let sign_in = visit.signed_in()?;
    answer::page(&KindsPage { who: &sign_in.identity.email, form_token: sign_in.form_token(), kinds: &KINDS })
}

/// `GET /console/new/{kind}`.
pub(super) async fn form(Path(kind): Path<String>, visit: Visit) -> Result<Response, Failure> {
    let kind = ClientKind::parse(&kind).ok_or(Failure::NotFound)?;
    let sign_in = visit.signed_in()?;
    let news = visit.news();
    answer::page(&NewPage {
        who: &sign_in.identity.email,
        form_token: sign_in.form_token(),
        kind,
        fields: Fields::sent(&news.sent, kind),
        problem: &news.problem,
    })
}

/// `POST /console/new/{kind}`.
pub(super) async fn create(
    State(accounts): State<Accounts>,
    Path(kind): Path<String>,
    visit: Visit,
) -> Result<Response, Failure> {
    let kind = ClientKind::parse(&kind).ok_or(Failure::NotFound)?;
    let owner = visit.own_form()?.identity.id;
    let made = match Fields::sent(&visit.params, kind).draft(kind) {
        Ok(draft) => accounts.create_client(owner, draft).await,
        Err(error) => Err(error),
    };
    match made {
        Ok(made) => visit.tell(&home(&made.client), News::secret(made.secret)),
        Err(Error::Refused(problem)) => {
            let path = format!("/console/new/{}", kind.text());
            visit.tell(&path, News { problem, sent: visit.params.clone(), ..News::default() })
        }
        Err(error) => Err(error.into()),
    }
}
