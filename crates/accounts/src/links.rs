//! Links by which people set a password: for those who were invited, and for those who forgot theirs.
//!
//! A link works once and for a short while. It is mailed to its person, or given to an administrator who hands it on;
//! only its hash is stored. A new one takes the place of an earlier one that went the same way, so that a stranger who
//! asks for mails does not spoil a link that an administrator has given out.

use dealwright_store::{Row, Sql, Weight};
use dealwright_wire::{Id, Instant};

use crate::identities::{COLUMNS, WIDTH, read};
use crate::limits::home;
use crate::passwords::{self, NOBODY};
use crate::secret::{hash, same};
use crate::{Accounts, Error, Identity, Secret};

/// How a link gets to its person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To their own address, which opening it verifies.
    Mail,
    /// Through an administrator.
    Hand,
}

/// A link that was just made. `Debug` hides its secret.
#[derive(Debug, Clone)]
pub struct Link {
    pub identity: Identity,
    /// They have no password yet.
    pub is_invitation: bool,
    pub expires: Instant,
    url: Secret,
}

impl Link {
    /// The whole address, for the one page or mail that carries it.
    pub fn url(&self) -> &str {
        self.url.expose()
    }
}

/// Whom an open link belongs to.
#[derive(Debug, Clone)]
pub struct OpenLink {
    pub identity: Identity,
    pub is_invitation: bool,
    is_mailed: bool,
}

