//! The binary itself, for tests that have to kill it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use dealwright_accounts::bootstrap;

use crate::Api;
use crate::database::Place;
use crate::postgres::free_port;

const PAUSE: Duration = Duration::from_millis(20);
const TRIES: u32 = 3_000;

/// `dealwright serve --dev` as a process of its own. Dropping it kills it.
pub struct ServerProcess {
    child: Child,
    url: String,
    log: PathBuf,
}

impl ServerProcess {
    /// Starts the binary on a place and waits until it answers.
    pub async fn start(binary: &Path, place: &Place) -> Self {
        let port = free_port();
        let log = place.folder.join("server.log");
        let output =
            std::fs::File::options().create(true).append(true).open(&log).expect("a log can be opened");
        let mut command = Command::new(binary);
        command
            .args(["serve", "--dev", "--listen", &format!("127.0.0.1:{port}")])
            .arg("--data")
            .arg(&place.folder);
        if let Some(url) = &place.postgres {
            command.args(["--database", url]);
        }
        command.stdin(Stdio::null()).stdout(output.try_clone().expect("a log can be shared")).stderr(output);
        let child = command.spawn().expect("the binary can be run");
        let mut server = Self { child, url: format!("http://127.0.0.1:{port}"), log };
        server.wait().await;
        server
    }

    async fn wait(&mut self) {
        for _ in 0..TRIES {
            if let Ok(Some(status)) = self.child.try_wait() {
                panic!("the server ended with {status}: {}", self.log());
            }
            if tokio::net::TcpStream::connect(self.url.trim_start_matches("http://")).await.is_ok() {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("the server does not answer: {}", self.log());
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

    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The binary next to the running test, built when it is missing.
pub fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own file");
    let folder = test.parent().and_then(Path::parent).expect("tests lie in target/<profile>/deps");
    let binary = folder.join("dealwright");
    if !binary.is_file() {
        let mut build = Command::new("cargo");
        build.args(["build", "-p", "dealwright"]);
        if folder.ends_with("release") {
            build.arg("--release");
        }
        build.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
        build.arg("--target-dir").arg(folder.parent().expect("a profile lies in the target folder"));
        assert!(build.status().expect("cargo can be run").success(), "the binary cannot be built");
    }
    binary
}
