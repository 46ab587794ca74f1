//! A million records: how long lists, searches and queries take on a full table, beside the same SQL by hand, and how that
//! grows from a tenth of the records to all of them.
//!
//! - [`by_hand`]: the server's own tables, read through the database's driver and written as the same JSON
//! - [`over_http`]: the same behind a bare HTTP server
//! - [`mod@questions`]: what is asked, in each way
//! - [`table`]: the figures, the targets and how they are shown

mod by_hand;
mod over_http;
mod questions;
mod table;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::client::{Connection, describe};
use crate::load::{Outcome, Plan, drive};
use crate::model::{Random, write_new_deal};
use crate::report::Engine;
use crate::run::{Database, find_server};
use crate::system::System;
use crate::workload::{BATCH, stored_ids};
use by_hand::ByHand;
use over_http::Place;
pub(crate) use over_http::{ByHandOptions, serve as serve_by_hand};
use questions::{Question, Stage, questions};
use table::{Beside, Line, Table};

/// All ways take turns so often.
const ROUNDS: u32 = 3;
/// Requests that are made ready at once while the tables are filled.
const READY: u64 = 200;
const CONNECTIONS: usize = 4;
/// How many answers of both ways are compared before the clock starts.
const COMPARED: usize = 5;
/// Of twenty accounts one has no parent and is that of others.
const CHILDREN: u64 = 20;
const INDUSTRIES: [&str; 5] =
    ["Large Enterprise", "Service Provider", "Storage Equipment", "Systems Integrator", "Wireless Industry"];

#[derive(Args)]
pub(crate) struct MillionOptions {
    /// The server's binary; by default the one beside this program
    #[arg(long)]
    server: Option<PathBuf>,
    /// A URL of a `PostgreSQL` whose user may create databases; one is created and dropped again
    #[arg(long)]
    database: Option<String>,
    /// By default sqlite, and postgres if there is a --database
    #[arg(long, value_delimiter = ',')]
    engines: Vec<Engine>,
    /// Deals in the end; the first figures are taken at a tenth of them
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(2_000..))]
    records: u64,
    #[arg(long, default_value_t = 200_000, value_parser = clap::value_parser!(u64).range(100..))]
    accounts: u64,
    /// How long each question is asked in each way
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// A TSV file for the figures
    #[arg(long)]
    out: Option<PathBuf>,
}

/// Measures and prints the tables. The answer is whether every target was met.
pub(crate) async fn million(options: MillionOptions) -> Result<bool> {
    let engines = match (options.engines.as_slice(), &options.database) {
        ([], None) => vec![Engine::Sqlite],
        ([], Some(_)) => vec![Engine::Sqlite, Engine::Postgres],
        (chosen, _) => chosen.to_vec(),
    };
    let binary = find_server(options.server.as_deref())?;
    let (mut is_met, mut tsv) = (true, Table::tsv_head());
    for engine in engines {
        let directory = tempfile::Builder::new().prefix("dealwright-bench-").tempdir()?;
        let database =
            Database::create(engine, "million", options.database.as_deref(), directory.path()).await?;
        let url = (engine == Engine::Postgres).then_some(database.location.as_str());
        let system = System::server(&binary, engine.name(), url, directory.path()).await?;
        let mut full = Full {
            system,
            database: &database,
            directory: directory.path(),
            engine,
            accounts: Vec::new(),
            deals: 0,
        };
        full.fill_accounts(options.accounts).await?;
        let mut table = Table::new(engine);
        for records in [options.records / 10, options.records] {
            full.fill_deals(records).await?;
            database.settle().await?;
            full.system.renew_token().await?;
            table.add(records, full.measure(Duration::from_secs_f64(options.seconds)).await?);
        }
        println!("{}", table.text().trim_end());
        is_met &= table.is_met();
        tsv.push_str(&table.tsv());
        drop(full);
        database.remove().await?;
    }
    if let Some(path) = &options.out {
        std::fs::write(path, tsv).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(is_met)
}

/// A server that is being filled.
struct Full<'a> {
    system: System,
    database: &'a Database,
    directory: &'a Path,
    engine: Engine,
    /// Ids of all accounts
    accounts: Vec<String>,
    /// Deals so far
    deals: u64,
}

