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
    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Io { doing, source }
    }

    pub(crate) fn blob(doing: impl Into<String>) -> impl FnOnce(object_store::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Blob { doing, source }
    }
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
