//! Refresh and access tokens: minting, limits, eviction, revocation.
//!
//! Source of the limits: accounts service documentation, "Token limits".

use dealwright_store::{Conn, Row, Sql, StoreError, Weight};
use dealwright_wire::{Id, Instant, ScopeSet};
use serde::Serialize;

use crate::secret::{Digest, Secret, from_hex, hash, is_token};
use crate::{Accounts, Error, OAuthError};

/// Window and counts of the throttle, which is off unless [`crate::Settings::token_throttle`].
const THROTTLE_WINDOW_SECONDS: i64 = 600;
const THROTTLE_ACCESS_TOKENS: i64 = 10;
const THROTTLE_REFRESH_WINDOW_SECONDS: i64 = 60;
const THROTTLE_REFRESH_TOKENS: i64 = 5;
/// How long a refresh token that was exchanged for another is known as such: 90 days.
const SPENT_KEPT_SECONDS: i64 = 90 * 24 * 3600;

/// The answer of the token endpoint. Has no `Debug`: it carries tokens.
#[derive(Clone, Serialize)]
pub struct TokenReply {
    pub access_token: String,
    /// Left out, never null, when the grant gives none: clients overwrite theirs with what they read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    pub scope: String,
    pub api_domain: String,
    pub token_type: &'static str,
    /// Seconds. There is no `expires_in_sec`: beside it clients read this as milliseconds.
    pub expires_in: u64,
}

/// A refresh token as the console lists it.
#[derive(Debug, Clone)]
pub struct TokenEntry {
    pub id: Id,
    pub email: String,
    pub scopes: ScopeSet,
    pub created: Instant,
    pub last_used: Instant,
    pub live_access_tokens: i64,
}

/// Who a token acts for, through which client, with which scopes (separated by spaces).
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) client: Id,
    pub(crate) identity: Id,
    pub(crate) org: Id,
    pub(crate) scopes: String,
}

/// Which refresh token an access token hangs on.
#[derive(Debug, Clone)]
pub(crate) enum Refresh {
    None,
    New,
    Known(Id),
    /// The published one of a development server, for all its scopes: others take its access tokens too.
    Published(Id),
    /// A known one that has just got another secret, which the client must be told.
    Turned(Id, Secret),
}

/// What a unit of work has made; becomes a reply once it is committed.
pub(crate) struct Minted {
    access: Secret,
    refresh: Option<Secret>,
    scopes: String,
    evicted: Vec<Digest>,
}

impl Accounts {
    /// Makes the tokens of a grant inside the caller's unit of work. `code` is the code they are made for: when it
    /// comes a second time they go.
    pub(crate) async fn make_tokens(
        &self,
        tx: &mut Conn,
        subject: Subject,
        refresh: Refresh,
        code: Option<Id>,
    ) -> Result<Minted, OAuthError> {
        if !crate::orgs::may_act(tx, subject.identity, subject.org).await? {
            return Err(OAuthError::AccessDenied);
        }
        let mut evicted = Vec::new();
        let access =
            if let Refresh::Published(_) = refresh { self.published_access()? } else { Secret::token()? };
        let (refresh_id, refresh_token) = match refresh {
            Refresh::None => (None, None),
            Refresh::Known(id) | Refresh::Published(id) => (Some(id), None),
            Refresh::Turned(id, token) => (Some(id), Some(token)),
            Refresh::New => {
                let token = Secret::token()?;
                let id = self.insert_refresh(tx, &subject, code, &token, &mut evicted).await?;
                (Some(id), Some(token))
            }
        };
        self.insert_access(tx, &subject, refresh_id, code, &access, &mut evicted).await?;
        Ok(Minted { access, refresh: refresh_token, scopes: subject.scopes, evicted })
    }

    /// The reply for tokens that are committed.
    pub(crate) fn reply(&self, minted: Minted) -> TokenReply {
        self.0.sessions.forget(&minted.evicted);
        TokenReply {
            access_token: minted.access.expose().to_owned(),
            refresh_token: minted.refresh.map(|token| token.expose().to_owned()),
            scope: minted.scopes,
            api_domain: self.public_url().to_string(),
            token_type: "Bearer",
            expires_in: self.settings().access_token_ttl.as_secs(),
        }
    }

