//! Running cargo and other programs from the root of the repository.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use anyhow::{Context, Result, ensure};

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask/ lies in the root")
}

/// The folder cargo builds into.
pub(crate) fn target() -> PathBuf {
    root().join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| OsString::from("target")))
}

/// How programs are built; the profiles of that name in `Cargo.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Profile {
    /// As for tests: there already when they were run.
    Dev,
    /// Quick to build: to run and to test with.
    Release,
    /// With optimisations across crates: what people install, and what is measured.
    Shipped,
}

impl Profile {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Release => "release",
            Self::Shipped => "shipped",
        }
    }

    /// The folder in that of targets.
    fn folder(self) -> &'static str {
        if self == Self::Dev { "debug" } else { self.name() }
    }

    /// A program of this workspace, as built by [`build`](Self::build).
    pub(crate) fn binary(self, name: &str) -> PathBuf {
        target().join(self.folder()).join(name)
    }

    /// Builds programs of this workspace. Prints what it does, because it can take long.
    pub(crate) fn build(self, packages: &[&str]) -> Result<()> {
        println!("==> building {} ({})", packages.join(" and "), self.name());
        println!(
            "    {}",
            match self {
                Self::Dev => "What tests have built is used again.",
                Self::Release =>
                    "The first time takes a few minutes on two cores, after a change it is less than one.",
                Self::Shipped =>
                    "With optimisations across crates this takes about ten minutes on two cores.",
            }
        );
        let mut command = cargo(&["build", "--profile", self.name()]);
        if self == Self::Dev {
            // Of the whole workspace, as tests are built; else much would be built again with other features.
            command.args(["--workspace", "--bins"]);
        } else {
            command.args(packages.iter().flat_map(|package| ["--package", package]));
        }
        run(&mut command)
    }
}

/// A command that runs cargo in the root of the repository.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = program(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    command.args(arguments);
    command
}

/// A command that runs any other program in the root of the repository.
pub(crate) fn program(name: impl Into<OsString>) -> Command {
    let mut command = Command::new(name.into());
    command.current_dir(root());
    // `cargo run` describes the package xtask in these. Build scripts that watch them would run again, and much be
    // built again, each time that cargo is called now from here and now from a shell.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs a command with its output on the terminal; it is an error when it ends with one.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = status(command)?;
    ensure!(status.success(), "{} ended with {status}", command_line(command));
    Ok(())
}

/// The same, and tells how it ended.
pub(crate) fn status(command: &mut Command) -> Result<ExitStatus> {
    println!("    {}", command_line(command));
    command.status().with_context(|| format!("starting {}", command_line(command)))
}

/// What a program prints; it is an error when it ends with one, told with what it said.
pub(crate) fn output(name: &str, arguments: &[&str]) -> Result<String> {
    output_of(program(name).args(arguments))
}

/// The same for a command.
pub(crate) fn output_of(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("starting {}", command_line(command)))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{} ended with {}: {}",
        command_line(command),
        output.status,
        said.trim()
    );
    String::from_utf8(output.stdout).with_context(|| format!("reading what {} prints", command_line(command)))
}

/// Whether a program is on the search path.
pub(crate) fn is_installed(name: &str) -> bool {
    find_program(name).is_some()
}

/// Where on the search path a program is.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// A command as one would type it, without its environment.
fn command_line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut line = match program.strip_prefix(root()) {
        Ok(inside) => inside.display().to_string(),
        Err(_) => program.file_name().unwrap_or(command.get_program()).to_string_lossy().into_owned(),
    };
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line
}
