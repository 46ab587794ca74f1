//! What belongs to a backup.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use dealwright_store::{StoreError, private};
use serde::{Deserialize, Serialize};

use super::files::{self, Sum};
use crate::start_error::StartError;

/// Name of the file, and of the one that holds its checksum.
pub(super) const NAME: &str = "manifest.json";
pub(super) const SUM: &str = "manifest.sha256";
/// The form that this release writes and the newest that it reads.
const FORMAT: u32 = 1;

/// A backup's table of contents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// Version of the program that made it.
    pub release: String,
    /// When it was begun, in ISO 8601.
    pub made: String,
    /// `sqlite` or `postgres`.
    pub database: String,
    /// Stores and the names of their copies.
    pub stores: BTreeMap<String, String>,
    /// Every file of the backup but the manifest, by its path, with `/` between names.
    pub files: BTreeMap<String, Sum>,
    /// Uploaded files that the databases name and that were not there.
    pub absent: Vec<String>,
}

impl Manifest {
    pub(super) fn new(database: &str, made: String) -> Self {
        Self {
            format: FORMAT,
            release: env!("CARGO_PKG_VERSION").to_owned(),
            made,
            database: database.to_owned(),
            stores: BTreeMap::new(),
            files: BTreeMap::new(),
            absent: Vec::new(),
        }
    }

    /// Writes it, as the last file of the backup.
    pub(super) fn write(&self, folder: &Path) -> Result<(), StoreError> {
        let doing = || format!("writing {}", folder.join(NAME).display());
        let mut text = serde_json::to_vec_pretty(self)
            .map_err(|error| StoreError::Refused(format!("the manifest cannot be written: {error}")))?;
        text.push(b'\n');
        let run = || {
            let sum = files::sum_of(&text);
            let mut file = private::new_file(&folder.join(SUM))?;
            writeln!(file, "{}  {NAME}", sum.sha256)?;
            file.sync_all()?;
            let half = folder.join("manifest.writing");
            let mut file = private::new_file(&half)?;
            file.write_all(&text)?;
            file.sync_all()?;
            std::fs::rename(half, folder.join(NAME))?;
            private::sync_folder(folder)
        };
        run().map_err(files::failed(doing()))
    }

    /// Reads it and compares it with its checksum.
    pub(super) fn read(folder: &Path) -> Result<Self, StartError> {
        let refused = |text: String| StartError::Refused(format!("{}: {text}", folder.display()));
        let text = match std::fs::read(folder.join(NAME)) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(refused(format!(
                    "there is no {NAME}, so this is no backup, or one that was not finished"
                )));
            }
            Err(error) => return Err(refused(format!("{NAME} cannot be read: {error}"))),
        };
        let sum = std::fs::read_to_string(folder.join(SUM)).unwrap_or_default();
        if sum.split_whitespace().next() != Some(files::sum_of(&text).sha256.as_str()) {
            return Err(refused(format!("{NAME} does not fit its checksum in {SUM}")));
        }
        // The form comes first: what a later one means by the rest is not known here.
        let format =
            serde_json::from_slice::<serde_json::Value>(&text).ok().and_then(|all| all["format"].as_u64());
        match format {
            Some(format) if format > u64::from(FORMAT) => {
                Err(refused(format!("a newer release made this backup, in form {format}; use that release")))
            }
            _ => serde_json::from_slice(&text)
                .map_err(|error| refused(format!("{NAME} cannot be read: {error}"))),
        }
    }
}