    async fn insert_refresh(
        &self,
        tx: &mut Conn,
        subject: &Subject,
        code: Option<Id>,
        token: &Secret,
        evicted: &mut Vec<Digest>,
    ) -> Result<Id, OAuthError> {
        let now = self.now().0;
        if self.settings().token_throttle {
            let sql = Sql::from(
                "SELECT COUNT(*) FROM {refresh_tokens} WHERE client = ?1 AND identity = ?2 AND created > ?3",
            );
            let since = now - THROTTLE_REFRESH_WINDOW_SECONDS;
            let args = [subject.client.into(), subject.identity.into(), since.into()];
            throttle(tx, &sql, &args, THROTTLE_REFRESH_TOKENS).await?;
        }
        let id = self.mint().next();
        insert_refresh_row(tx, id, subject, code, token, false, now).await?;
        let sql = Sql::from(
            "SELECT id FROM {refresh_tokens} WHERE client = ?1 AND identity = ?2 AND is_pinned = ?3 \
             ORDER BY created DESC, id DESC LIMIT ?4 OFFSET ?5",
        );
        let args = [
            subject.client.into(),
            subject.identity.into(),
            false.into(),
            i64::from(u16::MAX).into(),
            i64::from(self.settings().refresh_tokens).into(),
        ];
        let surplus = tx.all(&sql, &args, |row| Row::must(row.id(0)?, 0)).await?;
        for oldest in surplus {
            evicted.extend(delete_refresh(tx, oldest).await?);
        }
        Ok(id)
    }

    async fn insert_access(
        &self,
        tx: &mut Conn,
        subject: &Subject,
        refresh: Option<Id>,
        code: Option<Id>,
        token: &Secret,
        evicted: &mut Vec<Digest>,
    ) -> Result<(), OAuthError> {
        let now = self.now().0;
        if let Some(refresh) = refresh.filter(|_| self.settings().token_throttle) {
            let sql = Sql::from("SELECT COUNT(*) FROM {access_tokens} WHERE refresh = ?1 AND created > ?2");
            let args = [refresh.into(), (now - THROTTLE_WINDOW_SECONDS).into()];
            throttle(tx, &sql, &args, THROTTLE_ACCESS_TOKENS).await?;
        }
        let life = Life { created: now, expires: now + self.settings().access_token_ttl.as_secs() as i64 };
        insert_access_row(tx, self.mint().next(), subject, refresh, code, token, life).await?;
        let Some(refresh) = refresh else { return Ok(()) };
        let sql = Sql::from(
            "DELETE FROM {access_tokens} WHERE id IN (SELECT id FROM {access_tokens} WHERE refresh = ?1 \
             ORDER BY created DESC, id DESC LIMIT ?2 OFFSET ?3) RETURNING hash",
        );
        let args =
            [refresh.into(), i64::from(u16::MAX).into(), i64::from(self.settings().access_tokens).into()];
        evicted.extend(deleted(tx, &sql, &args).await?);
        Ok(())
    }

