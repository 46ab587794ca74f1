//! `client_credentials`: a token for the client's owner, without any page.
//!
//! The org is named by `soid=ZohoCRM.<zgid>`. Nobody is asked, so it is for self clients, and for server-based clients
//! whose owner has named the scopes it may ask for.

use dealwright_wire::Id;

use crate::tokens::{Refresh, Subject};
use crate::{Accounts, OAuthError, Params, TokenReply, orgs, scopes};

pub(super) async fn grant(accounts: &Accounts, params: &Params) -> Result<TokenReply, OAuthError> {
    let client = accounts.proven_client(params).await?;
    let allowed = client.credential_scopes()?;
    let scopes = scopes::requested(params.require("scope")?)?;
    if allowed.is_some_and(|allowed| !allowed.covers(&scopes)) {
        return Err(OAuthError::InvalidScope);
    }
    let scopes = scopes.to_string();
    let soid = params.get("soid").ok_or(OAuthError::MissingOrgInfo)?;
    let zgid: Id = soid
        .split_once('.')
        .filter(|(service, _)| service.eq_ignore_ascii_case("zohocrm"))
        .and_then(|(_, zgid)| zgid.parse().ok())
        .ok_or(OAuthError::MissingOrgInfo)?;
    let work = accounts.clone();
    let minted = accounts.store().write(move |tx| {
        Box::pin(async move {
            let org = orgs::of_member(tx, client.owner, zgid).await?.ok_or(OAuthError::AccessDenied)?;
            let subject = Subject { client: client.id, identity: client.owner, org, scopes };
            work.make_tokens(tx, subject, Refresh::None, None).await
        })
    });
    Ok(accounts.reply(minted.await?))
}
