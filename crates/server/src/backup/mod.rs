//! Backups: what `dealwright admin backup`, `restore` and `verify` do.
//!
//! A backup is a folder: a copy of each store, the uploaded files below `blobs/`, and a manifest that says what belongs to
//! it, with sizes and checksums. The manifest is written last, so a folder without one is no backup
//! (`docs/adr/0016-one-server-and-its-backups.md`).
//!
//! - [`make()`]: beside a running server; [`restore()`]: into an empty place; [`verify()`]: of a backup or of live data
//! - `manifest`: the manifest; `files`: writing and reading files with their checksums

mod files;
mod make;
mod manifest;
mod restore;
mod verify;

use std::path::Path;

pub use make::{Made, make};
pub use manifest::Manifest;
pub use restore::restore;
pub use verify::{Found, verify, verify_live};

/// Hears what is being done, for somebody who waits for it.
pub type Progress<'a> = &'a mut (dyn FnMut(&str) + Send);

/// Folder of the uploaded files, in a backup as in live data.
const BLOBS: &str = "blobs";

/// How often somebody hears of files.
const EVERY: usize = 1_000;

/// Whether there is nothing in a folder, or no folder. What a file system or a lock leaves there does not count.
fn is_empty(folder: &Path) -> std::io::Result<bool> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let name = entry?.file_name();
        if name != "lock" && name != "lost+found" {
            return Ok(false);
        }
    }
    Ok(true)
}
