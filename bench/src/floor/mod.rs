//! The floors: HTTP servers that do the least a correct answer needs, and so show what the machine can give.
//!
//! - [`fixed`]: no database, every answer is ready beforehand
//! - [`sqlite`], [`postgres`]: one table, prepared statements, rows written straight to JSON
//! - [`record`]: the table's columns and their JSON

mod fixed;
mod postgres;
pub(crate) mod record;
mod sqlite;

use std::net::SocketAddr;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::ListenerExt;
use bytes::Bytes;
use clap::{Args, ValueEnum};
use serde::Deserialize;

pub(crate) const PAGE_LENGTH: i64 = 200;

#[derive(Args)]
pub(crate) struct FloorOptions {
    kind: FloorKind,
    #[arg(long, default_value = "127.0.0.1:7001")]
    listen: SocketAddr,
    /// A file for SQLite, a URL for PostgreSQL
    #[arg(long)]
    database: Option<String>,
    #[command(flatten)]
    tuning: Tuning,
}

/// What a run passes on to its floors.
#[derive(Args, Clone, Copy)]
pub(crate) struct Tuning {
    /// What a commit waits for in a floor; give the server the same
    #[arg(long, default_value = "full")]
    pub sync: Durability,
    /// `SQLite` moves its log into the file after this many pages; more make writes faster
    #[arg(long, default_value_t = 8000)]
    pub checkpoint_pages: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FloorKind {
    Static,
    Sqlite,
    Postgres,
}

/// What a commit waits for.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Durability {
    /// The disk has the commit before the client is told
    Full,
    /// The last commits may be lost when the machine stops, the database stays whole
    Normal,
}

/// Serves until the process ends.
pub(crate) async fn serve(options: FloorOptions) -> Result<()> {
    let database = || options.database.as_deref().context("this floor needs --database");
    let router = match options.kind {
        FloorKind::Static => router(fixed::Fixed::new()?),
        FloorKind::Sqlite => router(sqlite::Sqlite::open(database()?, options.tuning)?),
        FloorKind::Postgres => router(postgres::Postgres::connect(database()?, options.tuning.sync).await?),
    };
    listen(options.listen, router).await
}

/// Serves the router on an address until the process ends.
pub(crate) async fn listen(address: SocketAddr, router: Router) -> Result<()> {
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .with_context(|| format!("listening on {address}"))?
        .tap_io(|stream| {
            // Without it an answer in two writes waits for the client's acknowledgement.
            let _ = stream.set_nodelay(true);
        });
    Ok(axum::serve(listener, router).await?)
}

/// A place where deals are kept. Answers are whole bodies.
trait Deals: Clone + Send + Sync + 'static {
    fn get(&self, id: i64) -> impl Future<Output = Result<Bytes>> + Send;
    fn list(&self, query: ListQuery) -> impl Future<Output = Result<Bytes>> + Send;
    fn insert(&self, body: Bytes) -> impl Future<Output = Result<Bytes>> + Send;
    fn update(&self, body: Bytes) -> impl Future<Output = Result<Bytes>> + Send;
}

/// Which records to list: at most [`PAGE_LENGTH`], ten fields each.
enum ListQuery {
    /// Newest first
    Page { offset: i64 },
    /// One stage, an amount within bounds
    Search { stage: String, low: f64, high: f64 },
    /// Names from the first text up to, but without, the second
    Prefix { from: String, until: String },
}

/// The query of a URL. A search arrives in parts, since reading `criteria` is the server's work and not a floor's.
#[derive(Deserialize)]
struct Parameters {
    page: Option<i64>,
    stage: Option<String>,
    lo: Option<f64>,
    hi: Option<f64>,
    prefix: Option<String>,
}

impl From<Parameters> for ListQuery {
    fn from(parameters: Parameters) -> Self {
        match parameters {
            Parameters { prefix: Some(from), .. } => {
                Self::Prefix { until: format!("{from}\u{10FFFF}"), from }
            }
            Parameters { stage: Some(stage), lo: Some(low), hi: Some(high), .. } => {
                Self::Search { stage, low, high }
            }
            Parameters { page, .. } => Self::Page { offset: (page.unwrap_or(1) - 1) * PAGE_LENGTH },
        }
    }
}

fn router<D: Deals>(deals: D) -> Router {
    Router::new()
        .route("/crm/v8/Deals", get(list::<D>).post(insert::<D>).put(update::<D>))
        .route("/crm/v8/Deals/search", get(list::<D>))
        .route("/crm/v8/Deals/{id}", get(one::<D>))
        .with_state(deals)
}

async fn one<D: Deals>(State(deals): State<D>, Path(id): Path<i64>) -> Result<Json, Failure> {
    Ok(Json(deals.get(id).await?))
}

async fn list<D: Deals>(
    State(deals): State<D>,
    Query(parameters): Query<Parameters>,
) -> Result<Json, Failure> {
    Ok(Json(deals.list(parameters.into()).await?))
}

async fn insert<D: Deals>(State(deals): State<D>, body: Bytes) -> Result<Json, Failure> {
    Ok(Json(deals.insert(body).await?))
}

async fn update<D: Deals>(State(deals): State<D>, body: Bytes) -> Result<Json, Failure> {
    Ok(Json(deals.update(body).await?))
}

pub(crate) struct Json(pub Bytes);

impl IntoResponse for Json {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, "application/json")], self.0).into_response()
    }
}

pub(crate) struct Failure(anyhow::Error);

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, format!("{:#}", self.0)).into_response()
    }
}
