//! A request from its head to its answer.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use axum::body::{Body, HttpBody};
use axum::http::{HeaderValue, Request, Response, Version, header};
use dealwright_wire::Code;
use hyper::body::Incoming;
use tower::ServiceExt as _;

use super::answer::{Answer, InFlight};
use super::body::{Paced, Rest};
use super::proxies::ClientAddress;
use super::watch::Watch;
use crate::host_guard::Visitor;
use crate::reply;
use crate::serve::Site;

const CLOSE: HeaderValue = HeaderValue::from_static("close");

/// What requests of one connection have in common.
pub(crate) struct Peer {
    pub(crate) address: IpAddr,
    pub(crate) visitor: Visitor,
    pub(crate) watch: Arc<Watch>,
}

pub(crate) async fn answer(
    site: Arc<Site>,
    peer: Arc<Peer>,
    request: Request<Incoming>,
) -> Result<Response<Answer>, Infallible> {
    let in_flight = InFlight::begin(Arc::clone(&peer.watch));
    let (mut parts, body) = request.into_parts();
    // Before anything else, whatever the path.
    if let Some(refusal) = site.guard.as_ref().and_then(|guard| guard.refuses(&peer.visitor, &parts)) {
        return Ok(refusal.map(|body| Answer::new(body, in_flight)));
    }
    parts.extensions.insert(ClientAddress(site.limits.proxies.client(peer.address, &parts.headers)));
    let router = site.router.clone();
    if body.is_end_stream() {
        let Ok(response) = router.oneshot(Request::from_parts(parts, Body::empty())).await;
        return Ok(response.map(|body| Answer::new(body, in_flight)));
    }
    let (version, expects) = (parts.version, parts.headers.contains_key(header::EXPECT));
    let body = Paced::new(body, peer.watch.deadlines());
    let Ok(mut response) = router.oneshot(Request::from_parts(parts, Body::new(body.clone()))).await;
    let rest = body.finish(expects).await;
    if rest == Rest::Late && !response.status().is_success() {
        response = reply::refused(Code::RequestTimeout, response.headers().get(reply::REQUEST_ID));
    }
    // In HTTP/2 a request ends alone.
    if rest != Rest::None && version < Version::HTTP_2 {
        response.headers_mut().insert(header::CONNECTION, CLOSE);
    }
    Ok(response.map(|body| Answer::new(body, in_flight)))
}
