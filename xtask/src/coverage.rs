//! `cargo xtask coverage`: the page that says which operations are served, made from the registry.

use anyhow::{Context, Result, ensure};
use clap::Parser;

use crate::cargo::{cargo, root};

/// Where the page lies.
const PAGE: &str = "docs/coverage.md";

/// Write docs/coverage.md from the registry of operations.
#[derive(Parser)]
pub(crate) struct Coverage {
    /// Write nothing; fail when the page differs from the registry.
    #[arg(long)]
    check: bool,
}

impl Coverage {
    pub(crate) fn run(self) -> Result<()> {
        let output = cargo(&["run", "--quiet", "--package", "dealwright", "--", "coverage"])
            .output()
            .context("asking the server which operations it serves")?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "the server could not say which operations it serves: {complaint}");
        let page = String::from_utf8(output.stdout).context("the page is no UTF-8")?;
        let file = root().join(PAGE);
        if self.check {
            let stored = std::fs::read_to_string(&file).with_context(|| format!("reading {PAGE}"))?;
            ensure!(stored == page, "{PAGE} differs from the registry; run: cargo xtask coverage");
            return Ok(());
        }
        std::fs::write(&file, page).with_context(|| format!("writing {PAGE}"))?;
        println!("{PAGE} is written");
        Ok(())
    }
}
