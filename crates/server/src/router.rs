//! All paths of the server, from the registry and beside it.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, Method as HttpMethod, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::any;
use dealwright_wire::Code;
use futures::FutureExt as _;

use crate::dispatch::{dispatch, unmatched};
use crate::route::Route;
use crate::state::ServerState;
use crate::{cors, health, reply, request_log, security_txt};

/// The router of the whole server: `others` are paths outside the API.
pub(crate) fn router(state: &Arc<ServerState>, others: Router) -> Router {
    let mut router = Router::new();
    for route in Route::all(&state.metrics) {
        let (state, route) = (Arc::clone(state), Arc::new(route));
        let path = route.path.clone();
        router = router
            .route(&path, any(move |request| dispatch(Arc::clone(&state), Arc::clone(&route), request)));
    }
    let (unknown, other) = (Arc::clone(state), Arc::clone(state));
    router
        .merge(around(state, others.merge(security_txt::router(Arc::clone(state)))))
        .merge(health::router(Arc::clone(state)))
        .fallback(move |request: Request| std::future::ready(no_such_path(&unknown, &request)))
        .method_not_allowed_fallback(move |request: Request| {
            std::future::ready(no_such_method(&other, &request))
        })
}

fn no_such_path(state: &ServerState, request: &Request) -> Response {
    if request.method() == HttpMethod::OPTIONS {
        return cors::preflight(HeaderValue::from_static("OPTIONS"));
    }
    unmatched(state, request, Code::InvalidUrlPattern)
}

/// Of paths outside the API, whose operations say themselves which methods they have.
fn no_such_method(state: &ServerState, request: &Request) -> Response {
    let mut response = unmatched(state, request, Code::InvalidRequestMethod);
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response
}

/// Request id, count, log line and a net for panics around routes that are no operations of the API.
fn around(state: &Arc<ServerState>, routes: Router) -> Router {
    let meter = state.metrics.meter("accounts");
    let state = Arc::clone(state);
    routes.layer(middleware::from_fn(move |request: Request, next: Next| {
        let (state, meter) = (Arc::clone(&state), meter.clone());
        async move {
            let started = Instant::now();
            let id = state.request_ids.next();
            let path = request.uri().path().to_owned();
            let outcome = AssertUnwindSafe(next.run(request)).catch_unwind().await;
            let mut response = outcome.unwrap_or_else(|_| reply::panicked(id));
            response.headers_mut().insert("x-request-id", id.into());
            response.headers_mut().entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(reply::NOSNIFF);
            let duration = started.elapsed();
            meter.count(response.status().as_u16(), duration);
            request_log::answered(&path, response.status().as_u16(), duration, None, id);
            response
        }
    }))
}
