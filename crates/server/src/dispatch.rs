//! A request on its way: route, token, scope, body, operation, answer. In this order, so that nobody without a token
//! makes the server look at a body, and nobody without the scope learns which modules there are.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method as HttpMethod, StatusCode, request::Parts};
use axum::response::Response;
use dealwright_engine::{Cx, Error, Reply};
use dealwright_wire::{ApiError, Code, Compat, Id, Profile};
use futures::FutureExt as _;
use tracing::Instrument as _;

use crate::accounts::nowhere;
use crate::coding::Coding;
use crate::config::Mode;
use crate::ops::{Method, Operation, Target};
use crate::route::{Place, Route};
use crate::state::ServerState;
use crate::{authenticate, cors, extract, reply, request_log};

/// With this header a development server answers a list, a search or a query by how its statement is carried out.
const EXPLAIN: &str = "x-dealwright-explain";

/// Answers a request that matched a route.
pub(crate) async fn dispatch(state: Arc<ServerState>, route: Arc<Route>, request: Request) -> Response {
    if request.method() == HttpMethod::OPTIONS {
        return cors::preflight(route.allow.clone());
    }
    let started = Instant::now();
    let served = Method::of(request.method()).and_then(|method| route.operation(method));
    let Some(served) = served else {
        return unmatched(&state, &request, Code::InvalidRequestMethod);
    };
    let operation = served.operation;
    let id = state.request_ids.next();
    let coding = Coding::asked(request.headers());
    let span = tracing::debug_span!("request", otel.name = operation.id, request_id = %id);
    let mut call = Call::default();
    let work = run(&state, &route, operation, request, &mut call).instrument(span);
    let outcome = AssertUnwindSafe(work).catch_unwind().await;
    let mut response = match outcome {
        Ok(result) => reply::respond(result, &call.notes, call.profile, coding, id),
        Err(_) => reply::panicked(id),
    };
    if let Some(origin) = call.origin {
        cors::expose(&mut response, origin);
    }
    if response.status() == StatusCode::INSUFFICIENT_STORAGE {
        state.orgs.database().room().has_none();
    }
    let duration = started.elapsed();
    served.meter.count(response.status().as_u16(), duration);
    request_log::answered(operation.id, response.status().as_u16(), duration, call.org, id);
    response
}

/// Answers a request that came to no operation.
pub(crate) fn unmatched(state: &ServerState, request: &Request, code: Code) -> Response {
    let started = Instant::now();
    let id = state.request_ids.next();
    let mut response = if nowhere::wants_page(request.uri().path(), request.headers()) {
        let mut page = nowhere::page(code);
        page.headers_mut().insert(reply::REQUEST_ID, id.into());
        page
    } else {
        reply::respond(Err(code.into()), &[], None, None, id)
    };
    if let Some(origin) = cors::allowed_origin(request.headers(), None) {
        cors::expose(&mut response, origin);
    }
    let duration = started.elapsed();
    state.unmatched.count(response.status().as_u16(), duration);
    request_log::answered(request.uri().path(), response.status().as_u16(), duration, None, id);
    response
}

/// What became known of a call, for its answer and its log line, also when it failed on the way.
#[derive(Default)]
struct Call {
    profile: Option<&'static Profile>,
    org: Option<Id>,
    notes: Vec<&'static str>,
    origin: Option<HeaderValue>,
}

async fn run(
    state: &ServerState,
    route: &Route,
    operation: &'static Operation,
    request: Request,
    call: &mut Call,
) -> Result<Reply, Error> {
    let (parts, body) = request.into_parts();
    call.origin = cors::allowed_origin(&parts.headers, None);
    let place = route.read(parts.uri.path()).ok_or(Code::InvalidUrlPattern)?;
    call.profile = Some(place.version.profile());
    let session = authenticate::session(state, &parts.headers).await?;
    call.org = Some(session.org);
    call.origin = cors::allowed_origin(&parts.headers, Some(&session));
    let module = route.module(&place);
    if !operation.scope.allows(&session.scopes, module, state.compat) {
        let missing = operation.scope.missing(&session.scopes, module, state.compat);
        return Err(ApiError::missing_scope(missing).into());
    }
    // Published first versions are not always right: they are held to in strict mode only.
    if place.version < operation.since && state.compat == Compat::Strict {
        let supported = operation.since.number();
        return Err(ApiError::new(Code::ApiNotSupported).detail("supported_version", supported).into());
    }
    let Target::Run(function) = operation.target else {
        return Err(not_yet(operation).into());
    };
    let opening = operation.scope.opens(&session.scopes, route.goes_to(&place));
    let mut cx = authenticate::context(state, &session, place.version.profile(), opening).await?;
    if state.mode == Mode::Development && parts.headers.contains_key(EXPLAIN) {
        cx = cx.explaining();
    }
    if operation.scope.is_waived(&session.scopes, state.compat) {
        cx.note("search-scope");
    }
    let result = perform(operation, function, &cx, place, &parts, body).await;
    call.notes = cx.notes();
    let explanations = cx.explanations();
    if explanations.is_empty() {
        return result;
    }
    result.map(|_| Reply::value(200, &serde_json::json!({ "explain": explanations })))
}

async fn perform(
    operation: &Operation,
    function: crate::ops::Run,
    cx: &Cx,
    place: Place,
    parts: &Parts,
    body: Body,
) -> Result<Reply, Error> {
    let request = extract::request(operation, place.values, parts, body, cx).await?;
    function(cx, &request).await
}

fn not_yet(operation: &Operation) -> ApiError {
    ApiError::new(Code::NotSupported)
        .message(format!("{} is part of the API, but this server does not serve it yet", operation.id))
        .detail("operation", operation.id)
}
