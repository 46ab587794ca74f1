//! For whoever runs the server: is it alive, is it ready, how is it doing.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Router, response::Response};
use dealwright_store::error::chain;
use dealwright_store::{Sql, StoreError, Weight};

use crate::figures;
use crate::state::ServerState;

pub(crate) fn router(state: Arc<ServerState>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(state)
}

/// 200 when the store answers, 503 when it does not.
async fn ready(State(state): State<Arc<ServerState>>) -> Response {
    let answer = state.control.read(Weight::Point, |conn| {
        Box::pin(
            async move { conn.first(&Sql::from("SELECT CAST(1 AS BIGINT)"), &[], |row| row.int(0)).await },
        )
    });
    match answer.await {
        Ok(_) => "ready\n".into_response(),
        Err(error) => {
            let error: StoreError = error;
            tracing::warn!(error = chain(&error), "the store does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n").into_response()
        }
    }
}

async fn metrics(State(state): State<Arc<ServerState>>) -> Response {
    figures::look(&state).await;
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (kind, state.metrics.render()).into_response()
}
