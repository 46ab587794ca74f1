//! A backup beside a running server, or without one.
//!
//! Rows come first and files second. While it runs, files that lose their record are not removed, so every file that a
//! copied row names is still there when its turn comes.

use std::path::{Path, PathBuf};
use std::time::Duration;

use dealwright_engine::files::inventory::{self, Listed};
use dealwright_engine::files::sweep;
use dealwright_store::blob::BlobStore;
use dealwright_store::copies::Still;
use dealwright_store::error::chain;
use dealwright_store::{Database, Store, StoreError, private};
use dealwright_wire::{Clock, Zone};

use super::manifest::Manifest;
use super::{BLOBS, EVERY, Progress, files};
use crate::config::Storage;
use crate::opening::{self, CONTROL};
use crate::start_error::StartError;

/// How long files stay that lost their record, if nothing more is heard of the backup.
const HELD: Duration = Duration::from_hours(1);
/// How often that time is made to begin anew.
const RENEWED: Duration = Duration::from_mins(5);

/// What a backup came to.
#[derive(Debug)]
pub struct Made {
    pub orgs: usize,
    pub files: usize,
    /// In bytes, all together.
    pub size: u64,
    /// Uploaded files that the databases name and that were not there: damage that was there before.
    pub absent: Vec<String>,
}

/// Makes a backup in a folder, which must be empty or not there yet.
pub async fn make(
    storage: &Storage,
    clock: &Clock,
    folder: &Path,
    progress: Progress<'_>,
) -> Result<Made, StartError> {
    if !super::is_empty(folder).map_err(files::failed(format!("looking into {}", folder.display())))? {
        let text = format!("{} is not empty; a backup goes into a folder of its own", folder.display());
        return Err(StartError::Refused(text));
    }
    let (database, control) = opening::beside(storage).await?;
    let blobs = storage.blobs()?;
    private::make_folder(&folder.join(BLOBS))
        .map_err(files::failed(format!("making {}", folder.display())))?;
    let mut run = Run {
        manifest: Manifest::new(database.kind(), clock.now().text(&Zone::UTC)),
        database,
        blobs,
        clock: clock.clone(),
        folder: folder.to_owned(),
        orgs: Vec::new(),
        renewed_ms: i64::MIN,
    };
    let made = run.all(progress).await;
    run.let_go().await;
    control.close().await;
    made
}

struct Run {
    manifest: Manifest,
    database: Database,
    blobs: BlobStore,
    clock: Clock,
    folder: PathBuf,
    /// Orgs whose files are held.
    orgs: Vec<Store>,
    renewed_ms: i64,
}

impl Run {
    async fn all(&mut self, progress: Progress<'_>) -> Result<Made, StartError> {
        let mut names = self.orgs_now().await?;
        for name in &names {
            self.hold(name).await?;
        }
        let mut still = self.database.still().await?;
        let mut listed = Vec::new();
        for name in &names {
            self.renew().await;
            progress(&format!("copying {name}"));
            listed.push((name.clone(), self.copy(&mut still, name).await?));
        }
        progress("copying the accounts");
        self.copy(&mut still, CONTROL).await?;
        // Where each store is of a moment of its own, an org may have come in between that the accounts know by now.
        if self.manifest.database == "sqlite" {
            for name in self.orgs_now().await? {
                if !names.contains(&name) {
                    self.hold(&name).await?;
                    listed.push((name.clone(), self.copy(&mut still, &name).await?));
                    names.push(name);
                }
            }
        }
        drop(still);
        for (name, wanted) in listed {
            self.copy_files(&name, &wanted, progress).await?;
        }
        private::sync_folder(&self.folder.join(BLOBS))
            .map_err(files::failed("writing the backup".to_owned()))?;
        self.manifest.write(&self.folder)?;
        Ok(Made {
            orgs: names.len(),
            files: self.manifest.files.len() - self.manifest.stores.len(),
            size: self.manifest.files.values().map(|sum| sum.size).sum(),
            absent: self.manifest.absent.clone(),
        })
    }

    async fn orgs_now(&self) -> Result<Vec<String>, StoreError> {
        Ok(self.database.names().await?.into_iter().filter(|name| name != CONTROL).collect())
    }

    /// Keeps files that lose their record, until the end.
    async fn hold(&mut self, name: &str) -> Result<(), StartError> {
        let Some(store) = self.database.existing(name).await? else { return Ok(()) };
        let until = self.clock.now_ms() + HELD.as_millis() as i64;
        if let Err(error) = sweep::hold_back(&store, Some(until)).await {
            // A standby, a full disk: a backup is worth having all the same.
            tracing::warn!(
                error = chain(&error),
                "files that are deleted during the backup may be missing in it, because {name} takes no writes"
            );
        }
        self.orgs.push(store);
        Ok(())
    }

    async fn renew(&mut self) {
        let now = self.clock.now_ms();
        if now.saturating_sub(self.renewed_ms) < RENEWED.as_millis() as i64 {
            return;
        }
        self.renewed_ms = now;
        for store in &self.orgs {
            if let Err(error) = sweep::hold_back(store, Some(now + HELD.as_millis() as i64)).await {
                tracing::debug!(error = chain(&error), "the time that files stay was not renewed");
            }
        }
    }

    async fn let_go(&self) {
        for store in &self.orgs {
            if let Err(error) = sweep::hold_back(store, None).await {
                tracing::debug!(error = chain(&error), "files stay until the time for them is over");
            }
            store.close().await;
        }
    }

    /// Copies a store, and gives the files that it names.
    async fn copy(&mut self, still: &mut Still, name: &str) -> Result<Vec<Listed>, StartError> {
        let file = self.database.copy_name(name);
        let path = self.folder.join(&file);
        still.copy(name, &path).await?;
        let listed = still.read(name, &path, |conn| Box::pin(inventory::all(conn))).await?;
        let summed = path.clone();
        let sum = tokio::task::spawn_blocking(move || files::sum_of_file(&summed)).await;
        let sum = sum.map_err(|_| StoreError::Panicked)?;
        let sum = sum.map_err(files::failed(format!("reading {}", path.display())))?;
        self.manifest.files.insert(file.clone(), sum);
        self.manifest.stores.insert(name.to_owned(), file);
        Ok(listed)
    }

    async fn copy_files(
        &mut self,
        name: &str,
        wanted: &[Listed],
        progress: Progress<'_>,
    ) -> Result<(), StartError> {
        if wanted.is_empty() {
            return Ok(());
        }
        let below = self.folder.join(BLOBS).join(name);
        private::make_folder(&below).map_err(files::failed(format!("making {}", below.display())))?;
        let blobs = self.blobs.within(name);
        for (at, file) in wanted.iter().enumerate() {
            self.renew().await;
            if at % EVERY == 0 {
                progress(&format!("copying files of {name}: {at} of {}", wanted.len()));
            }
            let path = format!("{BLOBS}/{name}/{}", file.name);
            let Some(blob) = blobs.read(&file.name).await? else {
                self.manifest.absent.push(path);
                continue;
            };
            let sum = files::write_blob(blob, &below.join(&file.name)).await?;
            if sum.size != file.size || file.sha256.as_ref().is_some_and(|known| *known != sum.sha256) {
                self.manifest.absent.push(format!("{path} (other bytes than were uploaded)"));
            }
            self.manifest.files.insert(path, sum);
        }
        private::sync_folder(&below).map_err(files::failed("writing the backup".to_owned()))?;
        Ok(())
    }
}
