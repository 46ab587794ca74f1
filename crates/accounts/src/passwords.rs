//! Argon2id, off the async threads and few at a time: each hash takes 19 MiB and tens of milliseconds.

use argon2::Argon2;
use argon2::password_hash::{self, PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash};
use tokio::sync::Semaphore;

use crate::Error;

/// Hashes computed at the same time.
const PARALLEL: usize = 2;
/// Shortest password accepted for a new identity.
pub const MINIMUM_LENGTH: usize = 8;
/// Longer input is refused, so that nobody makes us hash megabytes.
const MAXIMUM_LENGTH: usize = 1024;

/// A hash that no password has. Checked for unknown emails, so that they take as long to refuse as known ones;
/// stored for people who were invited and have no password yet.
pub(crate) const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

pub(crate) struct Hashing(Semaphore);

impl Default for Hashing {
    fn default() -> Self {
        Self(Semaphore::new(PARALLEL))
    }
}

impl Hashing {
    /// The hash of a new password, in the PHC string format.
    pub(crate) async fn hash(&self, password: &str) -> Result<String, Error> {
        if password.chars().count() < MINIMUM_LENGTH || password.len() > MAXIMUM_LENGTH {
            return Err(Error::refused(format!(
                "a password has {MINIMUM_LENGTH} to {MAXIMUM_LENGTH} characters"
            )));
        }
        let password = password.to_owned();
        self.run(move || {
            let hash = Argon2::default().hash_password(password.as_bytes()).map_err(Error::Hashing)?;
            Ok(hash.to_string())
        })
        .await
    }

    /// True when the password belongs to the hash. Without a hash it takes as long and says no.
    pub(crate) async fn verify(&self, password: &str, hash: Option<String>) -> Result<bool, Error> {
        if password.len() > MAXIMUM_LENGTH {
            return Ok(false);
        }
        let password = password.to_owned();
        self.run(move || {
            let stored = PasswordHash::new(hash.as_deref().unwrap_or(NOBODY))
                .map_err(|_| Error::Shape("a password hash in an unknown format".to_owned()))?;
            match Argon2::default().verify_password(password.as_bytes(), &stored) {
                Ok(()) => Ok(hash.is_some()),
                Err(password_hash::Error::PasswordInvalid) => Ok(false),
                Err(error) => Err(Error::Hashing(error)),
            }
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let _turn = self.0.acquire().await.map_err(|_| Error::HashingLost)?;
        tokio::task::spawn_blocking(work).await.map_err(|_| Error::HashingLost)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_opens_its_own_hash_only() {
        let hashing = Hashing::default();
        let hash = hashing.hash("correct horse").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$"));
        assert!(hashing.verify("correct horse", Some(hash.clone())).await.unwrap());
        assert!(!hashing.verify("wrong horse", Some(hash)).await.unwrap());
        assert!(!hashing.verify("correct horse", None).await.unwrap());
        assert!(hashing.hash("short").await.is_err());
    }
}
