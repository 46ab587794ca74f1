//! What a limited reach costs: lists and searches of people who see some of a module's records, beside the same calls of an
//! administrator, who sees all of them. 200 users own the records, roles are six deep, and fifty sharing rules open the
//! records of some roles to others.
//!
//! The server runs within this program, which makes it easy to act as anybody.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use dealwright_accounts::{Accounts, bootstrap};
use dealwright_server::{ServerConfig, Storage};
use dealwright_wire::ScopeSet;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::client::{Connection, Endpoint};
use crate::load::{Figures, Outcome, Plan, drive};
use crate::model::{Random, write_new_deal};
use crate::report::Engine;
use crate::run::Database;
use crate::system::create_fields;
use crate::workload::{BATCH, LIST_FIELDS, Searches, Target, Workload};

const USERS: usize = 200;
/// Levels of roles below the one at the top, each role with two below it.
const LEVELS: u32 = 5;
const RULES: usize = 50;
/// All callers take turns so often.
const ROUNDS: u32 = 5;
/// The most that a call may cost, beside the administrator's.
const MOST: f64 = 2.0;
const CONNECTIONS: usize = 4;
/// Requests that are made ready at once while the table is filled.
const READY: u64 = 200;

#[derive(Args)]
pub(crate) struct ScopedOptions {
    /// A URL of a `PostgreSQL` whose user may create databases; without it `SQLite` is measured
    #[arg(long)]
    database: Option<String>,
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1_000..))]
    records: u64,
    /// How long each call is repeated, for each caller
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// Measure nothing: tell how to call as everybody, and wait
    #[arg(long)]
    stay: bool,
}

/// Measures and prints the table. The answer is whether every target was met.
pub(crate) async fn scoped(options: ScopedOptions) -> Result<bool> {
    let directory = tempfile::Builder::new().prefix("dealwright-bench-").tempdir()?;
    let engine = if options.database.is_some() { Engine::Postgres } else { Engine::Sqlite };
    let database = Database::create(engine, "scoped", options.database.as_deref(), directory.path()).await?;
    let url = (engine == Engine::Postgres).then(|| database.location.clone());
    let served = Served::start(directory.path(), url).await?;
    let world = World::make(&served).await?;
    world.fill(&served, options.records).await?;
    database.settle().await?;
    if options.stay {
        world.tell();
        std::future::pending::<()>().await;
    }
    let lines = measure(&served, &world, Duration::from_secs_f64(options.seconds)).await?;
    println!("{}", table(engine, options.records, &lines).trim_end());
    drop(served);
    database.remove().await?;
    Ok(lines.iter().all(|line| !line.is_missed()))
}

