//! A person's own account: their password, and where they are signed in.

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use dealwright_accounts::{Accounts, Error, Identity, SignInEntry, passwords};

use super::moment;
use crate::accounts::answer::{self, Failure, redirect, set_cookie};
use crate::accounts::desk::Desk;
use crate::accounts::guest_form::is_secure;
use crate::accounts::news::News;
use crate::accounts::password::sentence;
use crate::accounts::visit::{SESSION_COOKIE, Visit};

/// Where what became of a form is told.
const PAGE: &str = "/console/account";

#[derive(Template)]
#[template(path = "accounts/account.html")]
struct AccountPage<'a> {
    who: &'a str,
    form_token: &'a str,
    identity: &'a Identity,
    is_administrator: bool,
    sign_ins: Vec<SignInEntry>,
    minimum: usize,
    problem: &'a str,
    done: &'a str,
}

/// `GET /console/account`.
pub(super) async fn page(
    State(accounts): State<Accounts>,
    Extension(desk): Extension<Desk>,
    visit: Visit,
) -> Result<Response, Failure> {
    let sign_in = visit.signed_in()?;
    let identity = &sign_in.identity;
    let news = visit.news();
    answer::page(&AccountPage {
        who: &identity.email,
        form_token: sign_in.form_token(),
        identity,
        is_administrator: desk.is_administrator(&accounts, identity.id).await,
        sign_ins: accounts.sign_ins_of(identity.id, visit.session_cookie()).await?,
        minimum: passwords::MINIMUM_LENGTH,
        problem: &news.problem,
        done: news.done,
    })
}

/// `POST /console/account/password`.
pub(super) async fn change_password(
    State(accounts): State<Accounts>,
    visit: Visit,
) -> Result<Response, Failure> {
    let sign_in = visit.own_form()?;
    let sent = |name: &str| visit.params.raw(name).unwrap_or_default();
    if sent("password") != sent("password_again") {
        return visit.tell(PAGE, News::problem("The two new passwords differ."));
    }
    let changed = accounts
        .change_password(sign_in, visit.session_cookie(), sent("old_password"), sent("password"))
        .await;
    match changed {
        Ok(()) => {
            visit.tell(PAGE, News::done("Your password is changed. You are signed out everywhere else."))
        }
        Err(Error::Refused(reason)) => visit.tell(PAGE, News::problem(sentence(&reason))),
        Err(error) => Err(error.into()),
    }
}

/// `POST /console/account/sign-ins/{id}/end`.
pub(super) async fn end(
    State(accounts): State<Accounts>,
    Path(entry): Path<String>,
    visit: Visit,
) -> Result<Response, Failure> {
    let identity = visit.own_form()?.identity.id;
    let entry = entry.parse().map_err(|_| Failure::NotFound)?;
    let done = if accounts.end_sign_in(identity, entry).await? {
        "That sign-in is ended."
    } else {
        "That sign-in had ended already."
    };
    visit.tell(PAGE, News::done(done))
}

/// `POST /console/account/sign-ins/end-others`.
pub(super) async fn end_others(State(accounts): State<Accounts>, visit: Visit) -> Result<Response, Failure> {
    let identity = visit.own_form()?.identity.id;
    accounts.end_other_sign_ins(identity, visit.session_cookie()).await?;
    visit.tell(PAGE, News::done("You are signed out everywhere else."))
}

/// `POST /console/account/sign-out-everywhere`; with `tokens` applications lose their access as well.
pub(super) async fn out_everywhere(
    State(accounts): State<Accounts>,
    visit: Visit,
) -> Result<Response, Failure> {
    let identity = visit.own_form()?.identity.id;
    accounts.sign_out_everywhere(identity, visit.params.get("tokens").is_some(), None).await?;
    let response = redirect("/oauth/signin?done=signed-out");
    Ok(set_cookie(response, SESSION_COOKIE, "", 0, is_secure(&accounts)))
}
