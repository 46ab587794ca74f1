//! What can go wrong outside the OAuth endpoints.

use dealwright_store::StoreError;

/// An error of the accounts.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("reading or writing the accounts")]
    Store(#[from] StoreError),
    #[error("asking the system for random bytes")]
    Random(#[source] getrandom::Error),
    #[error("hashing or checking a password")]
    Hashing(#[source] argon2::password_hash::Error),
    #[error("the task that hashes passwords was lost")]
    HashingLost,
    /// A stored value that this release cannot read.
    #[error("the accounts hold {0}")]
    Shape(String),
    /// The caller's fault; the text is for a person.
    #[error("{0}")]
    Refused(String),
}

impl Error {
    pub(crate) fn refused(text: impl Into<String>) -> Self {
        Self::Refused(text.into())
    }
}
