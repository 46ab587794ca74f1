//! `dealwright admin backup`, `restore` and `verify`.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use dealwright_server::backup::{self, Found};
use dealwright_wire::Clock;

use crate::data_place::DataPlace;
use crate::failure::Failure;
use crate::runtime;

/// How often somebody who waits hears what is being done.
const EVERY: Duration = Duration::from_secs(1);

#[derive(Args)]
pub(crate) struct BackupOptions {
    /// Folder of the backup; made, or empty
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    #[command(flatten)]
    place: DataPlace,
}

#[derive(Args)]
pub(crate) struct VerifyOptions {
    /// Folder of a backup; without it the live data is checked
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,

    #[command(flatten)]
    place: DataPlace,
}

pub(crate) fn make(BackupOptions { folder, place }: BackupOptions) -> Result<(), Failure> {
    let storage = place.storage()?;
    let made = runtime()?.block_on(backup::make(&storage, &Clock::system(), &folder, &mut progress()))?;
    let mut out = io::stdout().lock();
    let (orgs, files, size) = (made.orgs, made.files, made.size);
    writeln!(
        out,
        "{} holds {orgs} organisations and {files} uploaded files, {size} bytes",
        folder.display()
    )?;
    if made.absent.is_empty() {
        return Ok(());
    }
    for path in &made.absent {
        writeln!(out, "missing: {path}")?;
    }
    Err(anyhow::anyhow!("the backup is made, but {} uploaded files were missing already", made.absent.len())
        .into())
}

pub(crate) fn restore(BackupOptions { folder, place }: BackupOptions) -> Result<(), Failure> {
    let storage = place.storage()?;
    let manifest = runtime()?.block_on(backup::restore(&storage, &folder, &mut progress()))?;
    writeln!(
        io::stdout(),
        "restored what was there at {}, made by dealwright {}. Start the server with: dealwright serve",
        manifest.made,
        manifest.release
    )?;
    Ok(())
}

pub(crate) fn verify(VerifyOptions { folder, place }: VerifyOptions) -> Result<(), Failure> {
    let mut progress = progress();
    let Found { stores, files, problems } = if let Some(folder) = folder {
        runtime()?.block_on(backup::verify(&folder, &mut progress))?
    } else {
        let storage = place.storage()?;
        runtime()?.block_on(backup::verify_live(&storage, &mut progress))?
    };
    let mut out = io::stdout().lock();
    for problem in &problems {
        writeln!(out, "{problem}")?;
    }
    if problems.is_empty() {
        writeln!(out, "whole: {stores} databases, {files} uploaded files")?;
        return Ok(());
    }
    Err(anyhow::anyhow!("{} problems in {stores} databases and {files} uploaded files", problems.len())
        .into())
}

/// Says on standard error what is being done, not too often.
fn progress() -> impl FnMut(&str) + Send {
    let mut last: Option<Instant> = None;
    move |text: &str| {
        if last.is_none_or(|at| at.elapsed() >= EVERY) {
            last = Some(Instant::now());
            // Nobody reads it when standard error is closed.
            let _ = writeln!(io::stderr(), "{text}");
        }
    }
}
