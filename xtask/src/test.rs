//! `cargo xtask test`: the tests, on both databases.

use std::process::Command;

use anyhow::Result;
use clap::Parser;

use crate::cargo::{cargo, is_installed, run};
use crate::postgres;

/// The tests on SQLite and PostgreSQL.
#[derive(Parser)]
pub(crate) struct Test {
    /// Parts of test names, and options of the test runner.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    filter: Vec<String>,
}

impl Test {
    pub(crate) fn run(self) -> Result<()> {
        let mut command = runner(None);
        point_to_postgres(&mut command)?;
        run(command.args(self.filter))
    }
}

/// A command that runs all tests but those in doc comments: nextest where it is installed, else `cargo test`.
pub(crate) fn runner(profile: Option<&str>) -> Command {
    if is_installed("cargo-nextest") {
        let mut command = cargo(&["nextest", "run", "--workspace"]);
        if let Some(profile) = profile {
            command.args(["--profile", profile]);
        }
        command
    } else {
        println!(
            "    cargo-nextest is not installed, so cargo test it is (slower, and without its time limits)"
        );
        cargo(&["test", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"])
    }
}

/// Tells the tests where PostgreSQL is; they start clusters of their own. An error when there is none.
pub(crate) fn point_to_postgres(command: &mut Command) -> Result<()> {
    command.env(postgres::BINARIES_VARIABLE, postgres::binaries()?);
    Ok(())
}