impl Accounts {
    /// Makes a link for a person. `None` when nobody lets them in: then there is nothing to set a password for.
    pub async fn make_link(&self, identity: Id, way: Way) -> Result<Option<Link>, Error> {
        let Some((identity, has_password)) = self.with_password(identity).await? else { return Ok(None) };
        let settings = self.settings();
        let ttl = if has_password { settings.reset_ttl } else { settings.invitation_ttl };
        let secret = Secret::cookie()?;
        let (hash, id, is_mailed) = (secret.hash(), identity.id, way == Way::Mail);
        let expires = self.now().0 + ttl.as_secs() as i64;
        let is_made = self
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    if !crate::orgs::may_act_somewhere(tx, id).await? {
                        return Ok(false);
                    }
                    let sql = Sql::from("DELETE FROM {links} WHERE identity = ?1 AND is_mailed = ?2");
                    tx.exec(&sql, &[id.into(), is_mailed.into()]).await?;
                    let sql = Sql::from(
                        "INSERT INTO {links} (hash, identity, is_mailed, expires) VALUES (?1, ?2, ?3, ?4)",
                    );
                    tx.exec(&sql, &[hash.into(), id.into(), is_mailed.into(), expires.into()]).await?;
                    Ok::<_, Error>(true)
                })
            })
            .await?;
        let url = Secret::new(format!("{}/oauth/link?token={}", self.public_url(), secret.expose()));
        Ok(is_made.then_some(Link { identity, is_invitation: !has_password, expires: Instant(expires), url }))
    }

    /// Whom a link belongs to; `None` when it is unknown, used, replaced or too old.
    pub async fn open_link(&self, secret: &str) -> Result<Option<OpenLink>, Error> {
        let (key, now) = (hash(secret), self.now().0);
        let sought = key.clone();
        let found = self
            .store()
            .read(Weight::Point, move |conn| {
                Box::pin(async move {
                    let sql = Sql::from(format!(
                        "SELECT {COLUMNS}, i.password, l.is_mailed, l.hash FROM {{links}} l \
                         JOIN {{identities}} i ON i.id = l.identity \
                         WHERE l.hash = ?1 AND l.expires > ?2 AND i.is_active = ?3 \
                         AND EXISTS (SELECT 1 FROM {{memberships}} m WHERE m.identity = i.id AND m.is_active = ?3)"
                    ));
                    let read = |row: &Row<'_>| {
                        let link = OpenLink {
                            identity: read(row)?,
                            is_invitation: row.text(WIDTH)? == Some(NOBODY),
                            is_mailed: Row::must(row.bool(WIDTH + 1)?, WIDTH + 1)?,
                        };
                        Ok((link, Row::must(row.text(WIDTH + 2)?, WIDTH + 2)?.to_owned()))
                    };
                    Ok::<_, Error>(conn.first(&sql, &[sought.into(), now.into(), true.into()], read).await?)
                })
            })
            .await?;
        Ok(found.filter(|(_, stored)| same(stored, &key)).map(|(link, _)| link))
    }

    /// Sets a password by a link, which is used up by it, and ends the person's sign-ins. `None` as for
    /// [`Accounts::open_link`]; a password that does not fit is refused and leaves the link good.
    pub async fn use_link(&self, secret: &str, password: &str) -> Result<Option<OpenLink>, Error> {
        let Some(link) = self.open_link(secret).await? else { return Ok(None) };
        passwords::fits(&link.identity, password)?;
        let hashed = self.0.hashing.hash(password).await?;
        let (key, now, identity, is_mailed) = (hash(secret), self.now().0, link.identity.id, link.is_mailed);
        let is_used = self
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    // Of two who use it at once, one finds it gone.
                    let sql = Sql::from("DELETE FROM {links} WHERE hash = ?1");
                    if !crate::orgs::may_act_somewhere(tx, identity).await?
                        || tx.exec(&sql, &[key.into()]).await? == 0
                    {
                        return Ok(false);
                    }
                    passwords::store(tx, identity, hashed, None).await?;
                    if is_mailed {
                        let sql = Sql::from(
                            "UPDATE {identities} SET email_verified = ?2 WHERE id = ?1 AND email_verified IS NULL",
                        );
                        tx.exec(&sql, &[identity.into(), now.into()]).await?;
                    }
                    Ok::<_, Error>(true)
                })
            })
            .await?;
        Ok(is_used.then_some(link))
    }

    /// True while an address has not opened too many links that are none.
    pub fn admits_link(&self, address: &str) -> bool {
        self.0.limits.link.admits(&home(address), self.0.clock.now_ms()).is_ok()
    }

    /// True while an address has not asked for too many mails.
    pub fn admits_mail_from(&self, address: &str) -> bool {
        self.0.limits.mail_from.admits(&home(address), self.0.clock.now_ms()).is_ok()
    }

    /// True while not too many mails were asked for to an email address, whether it is anybody's or not.
    pub fn admits_mail_to(&self, email: &str) -> bool {
        self.0.limits.mail_to.admits(&crate::identities::fold(email), self.0.clock.now_ms()).is_ok()
    }

    /// True while an address has not asked for too many codes for devices.
    pub fn admits_device_code(&self, address: &str) -> bool {
        self.0.limits.device_code.admits(&home(address), self.0.clock.now_ms()).is_ok()
    }

    /// Counts a request of a client that was refused. False when there were too many from that address, which is then
    /// told no reason any more. Requests that are right are never refused for that.
    pub fn admits_refusal(&self, address: &str) -> bool {
        self.0.limits.client.admits(&home(address), self.0.clock.now_ms()).is_ok()
    }

    /// True while a person has not typed in too many codes of devices.
    pub fn admits_user_code(&self, identity: Id) -> bool {
        self.0.limits.user_code.admits(&identity.to_string(), self.0.clock.now_ms()).is_ok()
    }

    /// False for people who were invited and have not set one yet.
    pub async fn has_password(&self, identity: Id) -> Result<bool, Error> {
        Ok(self.with_password(identity).await?.is_some_and(|(_, has_password)| has_password))
    }

    /// A person, and whether they have a password.
    pub(crate) async fn with_password(&self, identity: Id) -> Result<Option<(Identity, bool)>, Error> {
        self.store()
            .read(Weight::Point, move |conn| {
                Box::pin(async move {
                    let sql = Sql::from(format!(
                        "SELECT {COLUMNS}, i.password FROM {{identities}} i WHERE i.id = ?1"
                    ));
                    let read = |row: &Row<'_>| Ok((read(row)?, row.text(WIDTH)? != Some(NOBODY)));
                    Ok(conn.first(&sql, &[identity.into()], read).await?)
                })
            })
            .await
    }
}
