//! Is everything where it was? Each org has a mark, a random number that the accounts know, the org's store holds, and a
//! file among its uploaded files repeats. A disk that is not mounted, an empty file, or data of another installation is
//! noticed at the start, before anything is made in its place.

use dealwright_accounts::{Accounts, InstallationKind, Secret};
use dealwright_engine::{files, mark};
use dealwright_store::{Database, Store};
use dealwright_wire::Id;

use crate::config::Storage;
use crate::start_error::StartError;

/// Checks every org that the accounts know, and marks those that have none yet: new ones, and those of an earlier release.
pub(crate) async fn check(
    accounts: &Accounts,
    database: &Database,
    storage: &Storage,
    kind: Option<InstallationKind>,
) -> Result<(), StartError> {
    for (org, known) in accounts.marks().await? {
        let name = format!("org_{org}");
        let Some(store) = database.existing(&name).await? else {
            // A development server that ended while it made its org makes it again.
            if known.is_none() && kind != Some(InstallationKind::Production) {
                continue;
            }
            return Err(StartError::Refused(format!(
                "{} is missing or empty, although the accounts know this organisation: is a disk not mounted? Put it \
                 back, or restore a backup",
                database.place_of(&name)
            )));
        };
        let checked = Place { org, database, storage, name: &name }.check(&store, known, accounts).await;
        store.close().await;
        checked?;
    }
    Ok(())
}

struct Place<'a> {
    org: Id,
    database: &'a Database,
    storage: &'a Storage,
    name: &'a str,
}

impl Place<'_> {
    async fn check(
        &self,
        store: &Store,
        known: Option<String>,
        accounts: &Accounts,
    ) -> Result<(), StartError> {
        let found = mark::read(store).await?;
        let Some(found) = found else {
            if known.is_none() {
                // It was never finished; opening it says so.
                return Ok(());
            }
            return Err(StartError::Refused(format!(
                "{} is empty, although the accounts know this organisation; restore a backup",
                self.database.place_of(self.name)
            )));
        };
        let is_other = known.is_some() && found.mark != known;
        if found.org != self.org || is_other {
            return Err(StartError::Refused(format!(
                "{} belongs to another installation or organisation; put the right one in its place",
                self.database.place_of(self.name)
            )));
        }
        if known.is_none() && self.storage.bucket.is_none() && !self.has_newest(store).await? {
            return Err(self.lost_files());
        }
        let mark = match known.clone().or(found.mark.clone()) {
            Some(mark) => mark,
            None => Secret::client()?.expose().to_owned(),
        };
        if found.mark.is_none() {
            mark::write(store, mark.clone()).await?;
        }
        self.check_files(store, &mark).await?;
        if known.is_none() {
            accounts.set_mark(self.org, mark).await?;
        }
        Ok(())
    }

    /// The files of an org lie beside its mark. Without one there must be no files yet.
    async fn check_files(&self, store: &Store, mark: &str) -> Result<(), StartError> {
        if self.storage.bucket.is_some() {
            return if self.has_newest(store).await? { Ok(()) } else { Err(self.lost_files()) };
        }
        match mark::of_files(&self.folder(), self.org) {
            Ok(Some(found)) if found == mark => Ok(()),
            Ok(Some(_)) => Err(StartError::Refused(format!(
                "{} holds files of another installation; put the right folder in its place",
                self.folder().display()
            ))),
            Ok(None) if self.has_newest(store).await? => {
                let written = mark::mark_files(&self.folder(), self.org, mark);
                written.map_err(|error| self.unreadable(&error))
            }
            Ok(None) => Err(self.lost_files()),
            Err(error) => Err(self.unreadable(&error)),
        }
    }

    /// Whether one of the newest files that records hold is where it should be; also when no record holds any. A single
    /// one that is lost is no reason to refuse everything.
    async fn has_newest(&self, store: &Store) -> Result<bool, StartError> {
        let newest = files::inventory::newest(store).await?;
        if newest.is_empty() {
            return Ok(true);
        }
        if self.storage.bucket.is_none() && !self.folder().is_dir() {
            return Ok(false);
        }
        let blobs = self.storage.blobs()?.within(self.name);
        for name in newest {
            if blobs.read(&name).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn folder(&self) -> std::path::PathBuf {
        self.storage.folder.join("blobs").join(self.name)
    }

    fn lost_files(&self) -> StartError {
        let place = match &self.storage.bucket {
            Some(bucket) => format!("the bucket {}", bucket.bucket),
            None => self.folder().display().to_string(),
        };
        StartError::Refused(format!(
            "{place} does not hold the uploaded files that the database names: is a disk not mounted, or another bucket \
             meant? Put them back, or restore a backup"
        ))
    }

    fn unreadable(&self, error: &std::io::Error) -> StartError {
        StartError::Refused(format!("{} cannot be used: {error}", self.folder().display()))
    }
}
