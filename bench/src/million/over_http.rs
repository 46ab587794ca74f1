//! The statements by hand behind a bare HTTP server: what the same rows cost a client that is not inside the database's
//! process.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::{Path as Segments, State};
use axum::routing::get;
use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::Mutex;

use super::by_hand::{ByHand, Statement};
use crate::floor::{Failure, Json, listen};
use crate::system::System;

#[derive(Args)]
pub(crate) struct ByHandOptions {
    /// What to answer, as the measurement wrote it
    plan: PathBuf,
    #[arg(long)]
    listen: SocketAddr,
}

/// Where the tables are, and the statements of each question.
#[derive(Serialize, Deserialize)]
pub(super) struct Plan {
    pub place: Place,
    pub owner: Value,
    pub statements: Vec<Vec<Statement>>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) enum Place {
    /// The folder of a server
    Sqlite(PathBuf),
    /// The URL of a server's database
    Postgres(String),
}

impl Place {
    pub(super) async fn open(&self) -> Result<ByHand> {
        match self {
            Self::Sqlite(folder) => ByHand::sqlite(folder),
            Self::Postgres(url) => ByHand::postgres(url).await,
        }
    }
}

/// Starts this program as the bare server.
pub(super) async fn start(plan: &Plan, directory: &Path) -> Result<System> {
    let path = directory.join("by-hand.json");
    std::fs::write(&path, serde_json::to_vec(plan)?)
        .with_context(|| format!("writing {}", path.display()))?;
    let arguments = ["by-hand".to_owned(), path.display().to_string()];
    System::of_this_program("by-hand".to_owned(), &arguments, directory).await
}

/// The request for a statement.
pub(super) fn request(system: &System, question: usize, statement: usize) -> Vec<u8> {
    system.target.request("GET", &format!("/{question}/{statement}"), b"")
}

/// Serves until the process ends.
pub(crate) async fn serve(options: ByHandOptions) -> Result<()> {
    let text = std::fs::read(&options.plan).with_context(|| format!("reading {}", options.plan.display()))?;
    let plan: Plan = serde_json::from_slice(&text)?;
    let mut by_hand = plan.place.open().await?;
    by_hand.set_owner(&plan.owner);
    let served = Arc::new((Mutex::new(by_hand), plan.statements));
    listen(options.listen, Router::new().route("/{question}/{statement}", get(answer)).with_state(served))
        .await
}

type Served = Arc<(Mutex<ByHand>, Vec<Vec<Statement>>)>;

async fn answer(
    State(served): State<Served>,
    Segments((question, statement)): Segments<(usize, usize)>,
) -> Result<Json, Failure> {
    let (by_hand, statements) = &*served;
    let statement =
        statements.get(question).and_then(|some| some.get(statement)).context("no such statement")?;
    Ok(Json(by_hand.lock().await.answer(statement).await?.into()))
}
