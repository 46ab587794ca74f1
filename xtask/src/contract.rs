//! The published descriptions of the API against real traffic: a proxy that keeps it, and a report. Both are programs
//! that lie beside the suites.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::cargo::program;

/// What the two programs need beside the suites' own requirements.
pub(crate) const PACKAGES: [&str; 3] = ["aiohttp", "jsonschema", "referencing"];

const START_LIMIT: Duration = Duration::from_secs(30);

/// A running proxy. Dropping it ends it.
pub(crate) struct Proxy {
    process: Child,
}

impl Proxy {
    /// Starts the proxy of `home` on `port`, before the server at `upstream`; exchanges are appended to `log`.
    pub(crate) fn start(home: &Path, python: &Path, port: u16, upstream: &str, log: &Path) -> Result<Self> {
        let mut command = program(python);
        command.arg(script(home)).args(["proxy", "--upstream", upstream, "--listen", &port.to_string()]);
        command.arg("--log").arg(log).stdout(Stdio::null());
        let process = command.spawn().context("starting the proxy")?;
        let proxy = Self { process };
        let deadline = Instant::now() + START_LIMIT;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            ensure!(Instant::now() < deadline, "the proxy was not ready within {START_LIMIT:?}");
            sleep(Duration::from_millis(50));
        }
        Ok(proxy)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // Both fail only when the proxy has already ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Prints the report of the traffic. An error when an answer breaks its description, or was a server error.
pub(crate) fn report(home: &Path, python: &Path, log: &Path) -> Result<()> {
    let mut command = program(python);
    command.arg(script(home)).arg("report").arg("--log").arg(log);
    let status = command.status().context("starting the report")?;
    ensure!(status.success(), "answers in {} break the published descriptions", log.display());
    Ok(())
}

fn script(home: &Path) -> PathBuf {
    home.join("contract/contract.py")
}
