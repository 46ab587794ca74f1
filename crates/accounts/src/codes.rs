//! Authorization codes: good for one exchange, and for a short while.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dealwright_store::{Conn, Row, Sql, StoreError};
use dealwright_wire::{Id, Instant, ScopeSet};
use std::time::Duration;

use crate::clients::Client;
use crate::secret::{Digest, digest, same};
use crate::tokens::{Subject, throttle};
use crate::{Accounts, ClientKind, Error, OAuthError, Secret};

/// Codes per user and client in ten minutes, when throttled.
const THROTTLE_CODES: i64 = 10;
const THROTTLE_WINDOW_SECONDS: i64 = 600;

/// Minutes a self client's code can be made to last in the console; the first is the usual.
pub const SELF_CLIENT_MINUTES: [u64; 4] = [3, 5, 7, 10];

/// PKCE: what the client showed before, so that it can prove itself with a verifier later.
///
/// Always S256: a plain challenge is the verifier itself, and whoever sees the request has both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge(String);

impl Challenge {
    /// Reads `code_challenge` and `code_challenge_method`; `None` when the method is another than S256, which has to
    /// be named, or when the text is no hash in base64url (RFC 7636).
    pub fn read(challenge: &str, method: Option<&str>) -> Option<Self> {
        let is_hash = URL_SAFE_NO_PAD.decode(challenge).is_ok_and(|hash| hash.len() == 32);
        (is_hash && method == Some("S256")).then(|| Self(challenge.to_owned()))
    }

    fn accepts(&self, verifier: &str) -> bool {
        is_pkce_text(verifier) && same(&s256(verifier), &self.0)
    }
}

fn is_pkce_text(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'))
}

fn s256(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(text))
}

/// A code just made in the console, shown to its owner once.
pub struct NewCode {
    pub code: Secret,
    pub expires: Instant,
}

/// A code about to be given out.
pub(crate) struct CodeDraft {
    pub(crate) subject: Subject,
    pub(crate) redirect_uri: Option<String>,
    pub(crate) challenge: Option<Challenge>,
    /// Its exchange gives a refresh token.
    pub(crate) is_offline: bool,
    pub(crate) ttl: Duration,
}

/// A code that a client brings.
pub(crate) enum Taken {
    /// Good, and used up now.
    Fresh(UsedCode),
    /// Used before. The tokens of its first use are gone; the cache has to forget these.
    Again(Vec<Digest>),
    /// Unknown, expired, or another client's.
    Unknown,
}

/// What is known about a code that was just used up.
pub(crate) struct UsedCode {
    pub(crate) id: Id,
    pub(crate) subject: Subject,
    pub(crate) redirect_uri: Option<String>,
    pub(crate) challenge: Option<Challenge>,
    pub(crate) is_offline: bool,
}

impl UsedCode {
    /// Checks the redirect URI and the verifier of an exchange.
    pub(crate) fn check(&self, redirect_uri: Option<&str>, verifier: Option<&str>) -> Result<(), OAuthError> {
        // A code without redirect URI comes from the console; what the client sends along does not matter.
        if self.redirect_uri.is_some() && self.redirect_uri.as_deref() != redirect_uri {
            return Err(OAuthError::InvalidRedirectUri);
        }
        match (&self.challenge, verifier) {
            (None, None) => Ok(()),
            (Some(challenge), Some(verifier)) if challenge.accepts(verifier) => Ok(()),
            // A verifier without a challenge is no harmless extra: somebody may have taken the challenge out of the
            // request on its way (RFC 9700, section 4.8).
            _ => Err(OAuthError::InvalidCode),
        }
    }
}

impl Accounts {
    /// Stores a code inside the caller's unit of work.
    pub(crate) async fn insert_code(&self, tx: &mut Conn, draft: CodeDraft) -> Result<Secret, OAuthError> {
        let code = Secret::token()?;
        let now = self.now().0;
        let subject = &draft.subject;
        if !crate::orgs::may_act(tx, subject.identity, subject.org).await? {
            return Err(OAuthError::AccessDenied);
        }
        if self.settings().token_throttle {
            let sql = Sql::from(
                "SELECT COUNT(*) FROM {codes} WHERE client = ?1 AND identity = ?2 AND created > ?3",
            );
            let args =
                [subject.client.into(), subject.identity.into(), (now - THROTTLE_WINDOW_SECONDS).into()];
            throttle(tx, &sql, &args, THROTTLE_CODES).await?;
        }
        insert(tx, self.mint().next(), &code, &draft, now).await?;
        Ok(code)
    }

