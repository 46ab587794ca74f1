//! `cargo xtask test`: the tests, on both databases.

use std::process::Command;

use anyhow::Result;
use clap::Parser;

use crate::cargo::{cargo, run};
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
        let mut command = runner();
        point_to_postgres(&mut command)?;
        run(command.args(self.filter))
    }
}

/// A command that runs all tests but those in doc comments.
///
/// Not nextest: it starts a process for each test, and the tests of a process share one PostgreSQL cluster and the
/// org that each of them starts from, which saves most of their time.
pub(crate) fn runner() -> Command {
    cargo(&["test", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"])
}

/// Tells the tests where PostgreSQL is; they start clusters of their own. An error when there is none.
pub(crate) fn point_to_postgres(command: &mut Command) -> Result<()> {
    command.env(postgres::BINARIES_VARIABLE, postgres::binaries()?);
    Ok(())
}