    /// Revokes a refresh token with all its access tokens, or one access token.
    pub async fn revoke(&self, token: &str) -> Result<(), OAuthError> {
        if !is_token(token) {
            return Err(OAuthError::InvalidToken);
        }
        if self.foreign_token(token).is_some() {
            self.end_foreign_token(token);
            return Ok(());
        }
        let hash = hash(token);
        let gone = self
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    let sql = Sql::from("SELECT id FROM {refresh_tokens} WHERE hash = ?1");
                    let args = [hash.into()];
                    if let Some(refresh) = tx.first(&sql, &args, |row| Row::must(row.id(0)?, 0)).await? {
                        return Ok(delete_refresh(tx, refresh).await?);
                    }
                    let sql = Sql::from("DELETE FROM {access_tokens} WHERE hash = ?1 RETURNING hash");
                    let gone = deleted(tx, &sql, &args).await?;
                    if gone.is_empty() { Err(OAuthError::InvalidToken) } else { Ok(gone) }
                })
            })
            .await?;
        self.0.sessions.forget(&gone);
        Ok(())
    }

    /// Revokes a refresh token of a client by its place in the console's list. `false` when there is none.
    pub async fn revoke_entry(&self, client: Id, entry: Id) -> Result<bool, Error> {
        let gone = self
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    let sql = Sql::from("SELECT id FROM {refresh_tokens} WHERE id = ?1 AND client = ?2");
                    let args = [entry.into(), client.into()];
                    match tx.first(&sql, &args, |row| Row::must(row.id(0)?, 0)).await? {
                        Some(refresh) => Ok::<_, Error>(Some(delete_refresh(tx, refresh).await?)),
                        None => Ok(None),
                    }
                })
            })
            .await?;
        self.0.sessions.forget(gone.as_deref().unwrap_or_default());
        Ok(gone.is_some())
    }

    /// The refresh tokens of a client, newest first.
    pub async fn tokens_of(&self, client: Id) -> Result<Vec<TokenEntry>, Error> {
        let now = self.now().0;
        self.store()
            .read(Weight::Scan, move |conn| {
                Box::pin(async move {
                    let sql = Sql::from(
                        "SELECT r.id, i.email, r.scopes, r.created, r.last_used, (SELECT COUNT(*) FROM {access_tokens} a \
                         WHERE a.refresh = r.id AND a.expires > ?2) FROM {refresh_tokens} r \
                         JOIN {identities} i ON i.id = r.identity WHERE r.client = ?1 ORDER BY r.created DESC, r.id DESC",
                    );
                    let read = |row: &Row<'_>| {
                        Ok(TokenEntry {
                            id: Row::must(row.id(0)?, 0)?,
                            email: row.text(1)?.unwrap_or_default().to_owned(),
                            scopes: ScopeSet::parse(row.text(2)?.unwrap_or_default()),
                            created: Instant(Row::must(row.int(3)?, 3)?),
                            last_used: Instant(Row::must(row.int(4)?, 4)?),
                            live_access_tokens: row.int(5)?.unwrap_or_default(),
                        })
                    };
                    Ok(conn.all(&sql, &[client.into(), now.into()], read).await?)
                })
            })
            .await
    }

    /// Makes an access token without any grant, for the server's own use and for tests.
    pub async fn issue(
        &self,
        identity: Id,
        org: Id,
        client: Id,
        scopes: &ScopeSet,
    ) -> Result<TokenReply, OAuthError> {
        let subject = Subject { client, identity, org, scopes: scopes.to_string() };
        let accounts = self.clone();
        let work = self.store().write(move |tx| {
            Box::pin(async move { accounts.make_tokens(tx, subject, Refresh::None, None).await })
        });
        Ok(self.reply(work.await?))
    }

    /// Deletes what has expired: access tokens, codes, device codes, sign-ins, links, refresh tokens that nobody used
    /// for as long as their client allows. For a timer; nothing depends on it.
    pub async fn sweep(&self) -> Result<(), Error> {
        let now = self.now().0;
        let idle_since = now - self.idle_seconds();
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    let sql = Sql::from(
                        "SELECT r.id FROM {refresh_tokens} r JOIN {clients} c ON c.id = r.client \
                         WHERE c.refresh_idle > 0 AND r.is_pinned = ?2 AND r.last_used + c.refresh_idle <= ?1",
                    );
                    let read = |row: &Row<'_>| Row::must(row.id(0)?, 0);
                    for idle in tx.all(&sql, &[now.into(), false.into()], read).await? {
                        delete_refresh(tx, idle).await?;
                    }
                    for table in ["access_tokens", "device_codes", "sessions", "links"] {
                        let sql = Sql::from(format!("DELETE FROM {{{table}}} WHERE expires <= ?1"));
                        tx.exec(&sql, &[(now - THROTTLE_WINDOW_SECONDS).into()]).await?;
                    }
                    let sql = Sql::from("DELETE FROM {sessions} WHERE last_used <= ?1");
                    tx.exec(&sql, &[idle_since.into()]).await?;
                    // A used code stays as long as its tokens: when it comes again they have to be found.
                    let sql = Sql::from(
                        "DELETE FROM {codes} WHERE expires <= ?1 \
                         AND id NOT IN (SELECT code FROM {refresh_tokens} WHERE code IS NOT NULL) \
                         AND id NOT IN (SELECT code FROM {access_tokens} WHERE code IS NOT NULL)",
                    );
                    tx.exec(&sql, &[(now - THROTTLE_WINDOW_SECONDS).into()]).await?;
                    let sql = Sql::from("DELETE FROM {spent_refresh_tokens} WHERE spent <= ?1");
                    tx.exec(&sql, &[(now - SPENT_KEPT_SECONDS).into()]).await?;
                    Ok(())
                })
            })
            .await
    }

    /// Drops every session that was looked up lately.
    pub(crate) fn forget_all(&self) {
        self.0.sessions.forget_all();
    }

    pub(crate) fn forget_tokens(&self, tokens: &[Digest]) {
        self.0.sessions.forget(tokens);
    }
}

/// From when until when an access token is good.
pub(crate) struct Life {
    pub(crate) created: i64,
    pub(crate) expires: i64,
}

