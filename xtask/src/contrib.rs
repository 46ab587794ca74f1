//! `cargo xtask contrib`: the samples of contrib/, checked by the programs they are for. What is not installed is told, and
//! what every machine can check, that JSON and YAML can be read, is checked everywhere.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use yaml_rust2::YamlLoader;

use crate::cargo::{find_program, output_of, program, root};

/// Check the samples of contrib/ with the programs they are for, where those are installed.
#[derive(Parser)]
pub(crate) struct Contrib {}

/// One program and what it says of a sample. A new one is a line in [`CHECKS`] and a function.
struct Check {
    program: &'static str,
    about: &'static str,
    run: fn(&Path, &Path) -> Result<()>,
}

const CHECKS: &[Check] = &[
    Check { program: "systemd-analyze", about: "dealwright.service", run: unit },
    Check { program: "nginx", about: "nginx.conf and nginx-proxy.conf", run: nginx },
    Check { program: "caddy", about: "Caddyfile", run: caddy },
    Check { program: "promtool", about: "prometheus-rules.yaml", run: rules },
    Check { program: "docker-compose", about: "compose.yaml", run: compose },
    Check { program: "fail2ban-regex", about: "fail2ban-filter.conf", run: filter },
];

/// A line as the server writes it for a failed sign-in, and one of somebody who tries to have another address banned.
const FAILED: &str = r#"{"timestamp":"2027-01-15T08:00:00.000000Z","level":"WARN","message":"sign-in failed","client.address":"192.0.2.7","target":"dealwright_server::accounts"}"#;
const OTHER: &str = r#"{"timestamp":"2027-01-15T08:00:00.000000Z","level":"INFO","message":"listening \"message\":\"sign-in failed\",\"client.address\":\"192.0.2.8\"","target":"dealwright"}"#;

impl Contrib {
    #[expect(clippy::unused_self, reason = "each task runs from its arguments; this one has none")]
    pub(crate) fn run(self) -> Result<()> {
        let folder = folder();
        for file in files()? {
            parse(&file)?;
        }
        println!("    JSON, YAML and TOML can be read");
        let scratch = tempfile::tempdir()?;
        let mut skipped = Vec::new();
        for check in CHECKS {
            if find_program(check.program).is_none() {
                skipped.push(check);
                continue;
            }
            let work = scratch.path().join(check.program);
            fs::create_dir(&work)?;
            (check.run)(&folder, &work).with_context(|| format!("{}: {}", check.program, check.about))?;
            println!("    {}: {} is good", check.program, check.about);
        }
        for check in &skipped {
            println!("    NOT CHECKED: {}, because {} is not installed", check.about, check.program);
        }
        Ok(())
    }
}

fn folder() -> PathBuf {
    root().join("contrib")
}

fn files() -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder()).context("reading contrib/")?;
    // Folders hold programs, which are checked by being run.
    let mut files: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_file()).collect();
    files.sort();
    ensure!(!files.is_empty(), "contrib/ is empty");
    Ok(files)
}

/// Reads what has a form that can be read here.
fn parse(file: &Path) -> Result<()> {
    let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    let result = match file.extension().and_then(|extension| extension.to_str()) {
        Some("json") => {
            serde_json::from_str::<serde_json::Value>(&text).map(drop).map_err(anyhow::Error::from)
        }
        Some("yaml") => YamlLoader::load_from_str(&text).map(drop).map_err(anyhow::Error::from),
        Some("toml") => toml::from_str::<toml::Table>(&text).map(drop).map_err(anyhow::Error::from),
        _ => Ok(()),
    };
    result.with_context(|| format!("{} cannot be read", file.display()))
}

/// A sample with some of its texts replaced, so that it fits this machine. It is an error when one of them is not there.
fn fitted(from: &Path, to: &Path, changes: &[(&str, &str)]) -> Result<()> {
    let mut text = fs::read_to_string(from)?;
    for (old, new) in changes {
        ensure!(text.contains(old), "{} has no {old:?} any more", from.display());
        text = text.replace(old, new);
    }
    Ok(fs::write(to, text)?)
}

/// Fails with what the program said, even when it was content but had something to say.
fn silent(command: &mut Command) -> Result<()> {
    let output = command.output()?;
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success() && said.trim().is_empty(), "{}: {}", output.status, said.trim());
    Ok(())
}

fn unit(contrib: &Path, work: &Path) -> Result<()> {
    let unit = work.join("dealwright.service");
    // The program need not be installed for its unit to be right.
    let changes = [("/usr/local/bin/dealwright serve", "/bin/true serve")];
    fitted(&contrib.join("dealwright.service"), &unit, &changes)?;
    silent(program("systemd-analyze").args(["verify", "--man=no"]).arg(&unit))?;
    // Out of ten, the more the worse.
    let judged = output_of(
        program("systemd-analyze")
            .args(["security", "--offline=true", "--no-pager", "--threshold=20"])
            .arg(&unit),
    )?;
    if let Some(line) = judged.lines().find(|line| line.contains("Overall exposure level")) {
        println!("    systemd-analyze security: {}", line.trim_start_matches(['→', ' ']));
    }
    Ok(())
}

