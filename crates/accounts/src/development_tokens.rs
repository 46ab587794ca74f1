//! Access tokens that every development server takes, so that what an SDK has stored outlives a folder.
//!
//! A token made from the published refresh token says in its first half when and by which installation it was made, and
//! proves it in its second by a MAC. The key is published like everything else in development: the MAC tells such tokens
//! from others and keeps nobody out who could not come in by the published secrets. One of this installation counts only
//! as long as it is in the table; one of another installation counts until its hour is over, for the owner and the scopes
//! of the published refresh token.

use std::sync::{LazyLock, OnceLock};
use std::time::Duration;

use dealwright_store::{Conn, Sql, Weight};
use dealwright_wire::Instant;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::bootstrap::REFRESH_TOKEN;
use crate::secret::{Digest, Half, Secret, digest, halves, hash, random};
use crate::session::Session;
use crate::{Accounts, Error};

const KEY: &[u8] = b"dealwright development access tokens";
/// Bytes of the time, in seconds, and of the number of the installation; the rest of the half is random.
const NUMBER_BYTES: usize = 5;
/// How far the clock of the other server may be ahead.
const AHEAD_SECONDS: i64 = 60;
/// How long a foreign token that was revoked is known as such, and how many are: longer than any of them lives.
const ENDED_KEPT: Duration = Duration::from_hours(2);
const ENDED: u64 = 10_000;

/// What a development server knows to make and to read such tokens.
pub(crate) struct Development {
    /// Of this installation; unset in production.
    number: OnceLock<u64>,
    /// Tokens of other installations that were revoked here.
    ended: moka::sync::Cache<Digest, ()>,
}

impl Default for Development {
    fn default() -> Self {
        let ended = moka::sync::Cache::builder().max_capacity(ENDED).time_to_live(ENDED_KEPT).build();
        Self { number: OnceLock::new(), ended }
    }
}

impl Accounts {
    /// Makes such tokens from now on, under the number of this installation.
    pub(crate) fn set_development_number(&self, number: u64) {
        // Set by the first start in this process; the number of an installation never changes.
        let _ = self.0.development.number.set(number);
    }

    /// An access token for the published refresh token.
    pub(crate) fn published_access(&self) -> Result<Secret, Error> {
        match self.0.development.number.get() {
            Some(&number) => make(number, self.now()),
            None => Secret::token(),
        }
    }

    /// When a token of another development server was made; `None` for any other token, and when it has ended.
    pub(crate) fn foreign_token(&self, token: &str) -> Option<Instant> {
        let own = *self.0.development.number.get()?;
        let (number, made) = read(token)?;
        let age = self.now().0.checked_sub(made.0)?;
        let ttl = self.settings().access_token_ttl.as_secs() as i64;
        let is_good = number != own && age >= -AHEAD_SECONDS && age < ttl;
        (is_good && !self.0.development.ended.contains_key(&digest(token))).then_some(made)
    }

    /// Takes a token of another development server no more, as long as this process lives.
    pub(crate) fn end_foreign_token(&self, token: &str) {
        self.0.development.ended.insert(digest(token), ());
    }

    /// When a token ends that was made then.
    pub(crate) fn foreign_end(&self, made: Instant) -> Instant {
        Instant(made.0 + self.settings().access_token_ttl.as_secs() as i64)
    }

    /// The session of a token of another development server. It is kept nowhere: it ends with the published refresh token.
    pub(crate) async fn foreign_session(&self, token: &str) -> Result<Option<Session>, Error> {
        let Some(made) = self.foreign_token(token) else { return Ok(None) };
        let (key, ends) = (digest(token), self.foreign_end(made).0);
        self.store()
            .read(Weight::Point, move |conn| {
                Box::pin(async move {
                    let args = [hash(REFRESH_TOKEN).into(), true.into(), ends.into()];
                    Ok(conn.first(&BY_PUBLISHED, &args, |row| crate::session::read(row, key)).await?)
                })
            })
            .await
    }
}

/// The number of this installation, made at the first start.
pub(crate) async fn number(tx: &mut Conn) -> Result<u64, Error> {
    let sql = Sql::from("SELECT number FROM {installation}");
    if let Some(number) = tx.first(&sql, &[], |row| row.int(0)).await?.flatten() {
        return Ok(number.unsigned_abs());
    }
    let number = five(&random::<NUMBER_BYTES>()?);
    let args = [i64::try_from(number).unwrap_or_default().into()];
    tx.exec(&Sql::from("UPDATE {installation} SET number = ?1 WHERE number IS NULL"), &args).await?;
    Ok(number)
}

static BY_PUBLISHED: LazyLock<Sql> = LazyLock::new(|| {
    Sql::from(
        "SELECT r.identity, r.org, c.client_id, r.scopes, CAST(?3 AS BIGINT), c.js_domains FROM {refresh_tokens} r \
         JOIN {clients} c ON c.id = r.client JOIN {identities} i ON i.id = r.identity \
         JOIN {memberships} m ON m.identity = r.identity AND m.org = r.org \
         WHERE r.hash = ?1 AND i.is_active = ?2 AND m.is_active = ?2",
    )
});

fn make(number: u64, now: Instant) -> Result<Secret, Error> {
    let mut front: Half = [0; 16];
    front[..NUMBER_BYTES].copy_from_slice(&now.0.to_be_bytes()[3..]);
    front[NUMBER_BYTES..2 * NUMBER_BYTES].copy_from_slice(&number.to_be_bytes()[3..]);
    front[2 * NUMBER_BYTES..].copy_from_slice(&random::<6>()?);
    let mut back: Half = [0; 16];
    back.copy_from_slice(&mac(&front).finalize().into_bytes()[..16]);
    Ok(Secret::of_halves(&front, &back))
}

/// Number of the installation and time of a token whose MAC is right.
fn read(token: &str) -> Option<(u64, Instant)> {
    let (front, back) = halves(token)?;
    // Compares in constant time.
    mac(&front).verify_truncated_left(&back).ok()?;
    let made = i64::try_from(five(&front[..NUMBER_BYTES])).ok()?;
    Some((five(&front[NUMBER_BYTES..2 * NUMBER_BYTES]), Instant(made)))
}

fn mac(front: &Half) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY).expect("HMAC takes keys of any length");
    mac.update(front);
    mac
}

fn five(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, &byte| (number << 8) | u64::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_when_and_where_it_was_made() {
        let now = Instant(1_800_000_000);
        let token = make(7, now).unwrap();
        assert!(crate::secret::is_token(token.expose()), "{}", token.expose());
        assert_eq!(read(token.expose()), Some((7, now)));
        assert_ne!(make(7, now).unwrap().expose(), token.expose());
    }

    #[test]
    fn what_was_changed_or_made_otherwise_is_none() {
        let token = make(7, Instant(1_800_000_000)).unwrap().expose().to_owned();
        for at in (5..37).chain(38..70) {
            let mut forged = token.clone();
            forged.replace_range(at..=at, if &token[at..=at] == "0" { "1" } else { "0" });
            assert_eq!(read(&forged), None, "{forged}");
        }
        // The same token in capitals would be another one to whoever revokes it.
        assert_eq!(read(&token.to_uppercase()), None);
        assert_eq!(read(Secret::token().unwrap().expose()), None);
        for published in
            [REFRESH_TOKEN, crate::bootstrap::ACCESS_TOKEN, crate::bootstrap::EXPIRED_TOKEN, "", "1000.a.b"]
        {
            assert_eq!(read(published), None, "{published}");
        }
    }
}
