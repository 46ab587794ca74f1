//! Opening a database and running units of work on one of its stores.
//!
//! A *store* is a namespace: the control data, or one org. On SQLite it is a file in the data folder,
//! on PostgreSQL a schema.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::future::BoxFuture;
use tokio::sync::Notify;

use crate::conn::Conn;
use crate::costs::Costs;
use crate::dialect::Dialect;
use crate::driver::{postgres, sqlite};
use crate::error::StoreError;
use crate::noting::Noting;
use crate::private;
use crate::room::Room;

/// How heavy a read is, which decides where SQLite runs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// A few rows by key: run at once on the caller's thread (a thread hop costs more than the read).
    Point,
    /// A page in the order of an index, which costs its rows and nothing else however many records there are: run at
    /// once like a point read, but alone on its connection.
    Page,
    /// A search, or a list that may pass over many rows: run where it may take its time, a few at once.
    Scan,
}

/// A database server or data folder that holds all stores.
#[derive(Clone)]
pub enum Database {
    Sqlite { folder: Arc<PathBuf>, room: Room, costs: Arc<Costs> },
    Postgres(postgres::PgDatabase),
}

impl Database {
    /// A folder of SQLite files; created when missing, for nobody but this process's user.
    pub fn sqlite(folder: &Path) -> Result<Self, StoreError> {
        private::make_folder(folder)
            .map_err(StoreError::io(format!("creating the data folder {}", folder.display())))?;
        Ok(Self::Sqlite { folder: Arc::new(folder.to_owned()), room: Room::default(), costs: Arc::default() })
    }

    /// A PostgreSQL database by its URL. Opens one connection to prove that it answers.
    pub async fn postgres(url: &str) -> Result<Self, StoreError> {
        Ok(Self::Postgres(postgres::PgDatabase::connect(url).await?))
    }

    /// Opens the store of that name (`control`, `org_42`), creating it when missing.
    pub async fn store(&self, name: &str) -> Result<Store, StoreError> {
        check_name(name)?;
        let inner = match self {
            Self::Sqlite { folder, room, costs } => {
                let (file, costs) = (file_of(folder, name), Arc::clone(costs));
                Inner::Sqlite(sqlite::SqliteStore::open(&file, room.clone(), costs)?)
            }
            Self::Postgres(database) => Inner::Postgres(database.schema(name).await?),
        };
        Ok(Store { inner: Arc::new(inner), name: name.into(), written: Arc::default(), is_patient: false })
    }

    /// Opens the store of that name if there is one. An empty file is none: it is what a disk that is not mounted, or a
    /// copy that broke off, leaves in its place.
    pub async fn existing(&self, name: &str) -> Result<Option<Store>, StoreError> {
        if self.has(name).await? { Ok(Some(self.store(name).await?)) } else { Ok(None) }
    }

    /// Whether [`Database::existing`] would find a store.
    pub async fn has(&self, name: &str) -> Result<bool, StoreError> {
        check_name(name)?;
        match self {
            Self::Sqlite { folder, .. } => {
                let file = file_of(folder, name);
                match std::fs::metadata(&file) {
                    Ok(about) => Ok(about.len() > 0),
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
                    Err(error) => Err(StoreError::io(format!("looking for {}", file.display()))(error)),
                }
            }
            Self::Postgres(database) => database.has_schema(name).await,
        }
    }

    /// How many connections there are, busy and idle, and how many requests wait for one; `None` where there is no pool.
    pub fn connections(&self) -> Option<[usize; 3]> {
        match self {
            Self::Sqlite { .. } => None,
            Self::Postgres(database) => {
                let status = database.pool().status();
                Some([status.size.saturating_sub(status.available), status.available, status.waiting])
            }
        }
    }

    /// Names of the stores that are there, in order.
    pub async fn names(&self) -> Result<Vec<String>, StoreError> {
        match self {
            Self::Sqlite { folder, .. } => names_in(folder),
            Self::Postgres(database) => database.schemas().await,
        }
    }

