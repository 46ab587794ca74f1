//! For whoever runs the server: is it alive, is it ready, how is it doing.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Router, response::Response};
use dealwright_store::error::chain;
use dealwright_store::{Sql, StoreError, Weight, room};

use crate::figures;
use crate::state::ServerState;

/// How long the store may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) fn router(state: Arc<ServerState>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(state)
}

/// 200 when the store answers and takes writes, 503 and a word about it when not.
async fn ready(State(state): State<Arc<ServerState>>) -> Response {
    if let Some(problem) = cannot_write(&state) {
        return (StatusCode::SERVICE_UNAVAILABLE, format!("{problem}\n")).into_response();
    }
    let answer = state.control.read(Weight::Point, |conn| {
        Box::pin(
            async move { conn.first(&Sql::from("SELECT CAST(1 AS BIGINT)"), &[], |row| row.int(0)).await },
        )
    });
    // Whoever asks wants to know it now.
    let Ok(answer) = tokio::time::timeout(PATIENCE, answer).await else {
        tracing::warn!("the store does not answer");
        return (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n").into_response();
    };
    match answer {
        Ok(_) => "ready\n".into_response(),
        Err(error) => {
            let error: StoreError = error;
            tracing::warn!(error = chain(&error), "the store does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n").into_response()
        }
    }
}

fn cannot_write(state: &ServerState) -> Option<String> {
    let database = state.orgs.database();
    if let Err(error) = database.may_write() {
        return Some(chain(&error));
    }
    let is_full = database.room().has_run_out() || state.folder.as_deref().is_some_and(room::is_full);
    is_full.then(|| "there is no room left on the disk; reads go on".to_owned())
}

async fn metrics(State(state): State<Arc<ServerState>>) -> Response {
    figures::look(&state).await;
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (kind, state.metrics.render()).into_response()
}
