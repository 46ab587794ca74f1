//! The whole measurement: for each engine the floor and the server, filled alike and then measured in turns.
//!
//! A machine's speed drifts, more over minutes than over seconds. So both systems stay up, and each point is measured
//! floor, server, floor, server: what drifts hits both.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::Value;
use tokio_postgres::NoTls;

use crate::client::{Connection, describe};
use crate::floor::{FloorKind, Tuning};
use crate::group::Group;
use crate::load::{Outcome, Plan, drive};
use crate::page;
use crate::pocketbase;
use crate::report::{Engine, POINTS, Point, Report};
use crate::system::System;
use crate::workload::{BATCH, Workload};

/// How often each point is measured on each system, in turns.
const ROUNDS: u32 = 2;
/// Before a workload is measured first, at this many connections.
const WARM_UP: (Duration, usize) = (Duration::from_secs(1), 8);
/// Enough for a system that stores nothing.
const STATIC_RECORDS: u64 = 20_000;
/// How many answers of the systems are compared before the clock starts.
const COMPARED_ANSWERS: usize = 20;

#[derive(Args)]
pub(crate) struct RunOptions {
    /// The server's binary; by default the one beside this program
    #[arg(long)]
    server: Option<PathBuf>,
    /// A URL of a `PostgreSQL` whose user may create databases; two are created and dropped again
    #[arg(long)]
    database: Option<String>,
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(2000..))]
    records: u64,
    /// How long each point is measured on each system
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// A TSV file for the figures
    #[arg(long)]
    out: Option<PathBuf>,
    /// A page in Markdown that keeps the tables of runs; those of this run go to its top
    #[arg(long)]
    markdown: Option<PathBuf>,
    /// Another system to measure beside the server on SQLite, as pocketbase=PATH of its binary
    #[arg(long, value_name = "NAME=PATH", value_parser = peer)]
    peer: Vec<PathBuf>,
    /// By default sqlite, and postgres if there is a --database
    #[arg(long, value_delimiter = ',')]
    engines: Vec<Engine>,
    #[command(flatten)]
    tuning: Tuning,
    /// Leave the server out
    #[arg(long)]
    only_floors: bool,
}

/// The binary of a peer. There is one so far.
fn peer(text: &str) -> Result<PathBuf> {
    let path = text.split_once('=').filter(|(name, _)| *name == pocketbase::NAME).map(|(_, path)| path);
    let path = PathBuf::from(path.with_context(|| format!("a peer is {}=PATH", pocketbase::NAME))?);
    ensure!(path.is_file(), "there is no file {}", path.display());
    Ok(path)
}

/// Measures everything and prints the tables. The answer is whether every target was met.
pub(crate) async fn run(options: RunOptions) -> Result<bool> {
    let engines = match (options.engines.as_slice(), &options.database) {
        ([], None) => vec![Engine::Sqlite],
        ([], Some(_)) => vec![Engine::Sqlite, Engine::Postgres],
        (chosen, _) => chosen.to_vec(),
    };
    if let Some(path) = &options.markdown {
        page::keep(path, "")?;
    }
    let server = if options.only_floors { None } else { Some(find_server(options.server.as_deref())?) };
    let directory = tempfile::Builder::new().prefix("dealwright-bench-").tempdir()?;
    let (mut report, mut groups) = (Report::default(), Vec::new());

    let fixed = System::floor(FloorKind::Static, None, options.tuning, directory.path()).await?;
    let mut systems = [fixed];
    let records = options.records.min(STATIC_RECORDS);
    measure(&mut systems, records, None, &options, &mut report).await?;
    drop(systems);
    groups.push(Group { floor: "floor-static".to_owned(), ..Group::default() });
    println!("{}", report.table(&groups[0]).trim_end());

    for engine in engines {
        let floor_database =
            Database::create(engine, "floor", options.database.as_deref(), directory.path()).await?;
        let server_database =
            Database::create(engine, "server", options.database.as_deref(), directory.path()).await?;
        let kind = match engine {
            Engine::Sqlite => FloorKind::Sqlite,
            Engine::Postgres => FloorKind::Postgres,
        };
        let mut systems = vec![
            System::floor(kind, Some(&floor_database.location), options.tuning, directory.path()).await?,
        ];
        if let Some(binary) = &server {
            let url = (engine == Engine::Postgres).then_some(server_database.location.as_str());
            systems.push(System::server(binary, engine.name(), url, directory.path()).await?);
        }
        if engine == Engine::Sqlite {
            for binary in &options.peer {
                systems.push(pocketbase::start(binary, directory.path()).await?);
            }
        }
        let databases = [floor_database, server_database];
        measure(&mut systems, options.records, Some(&databases), &options, &mut report).await?;
        let mut names = systems.iter().map(|system| system.name.clone());
        let floor = names.next().unwrap_or_default();
        let server = server.as_ref().and_then(|_| names.next());
        let group = Group { engine: Some(engine), floor, server, peers: names.collect() };
        drop(systems);
        for database in databases {
            database.remove().await?;
        }
        println!("{}", report.table(&group).trim_end());
        groups.push(group);
    }
    println!("{}", report.footprint_table().trim_end());
    if let Some(path) = &options.out {
        std::fs::write(path, report.tsv()).with_context(|| format!("writing {}", path.display()))?;
    }
    if let Some(path) = &options.markdown {
        let run = page::Run { records: options.records, seconds: options.seconds };
        page::keep(path, &page::section(&report, &groups, run))?;
    }
    Ok(report.is_met())
}

