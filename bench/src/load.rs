//! The load generator: connections that each send, wait, and send again, on one thread and without allocating.
//!
//! The server shares the machine with it, so that whatever it spends is missing there.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;
use tokio::task::JoinSet;

use crate::client::{Connection, Endpoint, describe};
use crate::model::Random;
use crate::workload::{Searches, Target, Workload};

/// The longest a system may take beyond the measured time; a hung one ends the measurement.
const PATIENCE: Duration = Duration::from_mins(10);

#[derive(Args)]
pub(crate) struct LoadOptions {
    /// Such as <http://127.0.0.1:8080>
    #[arg(long)]
    target: String,
    /// The value of the Authorization header
    #[arg(long)]
    auth: Option<String>,
    #[arg(long)]
    workload: Workload,
    #[arg(long, default_value_t = 8)]
    connections: usize,
    /// How long to send; inserts are sent to the last record instead
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// How many records to insert
    #[arg(long, default_value_t = 100_000)]
    records: u64,
    /// The index of the first record to insert: keys repeat when indexes do
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// Ids, one a line: inserts write this file, gets and updates read it
    #[arg(long)]
    ids: Option<PathBuf>,
    #[arg(long, default_value = "criteria")]
    searches: Searches,
}

/// Sends one workload and prints a line of figures.
pub(crate) async fn load(options: LoadOptions) -> Result<()> {
    let mut target = Target {
        endpoint: Endpoint::parse(&options.target)?,
        authorization: options.auth,
        searches: options.searches,
        ids: Vec::new(),
    };
    let outcome = if options.workload == Workload::Insert {
        let requests = target.inserts(options.first, options.records);
        let outcome = drive(&target.endpoint, requests, options.connections, Plan::Once).await?;
        if let Some(path) = &options.ids {
            std::fs::write(path, target.stored_ids(&outcome.answers)?.join("\n"))
                .with_context(|| format!("writing {}", path.display()))?;
        }
        outcome
    } else {
        if let Some(path) = &options.ids {
            let text =
                std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
            target.ids = text.lines().map(str::to_owned).collect();
        }
        let requests = target.requests(options.workload)?;
        let plan = Plan::AtRandom(Duration::from_secs(options.seconds));
        drive(&target.endpoint, requests, options.connections, plan).await?
    };
    let figures = outcome.figures();
    println!(
        "{} c={}: {:.1} requests/s, p50 {} µs, p99 {} µs, {:.1} MB/s, {} errors",
        options.workload.name(),
        options.connections,
        figures.requests_per_second,
        figures.p50_us,
        figures.p99_us,
        figures.bytes_per_second / 1e6,
        figures.errors,
    );
    if let Some(error) = outcome.first_error {
        eprintln!("the first error: {error}");
    }
    Ok(())
}

/// Which request is next, and when to stop.
#[derive(Clone, Copy)]
pub(crate) enum Plan {
    /// Any of them, until the time is over
    AtRandom(Duration),
    /// Each of them once, in order; the answers are kept
    Once,
}

/// What the connections saw, all of them together.
#[derive(Default)]
pub(crate) struct Outcome {
    elapsed: Duration,
    latencies_us: Vec<u32>,
    bytes: u64,
    pub errors: u64,
    pub first_error: Option<String>,
    pub answers: Vec<Vec<u8>>,
}

/// An [`Outcome`] in numbers to compare.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    pub requests_per_second: f64,
    pub p50_us: u32,
    pub p99_us: u32,
    pub bytes_per_second: f64,
    pub errors: u64,
}

impl Outcome {
    /// What something else than a connection saw.
    pub(crate) fn of(latencies_us: Vec<u32>, elapsed: Duration) -> Self {
        Self { elapsed, latencies_us, ..Self::default() }
    }

    pub(crate) fn figures(&self) -> Figures {
        let mut sorted = self.latencies_us.clone();
        sorted.sort_unstable();
        let percentile = |percent: usize| {
            let position = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
            sorted.get(position).copied().unwrap_or_default()
        };
        let seconds = self.elapsed.as_secs_f64();
        Figures {
            requests_per_second: sorted.len() as f64 / seconds,
            p50_us: percentile(50),
            p99_us: percentile(99),
            bytes_per_second: self.bytes as f64 / seconds,
            errors: self.errors,
        }
    }

    /// Adds a later measurement of the same.
    pub(crate) fn append(&mut self, later: Self) {
        self.elapsed += later.elapsed;
        self.absorb(later);
    }

    fn absorb(&mut self, other: Self) {
        self.latencies_us.extend(other.latencies_us);
        self.bytes += other.bytes;
        self.errors += other.errors;
        self.first_error = self.first_error.take().or(other.first_error);
        self.answers.extend(other.answers);
    }

    fn fail(&mut self, error: impl FnOnce() -> String) {
        self.errors += 1;
        if self.first_error.is_none() {
            self.first_error = Some(error());
        }
    }
}

/// Sends requests over `connections` at once. Only successes count as requests; the rest are errors.
pub(crate) async fn drive(
    endpoint: &Endpoint,
    requests: Vec<Vec<u8>>,
    connections: usize,
    plan: Plan,
) -> Result<Outcome> {
    let requests = Arc::new(requests);
    let position = Arc::new(AtomicUsize::new(0));
    let mut open = Vec::with_capacity(connections);
    for _ in 0..connections {
        open.push(Connection::open(endpoint).await?);
    }
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for (number, connection) in open.into_iter().enumerate() {
        let sender = Sender {
            endpoint: endpoint.clone(),
            connection,
            requests: Arc::clone(&requests),
            random: Random::new(1_000 + number as u64),
            position: Arc::clone(&position),
        };
        tasks.spawn(sender.run(started, plan));
    }
    let mut total = Outcome::default();
    tokio::time::timeout(PATIENCE, async {
        while let Some(outcome) = tasks.join_next().await {
            total.absorb(outcome??);
        }
        anyhow::Ok(())
    })
    .await
    .context("waiting for answers")??;
    total.elapsed = started.elapsed();
    Ok(total)
}

struct Sender {
    endpoint: Endpoint,
    connection: Connection,
    requests: Arc<Vec<Vec<u8>>>,
    random: Random,
    /// Of the next request, for all senders together
    position: Arc<AtomicUsize>,
}

impl Sender {
    async fn run(mut self, started: Instant, plan: Plan) -> Result<Outcome> {
        // Room for a long measurement, so that counting never copies the list.
        let mut outcome = Outcome { latencies_us: Vec::with_capacity(1 << 18), ..Outcome::default() };
        let mut sent = Instant::now();
        loop {
            let index = match plan {
                Plan::AtRandom(duration) if sent - started >= duration => return Ok(outcome),
                Plan::AtRandom(_) => self.random.below(self.requests.len() as u64) as usize,
                Plan::Once => self.position.fetch_add(1, Relaxed),
            };
            let Some(request) = self.requests.get(index) else {
                return Ok(outcome);
            };
            let result = self.connection.send(request).await;
            let answered = Instant::now();
            match result {
                Ok(answer) if answer.is_success() => {
                    outcome.latencies_us.push((answered - sent).as_micros() as u32);
                    outcome.bytes += answer.size_bytes as u64;
                    if matches!(plan, Plan::Once) {
                        outcome.answers.push(self.connection.body(answer));
                    }
                }
                Ok(answer) => outcome.fail(|| describe(answer, &self.connection.body(answer))),
                Err(error) => {
                    outcome.fail(|| format!("{error:#}"));
                    self.connection = Connection::open(&self.endpoint).await?;
                }
            }
            sent = answered;
        }
    }
}
