//! A system under measurement: a child process that is ready to take requests, and stops when dropped.

use std::collections::HashMap;
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::client::{Connection, Endpoint, percent_encode};
use crate::floor::{FloorKind, Tuning};
use crate::workload::{Searches, Target};
use clap::ValueEnum;

/// How long a system may take from its start to its first answer.
pub(crate) const START_LIMIT: Duration = Duration::from_mins(1);
/// Between the start and the measurement of idle memory.
const SETTLING_TIME: Duration = Duration::from_secs(1);

pub(crate) struct System {
    /// As in the report, such as `floor-sqlite`
    pub name: String,
    pub target: Target,
    /// From the start of the process until it takes requests
    pub ready_after: Duration,
    /// Private memory before the first request; unknown outside Linux
    pub idle_bytes: Option<u64>,
    /// The folder of a server's files
    pub data: PathBuf,
    /// Where a server wrote its credentials
    environment: PathBuf,
    process: Process,
}

impl System {
    /// Starts this program as a floor. `database` is a file or a URL, after its kind.
    pub(crate) async fn floor(
        kind: FloorKind,
        database: Option<&str>,
        tuning: Tuning,
        directory: &Path,
    ) -> Result<Self> {
        let name = format!("floor-{}", value_name(kind));
        let mut arguments = vec!["floor".to_owned(), value_name(kind)];
        arguments.extend(["--sync".to_owned(), value_name(tuning.sync)]);
        arguments.extend(["--checkpoint-pages".to_owned(), tuning.checkpoint_pages.to_string()]);
        if let Some(database) = database {
            arguments.extend(["--database".to_owned(), database.to_owned()]);
        }
        Self::of_this_program(name, &arguments, directory).await
    }

    /// Starts this program as something that takes `--listen`.
    pub(crate) async fn of_this_program(
        name: String,
        arguments: &[String],
        directory: &Path,
    ) -> Result<Self> {
        let address = free_address()?;
        let mut command = Command::new(std::env::current_exe().context("finding this program")?);
        command.args(arguments).args(["--listen", &address]);
        let mut process = Process::start(command, directory.join(format!("{name}.log")))?;
        while TcpStream::connect(&address).await.is_err() {
            process.wait_a_little(START_LIMIT).await?;
        }
        let target = Target {
            endpoint: Endpoint::parse(&format!("http://{address}"))?,
            authorization: None,
            searches: Searches::Parts,
            ids: Vec::new(),
        };
        Self::settle(name, process, target, PathBuf::new(), PathBuf::new()).await
    }

    /// Starts the server with a fresh organization, and adds the fields that the benchmark's record has beyond the
    /// standard ones. Without `database` it keeps its data in files of its own.
    pub(crate) async fn server(
        binary: &Path,
        engine: &str,
        database: Option<&str>,
        directory: &Path,
    ) -> Result<Self> {
        let name = format!("server-{engine}");
        let (data, environment) = (directory.join(&name), directory.join(format!("{name}.env")));
        std::fs::create_dir_all(&data)?;
        let mut command = Command::new(binary);
        command.args(["serve", "--dev", "--listen", &free_address()?]);
        command.arg("--data").arg(&data).arg("--env-file").arg(&environment);
        if let Some(database) = database {
            command.args(["--database", database]);
        }
        let mut process = Process::start(command, directory.join(format!("{name}.log")))?;
        let variables = loop {
            let variables = read_environment(&environment);
            if variables.contains_key("CRM_REFRESH_TOKEN") {
                break variables;
            }
            process.wait_a_little(START_LIMIT).await?;
        };
        let endpoint = Endpoint::parse(variable(&variables, "CRM_BASE_URL")?)?;
        while TcpStream::connect(&endpoint.authority).await.is_err() {
            process.wait_a_little(START_LIMIT).await?;
        }
        let target = Target { endpoint, authorization: None, searches: Searches::Criteria, ids: Vec::new() };
        let mut system = Self::settle(name, process, target, data, environment).await?;
        system.renew_token().await?;
        create_fields(&system.target).await?;
        Ok(system)
    }

    /// Asks for a new access token: one is good for an hour.
    pub(crate) async fn renew_token(&mut self) -> Result<()> {
        let variables = read_environment(&self.environment);
        let token = access_token(&variables).await.context("asking for an access token")?;
        self.target.authorization = Some(format!("Zoho-oauthtoken {token}"));
        Ok(())
    }

    /// A system that takes requests now.
    pub(crate) async fn settle(
        name: String,
        process: Process,
        target: Target,
        data: PathBuf,
        environment: PathBuf,
    ) -> Result<Self> {
        let ready_after = process.started.elapsed();
        sleep(SETTLING_TIME).await;
        Ok(Self {
            name,
            target,
            ready_after,
            idle_bytes: process.anonymous_bytes(),
            data,
            environment,
            process,
        })
    }

