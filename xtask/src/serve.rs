//! `cargo xtask serve`: the server, built for release and started for development.

use std::os::unix::process::CommandExt as _;

use anyhow::{Context, Result};
use clap::Parser;

use crate::cargo::{Profile, program};

/// Build the server and start it for development, with its data in `dealwright-data` unless told otherwise.
#[derive(Parser)]
pub(crate) struct Serve {
    /// More arguments of `dealwright serve`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

impl Serve {
    pub(crate) fn run(self) -> Result<()> {
        Profile::Release.build(&["dealwright"])?;
        let has_place =
            ["DEALWRIGHT_DATA", "DEALWRIGHT_CONFIG"].iter().any(|name| std::env::var_os(name).is_some());
        let arguments = arguments(self.arguments, has_place);
        println!("==> dealwright {} (stop it with Ctrl-C)", arguments.join(" "));
        let mut server = program(Profile::Release.binary("dealwright"));
        server.args(arguments);
        // Takes the place of this process, so that signals reach the server and its exit code the shell.
        Err(server.exec()).context("starting the server")
    }
}

/// What the server is started with: for development and on a folder of its own, unless the arguments or the environment
/// say where the data is.
fn arguments(given: Vec<String>, has_place: bool) -> Vec<String> {
    let is_given = |flag: &str| {
        given.iter().any(|argument| {
            argument.strip_prefix(flag).is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
        })
    };
    let mut all = vec!["serve".to_owned()];
    if !is_given("--dev") {
        all.push("--dev".to_owned());
    }
    if !(has_place || is_given("--data") || is_given("--config")) {
        all.extend(["--data".to_owned(), "dealwright-data".to_owned()]);
    }
    all.extend(given);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(given: &[&str], has_place: bool) -> String {
        arguments(given.iter().map(|argument| (*argument).to_owned()).collect(), has_place).join(" ")
    }

    #[test]
    fn a_folder_that_is_given_is_the_only_one() {
        assert_eq!(with(&[], false), "serve --dev --data dealwright-data");
        assert_eq!(
            with(&["--listen", "127.0.0.1:1"], false),
            "serve --dev --data dealwright-data --listen 127.0.0.1:1"
        );
        assert_eq!(with(&["--data", "there"], false), "serve --dev --data there");
        assert_eq!(with(&["--data=there", "--dev"], false), "serve --data=there --dev");
        assert_eq!(with(&["--config", "a.toml"], false), "serve --dev --config a.toml");
        assert_eq!(with(&[], true), "serve --dev");
    }
}
