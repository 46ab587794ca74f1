//! The accounts server over HTTP: OAuth endpoints for programs, pages for people.
//!
//! - `token`, `user_info`, `discovery`: JSON for clients
//! - `authorize`, `device`: a person lets a client in
//! - `sign_in`, `password`: signing in, and setting a password by a link; `guest_form`: forms of those not signed in
//! - `console`: a person's clients and account, and the people of an org for its administrators; `desk`: what that needs
//! - `news`: what a form has done, told on the page that follows; `scope_list`: the scopes there are
//! - `nowhere`: pages for addresses that are none
//! - `visit`, `answer`, `style`: what a request says, what an answer looks like

mod answer;
mod authorize;
mod console;
mod desk;
mod device;
mod discovery;
#[doc(hidden)]
pub mod fuzzing;
mod guest_form;
mod news;
pub(crate) mod nowhere;
mod password;
mod scope_list;
mod sign_in;
mod style;
#[cfg(test)]
mod tests;
mod token;
mod user_info;
mod visit;

use axum::extract::DefaultBodyLimit;
use axum::response::Redirect;
use axum::routing::{any, get, post};
use axum::{Extension, Router};
use dealwright_accounts::Accounts;

pub use desk::Desk;

/// Requests here are small forms.
const BODY_BYTES: usize = 64 * 1024;

/// Everything under `/oauth`, `/console` and `/.well-known/openid-configuration`.
pub fn router(accounts: Accounts, desk: Desk) -> Router {
    Router::new()
        // Whoever types the address of the server means the only pages there are.
        .route("/", get(|| async { Redirect::to("/console") }))
        .route("/oauth/v2/auth", get(authorize::page).post(authorize::page))
        .route("/oauth/v2/token", any(token::grant))
        .route("/oauth/v2/token/revoke", any(token::revoke))
        .route("/oauth/v2/token/info", get(token::info).post(token::info))
        .route("/oauth/v2/introspect", post(token::introspect))
        .route("/oauth/v2/userinfo", get(user_info::claims).post(user_info::claims))
        .route("/oauth/v2/keys", get(discovery::keys))
        .route("/oauth/user/info", get(user_info::profile))
        .route("/oauth/serverinfo", get(discovery::server_info))
        .route("/.well-known/openid-configuration", get(discovery::openid_configuration))
        .route("/oauth/v3/device/code", post(token::device_code))
        .route("/oauth/v3/device/token", post(token::device_token))
        .route("/oauth/v3/device", get(device::page).post(device::decide))
        .route("/oauth/signin", get(sign_in::page).post(sign_in::submit))
        .route("/oauth/signout", get(sign_in::ask_out).post(sign_in::out))
        .route("/oauth/link", get(password::door))
        .route("/oauth/password", get(password::page).post(password::set))
        .route("/oauth/forgot", get(password::ask).post(password::send))
        .route("/oauth/style.css", get(style::sheet))
        .merge(console::routes())
        .layer(Extension(desk))
        .layer(Extension(news::Board::default()))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .with_state(accounts)
}
