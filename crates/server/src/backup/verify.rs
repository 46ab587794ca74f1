//! Is a backup whole? Is live data whole?

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use dealwright_engine::files::inventory;
use dealwright_store::{StoreError, copies};

use super::manifest::{self, Manifest};
use super::{BLOBS, EVERY, Progress, files};
use crate::config::Storage;
use crate::opening::{self, CONTROL};
use crate::start_error::StartError;

/// What looking came to.
#[derive(Debug, Default)]
pub struct Found {
    pub stores: usize,
    pub files: usize,
    /// What is wrong, a line each; nothing when all is whole.
    pub problems: Vec<String>,
}

/// Compares a backup with its manifest, checks the databases in it, and looks for every file that they name.
pub async fn verify(folder: &Path, progress: Progress<'_>) -> Result<Found, StartError> {
    let manifest = Manifest::read(folder)?;
    let mut problems = of_files(folder, &manifest, progress).await?;
    problems
        .extend(manifest.absent.iter().map(|path| format!("{path} was missing when the backup was made")));
    if manifest.database == "sqlite" {
        for (name, file) in &manifest.stores {
            progress(&format!("checking {name}"));
            let copy = folder.join(file);
            problems.extend(match copies::check_file(&copy).await {
                Ok(found) => found.into_iter().map(|problem| format!("{file}: {problem}")).collect(),
                Err(error) => vec![format!("{file}: {}", dealwright_store::error::chain(&error))],
            });
            let Ok(listed) = copies::read_file(&copy, |conn| Box::pin(inventory::all(conn))).await else {
                continue;
            };
            for one in listed {
                let path = format!("{BLOBS}/{name}/{}", one.name);
                let is_known = manifest.absent.iter().any(|absent| absent.starts_with(&path));
                if !is_known && manifest.files.get(&path).is_none_or(|sum| sum.size != one.size) {
                    problems.push(format!("{path}: {file} names it, and it is not in the backup"));
                }
            }
        }
    }
    let stores = manifest.stores.len();
    Ok(Found { stores, files: manifest.files.len() - stores, problems })
}

/// Compares every file of a backup with the manifest.
pub(super) async fn of_files(
    folder: &Path,
    manifest: &Manifest,
    progress: Progress<'_>,
) -> Result<Vec<String>, StoreError> {
    let mut problems = Vec::new();
    for (at, (path, wanted)) in manifest.files.iter().enumerate() {
        if at % EVERY == 0 {
            progress(&format!("comparing files: {at} of {}", manifest.files.len()));
        }
        let file = folder.join(path);
        let sum = tokio::task::spawn_blocking(move || files::sum_of_file(&file)).await;
        match sum.map_err(|_| StoreError::Panicked)? {
            Ok(sum) if sum == *wanted => {}
            Ok(sum) if sum.size != wanted.size => {
                problems.push(format!("{path}: {} bytes, and should be {}", sum.size, wanted.size));
            }
            Ok(_) => problems.push(format!("{path}: does not fit its checksum")),
            Err(error) => problems.push(format!("{path}: {error}")),
        }
    }
    let mut there = BTreeSet::new();
    below(folder, Path::new(""), &mut there)
        .map_err(files::failed(format!("looking into {}", folder.display())))?;
    for path in there {
        let path = path.to_string_lossy().into_owned();
        if !manifest.files.contains_key(&path) && path != manifest::NAME && path != manifest::SUM {
            problems.push(format!("{path}: does not belong to the backup"));
        }
    }
    Ok(problems)
}

fn below(folder: &Path, path: &Path, found: &mut BTreeSet<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder.join(path))? {
        let entry = entry?;
        let path = path.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            below(folder, &path, found)?;
        } else {
            found.insert(path);
        }
    }
    Ok(())
}

/// Checks the databases that are in use, and reads every uploaded file that they name. Works beside a running server; a
/// file that is deleted meanwhile is no problem.
pub async fn verify_live(storage: &Storage, progress: Progress<'_>) -> Result<Found, StartError> {
    let (database, control) = opening::beside(storage).await?;
    control.close().await;
    let mut found = Found::default();
    for name in database.names().await? {
        progress(&format!("checking {name}"));
        let Some(store) = database.existing(&name).await? else {
            found.problems.push(format!("{} is empty", database.place_of(&name)));
            continue;
        };
        found.stores += 1;
        let checked = store.check().await;
        let problems = checked.unwrap_or_else(|error| vec![dealwright_store::error::chain(&error)]);
        found.problems.extend(problems.into_iter().map(|problem| format!("{name}: {problem}")));
        if name != CONTROL
            && let Err(error) = files_of(storage, &name, &store, &mut found, progress).await
        {
            found.problems.push(format!("{name}: {}", dealwright_store::error::chain(&error)));
        }
        store.close().await;
    }
    Ok(found)
}

async fn files_of(
    storage: &Storage,
    name: &str,
    store: &dealwright_store::Store,
    found: &mut Found,
    progress: Progress<'_>,
) -> Result<(), StoreError> {
    let list = || store.read(dealwright_store::Weight::Scan, |conn| Box::pin(inventory::all(conn)));
    let listed = list().await?;
    if listed.is_empty() {
        return Ok(());
    }
    let blobs = storage.blobs()?.within(name);
    let mut suspects = Vec::new();
    for (at, one) in listed.iter().enumerate() {
        if at % EVERY == 0 {
            progress(&format!("reading files of {name}: {at} of {}", listed.len()));
        }
        found.files += 1;
        let problem = match blobs.read(&one.name).await? {
            None => "is missing",
            Some(blob) => {
                let sum = files::sum_of_blob(blob).await?;
                if sum.size == one.size && one.sha256.as_ref().is_none_or(|known| *known == sum.sha256) {
                    continue;
                }
                "has other bytes than were uploaded"
            }
        };
        suspects.push((one, problem));
    }
    if suspects.is_empty() {
        return Ok(());
    }
    let named = list().await?;
    for (one, problem) in suspects.into_iter().filter(|(one, _)| named.contains(one)) {
        found.problems.push(format!("{BLOBS}/{name}/{} {problem}", one.name));
    }
    Ok(())
}
