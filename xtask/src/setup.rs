//! `cargo xtask setup`: which of the needed programs are there. Installs nothing; `make setup` does, before this.

use anyhow::{Result, bail};
use clap::Parser;

use crate::cargo::{find_program, is_installed, program};
use crate::postgres;

/// List which of the needed programs are there.
#[derive(Parser)]
pub(crate) struct Setup {}

/// A program, what it is for and how to get it.
struct Tool {
    name: &'static str,
    needed: Needed,
    advice: &'static str,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Needed {
    Always,
    Optional,
}

const TOOLS: &[Tool] = &[
    Tool {
        name: "cc",
        needed: Needed::Always,
        advice: "a C compiler, for SQLite: apt-get install build-essential",
    },
    Tool {
        name: "cargo-fmt",
        needed: Needed::Always,
        advice: "the format check: rustup component add rustfmt",
    },
    Tool { name: "cargo-clippy", needed: Needed::Always, advice: "lints: rustup component add clippy" },
    Tool {
        name: "python3",
        needed: Needed::Optional,
        advice: "the conformance suites: apt-get install python3-venv",
    },
    Tool { name: "nginx", needed: Needed::Optional, advice: "checks its sample: apt-get install nginx" },
    Tool {
        name: "promtool",
        needed: Needed::Optional,
        advice: "checks the alert rules: apt-get install prometheus",
    },
    Tool { name: "caddy", needed: Needed::Optional, advice: "checks its sample: apt-get install caddy" },
    Tool {
        name: "fail2ban-regex",
        needed: Needed::Optional,
        advice: "checks the filter: apt-get install fail2ban",
    },
    Tool { name: "curl", needed: Needed::Optional, advice: "trying the examples: apt-get install curl" },
    Tool { name: "mold", needed: Needed::Optional, advice: "links faster: apt-get install mold" },
    Tool {
        name: "cargo-insta",
        needed: Needed::Optional,
        advice: "reviews snapshots: cargo install cargo-insta",
    },
    Tool {
        name: "cargo-deny",
        needed: Needed::Always,
        advice: "licences, advisories: cargo install --locked cargo-deny",
    },
    Tool {
        name: "cargo-machete",
        needed: Needed::Optional,
        advice: "unused crates: cargo install cargo-machete",
    },
    Tool {
        name: "cargo-fuzz",
        needed: Needed::Optional,
        advice: "fuzzing, with nightly: cargo install cargo-fuzz",
    },
];

impl Setup {
    #[expect(clippy::unused_self, reason = "each task runs from its arguments; this one has none")]
    pub(crate) fn run(self) -> Result<()> {
        let mut missing = Vec::new();
        for tool in TOOLS {
            match find_program(tool.name) {
                Some(path) => println!("{:<14} {}", tool.name, path.display()),
                None if tool.needed == Needed::Always => {
                    println!("{:<14} MISSING: {}", tool.name, tool.advice);
                    missing.push(tool.name);
                }
                None => println!("{:<14} not there; {}", tool.name, tool.advice),
            }
        }
        match postgres::binaries() {
            Ok(folder) => println!("{:<14} {}", "postgresql", folder.display()),
            Err(error) => {
                println!("{:<14} MISSING: {error:#}", "postgresql");
                missing.push("postgresql");
            }
        }
        if is_installed("python3") && !python_has_venv() {
            println!("{:<14} not there; the conformance suites: apt-get install python3-venv", "venv");
        }
        if !missing.is_empty() {
            bail!("missing: {}", missing.join(", "));
        }
        Ok(())
    }
}

fn python_has_venv() -> bool {
    program("python3")
        .args(["-c", "import ensurepip, venv"])
        .output()
        .is_ok_and(|output| output.status.success())
}
