//! Passwords: what they have to be, how they are kept and changed.
//!
//! Argon2id, off the async threads and few at a time: each hash takes 19 MiB and tens of milliseconds.

use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::Argon2;
use argon2::password_hash::{self, PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash};
use dealwright_store::{Conn, Row, Sql, StoreError, Weight};
use dealwright_wire::Id;
use tokio::sync::Semaphore;

use crate::identities::fold;
use crate::{Accounts, Error, Identity, SignIn, secret};

/// Hashes computed at the same time.
const PARALLEL: usize = 2;
/// Checks that may wait at a time, about a second's work; and further ones of those who have signed in before.
const QUEUE: usize = 40;
const KEPT: usize = 20;
/// Fewest characters of a new password.
pub const MINIMUM_LENGTH: usize = 10;
/// Most bytes of a new password.
pub const MAXIMUM_LENGTH: usize = 256;
/// Longer input is no password of anybody's, earlier rules included: nobody makes us hash megabytes.
const LONGEST_TRIED: usize = 1024;

/// A hash that no password has. Checked for unknown emails, so that they take as long to refuse as known ones;
/// stored for people who were invited and have no password yet.
pub(crate) const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// What a new password has to be. No mixture of signs is asked for: length is what helps.
pub fn check(password: &str) -> Result<(), Error> {
    if password.chars().count() < MINIMUM_LENGTH {
        return Err(Error::refused(format!("a password has at least {MINIMUM_LENGTH} characters")));
    }
    if password.len() > MAXIMUM_LENGTH {
        return Err(Error::refused(format!("a password has at most {MAXIMUM_LENGTH} bytes")));
    }
    let mut characters = password.chars();
    let first = characters.next();
    if characters.all(|one| Some(one) == first) {
        return Err(Error::refused("a password of one character over and over is guessed at once"));
    }
    Ok(())
}

pub(crate) struct Hashing {
    turns: Semaphore,
    /// Those that wait for a turn or have it.
    waiting: AtomicUsize,
}

impl Default for Hashing {
    fn default() -> Self {
        Self { turns: Semaphore::new(PARALLEL), waiting: AtomicUsize::new(0) }
    }
}

/// A place in the queue; free again when it is dropped.
pub(crate) struct Turn<'a>(&'a Hashing);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Hashing {
    /// A place in the queue for checking a password. `None` when it is so long that waiting would be no use. Some places
    /// are kept for those who have signed in before, so that strangers cannot take them all.
    pub(crate) fn queue(&self, is_known: bool) -> Option<Turn<'_>> {
        let most = if is_known { QUEUE + KEPT } else { QUEUE };
        let turn = Turn(self);
        // The turn takes its place back when it is refused.
        (self.waiting.fetch_add(1, Ordering::Relaxed) < most).then_some(turn)
    }

    /// The hash of a new password, in the PHC string format.
    pub(crate) async fn hash(&self, password: &str) -> Result<String, Error> {
        check(password)?;
        let password = password.to_owned();
        self.run(move || {
            let hash = Argon2::default().hash_password(password.as_bytes()).map_err(Error::Hashing)?;
            Ok(hash.to_string())
        })
        .await
    }

    /// True when the password belongs to the hash. Without a hash it takes as long and says no.
    pub(crate) async fn verify(&self, password: &str, hash: Option<String>) -> Result<bool, Error> {
        if password.len() > LONGEST_TRIED {
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
        let _turn = self.turns.acquire().await.map_err(|_| Error::HashingLost)?;
        tokio::task::spawn_blocking(work).await.map_err(|_| Error::HashingLost)?
    }
}

impl Accounts {
    /// Gives a person a new password and ends every sign-in they have, and every link that would set another.
    pub async fn set_password(&self, identity: Id, password: &str) -> Result<(), Error> {
        let hash = self.0.hashing.hash(password).await?;
        self.store()
            .write(move |tx| Box::pin(async move { Ok(store(tx, identity, hash, None).await?) }))
            .await
    }

    /// Changes the password of somebody who is signed in and knows the old one. All their other sign-ins end.
    pub async fn change_password(
        &self,
        sign_in: &SignIn,
        cookie: &str,
        old: &str,
        new: &str,
    ) -> Result<(), Error> {
        let identity = sign_in.identity.id;
        if self.0.limits.old_password.admits(&identity.to_string(), self.0.clock.now_ms()).is_err() {
            return Err(Error::refused("there were too many attempts; wait a minute and try again"));
        }
        let stored = self
            .store()
            .read(Weight::Point, move |conn| {
                Box::pin(async move {
                    let sql = Sql::from("SELECT password FROM {identities} WHERE id = ?1");
                    conn.first(&sql, &[identity.into()], |row| Ok(Row::must(row.text(0)?, 0)?.to_owned()))
                        .await
                })
            })
            .await?;
        if !self.0.hashing.verify(old, stored).await? {
            return Err(Error::refused("the old password is not right"));
        }
        if old == new {
            return Err(Error::refused("the new password is the old one"));
        }
        fits(&sign_in.identity, new)?;
        let hash = self.0.hashing.hash(new).await?;
        let kept = secret::hash(cookie);
        self.store()
            .write(move |tx| {
                Box::pin(async move { Ok::<_, Error>(store(tx, identity, hash, Some(kept)).await?) })
            })
            .await?;
        self.0.limits.old_password.forgive(&identity.to_string());
        Ok(())
    }
}

/// A password that is one's own name here is the first to be tried.
pub(crate) fn fits(identity: &Identity, password: &str) -> Result<(), Error> {
    check(password)?;
    if fold(password) == fold(&identity.email) {
        return Err(Error::refused("the email address is no password"));
    }
    Ok(())
}

/// Stores a password; ends links and sign-ins, but for the one whose hash is given.
pub(crate) async fn store(
    tx: &mut Conn,
    identity: Id,
    password: String,
    kept: Option<String>,
) -> Result<(), StoreError> {
    let sql = Sql::from("UPDATE {identities} SET password = ?2 WHERE id = ?1");
    tx.exec(&sql, &[identity.into(), password.into()]).await?;
    crate::sign_ins::end_others(tx, identity, kept.as_deref().unwrap_or_default()).await?;
    tx.exec(&Sql::from("DELETE FROM {links} WHERE identity = ?1"), &[identity.into()]).await.map(drop)
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
    }

    #[test]
    fn the_queue_is_short_and_keeps_places_for_those_who_were_here_before() {
        let hashing = Hashing::default();
        let strangers: Vec<_> = (0..QUEUE).map(|_| hashing.queue(false).unwrap()).collect();
        assert!(hashing.queue(false).is_none());
        let known: Vec<_> = (0..KEPT).map(|_| hashing.queue(true).unwrap()).collect();
        assert!(hashing.queue(true).is_none());
        drop(strangers);
        assert!(hashing.queue(false).is_some());
        drop(known);
        assert_eq!(hashing.waiting.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_new_password_is_long_enough_and_not_too_long() {
        for (password, fits) in [
            ("123456789".to_owned(), false),
            ("1234567890".to_owned(), true),
            // Characters are counted, not bytes.
            ("äöüäöüäöü".to_owned(), false),
            ("äöüäöüäöüä".to_owned(), true),
            ("ab".repeat(128), true),
            ("ab".repeat(128) + "c", false),
            ("a".repeat(20), false),
            (" ".repeat(20), false),
        ] {
            assert_eq!(check(&password).is_ok(), fits, "{password:?}");
        }
    }
}
