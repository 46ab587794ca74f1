//! People signed in at this server's own pages, by cookie.

use dealwright_store::{Conn, Row, Sql, StoreError, Weight};
use dealwright_wire::{Id, Instant};

use crate::identities::{COLUMNS, WIDTH, fold, read};
use crate::limits::{Attempt, Wait};
use crate::secret::{hash, same};
use crate::{Accounts, Error, Identity, Secret};

/// A use less than this after the last one is not written down.
const GRAIN_SECONDS: i64 = 60;
/// Longest email address (RFC 5321); whatever is longer is nobody's.
const LONGEST_EMAIL: usize = 254;
/// Bytes that are kept of what a browser calls itself.
const AGENT_BYTES: usize = 200;

/// How an attempt to sign in ended.
#[derive(Debug)]
pub enum SignInOutcome {
    /// The cookie's value, and who it belongs to.
    /// With it, the mark by which this browser is known from now on.
    SignedIn { cookie: Secret, identity: Identity, mark: String },
    /// Email and password do not belong together.
    Refused,
    /// Too many failures, or too many at once; the password was not looked at. After how many seconds it would be.
    Wait(u64),
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

/// Where somebody signs in from.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// Address of the browser, as far as it is known.
    pub address: &'a str,
    /// What the browser calls itself (`User-Agent`).
    pub agent: &'a str,
    /// The mark that the browser got when somebody signed in with it; empty without one.
    pub mark: &'a str,
}

/// A sign-in as its owner's list shows it.
#[derive(Debug, Clone)]
pub struct SignInEntry {
    pub id: Id,
    pub address: String,
    pub agent: String,
    pub created: Instant,
    /// To the minute.
    pub last_used: Instant,
    /// The one that asks.
    pub is_current: bool,
}

/// The hidden value of forms that belong to a cookie. The cookie cannot be found from it.
pub fn form_token(cookie: &str) -> String {
    hash(&format!("form {cookie}"))
}