fn nginx(contrib: &Path, work: &Path) -> Result<()> {
    let (key, certificate) = certificate(work)?;
    fs::create_dir(work.join("snippets"))?;
    fs::copy(contrib.join("nginx-proxy.conf"), work.join("snippets/dealwright-proxy.conf"))?;
    let at = work.display().to_string();
    let changes = [
        ("/etc/letsencrypt/live/crm.example.com/fullchain.pem", certificate.as_str()),
        ("/etc/letsencrypt/live/crm.example.com/privkey.pem", key.as_str()),
        ("/etc/nginx/snippets", &format!("{at}/snippets")),
        // Testing opens the ports, and this machine may have a server there.
        ("listen 80;", "listen 127.0.0.1:48180;"),
        ("listen [::]:80;", ""),
        ("listen 443 ssl http2;", "listen 127.0.0.1:48143 ssl http2;"),
        ("listen [::]:443 ssl http2;", ""),
    ];
    fitted(&contrib.join("nginx.conf"), &work.join("site.conf"), &changes)?;
    let main = format!(
        "error_log stderr; pid {at}/pid; events {{}} http {{ access_log off; client_body_temp_path {at}/body; \
         proxy_temp_path {at}/proxy; fastcgi_temp_path {at}/fastcgi; uwsgi_temp_path {at}/uwsgi; scgi_temp_path {at}/scgi; \
         include {at}/site.conf; }}"
    );
    fs::write(work.join("main.conf"), main)?;
    output_of(program("nginx").arg("-t").arg("-p").arg(work).arg("-c").arg(work.join("main.conf")))?;
    Ok(())
}

/// A key and a certificate that nobody trusts, because nginx wants to see some.
fn certificate(work: &Path) -> Result<(String, String)> {
    let path = |name: &str| work.join(name).display().to_string();
    let (key, certificate) = (path("key.pem"), path("certificate.pem"));
    let subject = ["-subj", "/CN=crm.example.com", "-days", "1", "-nodes", "-newkey", "rsa:2048", "-x509"];
    output_of(program("openssl").arg("req").args(subject).args(["-keyout", &key, "-out", &certificate]))?;
    Ok((key, certificate))
}

fn caddy(contrib: &Path, work: &Path) -> Result<()> {
    let file = contrib.join("Caddyfile");
    let mut command = program("caddy");
    command.env("XDG_DATA_HOME", work).env("XDG_CONFIG_HOME", work);
    output_of(command.args(["validate", "--adapter", "caddyfile", "--config"]).arg(file))?;
    Ok(())
}

fn rules(contrib: &Path, _work: &Path) -> Result<()> {
    output_of(program("promtool").args(["check", "rules"]).arg(contrib.join("prometheus-rules.yaml")))?;
    Ok(())
}

fn compose(contrib: &Path, _work: &Path) -> Result<()> {
    let mut command = program("docker-compose");
    command.env("POSTGRES_PASSWORD", "secret").env("DEALWRIGHT_PUBLIC_URL", "https://crm.example.com");
    output_of(command.arg("--file").arg(contrib.join("compose.yaml")).args(["config", "--quiet"]))?;
    Ok(())
}

fn filter(contrib: &Path, work: &Path) -> Result<()> {
    let (log, filter) = (work.join("log"), contrib.join("fail2ban-filter.conf"));
    fs::write(&log, format!("{FAILED}\n{OTHER}\n"))?;
    let said = output_of(program("fail2ban-regex").arg(&log).arg(&filter))?;
    if !said.contains("2 lines, 0 ignored, 1 matched, 1 missed") {
        bail!("of a failed sign-in and another line exactly the first should match: {said}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_sample_can_be_read_and_stands_in_the_list_of_samples() {
        let page = fs::read_to_string(folder().join("README.md")).expect("the list of samples");
        for file in files().expect("samples") {
            parse(&file).expect("a sample that can be read");
            let name = file.file_name().expect("a name").to_string_lossy().into_owned();
            assert!(
                name == "README.md" || page.contains(&format!("`{name}`")),
                "{name} is not in contrib/README.md"
            );
        }
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in [("a.json", "{\"a\":}"), ("a.yaml", "a: [1"), ("a.toml", "a = ")] {
            let file = folder.path().join(name);
            fs::write(&file, text).expect("a file");
            assert!(parse(&file).is_err_and(|error| error.to_string().contains(name)), "{name}");
        }
    }

    /// Words in `text` that look like a figure of the server.
    fn figures(text: &str) -> BTreeSet<&str> {
        text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
            .filter(|word| word.starts_with("dealwright_") || word.starts_with("process_"))
            .collect()
    }

    #[test]
    fn rules_and_dashboard_ask_for_figures_that_there_are() {
        let known: BTreeSet<&str> = [
            "dealwright_build_info",
            "dealwright_database_connections",
            "dealwright_jobs",
            "dealwright_mails",
            "dealwright_outbox_events",
            "dealwright_request_duration_seconds_bucket",
            "dealwright_requests_total",
            "dealwright_sign_ins_total",
            "process_cpu_seconds_total",
            "process_max_fds",
            "process_open_fds",
            "process_resident_memory_bytes",
            "process_start_time_seconds",
        ]
        .into();
        for name in ["prometheus-rules.yaml", "grafana-dashboard.json"] {
            let text = fs::read_to_string(folder().join(name)).expect("a sample");
            let asked = figures(&text);
            assert!(asked.len() > 5, "{name} asks for {asked:?}");
            assert!(asked.is_subset(&known), "{name} asks for {:?}", asked.difference(&known));
        }
    }

    #[test]
    fn proxies_close_what_is_for_the_machine_alone_and_let_files_pass() {
        let read = |name: &str| fs::read_to_string(folder().join(name)).expect("a sample");
        let (nginx, caddy) = (read("nginx.conf"), read("Caddyfile"));
        for path in ["metrics", "healthz", "readyz", "dev"] {
            assert!(caddy.contains(&format!(" /{path} /{path}/*")), "{path} in the Caddyfile");
        }
        assert!(
            nginx.contains("location ~ ^/(metrics|healthz|readyz|dev)(/|$) {\n        return 404;"),
            "{nginx}"
        );
        // More than the 20 MiB of a file, so that the server's own refusal is seen.
        assert!(nginx.contains("client_max_body_size 32m;") && caddy.contains("max_size 32MB"));
    }
}