/// A server in threads of its own.
struct Served {
    accounts: std::sync::Arc<dealwright_server::ServerState>,
    org: dealwright_wire::Id,
    endpoint: Endpoint,
    /// Stopped without waiting, which a runtime within another cannot do.
    runtime: Option<tokio::runtime::Runtime>,
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Served {
    async fn start(directory: &Path, postgres: Option<String>) -> Result<Self> {
        let folder = directory.join("server");
        std::fs::create_dir_all(&folder)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let started = runtime.spawn(async move {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
            let url = format!("http://{}", listener.local_addr()?);
            let storage = Storage { folder: folder.clone(), postgres, bucket: None };
            let config =
                ServerConfig { storage, public_url: url.clone(), ..ServerConfig::development(folder) };
            let app = dealwright_server::build(config).await?;
            let org = app.development.as_ref().context("a development server")?.org;
            let state = std::sync::Arc::clone(&app.state);
            tokio::spawn(dealwright_server::serve(listener, app.site, std::future::pending()));
            anyhow::Ok((state, org, url))
        });
        let (accounts, org, url) = started.await??;
        Ok(Self { accounts, org, endpoint: Endpoint::parse(&url)?, runtime: Some(runtime) })
    }

    fn accounts(&self) -> &Accounts {
        &self.accounts.accounts
    }

    /// Calls as the person with that number, or as the administrator.
    async fn target(&self, zuid: Option<&str>) -> Result<Target> {
        let accounts = self.accounts();
        let client = accounts.client(bootstrap::CLIENTS[0].client_id).await.ok().flatten();
        let client = client.context("the development client")?.id;
        let identity = if let Some(zuid) = zuid {
            zuid.parse().ok().context("a number of a person")?
        } else {
            let admin = accounts.identity_by_email(bootstrap::ADMIN_EMAIL).await.ok().flatten();
            admin.context("the administrator")?.id
        };
        let scopes = ScopeSet::parse(dealwright_accounts::scopes::EVERYTHING);
        let Ok(issued) = accounts.issue(identity, self.org, client, &scopes).await else {
            bail!("no token can be made")
        };
        Ok(Target {
            endpoint: self.endpoint.clone(),
            authorization: Some(format!("Zoho-oauthtoken {}", issued.access_token)),
            searches: Searches::Criteria,
            ids: Vec::new(),
        })
    }
}

/// Who there is.
struct World {
    admin: Target,
    /// Ids of the users
    users: Vec<String>,
    /// Somebody of each level who sees some of the records, from the bottom up
    callers: Vec<(&'static str, Target)>,
}

impl World {
    async fn make(served: &Served) -> Result<Self> {
        let admin = served.target(None).await?;
        let mut connection = Connection::open(&served.endpoint).await?;
        let mut call = Caller { admin: &admin, connection: &mut connection };
        create_fields(&admin).await?;
        let profiles = call.get("settings/profiles").await?;
        let standard = named(&profiles["profiles"], "Standard")?;
        let roles = call.get("settings/roles").await?;
        let top = roles["roles"].as_array().into_iter().flatten().find(|role| role["reporting_to"].is_null());
        let mut levels = vec![vec![top.and_then(|top| top["id"].as_str()).context("a top role")?.to_owned()]];
        for level in 1..=LEVELS {
            let mut made = Vec::new();
            for (at, above) in levels.last().into_iter().flatten().enumerate() {
                for side in 0..2 {
                    let role =
                        json!({"name": format!("Level {level}, {at}.{side}"), "reporting_to": {"id": above}});
                    made.push(call.create("settings/roles", "roles", role).await?);
                }
            }
            levels.push(made);
        }
        let below: Vec<(usize, &String)> = levels
            .iter()
            .enumerate()
            .skip(1)
            .flat_map(|(level, roles)| roles.iter().map(move |role| (level, role)))
            .collect();
        let (mut users, mut levels_of) = (Vec::new(), Vec::new());
        for number in 0..USERS {
            let (level, role) = below[number % below.len()];
            let user = json!({
                "last_name": format!("User {number}"), "email": format!("user{number}@example.com"),
                "role": {"id": role}, "profile": {"id": standard},
            });
            users.push(call.create("users", "users", user).await?);
            levels_of.push(level);
        }
        let random = &mut Random::new(50);
        for number in 0..RULES {
            let role = |random: &mut Random| {
                let (_, id) = below[random.below(below.len() as u64) as usize];
                json!({"type": "roles", "resource": {"id": id}, "subordinates": false})
            };
            let rule = json!({
                "name": format!("Rule {number}"), "type": "Record_Owner_Based", "permission_type": "read",
                "shared_from": role(random), "shared_to": role(random), "superiors_allowed": false,
            });
            call.create("settings/data_sharing/rules?module=Deals", "sharing_rules", rule).await?;
        }
        let sharing = json!({"data_sharing": [{"module": {"api_name": "Deals"}, "share_type": "private"}]});
        let answer = call.send("PUT", "settings/data_sharing", &sharing).await?;
        ensure!(answer["data_sharing"][0]["code"] == "SUCCESS", "making deals private: {answer}");
        let mut callers = Vec::new();
        for (name, level) in [("at the bottom", 5), ("four up", 3), ("second", 1)] {
            let at = levels_of.iter().position(|one| *one == level).context("somebody of each level")?;
            let user = call.get(&format!("users/{}", users[at])).await?;
            let zuid = user["users"][0]["zuid"].as_str().context("a zuid")?.to_owned();
            callers.push((name, served.target(Some(&zuid)).await?));
        }
        Ok(Self { admin, users, callers })
    }

    fn tell(&self) {
        for (name, target) in [("administrator", &self.admin)]
            .into_iter()
            .chain(self.callers.iter().map(|(name, target)| (*name, target)))
        {
            println!(
                "{name}: http://{} {}",
                target.endpoint.authority,
                target.authorization.as_deref().unwrap_or_default()
            );
        }
    }

    /// Deals, each of some user.
    async fn fill(&self, served: &Served, records: u64) -> Result<()> {
        let mut done = 0;
        while done < records {
            let end = records.min(done + READY * BATCH);
            let requests: Vec<_> = (done..end)
                .step_by(BATCH as usize)
                .map(|first| {
                    let mut body = b"{\"data\":[".to_vec();
                    for index in first..end.min(first + BATCH) {
                        if index > first {
                            body.push(b',');
                        }
                        write_new_deal(&mut body, index);
                        body.pop();
                        let owner = Random::new(index ^ 0x0a11).below(self.users.len() as u64) as usize;
                        let _infallible = std::io::Write::write_fmt(
                            &mut body,
                            format_args!(r#","Owner":"{}"}}"#, self.users[owner]),
                        );
                    }
                    body.extend_from_slice(b"]}");
                    self.admin.request("POST", "/crm/v8/Deals", &body)
                })
                .collect();
            let outcome = drive(&served.endpoint, requests, CONNECTIONS, Plan::Once).await?;
            let first_error = outcome.first_error.unwrap_or_default();
            ensure!(outcome.errors == 0, "{} calls failed: {first_error}", outcome.errors);
            done = end;
            if done % 100_000 == 0 || done == records {
                eprintln!("{done} of {records} deals");
            }
        }
        Ok(())
    }
}

struct Caller<'a> {
    admin: &'a Target,
    connection: &'a mut Connection,
}

impl Caller<'_> {
    async fn send(&mut self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let body = if body.is_null() { Vec::new() } else { serde_json::to_vec(body)? };
        let request = self.admin.request(method, &format!("/crm/v8/{path}"), &body);
        self.connection.json(&request).await.with_context(|| path.to_owned())
    }