    /// The private memory of the process now.
    pub(crate) fn anonymous_bytes(&self) -> Option<u64> {
        self.process.anonymous_bytes()
    }
}

/// The name of a choice as the command line spells it.
fn value_name(value: impl ValueEnum) -> String {
    value.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

/// An address that nothing listens on. It could be taken again before the child does, but seldom is.
pub(crate) fn free_address() -> Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0").context("looking for a free port")?.local_addr()?.to_string())
}

fn read_environment(path: &Path) -> HashMap<String, String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    // A last line without its end may still be being written.
    let complete = text.rfind('\n').map_or("", |end| &text[..end]);
    complete
        .lines()
        .filter_map(|line| line.trim().trim_start_matches("export ").split_once('='))
        .map(|(name, value)| (name.to_owned(), value.trim_matches(['"', '\'']).to_owned()))
        .collect()
}

fn variable<'a>(variables: &'a HashMap<String, String>, name: &str) -> Result<&'a str> {
    variables.get(name).map(String::as_str).with_context(|| format!("the server's env file lacks {name}"))
}

async fn access_token(variables: &HashMap<String, String>) -> Result<String> {
    let endpoint = Endpoint::parse(variable(variables, "CRM_ACCOUNTS_URL")?)?;
    let path = format!(
        "/oauth/v2/token?grant_type=refresh_token&client_id={}&client_secret={}&refresh_token={}",
        percent_encode(variable(variables, "CRM_CLIENT_ID")?),
        percent_encode(variable(variables, "CRM_CLIENT_SECRET")?),
        percent_encode(variable(variables, "CRM_REFRESH_TOKEN")?),
    );
    let mut connection = Connection::open(&endpoint).await?;
    let answer = connection.json(&endpoint.request("POST", &path, None, b"")).await?;
    Ok(answer["access_token"].as_str().with_context(|| format!("no token in {answer}"))?.to_owned())
}

/// Creates the custom fields, as many at a time as the API allows.
pub(crate) async fn create_fields(target: &Target) -> Result<()> {
    const FIELDS_PER_CALL: usize = 5;
    let fields = [
        json!({"field_label": "Account Ref", "data_type": "bigint", "length": 18}),
        json!({"field_label": "Contact Ref", "data_type": "bigint", "length": 18}),
        json!({"field_label": "Campaign Ref", "data_type": "bigint", "length": 18}),
        json!({"field_label": "Currency Code", "data_type": "text", "length": 3}),
        json!({"field_label": "Rate", "data_type": "double", "length": 16, "decimal_place": 3}),
        json!({"field_label": "Email Address", "data_type": "email"}),
        json!({"field_label": "Phone Number", "data_type": "phone"}),
        json!({"field_label": "Website Address", "data_type": "website"}),
        json!({"field_label": "Is Won", "data_type": "boolean"}),
        json!({"field_label": "Score", "data_type": "integer", "length": 9}),
        json!({
            "field_label": "External Key", "data_type": "text", "length": 50,
            "unique": {"case_sensitive": false},
        }),
        json!({"field_label": "Region", "data_type": "text", "length": 50}),
    ];
    let mut connection = Connection::open(&target.endpoint).await?;
    for some in fields.chunks(FIELDS_PER_CALL) {
        let body = serde_json::to_vec(&json!({ "fields": some }))?;
        let request = target.request("POST", "/crm/v8/settings/fields?module=Deals", &body);
        let answer = connection.json(&request).await.context("creating fields of Deals")?;
        let outcomes = answer["fields"].as_array().map_or(&[][..], Vec::as_slice);
        let is_created = |outcome: &Value| outcome["code"] == "SUCCESS";
        ensure!(
            outcomes.len() == some.len() && outcomes.iter().all(is_created),
            "creating fields of Deals: the server answered {answer}"
        );
    }
    Ok(())
}

/// A child process that ends with its owner.
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
    started: Instant,
}

impl Process {
    pub(crate) fn start(mut command: Command, log: PathBuf) -> Result<Self> {
        let output = File::create(&log).with_context(|| format!("creating {}", log.display()))?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let started = Instant::now();
        let child =
            command.spawn().with_context(|| format!("starting {}", command.get_program().display()))?;
        Ok(Self { child, log, started })
    }

    /// Waits a moment for the process to become ready. An error when it ended, or had `limit` already.
    pub(crate) async fn wait_a_little(&mut self, limit: Duration) -> Result<()> {
        let reason = match self.child.try_wait()? {
            Some(status) => format!("ended with {status}"),
            None if self.started.elapsed() > limit => "took too long to start".to_owned(),
            None => {
                sleep(Duration::from_millis(2)).await;
                return Ok(());
            }
        };
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let tail: Vec<&str> = log.lines().rev().take(20).collect();
        let tail: Vec<&str> = tail.into_iter().rev().collect();
        bail!("a system {reason}; its last lines were:\n{}", tail.join("\n"))
    }

    fn anonymous_bytes(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
        let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
        Some(kibibytes * 1024)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only when the process has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