    /// Where a store is, for a message: a file, or a schema.
    pub fn place_of(&self, name: &str) -> String {
        match self {
            Self::Sqlite { folder, .. } => file_of(folder, name).display().to_string(),
            Self::Postgres(_) => format!("schema {name} of the database"),
        }
    }

    /// What is known about the room on the disk.
    pub fn room(&self) -> &Room {
        match self {
            Self::Sqlite { room, .. } => room,
            Self::Postgres(database) => database.room(),
        }
    }

    /// Lets a write pass, or says why this process may not write: it lost its lease, or the database takes none.
    pub fn may_write(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite { .. } => Ok(()),
            Self::Postgres(database) => database.fence().pass(),
        }
    }
}

pub(crate) fn check_name(name: &str) -> Result<(), StoreError> {
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
        return Err(StoreError::Refused(format!("{name:?} is no name for a store")));
    }
    Ok(())
}

/// The file of a store.
pub(crate) fn file_of(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.db"))
}

/// Stores whose files are in a folder.
fn names_in(folder: &Path) -> Result<Vec<String>, StoreError> {
    let doing = || format!("looking into {}", folder.display());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(StoreError::io(doing()))? {
        let file = entry.map_err(StoreError::io(doing()))?.file_name();
        let Some(name) = file.to_str().and_then(|file| file.strip_suffix(".db")) else { continue };
        if name == "control" || name.strip_prefix("org_").is_some_and(|id| id.parse::<i64>().is_ok()) {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

enum Inner {
    Sqlite(sqlite::SqliteStore),
    Postgres(postgres::PgStore),
}

/// One namespace of tables. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
    name: Arc<str>,
    /// Rings after each write.
    written: Arc<Notify>,
    /// Statements may take as long as they do.
    is_patient: bool,
}

impl Store {
    /// The same store for work that nobody waits for, such as making an index: its statements have no deadline. Whoever
    /// waits for another's lock still gives up.
    #[must_use]
    pub fn patient(&self) -> Self {
        Self { is_patient: true, ..self.clone() }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn dialect(&self) -> &'static dyn Dialect {
        match &*self.inner {
            Inner::Sqlite(_) => &crate::dialect::SQLITE,
            Inner::Postgres(_) => &crate::dialect::POSTGRES,
        }
    }

    /// What the statements of all stores of the same database have cost so far.
    pub fn costs(&self) -> &Costs {
        match &*self.inner {
            Inner::Sqlite(store) => store.costs(),
            Inner::Postgres(store) => store.costs(),
        }
    }

    /// Ends the store after what was begun: on SQLite the log is folded into the file and goes. Whatever comes after it
    /// fails.
    pub async fn close(&self) {
        match &*self.inner {
            Inner::Sqlite(store) => store.close().await,
            Inner::Postgres(_) => {}
        }
    }

    /// Runs a unit of reading.
    pub async fn read<T, E, F>(&self, weight: Weight, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
    {
        match &*self.inner {
            Inner::Sqlite(store) => store.read(weight, work).await,
            Inner::Postgres(store) => store.read(weight, self.is_patient, work).await,
        }
    }

    /// Runs a unit of reading in which every statement sees the same state of the store, whatever is written meanwhile.
    pub async fn read_state<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
    {
        match &*self.inner {
            Inner::Sqlite(store) => store.read_state(work).await,
            Inner::Postgres(store) => store.read_state(work).await,
        }
    }

    /// What of its tables full text is told of.
    pub fn noting(&self) -> &Noting {
        match &*self.inner {
            Inner::Sqlite(store) => &store.noting,
            Inner::Postgres(store) => &store.noting,
        }
    }

    /// What rings after each write; for one that waits. It keeps nothing open.
    pub fn written(&self) -> Arc<Notify> {
        Arc::clone(&self.written)
    }

    /// Runs a unit of writing: all of it is committed, or none.
    ///
    /// Returns only after the commit is durable. On SQLite, units that wait share one commit.
    /// The unit must do no outside IO: SQLite has one writer.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
    {
        let done = match &*self.inner {
            Inner::Sqlite(store) => store.write(work).await,
            Inner::Postgres(store) => store.write(self.is_patient, work).await,
        };
        self.written.notify_one();
        done
    }
}
