//! Copies of stores while they are in use: what backups are made of.
//!
//! A copy of a SQLite store is a database file. A copy of a PostgreSQL store is a script that `psql` could run as well:
//! the statements that make its schema, and its rows in the text form of `COPY`. How rows of all stores are of one moment:
//! on PostgreSQL they are read in one snapshot; on SQLite each file is of a moment of its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::future::BoxFuture;

use crate::conn::Conn;
use crate::database::{Database, Store, check_name, file_of};
use crate::driver::{postgres_copy, sqlite_copy};
use crate::error::StoreError;

/// The state of all stores at one moment, to be copied. Dropped, it lets go.
pub struct Still(Inner);

enum Inner {
    Sqlite { folder: Arc<PathBuf> },
    Postgres(Box<postgres_copy::Snapshot>),
}

impl Database {
    /// Holds on to the state of all stores while others go on writing.
    pub async fn still(&self) -> Result<Still, StoreError> {
        Ok(Still(match self {
            Self::Sqlite { folder, .. } => Inner::Sqlite { folder: Arc::clone(folder) },
            Self::Postgres(database) => {
                Inner::Postgres(Box::new(postgres_copy::Snapshot::take(database).await?))
            }
        }))
    }

    /// Name of the file that holds a copy of a store.
    pub fn copy_name(&self, store: &str) -> String {
        match self {
            Self::Sqlite { .. } => format!("{store}.db"),
            Self::Postgres(_) => format!("{store}.sql"),
        }
    }

    /// `sqlite` or `postgres`: a copy goes back to its own kind of database only.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }

    /// Makes a store of a copy, wholly or not at all. There must be none of that name.
    pub async fn restore(&self, store: &str, copy: &Path) -> Result<(), StoreError> {
        check_name(store)?;
        match self {
            Self::Sqlite { folder, .. } => {
                let (copy, to) = (copy.to_owned(), file_of(folder, store));
                blocking(move || sqlite_copy::restore(&copy, &to)).await
            }
            Self::Postgres(database) => postgres_copy::restore(database, copy).await,
        }
    }
}

impl Still {
    /// Copies a store into a new file.
    pub async fn copy(&mut self, store: &str, to: &Path) -> Result<(), StoreError> {
        check_name(store)?;
        match &mut self.0 {
            Inner::Sqlite { folder } => {
                let (from, to) = (file_of(folder, store), to.to_owned());
                blocking(move || sqlite_copy::copy(&from, &to)).await
            }
            Inner::Postgres(snapshot) => snapshot.copy(store, to).await,
        }
    }

    /// Reads a store in the state that was copied to `copy`.
    pub async fn read<T, F>(&mut self, store: &str, copy: &Path, work: F) -> Result<T, StoreError>
    where
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, StoreError>>,
    {
        let mut conn = match &mut self.0 {
            Inner::Sqlite { .. } => sqlite_copy::open(copy)?,
            Inner::Postgres(snapshot) => snapshot.conn(store).await?,
        };
        work(&mut conn).await
    }
}

/// Reads a copy of a SQLite store.
pub async fn read_file<T, F>(copy: &Path, work: F) -> Result<T, StoreError>
where
    F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, StoreError>>,
{
    work(&mut sqlite_copy::open(copy)?).await
}

/// What is wrong with a copy of a SQLite store, in words; nothing when it is whole.
pub async fn check_file(copy: &Path) -> Result<Vec<String>, StoreError> {
    let copy = copy.to_owned();
    blocking(move || {
        let mut conn = sqlite_copy::open(&copy)?;
        futures::executor::block_on(problems(&mut conn))
    })
    .await
}

impl Store {
    /// What is wrong with the store, in words; nothing when all of it can be read and fits together. Takes its time.
    pub async fn check(&self) -> Result<Vec<String>, StoreError> {
        self.read(crate::Weight::Scan, |conn| Box::pin(problems(conn))).await
    }
}

async fn problems(conn: &mut Conn) -> Result<Vec<String>, StoreError> {
    let dialect = conn.dialect();
    let text = |row: &crate::Row<'_>| crate::Row::must(row.text(0)?.map(str::to_owned), 0);
    let mut found = conn.all(&dialect.problems().into(), &[], text).await?;
    for query in conn.all(&dialect.read_everything().into(), &[], text).await? {
        if let Err(error) = conn.each(&query.into(), &[], &mut |_| Ok(())).await {
            found.push(crate::error::chain(&error));
        }
    }
    Ok(found)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(StoreError::Panicked))
}
