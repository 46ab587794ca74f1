//! Setting a password by a link, and asking for such a link.
//!
//! The link itself is only a door: it moves its secret from the address into a cookie, so that it stands in no history,
//! no `Referer` and no address that somebody copies. Opening it uses nothing up; mail scanners do that too.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use dealwright_accounts::{Accounts, Error, OpenLink, Way, passwords};

use super::answer::{self, Failure, redirect, set_cookie};
use super::desk::Desk;
use super::guest_form::{GuestForm, STALE, is_secure};
use super::visit::Visit;

const LINK_COOKIE: &str = "dealwright_link";
const LINK_SECONDS: u64 = 3600;

#[derive(Template)]
#[template(path = "accounts/password_set.html")]
struct SetPage<'a> {
    who: &'a str,
    form_token: &'a str,
    link: &'a OpenLink,
    minimum: usize,
    problem: &'a str,
}

#[derive(Template)]
#[template(path = "accounts/link_gone.html")]
struct GonePage<'a> {
    who: &'a str,
    form_token: &'a str,
}

#[derive(Template)]
#[template(path = "accounts/forgot.html")]
struct ForgotPage<'a> {
    who: &'a str,
    form_token: &'a str,
    has_mail: bool,
    email: &'a str,
    problem: &'a str,
    is_done: bool,
}

/// `GET /oauth/link`.
pub(super) async fn door(State(accounts): State<Accounts>, visit: Visit) -> Result<Response, Failure> {
    let token = visit.params.get("token").unwrap_or_default();
    // Nothing but what can be a secret of ours goes into a cookie.
    let token =
        if token.len() == 64 && token.bytes().all(|b| b.is_ascii_hexdigit()) { token } else { "none" };
    let response = redirect("/oauth/password");
    Ok(set_cookie(response, LINK_COOKIE, token, LINK_SECONDS, is_secure(&accounts)))
}

/// `GET /oauth/password`.
pub(super) async fn page(State(accounts): State<Accounts>, visit: Visit) -> Result<Response, Failure> {
    match opened(&accounts, &visit).await? {
        Some(link) => form(&accounts, &visit, &link, ""),
        None => gone(&accounts),
    }
}

/// `POST /oauth/password`.
pub(super) async fn set(State(accounts): State<Accounts>, visit: Visit) -> Result<Response, Failure> {
    let Some(link) = opened(&accounts, &visit).await? else { return gone(&accounts) };
    if !GuestForm::is_own(&visit) {
        return form(&accounts, &visit, &link, STALE);
    }
    let password = visit.params.raw("password").unwrap_or_default();
    if visit.params.raw("password_again") != Some(password) {
        return form(&accounts, &visit, &link, "The two passwords differ.");
    }
    match accounts.use_link(visit.cookie(LINK_COOKIE).unwrap_or_default(), password).await {
        Ok(Some(_)) => {
            let response = redirect("/oauth/signin?done=password");
            let response = set_cookie(response, LINK_COOKIE, "", 0, is_secure(&accounts));
            Ok(GuestForm::end(&accounts, response))
        }
        Ok(None) => gone(&accounts),
        Err(Error::Refused(reason)) => form(&accounts, &visit, &link, &sentence(&reason)),
        Err(error) => Err(error.into()),
    }
}

/// `GET /oauth/forgot`.
pub(super) async fn ask(
    State(accounts): State<Accounts>,
    Extension(desk): Extension<Desk>,
    visit: Visit,
) -> Result<Response, Failure> {
    forgot(&accounts, &desk, &visit, "", visit.params.get("done") == Some("mail"))
}

/// `POST /oauth/forgot`. The answer is the same, and comes as soon, whether the address is anybody's or not.
pub(super) async fn send(
    State(accounts): State<Accounts>,
    Extension(desk): Extension<Desk>,
    visit: Visit,
) -> Result<Response, Failure> {
    if !GuestForm::is_own(&visit) {
        return forgot(&accounts, &desk, &visit, STALE, false);
    }
    let email = visit.params.get("email").unwrap_or_default().to_owned();
    if !email.contains('@') || email.len() > 254 {
        return forgot(&accounts, &desk, &visit, "This is no email address.", false);
    }
    if !accounts.admits_mail_from(&visit.from) {
        return Err(Failure::TooMany);
    }
    if desk.mailer.is_some() && accounts.admits_mail_to(&email) {
        let (accounts, desk) = (accounts.clone(), desk.clone());
        tokio::spawn(async move {
            if let Err(error) = mail_link(&accounts, &desk, &email).await {
                tracing::error!(
                    error = dealwright_store::error::chain(&error),
                    "making a link for a forgotten password failed"
                );
            }
        });
    }
    Ok(redirect("/oauth/forgot?done=mail"))
}

/// Mails a link to whoever has the address, if somebody has.
async fn mail_link(accounts: &Accounts, desk: &Desk, email: &str) -> Result<(), Error> {
    let (Some(mailer), Some(identity)) = (&desk.mailer, accounts.identity_by_email(email).await?) else {
        return Ok(());
    };
    let Some(org) = accounts.orgs_of(identity.id).await?.into_iter().next() else { return Ok(()) };
    if let Some(link) = accounts.make_link(identity.id, Way::Mail).await? {
        mailer.send_link(org.id, &org.name, &link);
    }
    Ok(())
}

/// Whom the link in the browser's cookie belongs to.
async fn opened(accounts: &Accounts, visit: &Visit) -> Result<Option<OpenLink>, Failure> {
    let Some(secret) = visit.cookie(LINK_COOKIE).filter(|secret| !secret.is_empty()) else { return Ok(None) };
    let found = accounts.open_link(secret).await?;
    if found.is_none() && !accounts.admits_link(&visit.from) {
        return Err(Failure::TooMany);
    }
    Ok(found)
}

fn form(accounts: &Accounts, visit: &Visit, link: &OpenLink, problem: &str) -> Result<Response, Failure> {
    let guest = GuestForm::of(visit)?;
    let (form_token, minimum) = (guest.token(), passwords::MINIMUM_LENGTH);
    let page = SetPage { who: "", form_token: &form_token, link, minimum, problem };
    let status = if problem.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok((status, guest.keep(accounts, answer::page(&page)?)).into_response())
}

/// 410: the link was used, is too old, or was never one. Which of these is nobody's business.
fn gone(accounts: &Accounts) -> Result<Response, Failure> {
    let response = (StatusCode::GONE, answer::page(&GonePage { who: "", form_token: "" })?).into_response();
    Ok(set_cookie(response, LINK_COOKIE, "", 0, is_secure(accounts)))
}

fn forgot(
    accounts: &Accounts,
    desk: &Desk,
    visit: &Visit,
    problem: &str,
    is_done: bool,
) -> Result<Response, Failure> {
    let guest = GuestForm::of(visit)?;
    let page = ForgotPage {
        who: "",
        form_token: &guest.token(),
        has_mail: desk.mailer.is_some(),
        email: visit.params.get("email").unwrap_or_default(),
        problem,
        is_done,
    };
    Ok(guest.keep(accounts, answer::page(&page)?))
}

/// A reason as a sentence of its own.
pub(super) fn sentence(reason: &str) -> String {
    let mut letters = reason.chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(letters).chain(['.']).collect()
}