    async fn get(&mut self, path: &str) -> Result<Value> {
        self.send("GET", path, &Value::Null).await
    }

    async fn create(&mut self, path: &str, key: &str, one: Value) -> Result<String> {
        let answer = self.send("POST", path, &json!({ key: [one] })).await?;
        let id = answer[key][0]["details"]["id"].as_str();
        Ok(id.with_context(|| format!("{path}: {answer}"))?.to_owned())
    }
}

fn named(all: &Value, name: &str) -> Result<String> {
    let found = all.as_array().into_iter().flatten().find(|one| one["name"] == name);
    Ok(found.and_then(|one| one["id"].as_str()).with_context(|| format!("no {name}"))?.to_owned())
}

/// What is asked for, and the requests for it.
type Question = (&'static str, Vec<Vec<u8>>);

fn questions(target: &Target) -> Result<Vec<Question>> {
    let get = |path: String| vec![target.request("GET", &format!("/crm/v8/Deals{path}"), b"")];
    Ok(vec![
        ("list, newest first", get(format!("?fields={LIST_FIELDS}"))),
        ("list by time of change", get(format!("?fields={LIST_FIELDS}&sort_by=Modified_Time"))),
        ("third page", get(format!("?fields={LIST_FIELDS}&page=3"))),
        ("search, stage and range", target.requests(Workload::Search)?),
        (
            "search, stage alone",
            get(format!("/search?criteria=(Stage:equals:Qualification)&fields={LIST_FIELDS}")),
        ),
        ("search, start of the name", target.requests(Workload::Prefix)?),
    ])
}

/// One call of one caller, beside the administrator's.
struct Line {
    name: &'static str,
    caller: &'static str,
    rows: usize,
    served: Figures,
    admin: Figures,
}

impl Line {
    fn ratio(&self) -> f64 {
        f64::from(self.served.p99_us) / f64::from(self.admin.p99_us.max(1))
    }

    fn is_missed(&self) -> bool {
        self.ratio() > MOST
    }
}

async fn measure(served: &Served, world: &World, duration: Duration) -> Result<Vec<Line>> {
    let mut connection = Connection::open(&served.endpoint).await?;
    let mut lines = Vec::new();
    for (number, (name, of_admin)) in questions(&world.admin)?.into_iter().enumerate() {
        eprintln!("{name}");
        let mut all = vec![("administrator", of_admin)];
        for (caller, target) in &world.callers {
            all.push((caller, questions(target)?.swap_remove(number).1));
        }
        let mut outcomes: Vec<Outcome> = all.iter().map(|_| Outcome::default()).collect();
        let mut rows = Vec::new();
        for (_, requests) in &all {
            let mut most = 0;
            for request in requests.iter().take(5) {
                let answer = connection.send(request).await?;
                ensure!(answer.is_success(), "{name}: {}", answer.status);
                let body = connection.body(answer);
                let body: Value = serde_json::from_slice(&body).unwrap_or_default();
                most = most.max(body["data"].as_array().map_or(0, Vec::len));
            }
            rows.push(most);
        }
        for _ in 0..ROUNDS {
            for ((_, requests), outcome) in all.iter().zip(&mut outcomes) {
                let plan = Plan::AtRandom(duration / ROUNDS);
                outcome.append(drive(&served.endpoint, requests.clone(), 1, plan).await?);
            }
        }
        for (((caller, _), outcome), rows) in all.iter().zip(&outcomes).zip(rows).skip(1) {
            ensure!(outcome.errors == 0, "{name}, {caller}: {} errors", outcome.errors);
            let (served, admin) = (outcome.figures(), outcomes[0].figures());
            lines.push(Line { name, caller, rows, served, admin });
        }
    }
    Ok(lines)
}

fn table(engine: Engine, records: u64, lines: &[Line]) -> String {
    let mut out = format!(
        "\n{}, {records} records, {USERS} users, one connection\n{:<28}{:<16}{:>6}{:>9}{:>9}{:>11}{:>11}{:>8}\n",
        engine.name(),
        "",
        "",
        "rows",
        "p50 µs",
        "p99 µs",
        "admin p50",
        "admin p99",
        "p99"
    );
    for line in lines {
        let verdict = if line.is_missed() { "MISS" } else { "ok" };
        let _infallible = writeln!(
            out,
            "{:<28}{:<16}{:>6}{:>9}{:>9}{:>11}{:>11}{:>8.2}  ≤ {MOST:.1}  {verdict}",
            line.name,
            line.caller,
            line.rows,
            line.served.p50_us,
            line.served.p99_us,
            line.admin.p50_us,
            line.admin.p99_us,
            line.ratio(),
        );
    }
    out
}
