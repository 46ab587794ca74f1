//! A backup becomes live data, in a place where there is none.

use std::path::Path;

use bytes::Bytes;
use dealwright_store::blob::BlobStore;
use dealwright_store::{Hold, Holder, StoreError};
use tokio::io::AsyncReadExt as _;

use super::manifest::Manifest;
use super::{BLOBS, EVERY, Progress, files};
use crate::config::Storage;
use crate::opening::{self, CONTROL};
use crate::start_error::StartError;

/// Bytes that are read at once.
const PIECE: usize = 256 << 10;

/// Restores a backup. Refused unless folder, database and bucket are empty. The accounts come last: without them nothing
/// starts, so a restore that broke off is never taken for a whole one.
pub async fn restore(
    storage: &Storage,
    folder: &Path,
    progress: Progress<'_>,
) -> Result<Manifest, StartError> {
    let manifest = Manifest::read(folder)?;
    let wanted = if storage.postgres.is_some() { "postgres" } else { "sqlite" };
    if manifest.database != wanted {
        return Err(StartError::Refused(match manifest.database.as_str() {
            "postgres" => "this is a backup of PostgreSQL; name an empty database with --database".to_owned(),
            _ => "this is a backup of SQLite; leave out --database".to_owned(),
        }));
    }
    if let Some(problem) = super::verify::of_files(folder, &manifest, progress).await?.into_iter().next() {
        return Err(StartError::Refused(format!(
            "nothing was restored, because the backup is damaged: {problem}"
        )));
    }
    let data = storage.folder.as_path();
    let is_empty =
        super::is_empty(data).map_err(files::failed(format!("looking into {}", data.display())))?;
    if storage.folder_in_use().is_some() && !is_empty {
        let text = format!("{} is not empty; a backup is restored into an empty folder", data.display());
        return Err(StartError::Refused(text));
    }
    let holder = Holder::this("dealwright admin restore");
    let hold = storage.folder_in_use().map(|data| Hold::try_take_folder(data, &holder)).transpose()?;
    let hold = match hold {
        Some(Err(busy)) => return Err(StartError::Refused(busy.to_string())),
        Some(Ok(hold)) => Some(hold),
        None => None,
    };
    let database = opening::connect(storage).await?;
    if let Some(there) = database.names().await?.first() {
        let text = format!(
            "{} is there already; a backup is restored into an empty place",
            database.place_of(there)
        );
        return Err(StartError::Refused(text));
    }
    let blobs = storage.blobs()?;
    if !blobs.is_empty().await? {
        return Err(StartError::Refused(
            "the bucket is not empty; a backup is restored into an empty place".to_owned(),
        ));
    }
    for (name, file) in manifest.stores.iter().filter(|(name, _)| *name != CONTROL) {
        progress(&format!("restoring {name}"));
        database.restore(name, &folder.join(file)).await?;
    }
    restore_files(&manifest, folder, &blobs, progress).await?;
    if let Some(file) = manifest.stores.get(CONTROL) {
        progress("restoring the accounts");
        database.restore(CONTROL, &folder.join(file)).await?;
    }
    if let Some(hold) = hold {
        hold.release().await;
    }
    Ok(manifest)
}

async fn restore_files(
    manifest: &Manifest,
    folder: &Path,
    blobs: &BlobStore,
    progress: Progress<'_>,
) -> Result<(), StoreError> {
    let all: Vec<(&str, &str, &files::Sum)> = manifest
        .files
        .iter()
        .filter_map(|(path, sum)| {
            let (space, name) = path.strip_prefix(BLOBS)?.strip_prefix('/')?.split_once('/')?;
            Some((space, name, sum))
        })
        .collect();
    for (at, (space, name, sum)) in all.iter().enumerate() {
        if at % EVERY == 0 {
            progress(&format!("restoring files: {at} of {}", all.len()));
        }
        let path = folder.join(BLOBS).join(space).join(name);
        let doing = || format!("reading {}", path.display());
        let mut file = tokio::fs::File::open(&path).await.map_err(files::failed(doing()))?;
        let mut writer = blobs.within(space).write(name)?;
        loop {
            let mut piece = Vec::with_capacity(PIECE);
            let count = (&mut file).take(PIECE as u64).read_to_end(&mut piece).await;
            if count.map_err(files::failed(doing()))? == 0 {
                break;
            }
            writer.write(Bytes::from(piece)).await?;
        }
        if writer.finish().await?.sha256 != sum.sha256 {
            return Err(StoreError::Refused(format!("{} changed while it was read", path.display())));
        }
    }
    Ok(())
}
