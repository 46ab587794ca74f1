//! A person's own account: their password, and where they are signed in.

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use dealwright_accounts::{Accounts, Error, Identity, SignInEntry, passwords};

use super::moment;
use crate::accounts::answer::{self, Failure, redirect, set_cookie};
use crate::accounts::desk::Desk;
use crate::accounts::guest_form::is_secure;
use crate::accounts::password::sentence;
use crate::accounts::visit::{SESSION_COOKIE, Visit};

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
    show(&accounts, &desk, &visit, "", "").await
}

/// `POST /console/account/password`.
pub(super) async fn change_password(
    State(accounts): State<Accounts>,
    Extension(desk): Extension<Desk>,
    visit: Visit,
) -> Result<Response, Failure> {
    let sign_in = visit.own_form()?;
    let sent = |name: &str| visit.params.raw(name).unwrap_or_default();
    if sent("password") != sent("password_again") {
        return refuse(&accounts, &desk, &visit, "The two new passwords differ.").await;
    }
    let changed = accounts
        .change_password(sign_in, visit.session_cookie(), sent("old_password"), sent("password"))
        .await;
    match changed {
        Ok(()) => {
            let done = "Your password is changed. You are signed out everywhere else.";
            show(&accounts, &desk, &visit, "", done).await
        }
        Err(Error::Refused(reason)) => refuse(&accounts, &desk, &visit, &sentence(&reason)).await,
        Err(error) => Err(error.into()),
    }
}

/// `POST /console/account/sign-ins/{id}/end`.
pub(super) async fn end(
    State(accounts): State<Accounts>,
    Extension(desk): Extension<Desk>,
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
    show(&accounts, &desk, &visit, "", done).await
}

/// `POST /console/account/sign-ins/end-others`.
pub(super) async fn end_others(
    State(accounts): State<Accounts>,
    Extension(desk): Extension<Desk>,
    visit: Visit,
) -> Result<Response, Failure> {
    let identity = visit.own_form()?.identity.id;
    accounts.end_other_sign_ins(identity, visit.session_cookie()).await?;
    show(&accounts, &desk, &visit, "", "You are signed out everywhere else.").await
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

async fn refuse(accounts: &Accounts, desk: &Desk, visit: &Visit, problem: &str) -> Result<Response, Failure> {
    let page = show(accounts, desk, visit, problem, "").await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

async fn show(
    accounts: &Accounts,
    desk: &Desk,
    visit: &Visit,
    problem: &str,
    done: &str,
) -> Result<Response, Failure> {
    let sign_in = visit.signed_in()?;
    let identity = &sign_in.identity;
    // The one that asks may just have been ended.
    if accounts.signed_in(visit.session_cookie()).await?.is_none() {
        return Ok(redirect("/oauth/signin"));
    }
    answer::page(&AccountPage {
        who: &identity.email,
        form_token: sign_in.form_token(),
        identity,
        is_administrator: desk.is_administrator(accounts, identity.id).await,
        sign_ins: accounts.sign_ins_of(identity.id, visit.session_cookie()).await?,
        minimum: passwords::MINIMUM_LENGTH,
        problem,
        done,
    })
}
