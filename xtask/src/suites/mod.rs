//! `cargo xtask suites`: the external conformance suites, which speak to the server as its clients do.
//!
//! They lie beside the repository, in `../shared/conformance`, and are only read. Each run of a suite gets a fresh
//! server, so that none depends on what another left behind or used up.
//!
//! - `contract`: their traffic against the published descriptions
//! - `outcomes`: what became of their tests; `plugin/` makes pytest tell
//! - `failing`: the tests that fail, with the reasons

mod contract;
mod failing;
mod outcomes;

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;

use self::outcomes::{Counts, Failing};
use crate::cargo::{Profile, program, root, run, status, target};
use crate::ci::in_words;
use crate::dev_server::DevServer;
use crate::engine::{Engine, Engines};
use crate::postgres::{Durability, Postgres, free_port};

/// The external conformance suites, when they lie in ../shared/conformance.
#[derive(Parser)]
pub(crate) struct Suites {
    /// The databases to run on.
    #[arg(long, value_enum, default_value = "both")]
    engine: Engines,

    /// Run only the suites in these folders.
    #[arg(long, value_name = "FOLDER")]
    only: Vec<String>,

    /// How the server is built.
    #[arg(long, value_enum, default_value = "release")]
    profile: Profile,

    /// Run the server that was built, as it is.
    #[arg(long)]
    without_build: bool,
}

/// A folder of pytest files, or some of them.
struct Suite {
    folder: &'static str,
    /// The files that are run; all when none is named.
    files: &'static [&'static str],
    /// The files that are not.
    without: &'static [&'static str],
    /// Whether the suite speaks to the server itself: its traffic is not held against the descriptions then.
    is_direct: bool,
    /// The databases it is run on.
    engines: Engines,
    failing: &'static [Failing],
}

impl Suite {
    const fn of(folder: &'static str) -> Self {
        Self { folder, files: &[], without: &[], is_direct: false, engines: Engines::Both, failing: &[] }
    }

    fn name(&self) -> String {
        let kind = if self.is_direct { " (direct)" } else { "" };
        format!("{}{kind}", self.folder)
    }
}

/// What the suites call variables of the server, and what the server calls them.
const OTHER_NAMES: [(&str, &str); 1] = [("CRM_EXPIRED_ACCESS_TOKEN", "CRM_EXPIRED_TOKEN")];

/// Files about headers, codings and connections: a proxy has its own.
const OF_HTTP: &[&str] = &["test_http.py"];

const SUITES: &[Suite] = &[
    Suite::of("seed_snippets"),
    Suite {
        files: &[
            "test_auth.py",
            "test_records.py",
            "test_related.py",
            "test_notes_files.py",
            "test_tags.py",
            "test_conversion.py",
            "test_ownership.py",
            "test_activities.py",
        ],
        ..Suite::of("python_sdk")
    },
    // These take minutes, most of them in waiting, and what they try is tested here on both databases.
    Suite { failing: failing::SETTINGS, engines: Engines::Sqlite, ..Suite::of("settings_http") },
    Suite {
        without: OF_HTTP,
        failing: failing::PLATFORM,
        engines: Engines::Sqlite,
        ..Suite::of("platform_http")
    },
    Suite {
        files: OF_HTTP,
        is_direct: true,
        failing: failing::HTTP,
        engines: Engines::Sqlite,
        ..Suite::of("platform_http")
    },
    Suite::of("trials"),
];

impl Suites {
    pub(crate) fn run(self) -> Result<()> {
        let home = root().join("../shared/conformance");
        ensure!(home.is_dir(), "the suites are not there: {} is no folder", home.display());
        if let Some(unknown) = self.only.iter().find(|name| SUITES.iter().all(|suite| suite.folder != **name))
        {
            bail!("there is no suite {unknown}");
        }
        if !self.without_build {
            self.profile.build(&["dealwright"])?;
        }
        let python = python_with_requirements(&home)?;

        let mut results = Vec::new();
        for &engine in self.engine.list() {
            let cluster = match engine {
                Engine::Sqlite => None,
                Engine::Postgres => Some(Postgres::start(Durability::None)?),
            };
            let traffic = log_folder().join(format!("traffic-{}.jsonl", engine.name()));
            std::fs::create_dir_all(log_folder()).context("making the folder of the logs")?;
            std::fs::write(&traffic, "").context("emptying the file of the traffic")?;
            for suite in SUITES.iter().filter(|suite| self.wants(suite, engine)) {
                println!("\n==> {} on {}", suite.name(), engine.name());
                let start = Instant::now();
                let result =
                    run_suite(suite, self.profile, engine, cluster.as_ref(), &home, &python, &traffic);
                if let Err(error) = &result {
                    println!("    {error:#}");
                }
                results.push((suite.name(), engine.name(), result.map(Some), start.elapsed()));
            }
            println!("\n==> the traffic of these suites against the published descriptions");
            let start = Instant::now();
            let result = contract::report(&home, &python, &traffic);
            if let Err(error) = &result {
                println!("    {error:#}");
            }
            results.push(("contract".to_owned(), engine.name(), result.map(|()| None), start.elapsed()));
        }

        println!("\n{:<24}{:<10}{:>14}  {}", "suite", "database", "duration", Counts::HEADING);
        for (suite, engine, result, duration) in &results {
            let label = match result {
                Ok(Some(counts)) => counts.to_string(),
                Ok(None) => " ok".to_owned(),
                Err(_) => " FAILED".to_owned(),
            };
            println!("{suite:<24}{engine:<10}{:>14}  {label}", in_words(*duration));
        }
        if results.iter().any(|(_, _, result, _)| result.is_err()) {
            bail!("a conformance suite failed; the servers' logs are in {}", log_folder().display());
        }
        Ok(())
    }