/// The binary to measure: the one given, or the one beside this program.
pub(crate) fn find_server(given: Option<&Path>) -> Result<PathBuf> {
    let beside = || std::env::current_exe().map(|program| program.with_file_name("dealwright"));
    let path = given.map(Path::to_path_buf).map_or_else(beside, Ok)?;
    ensure!(path.exists(), "{} does not exist; give --server PATH or --only-floors", path.display());
    Ok(path)
}

/// Takes all systems through all points.
async fn measure(
    systems: &mut [System],
    records: u64,
    databases: Option<&[Database]>,
    options: &RunOptions,
    report: &mut Report,
) -> Result<()> {
    let mut warm = None;
    for point in &POINTS {
        if point.workload == Workload::Insert {
            for system in &mut *systems {
                let outcome = fill(system, records, point.connections).await?;
                report.record(system, point, outcome.figures());
            }
            for database in databases.unwrap_or_default() {
                database.settle().await?;
            }
            continue;
        }
        let mut outcomes: Vec<Outcome> = systems.iter().map(|_| Outcome::default()).collect();
        if warm.replace(point.workload) != Some(point.workload) {
            compare(systems, point.workload, databases.is_some()).await?;
            for system in &*systems {
                send(system, point.workload, WARM_UP.1, WARM_UP.0).await?;
            }
        }
        for _ in 0..ROUNDS {
            for (system, outcome) in systems.iter().zip(&mut outcomes) {
                let duration = Duration::from_secs_f64(options.seconds) / ROUNDS;
                outcome.append(send(system, point.workload, point.connections, duration).await?);
            }
        }
        for (system, outcome) in systems.iter().zip(outcomes) {
            complain(system, point, &outcome);
            report.record(system, point, outcome.figures());
        }
    }
    for system in &*systems {
        report.record_footprint(system);
    }
    Ok(())
}

fn complain(system: &System, point: &Point, outcome: &Outcome) {
    if let Some(error) = &outcome.first_error {
        eprintln!(
            "{}, {}: {} errors, the first: {error}",
            system.name,
            point.workload.name(),
            outcome.errors
        );
    }
}

/// Inserts all records and keeps their ids.
async fn fill(system: &mut System, records: u64, connections: usize) -> Result<Outcome> {
    eprintln!("{}: inserting {records} records", system.name);
    let requests = system.target.inserts(0, records);
    let outcome = drive(&system.target.endpoint, requests, connections, Plan::Once).await?;
    let first_error = outcome.first_error.as_deref().unwrap_or_default();
    ensure!(outcome.errors == 0, "{}: {} inserts failed: {first_error}", system.name, outcome.errors);
    let ids = system.target.stored_ids(&outcome.answers);
    system.target.ids = ids.with_context(|| format!("filling {}", system.name))?;
    let count = system.target.ids.len() as u64;
    ensure!(count >= records, "{}: {count} of {records} records were stored", system.name);
    Ok(outcome)
}

async fn send(
    system: &System,
    workload: Workload,
    connections: usize,
    duration: Duration,
) -> Result<Outcome> {
    eprintln!("{}: {} with {connections} connections", system.name, workload.name());
    let requests = system.target.requests(workload)?;
    drive(&system.target.endpoint, requests, connections, Plan::AtRandom(duration)).await
}