impl Accounts {
    /// Checks a password.
    pub async fn sign_in(
        &self,
        email: &str,
        password: &str,
        from: Origin<'_>,
    ) -> Result<SignInOutcome, Error> {
        let folded = fold(email);
        if folded.len() > LONGEST_EMAIL {
            return Ok(SignInOutcome::Refused);
        }
        let limits = &self.0.limits.sign_in;
        let known = self.0.marks.is_of(from.mark, &folded).then_some(from.mark);
        let attempt = Attempt { email: &folded, address: from.address, known };
        if let Err(Wait(wait)) = limits.admits(attempt, self.0.clock.now_ms()) {
            return Ok(SignInOutcome::Wait(wait.as_secs() + 1));
        }
        let Some(_turn) = self.0.hashing.queue(known.is_some()) else {
            limits.refund(attempt);
            return Ok(SignInOutcome::Wait(1));
        };
        let key = folded.clone();
        let found = self
            .store()
            .read(Weight::Point, move |conn| {
                Box::pin(async move {
                    let sql = Sql::from(format!(
                        "SELECT {COLUMNS}, i.password FROM {{identities}} i WHERE i.email_folded = ?1 AND i.is_active = ?2 \
                         AND EXISTS (SELECT 1 FROM {{memberships}} m WHERE m.identity = i.id AND m.is_active = ?2)"
                    ));
                    let read = |row: &Row<'_>| {
                        Ok((read(row)?, Row::must(row.text(WIDTH)?, WIDTH)?.to_owned()))
                    };
                    Ok::<_, Error>(conn.first(&sql, &[key.into(), true.into()], read).await?)
                })
            })
            .await?;
        let (identity, stored) = found.unzip();
        let is_right = self.0.hashing.verify(password, stored).await?;
        let Some(identity) = identity.filter(|_| is_right) else {
            return Ok(SignInOutcome::Refused);
        };
        limits.forgive(attempt);
        let cookie = Secret::cookie()?;
        if self.begin(&identity, &cookie, from).await? {
            let mark = self.0.marks.make(&folded)?;
            Ok(SignInOutcome::SignedIn { cookie, identity, mark })
        } else {
            Ok(SignInOutcome::Refused)
        }
    }

    /// Stores a sign-in. `false` when the person has been kept out meanwhile.
    async fn begin(&self, identity: &Identity, cookie: &Secret, from: Origin<'_>) -> Result<bool, Error> {
        let (id, hash, now, owner) = (self.mint().next(), cookie.hash(), self.now().0, identity.id);
        let expires = now + self.settings().sign_in_ttl.as_secs() as i64;
        let (address, agent) = (plain(from.address), plain(from.agent));
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    if !crate::orgs::may_act_somewhere(tx, owner).await? {
                        return Ok(false);
                    }
                    let sql = Sql::from("UPDATE {identities} SET last_sign_in = ?2 WHERE id = ?1");
                    tx.exec(&sql, &[owner.into(), now.into()]).await?;
                    tx.exec(&Sql::from("DELETE FROM {sessions} WHERE expires <= ?1"), &[now.into()]).await?;
                    let sql = Sql::from(
                        "INSERT INTO {sessions} (id, hash, identity, created, expires, last_used, address, agent) \
                         VALUES (?1, ?2, ?3, ?4, ?5, ?4, ?6, ?7)",
                    );
                    let args = [
                        id.into(),
                        hash.into(),
                        owner.into(),
                        now.into(),
                        expires.into(),
                        address.into(),
                        agent.into(),
                    ];
                    tx.exec(&sql, &args).await?;
                    Ok::<_, Error>(true)
                })
            })
            .await
    }

    /// Who a cookie belongs to.
    pub async fn signed_in(&self, cookie: &str) -> Result<Option<SignIn>, Error> {
        let (key, now) = (hash(cookie), self.now().0);
        let fresh = now - self.idle_seconds();
        let found = self
            .store()
            .read(Weight::Point, move |conn| {
                Box::pin(async move {
                    let sql = Sql::from(format!(
                        "SELECT {COLUMNS}, s.id, s.last_used FROM {{sessions}} s JOIN {{identities}} i ON i.id = s.identity \
                         WHERE s.hash = ?1 AND s.expires > ?2 AND s.last_used > ?3 AND i.is_active = ?4 \
                         AND EXISTS (SELECT 1 FROM {{memberships}} m WHERE m.identity = i.id AND m.is_active = ?4)"
                    ));
                    let read = |row: &Row<'_>| {
                        let (id, last_used) = (row.id(WIDTH)?, row.int(WIDTH + 1)?);
                        Ok((read(row)?, Row::must(id, WIDTH)?, Row::must(last_used, WIDTH + 1)?))
                    };
                    let args = [key.into(), now.into(), fresh.into(), true.into()];
                    Ok::<_, Error>(conn.first(&sql, &args, read).await?)
                })
            })
            .await?;
        let Some((identity, id, last_used)) = found else { return Ok(None) };
        if now - last_used >= GRAIN_SECONDS {
            self.store()
                .write(move |tx| {
                    Box::pin(async move {
                        let sql = Sql::from("UPDATE {sessions} SET last_used = ?2 WHERE id = ?1");
                        tx.exec(&sql, &[id.into(), now.into()]).await?;
                        Ok::<_, Error>(())
                    })
                })
                .await?;
        }
        Ok(Some(SignIn { identity, form_token: form_token(cookie) }))
    }

    /// Where a person is signed in, the latest use first.
    pub async fn sign_ins_of(&self, identity: Id, cookie: &str) -> Result<Vec<SignInEntry>, Error> {
        let (current, now) = (hash(cookie), self.now().0);
        let fresh = now - self.idle_seconds();
        self.store()
            .read(Weight::Point, move |conn| {
                Box::pin(async move {
                    let sql = Sql::from(
                        "SELECT id, address, agent, created, last_used, hash FROM {sessions} \
                         WHERE identity = ?1 AND expires > ?2 AND last_used > ?3 ORDER BY last_used DESC, id DESC",
                    );
                    let read = |row: &Row<'_>| {
                        Ok(SignInEntry {
                            id: Row::must(row.id(0)?, 0)?,
                            address: row.text(1)?.unwrap_or_default().to_owned(),
                            agent: row.text(2)?.unwrap_or_default().to_owned(),
                            created: Instant(Row::must(row.int(3)?, 3)?),
                            last_used: Instant(Row::must(row.int(4)?, 4)?),
                            is_current: row.text(5)? == Some(current.as_str()),
                        })
                    };
                    Ok::<_, Error>(conn.all(&sql, &[identity.into(), now.into(), fresh.into()], read).await?)
                })
            })
            .await
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

    /// Ends one of a person's sign-ins by its place in their list. `false` when there is none.
    pub async fn end_sign_in(&self, identity: Id, entry: Id) -> Result<bool, Error> {
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    let sql = Sql::from("DELETE FROM {sessions} WHERE id = ?1 AND identity = ?2");
                    Ok(tx.exec(&sql, &[entry.into(), identity.into()]).await? > 0)
                })
            })
            .await
    }

    /// Ends a person's sign-ins but for the one with this cookie.
    pub async fn end_other_sign_ins(&self, identity: Id, cookie: &str) -> Result<(), Error> {
        let kept = hash(cookie);
        self.store()
            .write(move |tx| Box::pin(async move { Ok(end_others(tx, identity, &kept).await?) }))
            .await
    }

    /// Signs a person out everywhere, and with `tokens` takes away what clients hold for them: in one org or in all.
    /// Links that were made for them end as well.
    pub async fn sign_out_everywhere(
        &self,
        identity: Id,
        tokens: bool,
        org: Option<Id>,
    ) -> Result<(), Error> {
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    if tokens {
                        crate::tokens::delete_of_person(tx, identity, org).await?;
                    }
                    Ok::<_, Error>(end_all(tx, identity).await?)
                })
            })
            .await?;
        self.forget_all();
        Ok(())
    }

    pub(crate) fn idle_seconds(&self) -> i64 {
        self.settings().sign_in_idle.as_secs() as i64
    }
}

/// Ends a person's sign-ins but for the one with that hash.
pub(crate) async fn end_others(tx: &mut Conn, identity: Id, kept: &str) -> Result<(), StoreError> {
    let sql = Sql::from("DELETE FROM {sessions} WHERE identity = ?1 AND hash <> ?2");
    tx.exec(&sql, &[identity.into(), kept.into()]).await.map(drop)
}

/// Ends a person's sign-ins and the links that lead to new ones.
pub(crate) async fn end_all(tx: &mut Conn, identity: Id) -> Result<(), StoreError> {
    for table in ["sessions", "links"] {
        let sql = Sql::from(format!("DELETE FROM {{{table}}} WHERE identity = ?1"));
        tx.exec(&sql, &[identity.into()]).await?;
    }
    Ok(())
}

/// A text of a stranger's that is shown in a list: short, on one line.
fn plain(text: &str) -> String {
    let mut plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    while plain.len() > AGENT_BYTES {
        plain.pop();
    }
    plain
}
