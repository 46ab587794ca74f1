//! The version, commit and time that everything of one archive bears.

use anyhow::{Context, Result};

use crate::cargo::output;

pub(crate) struct Stamp {
    pub(crate) version: &'static str,
    /// Twelve digits, with `-dirty` when files differ from it.
    pub(crate) commit: String,
    /// Seconds since 1970: `SOURCE_DATE_EPOCH` where it is set, otherwise when the commit was made. Never now, so
    /// that the same commit gives the same archive.
    pub(crate) time: u64,
}

impl Stamp {
    pub(crate) fn read() -> Result<Self> {
        let commit = output("git", &["rev-parse", "--short=12", "HEAD"])?;
        let changes = output("git", &["status", "--porcelain", "--untracked-files=no"])?;
        let time = match std::env::var("SOURCE_DATE_EPOCH") {
            Ok(given) => given.parse().context("SOURCE_DATE_EPOCH is no number of seconds")?,
            Err(_) => output("git", &["log", "-1", "--format=%ct"])?.trim().parse()?,
        };
        Ok(Self {
            version: env!("CARGO_PKG_VERSION"),
            commit: format!("{}{}", commit.trim(), if changes.trim().is_empty() { "" } else { "-dirty" }),
            time,
        })
    }
}
