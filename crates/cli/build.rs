//! Tells the binary what it was built from: `dealwright version` and the metrics say it.

#![expect(clippy::disallowed_methods, reason = "a build script is told everything in its environment")]

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for name in ["DEALWRIGHT_COMMIT", "DEALWRIGHT_NOTICES"] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    println!("cargo::rustc-env=DEALWRIGHT_BUILD_COMMIT={}", commit());
    println!("cargo::rustc-env=DEALWRIGHT_BUILD_TARGET={}", variable("TARGET").unwrap_or_default());
    println!("cargo::rustc-env=DEALWRIGHT_BUILD_RUSTC={}", rustc());
    println!("cargo::rustc-check-cfg=cfg(dealwright_notices)");
    if let Some(notices) = variable("DEALWRIGHT_NOTICES") {
        println!("cargo::rerun-if-changed={notices}");
        println!("cargo::rustc-env=DEALWRIGHT_BUILD_NOTICES={notices}");
        println!("cargo::rustc-cfg=dealwright_notices");
    }
}

/// What whoever builds says; otherwise what git says; `unknown` outside a repository.
///
/// Asked again when the commit changes, not with each changed file: that would build the binary anew with every
/// `git status`. So `-dirty` is what was true when this ran last; `cargo xtask dist` passes a fresh answer.
fn commit() -> String {
    if let Some(given) = variable("DEALWRIGHT_COMMIT") {
        return given;
    }
    let Some(commit) = git(&["rev-parse", "--short=12", "HEAD"]) else {
        return "unknown".to_owned();
    };
    // `logs/HEAD` grows with each commit on a branch, `HEAD` changes with the branch. A path that is not there would
    // make cargo run this every time.
    for name in ["HEAD", "logs/HEAD"] {
        if let Some(path) = git(&["rev-parse", "--git-path", name]).filter(|path| Path::new(path).exists()) {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    // What git does not know of is left out: it is in no build.
    match git(&["status", "--porcelain", "--untracked-files=no"]) {
        Some(changes) if changes.is_empty() => commit,
        _ => format!("{commit}-dirty"),
    }
}

/// The first line of the compiler's own words: `rustc 1.95.0 (59807616e 2026-04-14)`.
fn rustc() -> String {
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    printed(Command::new(compiler).arg("--version")).unwrap_or_else(|| "unknown".to_owned())
}

fn git(arguments: &[&str]) -> Option<String> {
    // Reading must not renew the index, which others may be writing.
    printed(Command::new("git").env("GIT_OPTIONAL_LOCKS", "0").args(arguments))
}

fn printed(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