/// Makes sure that all systems do the same work: a fast wrong answer must not win.
async fn compare(systems: &[System], workload: Workload, is_stored: bool) -> Result<()> {
    let mut found: Option<(&str, usize)> = None;
    for system in systems {
        let mut connection = Connection::open(&system.target.endpoint).await?;
        let mut rows = 0;
        let requests = system.target.requests(workload)?;
        for request in requests.iter().take(COMPARED_ANSWERS) {
            let answer = connection.send(request).await?;
            let body = connection.body(answer);
            ensure!(answer.is_success(), "{}, {}: {}", system.name, workload.name(), describe(answer, &body));
            if workload == Workload::Update && is_stored {
                let stored = system.target.stored_ids(std::slice::from_ref(&body));
                stored.with_context(|| format!("updating in {}", system.name))?;
            }
            // A search that finds nothing answers 204 and no body.
            if !body.is_empty() {
                let body: Value = serde_json::from_slice(&body).with_context(|| describe(answer, &body))?;
                rows += system.target.rows(&body);
            }
        }
        let (first, expected) = *found.get_or_insert((&system.name, rows));
        ensure!(
            rows == expected && rows > 0,
            "{}: {first} answered with {expected} rows, {} with {rows}",
            workload.name(),
            system.name
        );
        if workload == Workload::Update {
            ensure!(
                rows as u64 == BATCH * COMPARED_ANSWERS as u64,
                "{}: {rows} rows were updated",
                system.name
            );
        }
    }
    Ok(())
}

/// A new database of one system.
pub(crate) struct Database {
    engine: Engine,
    name: String,
    /// A file or a URL
    pub location: String,
    /// Of the database that the user named, to create and drop this one from
    maintenance_url: String,
}

impl Database {
    /// `given` is the URL of the server to make it on; SQLite needs none.
    pub(crate) async fn create(
        engine: Engine,
        role: &str,
        given: Option<&str>,
        directory: &Path,
    ) -> Result<Self> {
        let name = format!("dealwright_bench_{role}");
        if engine == Engine::Sqlite {
            let location = directory.join(&name).with_extension("db").display().to_string();
            return Ok(Self { engine, name, location, maintenance_url: String::new() });
        }
        let maintenance_url = given.map(str::to_owned).context("measuring postgres needs --database")?;
        let location = with_database(&maintenance_url, &name)?;
        let database = Self { engine, name, location, maintenance_url };
        database.drop_if_exists().await?;
        execute(&database.maintenance_url, &format!("CREATE DATABASE {}", database.name)).await?;
        Ok(database)
    }

    /// Does now what the database would else do in the middle of a measurement.
    pub(crate) async fn settle(&self) -> Result<()> {
        if self.engine == Engine::Postgres {
            execute(&self.location, "VACUUM ANALYZE").await?;
            if let Err(error) = execute(&self.location, "CHECKPOINT").await {
                eprintln!("measuring without a checkpoint: {error:#}");
            }
        }
        Ok(())
    }

    pub(crate) async fn remove(self) -> Result<()> {
        if self.engine == Engine::Postgres { self.drop_if_exists().await } else { Ok(()) }
    }

    async fn drop_if_exists(&self) -> Result<()> {
        execute(&self.maintenance_url, &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)).await
    }
}

async fn execute(url: &str, sql: &str) -> Result<()> {
    let (client, connection) =
        tokio_postgres::connect(url, NoTls).await.context("connecting to the database")?;
    tokio::spawn(connection);
    client.batch_execute(sql).await.with_context(|| format!("executing {sql}"))
}

/// The URL of another database on the same server.
fn with_database(url: &str, name: &str) -> Result<String> {
    let (scheme, rest) = url.split_once("://").context("--database must be a URL")?;
    let (rest, query) =
        rest.split_once('?').map_or((rest, String::new()), |(rest, query)| (rest, format!("?{query}")));
    let authority = rest.split('/').next().unwrap_or_default();
    Ok(format!("{scheme}://{authority}/{name}{query}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_database_keeps_the_server_and_the_parameters() {
        let url =
            with_database("postgres://me@localhost:5433/postgres?connect_timeout=5", "other").expect("a URL");
        assert_eq!(url, "postgres://me@localhost:5433/other?connect_timeout=5");
        assert_eq!(
            with_database("postgres://me@localhost", "other").expect("a URL"),
            "postgres://me@localhost/other"
        );
    }
}
