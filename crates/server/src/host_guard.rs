//! A development server answers to its own names only.
//!
//! Its credentials are published and its mailbox asks for none, and it is safe only because nobody but this machine
//! reaches it. A web page in this machine's browser does reach it when its own name is made to lead here (DNS rebinding).
//! Such a request names the page's host in `Host`, so that is looked at, before anything else, on every path.

use std::net::IpAddr;
use std::sync::OnceLock;

use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use dealwright_accounts::{Accounts, redirects};

/// 421 (RFC 9110, section 15.5.20).
const REFUSAL: &str = "This is a development server. It answers to localhost, to the address it listens on, and to the \
     host of its public URL; the Host of this request is none of them.\n\
     To reach it under another name, start it with --public-url (DEALWRIGHT_PUBLIC_URL), for example \
     --public-url http://crm.test:8080\n";

/// Lets those requests through whose host is the server's own.
pub struct HostGuard {
    accounts: Accounts,
}

/// What a guard knows of one connection.
#[derive(Default)]
pub(crate) struct Visitor {
    /// The address of this server at which it came in.
    pub(crate) local: Option<IpAddr>,
    /// The first `Host` that was let through: a client names the same one with each request.
    admitted: OnceLock<HeaderValue>,
}

impl Visitor {
    pub(crate) fn at(local: Option<IpAddr>) -> Self {
        Self { local, admitted: OnceLock::new() }
    }
}

impl HostGuard {
    pub(crate) fn new(accounts: Accounts) -> Self {
        Self { accounts }
    }

    /// The answer to a request for a foreign host; `None` for one that is let through.
    pub(crate) fn refuses(&self, visitor: &Visitor, request: &Parts) -> Option<Response> {
        let mut hosts = request.headers.get_all(header::HOST).iter();
        let only = hosts.next().filter(|_| hosts.next().is_none() && request.uri.authority().is_none());
        if only.is_some() && only == visitor.admitted.get() {
            return None;
        }
        if is_own(&self.accounts, visitor.local, request) {
            if let Some(only) = only {
                visitor.admitted.get_or_init(|| only.clone());
            }
            return None;
        }
        tracing::debug!("a request for a foreign host was refused");
        let headers = [
            (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ];
        Some((StatusCode::MISDIRECTED_REQUEST, headers, REFUSAL).into_response())
    }
}

/// True when every host that the request names is the server's own. A request that names none comes from no browser.
fn is_own(accounts: &Accounts, local: Option<IpAddr>, request: &Parts) -> bool {
    let public = accounts.public_url();
    let public = public.split_once("://").and_then(|(_, rest)| rest.split(['/', '?']).next()).and_then(host);
    let is_own = |named: Option<String>| {
        named.is_some_and(|named| {
            redirects::is_loopback(&named)
                || public.as_ref().is_some_and(|public| same(public, &named))
                || local.is_some_and(|local| is_address(&named, local))
        })
    };
    // HTTP/2, and HTTP/1.1 to a proxy, name the host in the request line.
    let of_line = request.uri.authority().map(|authority| host(authority.as_str()));
    let of_headers =
        request.headers.get_all(header::HOST).iter().map(|value| value.to_str().ok().and_then(host));
    of_line.into_iter().chain(of_headers).all(is_own)
}

/// The host without port and brackets; `None` when it cannot be read.
fn host(authority: &str) -> Option<String> {
    let authority: Authority = authority.parse().ok()?;
    if authority.as_str().contains('@') {
        return None;
    }
    Some(authority.host().trim_matches(['[', ']']).to_owned())
}

fn same(left: &str, right: &str) -> bool {
    let plain = |name: &str| name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    plain(left) == plain(right)
}

fn is_address(named: &str, local: IpAddr) -> bool {
    named.parse::<IpAddr>().is_ok_and(|named| named.to_canonical() == local.to_canonical())
}
