//! People signed in at this server's own pages, by cookie.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use dealwright_store::{Row, Sql, Weight};

use crate::identities::{COLUMNS, fold, read};
use crate::secret::{hash, same};
use crate::{Accounts, Error, Identity, Secret};

/// Failures of one email from one address before both have to wait.
const FAILURES: u32 = 10;
const WAIT: Duration = Duration::from_mins(10);
const REMEMBERED: u64 = 10_000;

/// Counts failed attempts to sign in.
pub(crate) struct Attempts(moka::sync::Cache<String, Arc<AtomicU32>>);

impl Default for Attempts {
    fn default() -> Self {
        Self(moka::sync::Cache::builder().max_capacity(REMEMBERED).time_to_live(WAIT).build())
    }
}

/// How an attempt to sign in ended.
#[derive(Debug)]
pub enum SignInOutcome {
    /// The cookie's value, and who it belongs to.
    SignedIn { cookie: Secret, identity: Identity },
    /// Email and password do not belong together.
    Refused,
    /// Too many failures; the password was not looked at.
    Wait,
}

/// A person who is signed in.
#[derive(Debug, Clone)]
pub struct SignIn {
    pub identity: Identity,
    form_token: String,
}

impl SignIn {
    /// The hidden value every form of this sign-in carries.
    pub fn form_token(&self) -> &str {
        &self.form_token
    }

    /// True when a form came from a page of this sign-in.
    pub fn owns_form(&self, token: &str) -> bool {
        same(token, &self.form_token)
    }
}

/// The hidden value of forms that belong to a cookie. The cookie cannot be found from it.
pub fn form_token(cookie: &str) -> String {
    hash(&format!("form {cookie}"))
}

impl Accounts {
    /// Checks a password. `from` is the address the attempt came from.
    pub async fn sign_in(&self, email: &str, password: &str, from: &str) -> Result<SignInOutcome, Error> {
        let failures = self.0.attempts.0.get_with(format!("{} {from}", fold(email)), Arc::default);
        // Counted before the password is looked at, so that many attempts at once do not slip through.
        if failures.fetch_add(1, Ordering::Relaxed) >= FAILURES {
            return Ok(SignInOutcome::Wait);
        }
        let folded = fold(email);
        let found = self
            .store()
            .read(Weight::Point, move |conn| {
                Box::pin(async move {
                    let sql = Sql::from(format!(
                        "SELECT {COLUMNS}, i.password FROM {{identities}} i WHERE i.email_folded = ?1 AND i.is_active = ?2"
                    ));
                    let read = |row: &Row<'_>| Ok((read(row)?, Row::must(row.text(4)?, 4)?.to_owned()));
                    Ok::<_, Error>(conn.first(&sql, &[folded.into(), true.into()], read).await?)
                })
            })
            .await?;
        let (identity, stored) = found.unzip();
        let is_right = self.0.hashing.verify(password, stored).await?;
        let Some(identity) = identity.filter(|_| is_right) else {
            return Ok(SignInOutcome::Refused);
        };
        failures.store(0, Ordering::Relaxed);
        let cookie = Secret::cookie()?;
        let (id, hash, now, owner) = (self.mint().next(), cookie.hash(), self.now().0, identity.id);
        let expires = now + self.settings().sign_in_ttl.as_secs() as i64;
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    tx.exec(&Sql::from("DELETE FROM {sessions} WHERE expires <= ?1"), &[now.into()]).await?;
                    let sql = Sql::from(
                        "INSERT INTO {sessions} (id, hash, identity, created, expires) VALUES (?1, ?2, ?3, ?4, ?5)",
                    );
                    tx.exec(&sql, &[id.into(), hash.into(), owner.into(), now.into(), expires.into()]).await?;
                    Ok::<_, Error>(())
                })
            })
            .await?;
        Ok(SignInOutcome::SignedIn { cookie, identity })
    }

    /// Who a cookie belongs to.
    pub async fn signed_in(&self, cookie: &str) -> Result<Option<SignIn>, Error> {
        let (key, now) = (hash(cookie), self.now().0);
        let identity = self
            .store()
            .read(Weight::Point, move |conn| {
                Box::pin(async move {
                    let sql = Sql::from(format!(
                        "SELECT {COLUMNS} FROM {{sessions}} s JOIN {{identities}} i ON i.id = s.identity \
                         WHERE s.hash = ?1 AND s.expires > ?2 AND i.is_active = ?3"
                    ));
                    Ok::<_, Error>(conn.first(&sql, &[key.into(), now.into(), true.into()], read).await?)
                })
            })
            .await?;
        Ok(identity.map(|identity| SignIn { identity, form_token: form_token(cookie) }))
    }

    /// Ends a sign-in.
    pub async fn sign_out(&self, cookie: &str) -> Result<(), Error> {
        let key = hash(cookie);
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    tx.exec(&Sql::from("DELETE FROM {sessions} WHERE hash = ?1"), &[key.into()]).await?;
                    Ok(())
                })
            })
            .await
    }
}
