//! `refresh_token`: another access token. The refresh token stays as it is and is not repeated.

use dealwright_store::{Row, Sql};

use crate::secret::{hash, is_token};
use crate::tokens::{Refresh, Subject};
use crate::{Accounts, OAuthError, Params, TokenReply, scopes};

pub(super) async fn grant(accounts: &Accounts, params: &Params) -> Result<TokenReply, OAuthError> {
    let client = accounts.proven_client(params).await?;
    let token = params.require("refresh_token")?;
    if !is_token(token) {
        return Err(OAuthError::InvalidCode);
    }
    // Fewer scopes may be asked for (RFC 6749, section 6), never more.
    let narrowed = params.get("scope").map(scopes::requested).transpose()?;
    let token = hash(token);
    let work = accounts.clone();
    let minted = accounts.store().write(move |tx| {
        Box::pin(async move {
            let sql = Sql::from(
                "SELECT id, identity, org, scopes FROM {refresh_tokens} WHERE hash = ?1 AND client = ?2",
            );
            let read = |row: &Row<'_>| {
                let subject = Subject {
                    client: client.id,
                    identity: Row::must(row.id(1)?, 1)?,
                    org: Row::must(row.id(2)?, 2)?,
                    scopes: Row::must(row.text(3)?, 3)?.to_owned(),
                };
                Ok((Row::must(row.id(0)?, 0)?, subject))
            };
            let found = tx.first(&sql, &[token.into(), client.id.into()], read).await?;
            let (id, mut subject) = found.ok_or(OAuthError::InvalidCode)?;
            if !crate::identities::is_active(tx, subject.identity).await? {
                return Err(OAuthError::AccessDenied);
            }
            if let Some(narrowed) = narrowed {
                if !dealwright_wire::ScopeSet::parse(&subject.scopes).covers(&narrowed) {
                    return Err(OAuthError::InvalidScope);
                }
                subject.scopes = narrowed.to_string();
            }
            work.make_tokens(tx, subject, Refresh::Known(id)).await
        })
    });
    Ok(accounts.reply(minted.await?))
}
