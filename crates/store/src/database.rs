//! Opening a database and running units of work on one of its stores.
//!
//! A *store* is a namespace: the control data, or one org. On SQLite it is a file in the data folder,
//! on PostgreSQL a schema.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::future::BoxFuture;

use crate::conn::Conn;
use crate::dialect::Dialect;
use crate::driver::{postgres, sqlite};
use crate::error::StoreError;

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
    Sqlite { folder: Arc<PathBuf> },
    Postgres(postgres::PgDatabase),
}

impl Database {
    /// A folder of SQLite files; created when missing.
    pub fn sqlite(folder: &Path) -> Result<Self, StoreError> {
        std::fs::create_dir_all(folder)
            .map_err(StoreError::io(format!("creating the data folder {}", folder.display())))?;
        Ok(Self::Sqlite { folder: Arc::new(folder.to_owned()) })
    }

    /// A PostgreSQL database by its URL. Opens one connection to prove that it answers.
    pub async fn postgres(url: &str) -> Result<Self, StoreError> {
        Ok(Self::Postgres(postgres::PgDatabase::connect(url).await?))
    }

    /// Opens the store of that name (`control`, `org_42`), creating it when missing.
    pub async fn store(&self, name: &str) -> Result<Store, StoreError> {
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        {
            return Err(StoreError::Refused(format!("{name:?} is no name for a store")));
        }
        let inner = match self {
            Self::Sqlite { folder } => {
                Inner::Sqlite(sqlite::SqliteStore::open(&folder.join(format!("{name}.db")))?)
            }
            Self::Postgres(database) => Inner::Postgres(database.schema(name).await?),
        };
        Ok(Store { inner: Arc::new(inner), name: name.into() })
    }
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
}

impl Store {
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn dialect(&self) -> &'static dyn Dialect {
        match &*self.inner {
            Inner::Sqlite(_) => &crate::dialect::SQLITE,
            Inner::Postgres(_) => &crate::dialect::POSTGRES,
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
            Inner::Postgres(store) => store.read(weight, work).await,
        }
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
        match &*self.inner {
            Inner::Sqlite(store) => store.write(work).await,
            Inner::Postgres(store) => store.write(work).await,
        }
    }
}