    /// A code for a self client, as the console makes them.
    pub async fn self_client_code(
        &self,
        client: &Client,
        org: Id,
        scopes: &ScopeSet,
        minutes: u64,
    ) -> Result<NewCode, OAuthError> {
        if client.kind != ClientKind::SelfClient || !SELF_CLIENT_MINUTES.contains(&minutes) {
            return Err(OAuthError::General);
        }
        let subject = Subject { client: client.id, identity: client.owner, org, scopes: scopes.to_string() };
        let ttl = Duration::from_mins(minutes);
        let draft = CodeDraft { subject, redirect_uri: None, challenge: None, is_offline: true, ttl };
        let expires = Instant(self.now().0 + ttl.as_secs() as i64);
        let accounts = self.clone();
        let code =
            self.store().write(move |tx| Box::pin(async move { accounts.insert_code(tx, draft).await }));
        Ok(NewCode { code: code.await?, expires })
    }
}

pub(crate) async fn insert(
    tx: &mut Conn,
    id: Id,
    code: &Secret,
    draft: &CodeDraft,
    now: i64,
) -> Result<(), StoreError> {
    let sql = Sql::from(
        "INSERT INTO {codes} (id, hash, client, identity, org, scopes, redirect_uri, challenge, is_offline, created, \
         expires) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    );
    let subject = &draft.subject;
    let args = [
        id.into(),
        code.hash().into(),
        subject.client.into(),
        subject.identity.into(),
        subject.org.into(),
        subject.scopes.as_str().into(),
        draft.redirect_uri.as_deref().into(),
        draft.challenge.as_ref().map(|challenge| challenge.0.as_str()).into(),
        draft.is_offline.into(),
        now.into(),
        (now + draft.ttl.as_secs() as i64).into(),
    ];
    tx.exec(&sql, &args).await.map(drop)
}

/// Uses up a code of the client. One that was used before ends the tokens of its first use: two have it, and the one
/// who came first may be the thief (RFC 6749, section 4.1.2).
pub(crate) async fn take(tx: &mut Conn, hash: String, client: Id, now: i64) -> Result<Taken, Error> {
    let args = [hash.as_str().into(), client.into(), now.into()];
    // Memberships are locked first, here and where people are kept out, or two of these could wait for each other.
    let sql = Sql::from("SELECT identity, org FROM {codes} WHERE hash = ?1 AND client = ?2");
    let read = |row: &Row<'_>| Ok((Row::must(row.id(0)?, 0)?, Row::must(row.id(1)?, 1)?));
    let Some((identity, org)) = tx.first(&sql, &args[..2], read).await? else { return Ok(Taken::Unknown) };
    crate::orgs::may_act(tx, identity, org).await?;
    let sql = Sql::from(
        "UPDATE {codes} SET used = ?3 WHERE hash = ?1 AND client = ?2 AND used IS NULL AND expires > ?3 \
         RETURNING identity, org, scopes, redirect_uri, challenge, is_offline, id",
    );
    let read = |row: &Row<'_>| {
        Ok(UsedCode {
            id: Row::must(row.id(6)?, 6)?,
            subject: Subject {
                client,
                identity: Row::must(row.id(0)?, 0)?,
                org: Row::must(row.id(1)?, 1)?,
                scopes: Row::must(row.text(2)?, 2)?.to_owned(),
            },
            redirect_uri: row.text(3)?.map(str::to_owned),
            challenge: row.text(4)?.map(|text| Challenge(text.to_owned())),
            is_offline: Row::must(row.bool(5)?, 5)?,
        })
    };
    if let Some(used) = tx.first(&sql, &args, read).await? {
        return Ok(Taken::Fresh(used));
    }
    let sql = Sql::from("SELECT id FROM {codes} WHERE hash = ?1 AND client = ?2 AND used IS NOT NULL");
    let used = tx.first(&sql, &args[..2], |row| Row::must(row.id(0)?, 0)).await?;
    Ok(match used {
        Some(code) => Taken::Again(crate::tokens::delete_of_code(tx, code).await?),
        None => Taken::Unknown,
    })
}