impl Full<'_> {
    /// Accounts of whom most have one of the first as their parent.
    async fn fill_accounts(&mut self, count: u64) -> Result<()> {
        let parents = count.div_ceil(CHILDREN);
        while (self.accounts.len() as u64) < count {
            let first = self.accounts.len() as u64;
            // Parents have to be there before their children are sent.
            let end = if first < parents { parents } else { count };
            let end = end.min(first + READY * BATCH);
            let requests = (first..end)
                .step_by(BATCH as usize)
                .map(|at| {
                    let indexes = at..(at + BATCH).min(end);
                    self.insert("Accounts", indexes, |out, index| self.write_account(out, index, parents))
                })
                .collect();
            let answers = self.send(requests).await.context("filling Accounts")?;
            self.accounts.extend(stored_ids(&answers)?);
            ensure!(self.accounts.len() as u64 == end, "{} of {end} accounts", self.accounts.len());
            self.progress("accounts", end, count);
        }
        Ok(())
    }

    fn write_account(&self, out: &mut Vec<u8>, index: u64, parents: u64) {
        let random = &mut Random::new(!index);
        let mut account = serde_json::json!({
            "Account_Name": format!("Account {index}"),
            "Industry": random.pick(&INDUSTRIES),
            "Annual_Revenue": random.below(10_000_000),
            "Employees": random.below(5_000),
        });
        if index >= parents {
            account["Parent_Account"] = self.accounts[random.below(parents) as usize].as_str().into();
        }
        out.extend_from_slice(account.to_string().as_bytes());
    }

    /// Deals up to so many. Nine of ten belong to an account.
    async fn fill_deals(&mut self, count: u64) -> Result<()> {
        while self.deals < count {
            let (first, end) = (self.deals, count.min(self.deals + READY * BATCH));
            let requests = (first..end)
                .step_by(BATCH as usize)
                .map(|at| {
                    let indexes = at..(at + BATCH).min(end);
                    self.insert("Deals", indexes, |out, index| self.write_deal(out, index))
                })
                .collect();
            let answers = self.send(requests).await.context("filling Deals")?;
            let stored = stored_ids(&answers)?.len() as u64;
            ensure!(stored == end - first, "{stored} of {} deals were stored", end - first);
            self.deals = end;
            self.progress("deals", end, count);
        }
        Ok(())
    }

    fn write_deal(&self, out: &mut Vec<u8>, index: u64) {
        write_new_deal(out, index);
        let random = &mut Random::new(index ^ 0x5eed);
        if random.below(10) > 0 {
            let account = &self.accounts[random.below(self.accounts.len() as u64) as usize];
            // One field more before the brace that closes the record.
            out.pop();
            out.extend_from_slice(format!(r#","Account_Name":"{account}"}}"#).as_bytes());
        }
    }

    fn insert(
        &self,
        module: &str,
        indexes: std::ops::Range<u64>,
        write: impl Fn(&mut Vec<u8>, u64),
    ) -> Vec<u8> {
        let mut body = b"{\"data\":[".to_vec();
        for index in indexes {
            if body.ends_with(b"}") {
                body.push(b',');
            }
            write(&mut body, index);
        }
        body.extend_from_slice(b"]}");
        self.system.target.request("POST", &format!("/crm/v8/{module}"), &body)
    }

    /// Sends each request once, over several connections. Gives the answers.
    async fn send(&self, requests: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>> {
        let outcome = drive(&self.system.target.endpoint, requests, CONNECTIONS, Plan::Once).await?;
        let first_error = outcome.first_error.unwrap_or_default();
        ensure!(outcome.errors == 0, "{} calls failed: {first_error}", outcome.errors);
        Ok(outcome.answers)
    }

    fn progress(&self, what: &str, done: u64, all: u64) {
        eprintln!("{}: {done} of {all} {what}", self.system.name);
    }

    /// Asks every question, over one connection.
    async fn measure(&self, duration: Duration) -> Result<Vec<Line>> {
        let mut connection = Connection::open(&self.system.target.endpoint).await?;
        let place = match self.engine {
            Engine::Sqlite => Place::Sqlite(self.system.data.clone()),
            Engine::Postgres => Place::Postgres(self.database.location.clone()),
        };
        let mut by_hand = place.open().await?;
        let stage = Stage::look(&self.system.target, &mut connection, self.deals).await?;
        by_hand.set_owner(&stage.owner);
        let questions = questions(&self.system.target, &by_hand, &stage);
        let statements = questions.iter().map(|question| question.by_hand.clone()).collect();
        let plan = over_http::Plan { place, owner: stage.owner.clone(), statements };
        let bare = over_http::start(&plan, self.directory).await?;
        let mut lines = Vec::new();
        for (number, question) in questions.iter().enumerate() {
            eprintln!("{}: {}", self.system.name, question.name);
            let rows = compare(&mut connection, &mut by_hand, question).await?;
            let plan = || Plan::AtRandom(duration / ROUNDS);
            let (mut served, mut hand, mut http) =
                (Outcome::default(), Outcome::default(), Outcome::default());
            for _ in 0..ROUNDS {
                served
                    .append(drive(&self.system.target.endpoint, question.requests.clone(), 1, plan()).await?);
                if !question.by_hand.is_empty() {
                    hand.append(by_hand.drive(&question.by_hand, duration / ROUNDS).await?);
                    let requests = 0..question.by_hand.len();
                    let requests = requests.map(|at| over_http::request(&bare, number, at)).collect();
                    http.append(drive(&bare.target.endpoint, requests, 1, plan()).await?);
                }
            }
            for outcome in [&mut served, &mut http] {
                let first_error = outcome.first_error.take().unwrap_or_default();
                ensure!(outcome.errors == 0, "{}: {} errors: {first_error}", question.name, outcome.errors);
            }
            let by_hand = (!question.by_hand.is_empty())
                .then(|| Beside { within: hand.figures(), over_http: http.figures() });
            lines.push(Line {
                name: question.name,
                has_target: question.has_target,
                rows,
                served: served.figures(),
                by_hand,
            });
        }
        Ok(lines)
    }
}

/// Makes sure that both ways give the same rows: a fast wrong answer must not win. Gives the rows of an answer, at most.
async fn compare(connection: &mut Connection, by_hand: &mut ByHand, question: &Question) -> Result<usize> {
    let mut most = 0;
    for (at, request) in question.requests.iter().enumerate().take(COMPARED) {
        let answer = connection.send(request).await?;
        let body = connection.body(answer);
        ensure!(answer.is_success(), "{}: {}", question.name, describe(answer, &body));
        let served = keys(&body, question.key)?;
        most = most.max(served.len());
        if let Some(statement) = question.by_hand.get(at) {
            let hand = keys(&by_hand.answer(statement).await?, question.key)?;
            ensure!(
                served == hand,
                "{}: the server gives {} rows, the statement {}, and the first that differ are {:?}",
                question.name,
                served.len(),
                hand.len(),
                served.iter().zip(&hand).find(|(one, other)| one != other)
            );
        }
    }
    ensure!(most > 0, "{}: nothing is found", question.name);
    Ok(most)
}

/// What tells the rows of an answer apart, in their order.
fn keys(body: &[u8], key: &str) -> Result<Vec<String>> {
    // A search that finds nothing answers 204 and no body.
    if body.is_empty() {
        return Ok(Vec::new());
    }
    let body: serde_json::Value = serde_json::from_slice(body).context("reading an answer")?;
    let rows = body["data"].as_array().map_or(&[][..], Vec::as_slice);
    Ok(rows.iter().map(|row| row[key].to_string()).collect())
}
