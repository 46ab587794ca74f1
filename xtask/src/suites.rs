//! `cargo xtask suites`: the external conformance suites, which speak to the server as its clients do.
//!
//! They lie beside the repository, in `../shared/conformance`, and are only read. Each run of a suite gets a fresh
//! server, so that none depends on what another left behind or used up.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;

use crate::cargo::{build_release, program, root, run, target};
use crate::ci::in_words;
use crate::contract;
use crate::dev_server::DevServer;
use crate::engine::{Engine, Engines};
use crate::postgres::{Durability, Postgres, free_port};

/// The external conformance suites, when they lie in ../shared/conformance.
#[derive(Parser)]
pub(crate) struct Suites {
    /// The databases to run on.
    #[arg(long, value_enum, default_value = "both")]
    engine: Engines,
}

/// A folder of pytest files.
struct Suite {
    folder: &'static str,
    /// The files that must pass; all when none is named.
    files: &'static [&'static str],
}

const SUITES: &[Suite] = &[
    Suite { folder: "seed_snippets", files: &[] },
    Suite {
        folder: "python_sdk",
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
    },
];

impl Suites {
    pub(crate) fn run(self) -> Result<()> {
        let home = root().join("../shared/conformance");
        ensure!(home.is_dir(), "the suites are not there: {} is no folder", home.display());
        build_release(&["dealwright"])?;
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
            for suite in SUITES {
                println!("\n==> {} on {}", suite.folder, engine.name());
                let start = Instant::now();
                let result = run_suite(suite, engine, cluster.as_ref(), &home, &python, &traffic);
                if let Err(error) = &result {
                    println!("    {error:#}");
                }
                results.push((suite.folder, engine.name(), result.is_ok(), start.elapsed()));
            }
            println!("\n==> the traffic of these suites against the published descriptions");
            let start = Instant::now();
            let result = contract::report(&home, &python, &traffic);
            if let Err(error) = &result {
                println!("    {error:#}");
            }
            results.push(("contract", engine.name(), result.is_ok(), start.elapsed()));
        }

        println!("\n{:<16}{:<10}{:>14}", "suite", "database", "duration");
        for (suite, engine, passed, duration) in &results {
            let label = if *passed { "ok" } else { "FAILED" };
            println!("{suite:<16}{engine:<10}{:>14}  {label}", in_words(*duration));
        }
        if results.iter().any(|(_, _, passed, _)| !passed) {
            bail!("a conformance suite failed; the servers' logs are in {}", log_folder().display());
        }
        Ok(())
    }
}

fn run_suite(
    suite: &Suite,
    engine: Engine,
    cluster: Option<&Postgres>,
    home: &Path,
    python: &Path,
    traffic: &Path,
) -> Result<()> {
    let database = cluster.map(|cluster| cluster.create_database(suite.folder)).transpose()?;
    let log = log_folder().join(format!("{}-{}.log", suite.folder, engine.name()));
    // The server tells its clients the proxy's address, so that all they say goes through it.
    let port = free_port()?;
    let server = DevServer::start(database.as_deref(), &format!("http://127.0.0.1:{port}"), &log)?;
    let proxy = contract::Proxy::start(home, python, port, &server.url(), traffic)?;

    let mut pytest = program(python);
    pytest.args(["-m", "pytest", "-p", "no:cacheprovider"]).args(suite.files);
    pytest.current_dir(home.join(suite.folder)).env("PYTHONDONTWRITEBYTECODE", "1");
    pytest.envs(server.variables().iter().map(|(name, value)| (name, value)));
    // A proxy of this machine's must not stand between the suite and the loopback address.
    pytest.env("NO_PROXY", "127.0.0.1,localhost").env("no_proxy", "127.0.0.1,localhost");
    let tests = run(&mut pytest);
    drop(proxy);

    // A server that does not end well is a failure too, but the tests' is the one to read first.
    let ended = server.stop();
    tests.and(ended)
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
