//! `refresh_token`: another access token. The refresh token stays as it is and is not repeated, unless its client's
//! owner wants it to rotate: then each use gives another, and one that comes a second time ends them all.

use dealwright_store::{Conn, Row, Sql, StoreError};
use dealwright_wire::{Id, ScopeSet};

use crate::secret::{Digest, hash, is_token};
use crate::tokens::{Refresh, Subject, delete_refresh};
use crate::{Accounts, Client, OAuthError, Params, Secret, TokenReply, scopes};

/// Uses closer together than this are one use: a write for each would be in the way of others.
const GRAIN_SECONDS: i64 = 60;

/// A refresh token as it is stored.
struct Known {
    id: Id,
    subject: Subject,
    last_used: i64,
    is_pinned: bool,
}

pub(super) async fn grant(accounts: &Accounts, params: &Params) -> Result<TokenReply, OAuthError> {
    let client = accounts.proven_client(params).await?;
    let token = params.require("refresh_token")?;
    if !is_token(token) {
        return Err(OAuthError::InvalidCode);
    }
    // Fewer scopes may be asked for (RFC 6749, section 6), never more.
    let narrowed = params.get("scope").map(scopes::requested).transpose()?;
    let token = hash(token);
    let (work, now) = (accounts.clone(), accounts.now().0);
    let answer = accounts.store().write(move |tx| {
        Box::pin(async move {
            let Some(mut known) = find(tx, &token, client.id).await? else {
                // No failure of the unit of work: what it ended has to stay ended.
                return Ok(Err(end_of_spent(tx, &token, client.id).await?));
            };
            if !crate::orgs::may_act(tx, known.subject.identity, known.subject.org).await? {
                return Err(OAuthError::AccessDenied);
            }
            if !known.is_pinned && client.idle_end(known.last_used).is_some_and(|end| end <= now) {
                return Ok(Err(delete_refresh(tx, known.id).await?));
            }
            let is_published = known.is_pinned && narrowed.is_none();
            if let Some(narrowed) = narrowed {
                if !ScopeSet::parse(&known.subject.scopes).covers(&narrowed) {
                    return Err(OAuthError::InvalidScope);
                }
                known.subject.scopes = narrowed.to_string();
            }
            match turn(tx, &client, &known, &token, now).await? {
                Some(Refresh::Known(id)) if is_published => {
                    work.make_tokens(tx, known.subject, Refresh::Published(id), None).await.map(Ok)
                }
                Some(refresh) => work.make_tokens(tx, known.subject, refresh, None).await.map(Ok),
                None => Ok(Err(delete_refresh(tx, known.id).await?)),
            }
        })
    });
    match answer.await? {
        Ok(minted) => Ok(accounts.reply(minted)),
        Err(gone) => {
            accounts.forget_tokens(&gone);
            Err(OAuthError::InvalidCode)
        }
    }
}

async fn find(tx: &mut Conn, token: &str, client: Id) -> Result<Option<Known>, StoreError> {
    let sql = Sql::from(
        "SELECT id, identity, org, scopes, last_used, is_pinned FROM {refresh_tokens} WHERE hash = ?1 AND client = ?2",
    );
    let read = |row: &Row<'_>| {
        Ok(Known {
            id: Row::must(row.id(0)?, 0)?,
            subject: Subject {
                client,
                identity: Row::must(row.id(1)?, 1)?,
                org: Row::must(row.id(2)?, 2)?,
                scopes: Row::must(row.text(3)?, 3)?.to_owned(),
            },
            last_used: Row::must(row.int(4)?, 4)?,
            is_pinned: Row::must(row.bool(5)?, 5)?,
        })
    };
    tx.first(&sql, &[token.into(), client.into()], read).await
}

/// Notes the use, and gives the token another secret where its client's tokens rotate. `None` when somebody else has
/// just done that with the same secret.
async fn turn(
    tx: &mut Conn,
    client: &Client,
    known: &Known,
    token: &str,
    now: i64,
) -> Result<Option<Refresh>, OAuthError> {
    // The published token of a development server has to stay what it is.
    if !client.policy.rotates || known.is_pinned {
        if now - known.last_used >= GRAIN_SECONDS {
            let sql = Sql::from("UPDATE {refresh_tokens} SET last_used = ?2 WHERE id = ?1");
            tx.exec(&sql, &[known.id.into(), now.into()]).await?;
        }
        return Ok(Some(Refresh::Known(known.id)));
    }
    let next = Secret::token()?;
    let sql = Sql::from("UPDATE {refresh_tokens} SET hash = ?2, last_used = ?3 WHERE id = ?1 AND hash = ?4");
    if tx.exec(&sql, &[known.id.into(), next.hash().into(), now.into(), token.into()]).await? == 0 {
        return Ok(None);
    }
    let sql = Sql::from("INSERT INTO {spent_refresh_tokens} (hash, refresh, spent) VALUES (?1, ?2, ?3)");
    tx.exec(&sql, &[token.into(), known.id.into(), now.into()]).await?;
    Ok(Some(Refresh::Turned(known.id, next)))
}

/// Ends the refresh token that had this secret before, and its access tokens: two have it, and the one who came first
/// may be the thief (RFC 9700, section 4.14).
async fn end_of_spent(tx: &mut Conn, token: &str, client: Id) -> Result<Vec<Digest>, StoreError> {
    let sql = Sql::from(
        "SELECT r.id FROM {spent_refresh_tokens} s JOIN {refresh_tokens} r ON r.id = s.refresh \
         WHERE s.hash = ?1 AND r.client = ?2",
    );
    match tx.first(&sql, &[token.into(), client.into()], |row| Row::must(row.id(0)?, 0)).await? {
        Some(refresh) => delete_refresh(tx, refresh).await,
        None => Ok(Vec::new()),
    }
}
