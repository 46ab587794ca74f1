//! `cargo xtask ci`: everything CI checks. A new check is one function and one line in [`STEPS`].

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Error, Result, bail, ensure};
use clap::Parser;

use crate::cargo::{cargo, is_installed, output_of, run};
use crate::test;

/// Everything CI checks: format, lints, tests on both databases, docs, samples, licences and weaknesses of crates.
#[derive(Parser)]
pub(crate) struct Ci {
    /// Run the later steps even when one fails.
    #[arg(long)]
    keep_going: bool,

    /// Run only these steps.
    #[arg(long, value_name = "STEP")]
    only: Vec<String>,
}

/// One check.
struct Step {
    name: &'static str,
    /// What is being looked at, and for slow steps how long it takes on two cores with nothing built.
    about: &'static str,
    plan: fn() -> Plan,
}

enum Plan {
    Run(Command),
    /// Not possible here, and not required: the reason.
    Skip(&'static str),
    /// Not possible here, but required.
    Fail(Error),
}

const STEPS: &[Step] = &[
    Step { name: "fmt", about: "the format of all Rust files", plan: fmt },
    Step { name: "arrows", about: "crates and folders name only what lies below them", plan: arrows },
    Step { name: "clippy", about: "lints; the first time about five minutes", plan: clippy },
    Step {
        name: "test",
        about: "tests on SQLite and PostgreSQL; the first time about ten minutes",
        plan: tests,
    },
    Step { name: "coverage", about: "docs/coverage.md against the registry", plan: coverage },
    Step { name: "doctest", about: "the examples in doc comments", plan: doctest },
    Step { name: "doc", about: "doc comments without broken links; about a minute", plan: doc },
    Step { name: "contrib", about: "the samples of contrib/, by the programs they are for", plan: contrib },
    Step { name: "deny", about: "licences, sources and unwanted crates", plan: deny },
    Step {
        name: "advisories",
        about: "known weaknesses of crates, as far as their list can be had",
        plan: advisories,
    },
    Step { name: "machete", about: "dependencies that nothing uses", plan: machete },
];

fn fmt() -> Plan {
    Plan::Run(cargo(&["fmt", "--all", "--check"]))
}

fn arrows() -> Plan {
    Plan::Run(cargo(&["xtask", "arrows"]))
}

fn clippy() -> Plan {
    Plan::Run(cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

fn tests() -> Plan {
    let mut command = test::runner();
    // A changed snapshot is a failure, and leaves no proposal behind; `cargo xtask test` writes those.
    command.env("INSTA_UPDATE", "no");
    // Random writes against the model in memory; a run by hand makes fewer.
    command.env("DEALWRIGHT_TEST_STEPS", "100000");
    on_both_databases(command)
}

fn coverage() -> Plan {
    Plan::Run(cargo(&["xtask", "coverage", "--check"]))
}

fn doctest() -> Plan {
    on_both_databases(cargo(&["test", "--workspace", "--doc"]))
}

fn doc() -> Plan {
    let mut command = cargo(&["doc", "--workspace", "--no-deps"]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    Plan::Run(command)
}

fn contrib() -> Plan {
    Plan::Run(cargo(&["xtask", "contrib"]))
}

fn deny() -> Plan {
    match cargo_deny() {
        // What these look at is in the repository and in the sources that were built, so no network is needed.
        Ok(()) => Plan::Run(cargo(&["deny", "--workspace", "check", "bans", "licenses", "sources"])),
        Err(missing) => Plan::Fail(missing),
    }
}

/// The list of weaknesses lies elsewhere. Where it cannot be had nothing is known, and that is no "ok".
fn advisories() -> Plan {
    if let Err(missing) = cargo_deny() {
        return Plan::Fail(missing);
    }
    match output_of(&mut cargo(&["deny", "--workspace", "fetch", "db"])) {
        Ok(_) => Plan::Run(cargo(&["deny", "--workspace", "check", "--disable-fetch", "advisories"])),
        Err(error) => {
            println!("    {error:#}");
            Plan::Skip("NOT CHECKED, the list of advisories cannot be had from here; run it where it can")
        }
    }
}

fn cargo_deny() -> Result<()> {
    ensure!(is_installed("cargo-deny"), "cargo-deny is missing; `.ci/setup test` installs it");
    Ok(())
}

fn machete() -> Plan {
    if is_installed("cargo-machete") {
        Plan::Run(cargo(&["machete"]))
    } else {
        Plan::Skip("cargo-machete is not installed")
    }
}

fn on_both_databases(mut command: Command) -> Plan {
    match test::point_to_postgres(&mut command) {
        Ok(()) => Plan::Run(command),
        Err(missing) => Plan::Fail(missing),
    }
}

enum Outcome {
    Ok,
    Failed,
    Skipped(&'static str),
}

impl Ci {
    pub(crate) fn run(self) -> Result<()> {
        if let Some(unknown) = self.only.iter().find(|name| STEPS.iter().all(|step| step.name != **name)) {
            let known: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
            bail!("there is no step {unknown}; the steps are {}", known.join(", "));
        }

        let mut results = Vec::new();
        for step in STEPS.iter().filter(|step| self.wants(step)) {
            println!("\n==> {}: {}", step.name, step.about);
            let start = Instant::now();
            let outcome = perform(step);
            let duration = start.elapsed();
            println!("    {} after {}", label(&outcome), in_words(duration));
            let failed = matches!(outcome, Outcome::Failed);
            results.push((step.name, outcome, duration));
            if failed && !self.keep_going {
                break;
            }
        }

        println!("\n{:<10}{:>10}", "step", "duration");
        for (name, outcome, duration) in &results {
            println!("{name:<10}{:>10}  {}", in_words(*duration), label(outcome));
        }
        let failed: Vec<&str> = results
            .iter()
            .filter(|(_, outcome, _)| matches!(outcome, Outcome::Failed))
            .map(|(name, ..)| *name)
            .collect();
        for (name, outcome, _) in &results {
            if let Outcome::Skipped(reason) = outcome {
                println!("WARNING: {name} was skipped: {reason}");
            }
        }
        if !failed.is_empty() {
            bail!("failed: {}", failed.join(", "));
        }
        Ok(())
    }

    fn wants(&self, step: &Step) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == step.name)
    }
}

/// Runs a step; what went wrong is printed here.
fn perform(step: &Step) -> Outcome {
    let result = match (step.plan)() {
        Plan::Run(mut command) => run(&mut command),
        Plan::Skip(reason) => return Outcome::Skipped(reason),
        Plan::Fail(error) => Err(error),
    };
    match result {
        Ok(()) => Outcome::Ok,
        Err(error) => {
            println!("    {error:#}");
            Outcome::Failed
        }
    }
}

fn label(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Ok => "ok".to_owned(),
        Outcome::Failed => "FAILED".to_owned(),
        Outcome::Skipped(reason) => format!("skipped: {reason}"),
    }
}

/// A duration for people: `4.2 s`, `3 min 20 s`.
pub(crate) fn in_words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds < 60 {
        format!("{:.1} s", duration.as_secs_f64())
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}
