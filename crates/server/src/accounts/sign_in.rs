//! Signing in and out at the accounts server's own pages.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use dealwright_accounts::{Accounts, SignInOutcome};

use super::answer::{self, Failure, redirect, set_cookie};
use super::desk::{Desk, Tried};
use super::guest_form::{GuestForm, STALE, is_secure};
use super::visit::{MARK_COOKIE, SESSION_COOKIE, Visit};

/// Half a year.
const MARK_SECONDS: u64 = 182 * 24 * 3_600;

#[derive(Template)]
#[template(path = "accounts/sign_in.html")]
struct SignInPage<'a> {
    who: &'a str,
    form_token: &'a str,
    next: &'a str,
    email: &'a str,
    problem: &'a str,
    /// What has just been done, told once.
    done: &'a str,
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
pub(super) async fn submit(
    State(accounts): State<Accounts>,
    Extension(desk): Extension<Desk>,
    visit: Visit,
) -> Result<Response, Failure> {
    let next = next(&visit);
    let email = visit.params.get("email").unwrap_or_default();
    if !GuestForm::is_own(&visit) {
        return form(&accounts, &visit, next, email, STALE);
    }
    let password = visit.params.raw("password").unwrap_or_default();
    let outcome = accounts.sign_in(email, password, visit.origin()).await?;
    desk.tried(Tried::of(&outcome), &visit.from);
    let problem = match outcome {
        SignInOutcome::SignedIn { cookie, mark, .. } => {
            let seconds = accounts.settings().sign_in_ttl.as_secs();
            let response =
                set_cookie(redirect(next), SESSION_COOKIE, cookie.expose(), seconds, is_secure(&accounts));
            let response = set_cookie(response, MARK_COOKIE, &mark, MARK_SECONDS, is_secure(&accounts));
            return Ok(GuestForm::end(&accounts, response));
        }
        SignInOutcome::Refused => (StatusCode::UNAUTHORIZED, "Email or password is wrong."),
        SignInOutcome::Wait(seconds) => {
            let page =
                form(&accounts, &visit, next, email, "Too many attempts. Wait a minute and try again.")?;
            return Ok(answer::later(StatusCode::TOO_MANY_REQUESTS, seconds, page));
        }
    };
    Ok((problem.0, form(&accounts, &visit, next, email, problem.1)?).into_response())
}

#[derive(Template)]
#[template(path = "accounts/sign_out.html")]
struct SignOutPage<'a> {
    who: &'a str,
    form_token: &'a str,
}

/// `GET /oauth/signout`: asks, because a link signs nobody out.
pub(super) async fn ask_out(visit: Visit) -> Result<Response, Failure> {
    match &visit.sign_in {
        Some(sign_in) => {
            let page = SignOutPage { who: &sign_in.identity.email, form_token: sign_in.form_token() };
            answer::page(&page)
        }
        None => Ok(redirect("/oauth/signin")),
    }
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
    let guest = GuestForm::of(visit)?;
    let done = match visit.params.get("done") {
        Some("password") => "Your password is set. You can sign in with it now.",
        Some("signed-out") => "You are signed out everywhere.",
        _ => "",
    };
    let page = SignInPage { who: "", form_token: &guest.token(), next, email, problem, done };
    Ok(guest.keep(accounts, answer::page(&page)?))
}

/// A path on this server and nowhere else: `//host` and `/\host` would lead away.
fn next(visit: &Visit) -> &str {
    let next = visit.params.get("next").unwrap_or_default();
    let is_local = next.starts_with('/')
        && !next[1..].starts_with(['/', '\\'])
        && next.bytes().all(|byte| byte.is_ascii_graphic());
    if is_local { next } else { "/console" }
}
