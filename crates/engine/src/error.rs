//! Two kinds of error: the caller's fault, in the API's own form; and ours, which the caller never sees.

use dealwright_store::StoreError;
use dealwright_wire::{ApiError, Code};

/// Why an operation failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Api(#[from] ApiError),
    /// Logged once with its causes where the request ends; the client gets `INTERNAL_ERROR` and a request id.
    #[error("{doing}")]
    Internal {
        doing: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Error {
    /// An internal error that says what was being done.
    pub fn internal<E>(doing: impl Into<String>) -> impl FnOnce(E) -> Self
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let doing = doing.into();
        move |source| Self::Internal { doing, source: source.into() }
    }
}

impl From<StoreError> for Error {
    fn from(source: StoreError) -> Self {
        Self::Internal { doing: "using the store".to_owned(), source: Box::new(source) }
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self::Api(ApiError::new(code))
    }
}
