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

/// Exchanges whose published description contradicts what is documented elsewhere and what clients read, each by
/// method, path, status and the place in the answer. The reasons are in `docs/compatibility.md`.
const CONTRADICTED: [(&str, &str); 6] = [
    ("GET /crm/v8/settings/modules 200", "generated_type"),
    ("GET /crm/v8/settings/user_groups 200", "(body)"),
    ("GET /crm/v8/settings/user_groups/{group} 200", "(body)"),
    ("GET /crm/v8/settings/user_groups/{group}/actions/sources_count 200", "(body)"),
    ("GET /crm/v8/settings/user_groups/{group}/sources 200", "(body)"),
    ("GET /crm/v8/users/actions/count 200", "count"),
];

/// True for a line of the report that names one of [`CONTRADICTED`].
fn is_contradicted(line: &str) -> bool {
    let mut parts = line.trim_start().splitn(3, ": ");
    let (exchange, place) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let key = place.rsplit('/').next().unwrap_or_default();
    CONTRADICTED.contains(&(exchange, key))
}

/// Prints the report of the traffic. An error when another answer breaks its description, or was a server error;
/// what answers 501 is known and not built.
pub(crate) fn report(home: &Path, python: &Path, log: &Path) -> Result<()> {
    let mut command = program(python);
    command.arg(script(home)).arg("report").arg("--log").arg(log);
    let output = command.output().context("starting the report")?;
    let text = String::from_utf8_lossy(&output.stdout);
    print!("{text}");
    ensure!(output.status.code().is_some_and(|code| code < 2), "the report of {} failed", log.display());
    let broken = broken(&text);
    ensure!(broken.is_empty(), "answers that break the published descriptions:\n{}", broken.join("\n"));
    Ok(())
}

/// The lines of a report that are no known matter.
fn broken(report: &str) -> Vec<&str> {
    let is_break = |line: &&str| {
        let line = line.trim_start();
        let begins =
            ["GET /", "POST /", "PUT /", "PATCH /", "DELETE /"].iter().any(|method| line.starts_with(method));
        let is_error = line.starts_with("server error:") && !line.ends_with(" 501");
        is_error || (begins && !is_contradicted(line))
    };
    report.lines().filter(|line| line.starts_with("  ")).filter(is_break).collect()
}

fn script(home: &Path) -> PathBuf {
    home.join("contract/contract.py")
}

#[cfg(test)]
mod tests {
    use super::broken;

    #[test]
    fn only_what_is_not_contradicted_counts() {
        let report = "file   ok  err  all\n\nResponses that break the published schema:\n  \
                      GET /crm/v8/settings/modules 200: modules/34/generated_type: 'subform' is not one of\n  \
                      GET /crm/v8/settings/modules 200: modules/0: 'chart_view' is a required property\n  \
                      GET /crm/v8/users/actions/count 200: count: 1 is not of type 'string'\n  \
                      server error: POST /crm/v8/coql 501\n  server error: POST /crm/v8/{module} 500\n\noperations: 3";
        assert_eq!(
            broken(report),
            [
                "  GET /crm/v8/settings/modules 200: modules/0: 'chart_view' is a required property",
                "  server error: POST /crm/v8/{module} 500"
            ]
        );
    }
}
