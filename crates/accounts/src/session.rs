//! From an access token to who is calling. The hot path: every API call comes through here.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use dealwright_store::{Row, Sql, StoreError, Weight};
use dealwright_wire::{Id, Instant, ScopeSet};

use crate::secret::{Digest, digest, hex, is_token};
use crate::{Accounts, Error};

/// How long a revocation on another node may go unnoticed; on this node it is noticed at once.
const TTL: Duration = Duration::from_secs(30);
const CAPACITY: u64 = 100_000;

/// What an access token stands for.
pub struct Session {
    /// The person the client acts for.
    pub identity: Id,
    pub org: Id,
    pub client_id: Arc<str>,
    pub scopes: Arc<ScopeSet>,
    pub expires: Instant,
    /// SHA-256 of the token: a key for things that belong to one token.
    pub token_key: Digest,
    /// Origins the client may call from in a browser.
    pub js_domains: Vec<String>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("identity", &self.identity)
            .field("org", &self.org)
            .field("client_id", &self.client_id)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// Sessions seen lately, by the hash of their token.
pub(crate) struct Cache {
    sessions: moka::sync::Cache<Digest, Arc<Session>>,
    /// Counts revocations, so that a look-up that was overtaken by one does not bring the session back.
    revocations: AtomicU64,
}

impl Default for Cache {
    fn default() -> Self {
        let sessions = moka::sync::Cache::builder().max_capacity(CAPACITY).time_to_live(TTL).build();
        Self { sessions, revocations: AtomicU64::new(0) }
    }
}

impl Cache {
    /// Drops sessions whose tokens are gone; called after the commit that removed them.
    pub(crate) fn forget(&self, tokens: &[Digest]) {
        if tokens.is_empty() {
            return;
        }
        self.revocations.fetch_add(1, Ordering::SeqCst);
        for token in tokens {
            self.sessions.invalidate(token);
        }
    }

    pub(crate) fn forget_all(&self) {
        self.revocations.fetch_add(1, Ordering::SeqCst);
        self.sessions.invalidate_all();
    }
}

impl Accounts {
    /// The session of an access token, if it was looked up lately. Needs no await.
    pub fn cached(&self, token: &str) -> Option<Arc<Session>> {
        if is_token(token) { self.cached_by_key(&digest(token)) } else { None }
    }

    fn cached_by_key(&self, key: &Digest) -> Option<Arc<Session>> {
        self.0.sessions.sessions.get(key).filter(|session| session.expires > self.now())
    }

    /// The session of an access token; `None` when it is unknown, expired or revoked.
    pub async fn authenticate(&self, token: &str) -> Result<Option<Arc<Session>>, Error> {
        if !is_token(token) {
            return Ok(None);
        }
        let key = digest(token);
        if let Some(session) = self.cached_by_key(&key) {
            return Ok(Some(session));
        }
        let revocations = self.0.sessions.revocations.load(Ordering::SeqCst);
        let found = self
            .store()
            .read(Weight::Point, move |conn| {
                Box::pin(async move {
                    conn.first(&BY_TOKEN, &[hex(&key).into(), true.into()], |row| read(row, key)).await
                })
            })
            .await?;
        let Some(session) = found.filter(|session| session.expires > self.now()).map(Arc::new) else {
            return Ok(self.foreign_session(token).await?.map(Arc::new));
        };
        self.0.sessions.sessions.insert(key, Arc::clone(&session));
        if self.0.sessions.revocations.load(Ordering::SeqCst) != revocations {
            self.0.sessions.sessions.invalidate(&key);
        }
        Ok(Some(session))
    }
}

static BY_TOKEN: LazyLock<Sql> = LazyLock::new(|| {
    Sql::from(
        "SELECT a.identity, a.org, c.client_id, a.scopes, a.expires, c.js_domains FROM {access_tokens} a \
         JOIN {clients} c ON c.id = a.client JOIN {identities} i ON i.id = a.identity \
         JOIN {memberships} m ON m.identity = a.identity AND m.org = a.org \
         WHERE a.hash = ?1 AND i.is_active = ?2 AND m.is_active = ?2",
    )
});

pub(crate) fn read(row: &Row<'_>, token_key: Digest) -> Result<Session, StoreError> {
    Ok(Session {
        identity: Row::must(row.id(0)?, 0)?,
        org: Row::must(row.id(1)?, 1)?,
        client_id: Row::must(row.text(2)?, 2)?.into(),
        scopes: Arc::new(ScopeSet::parse(Row::must(row.text(3)?, 3)?)),
        expires: Instant(Row::must(row.int(4)?, 4)?),
        token_key,
        js_domains: row.text(5)?.unwrap_or_default().lines().map(str::to_owned).collect(),
    })
}
