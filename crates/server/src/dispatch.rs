//! A request on its way: route, token, scope, body, operation, answer. In this order, so that nobody without a token
//! makes the server look at a body, and nobody without the scope learns which modules there are.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method as HttpMethod, StatusCode, request::Parts};
use axum::response::Response;
use dealwright_engine::{Cx, Error, Reply, activities};
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

/// Source: "Signals to the client" of the platform reference.
const TOKEN_ENDS: HeaderName = HeaderName::from_static("x-accesstoken-reset");
/// The year 10000: what ends later has no time that clients could read.
const END_OF_TIME: i64 = 253_402_300_800;

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
    if response.status().is_success()
        && let Some(ends) = call.token_ends
    {
        response.headers_mut().insert(TOKEN_ENDS, ends);
    }
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
    /// When the token ends; `None` for those that do not.
    token_ends: Option<HeaderValue>,
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
    let Target::Run(_) = operation.target else {
        return Err(not_yet(operation).into());
    };
    let opening = operation.scope.opens(&session.scopes, route.goes_to(&place));
    let mut cx = authenticate::context(state, &session, place.version.profile(), opening).await?;
    if session.expires.0 < END_OF_TIME {
        call.token_ends = HeaderValue::try_from(session.expires.text(&cx.snapshot.zone)).ok();
    }
    if state.mode == Mode::Development && parts.headers.contains_key(EXPLAIN) {
        cx = cx.explaining();
    }
    if operation.scope.is_waived(&session.scopes, state.compat) {
        cx.note("search-scope");
    }
    let result = perform(operation, route, &cx, place, &parts, body).await;
    call.notes = cx.notes();
    let explanations = cx.explanations();
    if explanations.is_empty() {
        return result;
    }
    result.map(|_| Reply::value(200, &serde_json::json!({ "explain": explanations })))
}

async fn perform(
    operation: &Operation,
    route: &Route,
    cx: &Cx,
    place: Place,
    parts: &Parts,
    body: Body,
) -> Result<Reply, Error> {
    let is_of_activities = activities::is_meant(cx, route.module(&place));
    let goes_to_record = route.goes_to(&place).names_record;
    let request = extract::request(operation, place.values, parts, body, cx).await?;
    match (operation.target, operation.of_activities) {
        (_, Some(Target::Run(together))) if is_of_activities => together(cx, &request).await,
        (Target::Run(function), _) if is_of_activities && goes_to_record => {
            function(cx, &activities::record(cx, &request).await?).await
        }
        (Target::Run(function), _) if !is_of_activities => function(cx, &request).await,
        (Target::Run(_), _) => {
            Err(ApiError::new(Code::NotSupportedHere).detail("resource_path_index", 0).into())
        }
        (Target::NotYet, _) => Err(not_yet(operation).into()),
    }
}

fn not_yet(operation: &Operation) -> ApiError {
    ApiError::new(Code::NotSupported)
        .message(format!("{} is part of the API, but this server does not serve it yet", operation.id))
        .detail("operation", operation.id)
}
