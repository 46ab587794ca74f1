//! `cargo xtask fuzz <target>`: one fuzz target, starting from its seeds.

use std::fs::create_dir_all;

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;

use crate::cargo::{is_installed, program, root, run};

/// Run one fuzz target (needs nightly Rust and cargo-fuzz).
#[derive(Parser)]
pub(crate) struct Fuzz {
    /// A target in `fuzz/`.
    target: String,

    /// Inputs to try; when not given, until stopped.
    #[arg(long)]
    runs: Option<u64>,
}

impl Fuzz {
    pub(crate) fn run(self) -> Result<()> {
        ensure!(
            is_installed("cargo-fuzz"),
            "cargo-fuzz is not installed: cargo install --locked cargo-fuzz && rustup toolchain install nightly"
        );
        let seeds = root().join("fuzz/seeds").join(&self.target);
        if !seeds.is_dir() {
            bail!("there is no folder fuzz/seeds/{0}: is {0} a fuzz target?", self.target);
        }
        // What the fuzzer finds is written to the first folder; the seeds stay as they are.
        let corpus = root().join("fuzz/corpus").join(&self.target);
        create_dir_all(&corpus).with_context(|| format!("making {}", corpus.display()))?;

        // By rustup's proxy, which alone understands `+nightly`.
        let mut command = program("cargo");
        command.env_remove("CARGO").args(["+nightly", "fuzz", "run", &self.target]).args([corpus, seeds]);
        if let Some(runs) = self.runs {
            command.arg("--").arg(format!("-runs={runs}"));
        }
        run(&mut command)
    }
}
