//! The published descriptions of the API against real traffic: a proxy that keeps it, and a report. Both are programs
//! that lie beside the suites.

use std::collections::HashSet;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::cargo::program;

/// What the two programs need beside the suites' own requirements.
pub(super) const PACKAGES: [&str; 3] = ["aiohttp", "jsonschema", "referencing"];

const START_LIMIT: Duration = Duration::from_secs(30);

/// A running proxy. Dropping it ends it.
pub(super) struct Proxy {
    process: Child,
}

impl Proxy {
    /// Starts the proxy of `home` on `port`, before the server at `upstream`; exchanges are appended to `log`.
    pub(super) fn start(home: &Path, python: &Path, port: u16, upstream: &str, log: &Path) -> Result<Self> {
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
/// method, path, status and the key in the answer that is meant. The reasons are in `docs/compatibility.md`.
const CONTRADICTED: &[(&str, &str)] = &[
    // A list shows the fields that were asked for.
    ("GET /crm/v8/Appointments_Rescheduled_History__s 200", "$currency_symbol"),
    // The published fields of the module have no such name.
    ("GET /crm/v8/Appointments_Rescheduled_History__s/{id} 200", "Name"),
    ("GET /crm/v8/settings/custom_views 200", "criteria"),
    ("GET /crm/v8/settings/email_templates 200", "content"),
    ("GET /crm/v8/settings/modules 200", "chart_view"),
    ("GET /crm/v8/settings/modules 200", "generated_type"),
    ("GET /crm/v8/settings/modules/{api_name} 200", "generated_type"),
    ("GET /crm/v8/settings/profiles 200", "permissions_details"),
    ("GET /crm/v8/settings/user_groups 200", "(body)"),
    ("GET /crm/v8/settings/user_groups/{group} 200", "(body)"),
    ("GET /crm/v8/settings/user_groups/{group}/actions/sources_count 200", "(body)"),
    ("GET /crm/v8/settings/user_groups/{group}/sources 200", "(body)"),
    ("GET /crm/v8/users/actions/count 200", "count"),
    ("POST /crm/v8/{module_api_name}/actions/unshare_emails 207", "code"),
];

/// Beside those, what calls of the versions before v8 answer in another form, which their clients read; the descriptions
/// are of v8.
const OLDER_FORMS: &[(&str, &str)] = &[
    ("GET /crm/v8/settings/fields 200", "forecast_category"),
    ("GET /crm/v8/settings/layouts 200", "status"),
    ("GET /crm/v8/settings/layouts 200", "tab_traversal"),
    ("GET /crm/v8/settings/related_lists 200", "module"),
];

/// True for a line of the report that names one of `known`: at its key, or as missing it.
fn is_known(line: &str, known: &[(&str, &str)]) -> bool {
    let mut parts = line.trim_start().splitn(3, ": ");
    let mut next = || parts.next().unwrap_or_default();
    let (exchange, place, why) = (next(), next(), next());
    let key = place.rsplit('/').next().unwrap_or_default();
    let lacks = |name: &str| why.strip_prefix('\'').is_some_and(|rest| rest.starts_with(&format!("{name}'")));
    known.iter().any(|(of, name)| *of == exchange && (*name == key || lacks(name)))
}

/// Prints the report of the traffic, that of the versions before v8 by itself: of each call it tells the first break only.
/// An error when another answer breaks its description, or was a server error; what answers 501 is known and not built.
pub(super) fn report(home: &Path, python: &Path, log: &Path) -> Result<()> {
    let text = std::fs::read_to_string(log).with_context(|| format!("reading {}", log.display()))?;
    // What was answered to the letter before is not judged again: most of the time goes into that.
    let mut seen = HashSet::new();
    let lines = text.lines().filter(|line| seen.insert(*line));
    let (older, newest): (Vec<&str>, Vec<&str>) = lines.partition(|line| is_older(line));
    let of_older = [CONTRADICTED, OLDER_FORMS].concat();
    let parts = [(newest, "v8", CONTRADICTED), (older, "older", &of_older[..])];
    let results = parts.map(|(lines, name, known)| {
        println!("    {name}");
        let part = log.with_extension(format!("{name}.jsonl"));
        std::fs::write(&part, lines.join("\n")).context("writing a part of the traffic")?;
        report_part(home, python, &part, known)
    });
    results.into_iter().collect()
}

/// True for an exchange of a version before v8.
fn is_older(line: &str) -> bool {
    let path = line.split_once("\"path\": \"/crm/").map_or("", |(_, rest)| rest);
    let path = ["bulk/", "email/"].iter().find_map(|root| path.strip_prefix(root)).unwrap_or(path);
    path.starts_with('v') && !path.starts_with("v8/")
}

fn report_part(home: &Path, python: &Path, log: &Path, known: &[(&str, &str)]) -> Result<()> {
    let mut command = program(python);
    command.arg(script(home)).arg("report").arg("--log").arg(log);
    let output = command.output().context("starting the report")?;
    let text = String::from_utf8_lossy(&output.stdout);
    print!("{text}");
    ensure!(output.status.code().is_some_and(|code| code < 2), "the report of {} failed", log.display());
    let broken = broken(&text, known);
    ensure!(broken.is_empty(), "answers that break the published descriptions:\n{}", broken.join("\n"));
    Ok(())
}

/// The lines of a report that are no known matter.
fn broken<'r>(report: &'r str, known: &[(&str, &str)]) -> Vec<&'r str> {
    let is_break = |line: &&str| {
        let line = line.trim_start();
        let begins =
            ["GET /", "POST /", "PUT /", "PATCH /", "DELETE /"].iter().any(|method| line.starts_with(method));
        let is_error = line.starts_with("server error:") && !line.ends_with(" 501");
        is_error || (begins && !is_known(line, known))
    };
    report.lines().filter(|line| line.starts_with("  ")).filter(is_break).collect()
}

fn script(home: &Path) -> PathBuf {
    home.join("contract/contract.py")
}

#[cfg(test)]
mod tests {
    use super::{broken, is_older};

    #[test]
    fn only_what_is_not_contradicted_counts() {
        let report = "file   ok  err  all\n\nResponses that break the published schema:\n  \
                      GET /crm/v8/settings/modules 200: modules/34/generated_type: 'subform' is not one of\n  \
                      GET /crm/v8/settings/modules 200: modules/0: 'chart_view' is a required property\n  \
                      GET /crm/v8/users/actions/count 200: count: 1 is not of type 'string'\n  \
                      server error: POST /crm/v8/coql 501\n  server error: POST /crm/v8/{module} 500\n\noperations: 3";
        let types = [
            ("GET /crm/v8/settings/modules 200", "generated_type"),
            ("GET /crm/v8/users/actions/count 200", "count"),
        ];
        let missing = "  GET /crm/v8/settings/modules 200: modules/0: 'chart_view' is a required property";
        let failed = "  server error: POST /crm/v8/{module} 500";
        assert_eq!(broken(report, &types), [missing, failed]);
        let all = [types[0], types[1], ("GET /crm/v8/settings/modules 200", "chart_view")];
        assert_eq!(broken(report, &all), [failed]);
    }

    #[test]
    fn the_descriptions_are_of_v8() {
        let line = |path: &str| format!("{{\"method\": \"GET\", \"path\": \"{path}\", \"status\": 200}}");
        assert!(
            ["/crm/v2/org", "/crm/v2.1/org", "/crm/bulk/v7/read"].iter().all(|path| is_older(&line(path)))
        );
        assert!(!["/crm/v8/org", "/crm/graphql", "/oauth/v2/token"].iter().any(|path| is_older(&line(path))));
    }
}
