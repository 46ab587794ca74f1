//! One process per folder and database: who serves holds both, whoever comes second waits or is told by whom.
//!
//! Metadata is kept in memory, so two servers on the same data would undo each other's changes. Three things keep them
//! apart (`docs/adr/0016-one-server-and-its-backups.md`):
//!
//! - `folder`: an exclusive lock on a file of the data folder, which the system takes back when the process ends
//! - `lease`: a row in a PostgreSQL database, which says until when it counts, and is renewed
//! - `fence`: what every write asks, so that a process that lost its lease writes nothing

pub(crate) mod fence;
mod folder;

use std::fmt;
use std::path::Path;
use std::time::Duration;

pub(crate) use fence::Fence;

use crate::database::Database;
use crate::driver::lease::Lease;
use crate::error::StoreError;

/// How often somebody who waits looks again.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// A process that holds data, as another one is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    pub process: u32,
    pub host: String,
    /// What it does, without options: `dealwright serve`.
    pub command: String,
}

impl Holder {
    /// This process.
    pub fn this(command: &str) -> Self {
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        Self { process: std::process::id(), host, command: command.to_owned() }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} on {} ({})", self.process, self.host, self.command)
    }
}

/// Somebody else holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Busy {
    /// `the data folder /var/lib/dealwright`, `the database`.
    pub what: String,
    /// `None` when they have not said yet who they are.
    pub by: Option<Holder>,
}

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.by {
            Some(holder) => write!(f, "{} is in use by {holder}", self.what),
            None => write!(f, "{} is in use by another process", self.what),
        }
    }
}

/// The right to be the only one that serves. Dropped, the folder is free at once, and the database when the lease ends;
/// [`Hold::release`] frees both at once.
#[derive(Debug)]
pub struct Hold {
    lease: Option<Lease>,
    folder: Option<folder::Lock>,
}

impl Hold {
    /// Takes folder and database, or says who has one of them. `folder` is `None` where nothing is kept in one.
    pub async fn try_take(
        folder: Option<&Path>,
        database: &Database,
        holder: &Holder,
    ) -> Result<Result<Self, Busy>, StoreError> {
        let folder = match folder.map(|folder| folder::Lock::try_take(folder, holder)).transpose()? {
            None => None,
            Some(Ok(lock)) => Some(lock),
            Some(Err(busy)) => return Ok(Err(busy)),
        };
        let lease = match database {
            Database::Sqlite { .. } => None,
            Database::Postgres(database) => {
                // Whoever held the same folder is gone, because we hold it now.
                let place = folder.as_ref().and_then(folder::Lock::place).unwrap_or_default();
                match Lease::try_take(database, holder, place).await? {
                    Ok(lease) => Some(lease),
                    Err(busy) => return Ok(Err(busy)),
                }
            }
        };
        Ok(Ok(Self { lease, folder }))
    }

    /// Takes a folder alone, or says who has it. For what touches no database that somebody serves.
    pub fn try_take_folder(folder: &Path, holder: &Holder) -> Result<Result<Self, Busy>, StoreError> {
        Ok(folder::Lock::try_take(folder, holder)?.map(|lock| Self { lease: None, folder: Some(lock) }))
    }

    /// Waits until folder and database are free, and takes them. `waits` hears once of each process that is waited for.
    pub async fn take(
        folder: Option<&Path>,
        database: &Database,
        holder: &Holder,
        mut waits: impl FnMut(&Busy),
    ) -> Result<Self, StoreError> {
        let mut told = None;
        loop {
            match Self::try_take(folder, database, holder).await? {
                Ok(hold) => return Ok(hold),
                Err(busy) => {
                    if busy.by.is_some() && told.as_ref() != Some(&busy) {
                        waits(&busy);
                        told = Some(busy);
                    }
                }
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Ends when the lease is lost to another process, with a word about it. Never without a lease.
    pub fn lost(&self) -> impl Future<Output = String> + Send + use<> {
        let lost = self.lease.as_ref().map(Lease::lost);
        async move {
            match lost {
                Some(lost) => lost.await,
                None => std::future::pending().await,
            }
        }
    }

    /// Gives everything back, so that whoever waits goes on at once.
    pub async fn release(self) {
        if let Some(lease) = self.lease {
            lease.release().await;
        }
        drop(self.folder);
    }
}
