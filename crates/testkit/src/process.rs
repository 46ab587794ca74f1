//! The binary itself, for tests that have to kill it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use dealwright_accounts::bootstrap;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::NamedTempFile;

use crate::Api;
use crate::api::http;
use crate::database::Place;
use crate::postgres::free_port;

const PAUSE: Duration = Duration::from_millis(20);
const TRIES: u32 = 3_000;

/// `dealwright serve` as a process of its own. Dropping it kills it.
pub struct ServerProcess {
    child: Child,
    url: String,
    log: NamedTempFile,
}

impl ServerProcess {
    /// Starts the binary with `--dev` on a place and waits until it serves.
    pub async fn start(binary: &Path, place: &Place) -> Self {
        let mut server = Self::spawn(binary, place, &["--dev"]);
        server.wait().await;
        server
    }

    /// Starts the binary on a place with further options, and waits for nothing.
    pub fn spawn(binary: &Path, place: &Place, options: &[&str]) -> Self {
        let port = free_port();
        // Beside the data, which belongs to the server alone.
        let log = NamedTempFile::new().expect("a log can be made");
        let output = log.reopen().expect("a log can be opened");
        let mut command = Command::new(binary);
        command.args(["serve", "--listen", &format!("127.0.0.1:{port}")]).args(options);
        point_at(&mut command, place);
        command.stdin(Stdio::null()).stdout(output.try_clone().expect("a log can be shared")).stderr(output);
        let child = command.spawn().expect("the binary can be run");
        Self { child, url: format!("http://127.0.0.1:{port}"), log }
    }

    /// Waits until it serves: it may have to wait itself.
    pub async fn wait(&mut self) {
        for _ in 0..TRIES {
            if let Some(status) = self.ended() {
                panic!("the server ended with {status}: {}", self.log());
            }
            if self.readiness().await.is_some_and(|(status, _)| status == 200) {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("the server does not serve: {}", self.log());
    }

    /// What `/readyz` answers; `None` when nobody listens.
    pub async fn readiness(&self) -> Option<(u16, String)> {
        let answer = http().get(format!("{}/readyz", self.url)).send().await.ok()?;
        Some((answer.status().as_u16(), answer.text().await.ok()?))
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child can be asked")
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Number of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// A client with a new token.
    pub async fn api(&self) -> Api {
        let client = bootstrap::CLIENTS[0];
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", client.client_id),
            ("client_secret", client.client_secret),
            ("refresh_token", bootstrap::REFRESH_TOKEN),
        ];
        let answer = Api::new(&self.url, "v8", None).form("/oauth/v2/token", &fields).await;
        let token = answer.json()["access_token"].as_str().map(str::to_owned);
        Api::new(&self.url, "v8", Some(token.unwrap_or_else(|| panic!("no token: {}", answer.text))))
    }

    /// Ends the process at once, as a power cut would.
    pub fn kill(mut self) {
        self.child.kill().expect("the server still runs");
        self.child.wait().expect("a killed process ends");
    }

    /// Asks it to end, waits until it has, and gives how, with its log.
    pub async fn terminate(mut self) -> (ExitStatus, String) {
        self.signal(Signal::TERM);
        for _ in 0..TRIES {
            if let Some(status) = self.ended() {
                return (status, self.log());
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("the server does not end: {}", self.log());
    }

    pub fn signal(&self, signal: Signal) {
        let process = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        kill_process(process.expect("a process has a number"), signal).expect("the server still runs");
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log.path()).unwrap_or_default()
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs another command of the binary on a place, to its end.
pub fn command(binary: &Path, place: &Place, arguments: &[&str]) -> Output {
    let mut command = Command::new(binary);
    command.args(arguments);
    point_at(&mut command, place);
    command.stdin(Stdio::null()).output().expect("the binary can be run")
}

fn point_at(command: &mut Command, place: &Place) {
    command.arg("--data").arg(&place.folder);
    if let Some(url) = &place.postgres {
        command.args(["--database", url]);
    }
}

/// The binary next to the running test, built when it is missing or older than the test.
pub fn binary() -> PathBuf {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(built).clone()
}

fn built() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own file");
    let folder = test.parent().and_then(Path::parent).expect("tests lie in target/<profile>/deps");
    let binary = folder.join("dealwright");
    let age = |path: &Path| path.metadata().and_then(|about| about.modified()).ok();
    if age(&binary) < age(&test) {
        let mut build = Command::new("cargo");
        // Of the whole workspace, so that what both use is not built twice with other features.
        build.args(["build", "--workspace", "--bin", "dealwright"]);
        if folder.ends_with("release") {
            build.arg("--release");
        }
        build.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
        build.arg("--target-dir").arg(folder.parent().expect("a profile lies in the target folder"));
        assert!(build.status().expect("cargo can be run").success(), "the binary cannot be built");
    }
    binary
}
