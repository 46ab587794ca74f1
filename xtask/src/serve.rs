//! `cargo xtask serve`: the server, built for release and started for development.

use std::os::unix::process::CommandExt as _;

use anyhow::{Context, Result};
use clap::Parser;

use crate::cargo::{build_release, program, release_binary};

/// Build the server and start it for development, with its data in `dealwright-data`.
#[derive(Parser)]
pub(crate) struct Serve {
    /// More arguments of `dealwright serve`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

impl Serve {
    pub(crate) fn run(self) -> Result<()> {
        build_release(&["dealwright"])?;
        println!("==> dealwright serve --dev --data dealwright-data (stop it with Ctrl-C)");
        let mut server = program(release_binary("dealwright"));
        server.args(["serve", "--dev", "--data", "dealwright-data"]).args(self.arguments);
        // Takes the place of this process, so that signals reach the server and its exit code the shell.
        Err(server.exec()).context("starting the server")
    }
}
