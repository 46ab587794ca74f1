//! What can go wrong below the API: always our side, except a violated unique index.

/// An error of the database, the file system or the store of blobs.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A unique index refused a row. The name is the index's, as the database reports it.
    #[error("unique index {index} refused a row")]
    Unique { index: String },
    #[error("running a statement on SQLite: {sql}")]
    Sqlite {
        sql: String,
        #[source]
        source: rusqlite::Error,
    },
    #[error("running a statement on PostgreSQL: {sql}")]
    Postgres {
        sql: String,
        #[source]
        source: tokio_postgres::Error,
    },
    /// There is no room left on the disk. Nothing of the unit was written.
    #[error("{doing}")]
    Full {
        doing: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// This process does not hold the database, or not any more.
    #[error("this process may not write: {0}")]
    NotHeld(String),
    #[error("the store is closed")]
    Closed,
    /// The database did not answer in time; whether it did what it was asked is not known.
    #[error("waiting for PostgreSQL: {doing}")]
    Late { doing: String },
    /// Whoever asked has gone. Nothing of the unit was written.
    #[error("whoever asked has gone")]
    Abandoned,
    #[error("getting a PostgreSQL connection")]
    Pool(#[from] deadpool_postgres::PoolError),
    #[error("{doing}")]
    Io {
        doing: String,
        #[source]
        source: std::io::Error,
    },
    #[error("{doing}")]
    Blob {
        doing: String,
        #[source]
        source: object_store::Error,
    },
    /// A stored value has not the form its column promises.
    #[error("reading column {column}: {found}")]
    Shape { column: usize, found: String },
    #[error("the writer of this store has stopped")]
    WriterStopped,
    #[error("a unit of work panicked; nothing of it was written")]
    Panicked,
    /// The shared commit failed: nothing of the group was written.
    #[error("committing: {0}")]
    Commit(String),
    #[error("{0}")]
    Refused(String),
}

impl StoreError {
    /// An error of the file system, which says whether the disk is full.
    pub fn io(doing: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let doing = doing.into();
        move |source| match source.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                Self::Full { doing, source: source.into() }
            }
            _ => Self::Io { doing, source },
        }
    }

    pub(crate) fn blob(doing: impl Into<String>) -> impl FnOnce(object_store::Error) -> Self {
        let doing = doing.into();
        move |source| {
            if is_full(&source) {
                Self::Full { doing, source: source.into() }
            } else {
                Self::Blob { doing, source }
            }
        }
    }

    /// Whether there is no room left on the disk.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Full { .. })
    }

    /// Whether a connection was lost, so that another one may do.
    pub(crate) fn is_disconnect(&self) -> bool {
        let Self::Postgres { source, .. } = self else { return false };
        match source.code() {
            // The server was stopped, or is not up again.
            Some(code) => code.code().starts_with("57P"),
            None => source.is_closed() || caused_by_io(source, |_| true),
        }
    }

    /// Whether the fault is the database's, and may pass by itself: it is away, overloaded, or held up by somebody's lock.
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Late { .. } | Self::Pool(_) | Self::Abandoned => true,
            Self::Postgres { source, .. } => match source.code() {
                // Classes "connection exception", "transaction rollback" (deadlocks), "insufficient resources" and
                // "operator intervention" (stopped, or ended by its deadline); locks that were not to be had.
                Some(code) => {
                    let code = code.code();
                    ["08", "40", "53", "57"].contains(&&code[..2.min(code.len())])
                        || code == "55P03"
                        || code == "25P03"
                }
                None => self.is_disconnect(),
            },
            _ => false,
        }
    }

    /// The option of the server to look at, when the place it names refuses us and will until somebody changes that: a
    /// folder of somebody else, a wrong password, a database that is not there.
    pub fn refused_place(&self) -> Option<&'static str> {
        let is_of_file = |kind: std::io::ErrorKind| {
            use std::io::ErrorKind::{NotADirectory, PermissionDenied, ReadOnlyFilesystem};
            matches!(kind, NotADirectory | PermissionDenied | ReadOnlyFilesystem)
        };
        match self {
            Self::Io { source, .. } => is_of_file(source.kind()).then_some("--data"),
            Self::Sqlite { source, .. } => {
                use rusqlite::ErrorCode::{CannotOpen, NotADatabase, PermissionDenied, ReadOnly};
                let code = source.sqlite_error_code();
                let is_it = matches!(code, Some(CannotOpen | NotADatabase | PermissionDenied | ReadOnly));
                is_it.then_some("--data")
            }
            Self::Postgres { source, .. } | Self::Pool(deadpool_postgres::PoolError::Backend(source)) => {
                // Classes "invalid authorization" and "invalid catalog name"; "insufficient privilege".
                let code = source.code()?.code();
                (code.starts_with("28") || code.starts_with("3D") || code == "42501").then_some("--database")
            }
            _ => None,
        }
    }

    /// Whether a database was not reached, or is still starting: what somebody may wait for.
    pub fn is_unreachable(&self) -> bool {
        let Self::Pool(deadpool_postgres::PoolError::Backend(error)) = self else { return false };
        match error.code() {
            Some(code) => *code == tokio_postgres::error::SqlState::CANNOT_CONNECT_NOW,
            None => caused_by_io(error, |_| true),
        }
    }
}

/// Stores of blobs wrap what the file system says.
fn is_full(error: &(dyn std::error::Error + 'static)) -> bool {
    caused_by_io(error, |io| {
        matches!(io.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
    })
}

fn caused_by_io(error: &(dyn std::error::Error + 'static), is_it: impl Fn(&std::io::Error) -> bool) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref::<std::io::Error>().is_some_and(&is_it) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// The error and its causes in one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}