    fn wants(&self, suite: &Suite, engine: Engine) -> bool {
        let is_named = self.only.is_empty() || self.only.iter().any(|folder| folder == suite.folder);
        is_named && suite.engines.list().contains(&engine)
    }
}

fn run_suite(
    suite: &Suite,
    profile: Profile,
    engine: Engine,
    cluster: Option<&Postgres>,
    home: &Path,
    python: &Path,
    traffic: &Path,
) -> Result<Counts> {
    let name = if suite.is_direct { format!("{}_direct", suite.folder) } else { suite.folder.to_owned() };
    let database = cluster.map(|cluster| cluster.create_database(&name)).transpose()?;
    let log = log_folder().join(format!("{name}-{}.log", engine.name()));
    // The server tells its clients the proxy's address, so that all they say goes through it.
    let port = free_port()?;
    let public = format!("http://127.0.0.1:{port}");
    let (server, proxy) = if suite.is_direct {
        (DevServer::start_at(profile, port, database.as_deref(), &public, &log)?, None)
    } else {
        let server = DevServer::start(profile, database.as_deref(), &public, &log)?;
        let proxy = contract::Proxy::start(home, python, port, &server.url(), traffic)?;
        (server, Some(proxy))
    };

    let outcomes = log_folder().join(format!("{name}-{}.outcomes", engine.name()));
    std::fs::write(&outcomes, "").context("emptying the file of the outcomes")?;
    let mut pytest = program(python);
    pytest.args(["-m", "pytest", "-p", "no:cacheprovider", "-p", "suite_outcomes"]).args(suite.files);
    pytest.args(suite.without.iter().map(|file| format!("--ignore={file}")));
    pytest.env("PYTHONPATH", root().join("xtask/src/suites/plugin")).env("SUITE_OUTCOMES", &outcomes);
    pytest.current_dir(home.join(suite.folder)).env("PYTHONDONTWRITEBYTECODE", "1");
    pytest.envs(server.variables().iter().map(|(name, value)| (name, value)));
    for (name, ours) in OTHER_NAMES {
        pytest.envs(server.variables().iter().filter(|(own, _)| own == ours).map(|(_, value)| (name, value)));
    }
    // A proxy of this machine's must not stand between the suite and the loopback address.
    pytest.env("NO_PROXY", "127.0.0.1,localhost").env("no_proxy", "127.0.0.1,localhost");
    let ended = status(&mut pytest);
    drop(proxy);
    let tests = ended.and_then(|ended| {
        // 1: tests failed, and the outcomes tell which; what is above was no run.
        ensure!(matches!(ended.code(), Some(0 | 1)), "pytest ended with {ended}");
        outcomes::judge(&outcomes, suite.failing)
    });

    // A server that does not end well is a failure too, but the tests' is the one to read first.
    let ended = server.stop();
    tests.and_then(|counts| ended.map(|()| counts))
}

/// A Python of our own with what the suites need, made again only when their requirements change.
fn python_with_requirements(home: &Path) -> Result<PathBuf> {
    let folder = target().join("suites-venv");
    let python = folder.join("bin/python");
    let stamp = folder.join("requirements-installed.txt");
    let files: Vec<PathBuf> =
        SUITES.iter().map(|suite| home.join(suite.folder).join("requirements.txt")).collect();

    let mut wanted = contract::PACKAGES.join("\n");
    wanted.push('\n');
    for file in &files {
        wanted += &std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    }
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }

    println!("==> making a Python environment for the suites (about a minute)");
    run(program("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    let mut install = program(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    for file in &files {
        install.arg("-r").arg(file);
    }
    install.args(contract::PACKAGES);
    run(&mut install)?;
    std::fs::write(&stamp, wanted).context("noting the installed requirements")?;
    Ok(python)
}

fn log_folder() -> PathBuf {
    target().join("suites")
}
