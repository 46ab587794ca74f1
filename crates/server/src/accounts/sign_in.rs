//! Signing in and out at the accounts server's own pages.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use dealwright_accounts::{Accounts, Secret, SignInOutcome, secret, sign_ins};

use super::answer::{self, Failure, redirect, set_cookie};
use super::visit::{SESSION_COOKIE, Visit};

/// Ties the sign-in form to the browser that asked for it, before anybody is signed in.
const FORM_COOKIE: &str = "dealwright_form";
const FORM_SECONDS: u64 = 3600;

#[derive(Template)]
#[template(path = "accounts/sign_in.html")]
struct SignInPage<'a> {
    who: &'a str,
    form_token: &'a str,
    next: &'a str,
    email: &'a str,
    problem: &'a str,
}

/// `GET /oauth/signin`.
pub(super) async fn page(State(accounts): State<Accounts>, visit: Visit) -> Result<Response, Failure> {
    let next = next(&visit);
    if visit.sign_in.is_some() {
        return Ok(redirect(next));
    }
    form(&accounts, &visit, next, visit.params.get("login_hint").unwrap_or_default(), "")
}

/// `POST /oauth/signin`.
pub(super) async fn submit(State(accounts): State<Accounts>, visit: Visit) -> Result<Response, Failure> {
    let next = next(&visit);
    let email = visit.params.get("email").unwrap_or_default();
    let cookie = visit.cookie(FORM_COOKIE).unwrap_or_default();
    let sent = visit.params.get("form_token").unwrap_or_default();
    if cookie.is_empty() || !secret::same(sent, &sign_ins::form_token(cookie)) {
        return form(&accounts, &visit, next, email, "The page was open for too long. Please try again.");
    }
    let password = visit.params.raw("password").unwrap_or_default();
    let problem = match accounts.sign_in(email, password, &visit.from).await? {
        SignInOutcome::SignedIn { cookie, .. } => {
            let seconds = accounts.settings().sign_in_ttl.as_secs();
            let response =
                set_cookie(redirect(next), SESSION_COOKIE, cookie.expose(), seconds, is_secure(&accounts));
            return Ok(set_cookie(response, FORM_COOKIE, "", 0, is_secure(&accounts)));
        }
        SignInOutcome::Refused => (StatusCode::UNAUTHORIZED, "Email or password is wrong."),
        SignInOutcome::Wait => {
            (StatusCode::TOO_MANY_REQUESTS, "Too many attempts. Wait ten minutes and try again.")
        }
    };
    Ok((problem.0, form(&accounts, &visit, next, email, problem.1)?).into_response())
}

/// `POST /oauth/signout`.
pub(super) async fn out(State(accounts): State<Accounts>, visit: Visit) -> Result<Response, Failure> {
    visit.own_form()?;
    accounts.sign_out(visit.cookie(SESSION_COOKIE).unwrap_or_default()).await?;
    Ok(set_cookie(redirect("/oauth/signin"), SESSION_COOKIE, "", 0, is_secure(&accounts)))
}

fn form(
    accounts: &Accounts,
    visit: &Visit,
    next: &str,
    email: &str,
    problem: &str,
) -> Result<Response, Failure> {
    let cookie = match visit.cookie(FORM_COOKIE).filter(|value| !value.is_empty()) {
        Some(known) => Secret::new(known),
        None => Secret::cookie()?,
    };
    let form_token = sign_ins::form_token(cookie.expose());
    let response = answer::page(&SignInPage { who: "", form_token: &form_token, next, email, problem })?;
    Ok(set_cookie(response, FORM_COOKIE, cookie.expose(), FORM_SECONDS, is_secure(accounts)))
}

/// A path on this server and nowhere else: `//host` and `/\host` would lead away.
fn next(visit: &Visit) -> &str {
    let next = visit.params.get("next").unwrap_or_default();
    let is_local = next.starts_with('/')
        && !next[1..].starts_with(['/', '\\'])
        && next.bytes().all(|byte| byte.is_ascii_graphic());
    if is_local { next } else { "/console" }
}

fn is_secure(accounts: &Accounts) -> bool {
    accounts.public_url().starts_with("https://")
}