pub(crate) async fn insert_access_row(
    tx: &mut Conn,
    id: Id,
    subject: &Subject,
    refresh: Option<Id>,
    code: Option<Id>,
    token: &Secret,
    life: Life,
) -> Result<(), StoreError> {
    let sql = Sql::from(
        "INSERT INTO {access_tokens} (id, hash, refresh, client, identity, org, scopes, created, expires, code) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    );
    let args = [
        id.into(),
        token.hash().into(),
        refresh.into(),
        subject.client.into(),
        subject.identity.into(),
        subject.org.into(),
        subject.scopes.as_str().into(),
        life.created.into(),
        life.expires.into(),
        code.into(),
    ];
    tx.exec(&sql, &args).await.map(drop)
}

pub(crate) async fn insert_refresh_row(
    tx: &mut Conn,
    id: Id,
    subject: &Subject,
    code: Option<Id>,
    token: &Secret,
    is_pinned: bool,
    now: i64,
) -> Result<(), StoreError> {
    let sql = Sql::from(
        "INSERT INTO {refresh_tokens} (id, hash, client, identity, org, scopes, is_pinned, created, last_used, code) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9)",
    );
    let args = [
        id.into(),
        token.hash().into(),
        subject.client.into(),
        subject.identity.into(),
        subject.org.into(),
        subject.scopes.as_str().into(),
        is_pinned.into(),
        now.into(),
        code.into(),
    ];
    tx.exec(&sql, &args).await.map(drop)
}

/// Deletes a refresh token and its access tokens; gives the latter for the cache to forget.
pub(crate) async fn delete_refresh(tx: &mut Conn, refresh: Id) -> Result<Vec<Digest>, StoreError> {
    let args = [refresh.into()];
    tx.exec(&Sql::from("DELETE FROM {refresh_tokens} WHERE id = ?1"), &args).await?;
    tx.exec(&Sql::from("DELETE FROM {spent_refresh_tokens} WHERE refresh = ?1"), &args).await?;
    deleted(tx, &Sql::from("DELETE FROM {access_tokens} WHERE refresh = ?1 RETURNING hash"), &args).await
}

/// Deletes the tokens that were made for a code, and those that were made from them since.
pub(crate) async fn delete_of_code(tx: &mut Conn, code: Id) -> Result<Vec<Digest>, StoreError> {
    let args = [code.into()];
    let mut gone = Vec::new();
    let sql = Sql::from("SELECT id FROM {refresh_tokens} WHERE code = ?1");
    for refresh in tx.all(&sql, &args, |row| Row::must(row.id(0)?, 0)).await? {
        gone.extend(delete_refresh(tx, refresh).await?);
    }
    let sql = Sql::from("DELETE FROM {access_tokens} WHERE code = ?1 RETURNING hash");
    gone.extend(deleted(tx, &sql, &args).await?);
    Ok(gone)
}

/// Deletes every token of a client; gives the access tokens for the cache to forget.
pub(crate) async fn delete_of_client(tx: &mut Conn, client: Id) -> Result<Vec<Digest>, StoreError> {
    let args = [client.into()];
    let sql = Sql::from(
        "DELETE FROM {spent_refresh_tokens} WHERE refresh IN (SELECT id FROM {refresh_tokens} WHERE client = ?1)",
    );
    tx.exec(&sql, &args).await?;
    tx.exec(&Sql::from("DELETE FROM {refresh_tokens} WHERE client = ?1"), &args).await?;
    deleted(tx, &Sql::from("DELETE FROM {access_tokens} WHERE client = ?1 RETURNING hash"), &args).await
}

/// Deletes a client's access tokens that nobody consented to: those of its own grant, made with its secret alone.
pub(crate) async fn delete_of_owner(tx: &mut Conn, client: Id, owner: Id) -> Result<Vec<Digest>, StoreError> {
    let sql = Sql::from(
        "DELETE FROM {access_tokens} WHERE client = ?1 AND identity = ?2 AND refresh IS NULL AND code IS NULL \
         RETURNING hash",
    );
    deleted(tx, &sql, &[client.into(), owner.into()]).await
}

/// Deletes every token and every code that was given out for a person, in one org or in all.
pub(crate) async fn delete_of_person(tx: &mut Conn, identity: Id, org: Option<Id>) -> Result<(), StoreError> {
    let (within, mut args) = ("identity = ?1", vec![identity.into()]);
    let within = match org {
        Some(org) => {
            args.push(org.into());
            format!("{within} AND org = ?2")
        }
        None => within.to_owned(),
    };
    let sql = format!(
        "DELETE FROM {{spent_refresh_tokens}} WHERE refresh IN (SELECT id FROM {{refresh_tokens}} WHERE {within})"
    );
    tx.exec(&Sql::from(sql), &args).await?;
    // Consents too: an application that is let in again asks again.
    for table in ["access_tokens", "refresh_tokens", "codes", "device_codes", "consents"] {
        tx.exec(&Sql::from(format!("DELETE FROM {{{table}}} WHERE {within}")), &args).await?;
    }
    Ok(())
}

async fn deleted(
    tx: &mut Conn,
    sql: &Sql,
    args: &[dealwright_store::Cell<'_>],
) -> Result<Vec<Digest>, StoreError> {
    let hashes = tx.all(sql, args, |row| Ok(row.text(0)?.and_then(from_hex))).await?;
    Ok(hashes.into_iter().flatten().collect())
}

pub(crate) async fn throttle(
    tx: &mut Conn,
    sql: &Sql,
    args: &[dealwright_store::Cell<'_>],
    limit: i64,
) -> Result<(), OAuthError> {
    let count = tx.first(sql, args, |row| Row::must(row.int(0)?, 0)).await?.unwrap_or_default();
    if count >= limit { Err(OAuthError::Throttled) } else { Ok(()) }
}
