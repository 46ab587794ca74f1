//! `GET /.well-known/security.txt` (RFC 9116): where somebody who found a weakness in the software reports it.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use dealwright_wire::{Instant, Zone};

use crate::state::ServerState;

/// How long the address is vouched for. The RFC advises less than a year.
const DAYS: i64 = 180;
const DAY: i64 = 24 * 60 * 60;

/// Where the software comes from.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

pub(crate) fn router(state: Arc<ServerState>) -> Router {
    Router::new().route("/.well-known/security.txt", get(show)).with_state(state)
}

async fn show(State(state): State<Arc<ServerState>>) -> Response {
    let headers = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, "public, max-age=86400")];
    (headers, text(&state.accounts.public_url(), state.clock.now())).into_response()
}

/// Who runs a server cannot mend the software, so reports go to those who make it. The date moves with the calendar, once a
/// day: a server that runs vouches for what it says.
fn text(public_url: &str, now: Instant) -> String {
    let expires = Instant((now.0.div_euclid(DAY) + DAYS) * DAY).text(&Zone::UTC);
    let mut text = format!(
        "# Weaknesses of the software Dealwright. What concerns this installation alone is for whoever runs it.\n\
         Contact: {REPOSITORY}/security/advisories/new\n\
         Expires: {expires}\n\
         Preferred-Languages: en\n"
    );
    // The RFC allows no address without TLS here, and a development server has none with it.
    if public_url.starts_with("https://") {
        let base = public_url.trim_end_matches('/');
        let _infallible = writeln!(text, "Canonical: {base}/.well-known/security.txt");
    }
    let _infallible = writeln!(text, "Policy: {REPOSITORY}/security/policy");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_is_the_same_all_day_and_less_than_a_year_away() {
        let at = |seconds| text("https://crm.test", Instant(seconds));
        // 15 January 2027.
        assert_eq!(at(1_799_971_200), at(1_799_971_200 + DAY - 1));
        assert_ne!(at(1_799_971_200), at(1_799_971_200 + DAY));
        assert!(
            at(1_799_971_200).contains("\nExpires: 2027-07-14T00:00:00+00:00\n"),
            "{}",
            at(1_799_971_200)
        );
    }

    #[test]
    fn reports_go_to_the_repository_over_tls() {
        assert!(text("http://127.0.0.1", Instant(0)).contains("\nContact: https://github.com/"));
    }
}
