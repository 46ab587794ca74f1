//! Forms for people who are not signed in: a cookie ties each to the browser that asked for it.

use axum::response::Response;
use dealwright_accounts::{Accounts, Error, Secret, secret, sign_ins};

use super::answer::set_cookie;
use super::visit::Visit;

const COOKIE: &str = "dealwright_form";
const SECONDS: u64 = 3600;

/// What to tell somebody whose form does not belong to their browser, or no longer.
pub(super) const STALE: &str = "The page was open for too long. Please try again.";

/// A form to be shown.
pub(super) struct GuestForm(Secret);

impl GuestForm {
    /// Takes the browser's cookie, or makes one.
    pub(super) fn of(visit: &Visit) -> Result<Self, Error> {
        Ok(Self(match visit.cookie(COOKIE).filter(|value| !value.is_empty()) {
            Some(known) => Secret::new(known),
            None => Secret::cookie()?,
        }))
    }

    /// The hidden value of the form.
    pub(super) fn token(&self) -> String {
        sign_ins::form_token(self.0.expose())
    }

    /// Adds the cookie to the page with the form.
    pub(super) fn keep(&self, accounts: &Accounts, response: Response) -> Response {
        set_cookie(response, COOKIE, self.0.expose(), SECONDS, is_secure(accounts))
    }

    /// True when what was sent came from a page of the same browser.
    pub(super) fn is_own(visit: &Visit) -> bool {
        let cookie = visit.cookie(COOKIE).unwrap_or_default();
        let sent = visit.params.get("form_token").unwrap_or_default();
        visit.is_post() && !cookie.is_empty() && secret::same(sent, &sign_ins::form_token(cookie))
    }

    /// Takes the cookie away.
    pub(super) fn end(accounts: &Accounts, response: Response) -> Response {
        set_cookie(response, COOKIE, "", 0, is_secure(accounts))
    }
}

/// Cookies are kept from plain HTTP where clients come by HTTPS.
pub(super) fn is_secure(accounts: &Accounts) -> bool {
    accounts.public_url().starts_with("https://")
}
