//! `client_credentials`: a token for the client's owner, without any page.
//!
//! The org is named by `soid=ZohoCRM.<zgid>`.

use dealwright_wire::Id;

use crate::tokens::{Refresh, Subject};
use crate::{Accounts, ClientKind, OAuthError, Params, TokenReply, orgs, scopes};

pub(super) async fn grant(accounts: &Accounts, params: &Params) -> Result<TokenReply, OAuthError> {
    let client = accounts.proven_client(params).await?;
    if !matches!(client.kind, ClientKind::SelfClient | ClientKind::Server) {
        return Err(OAuthError::AccessDenied);
    }
    let scopes = scopes::requested(params.require("scope")?)?.to_string();
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
            if !crate::identities::is_active(tx, client.owner).await? {
                return Err(OAuthError::AccessDenied);
            }
            let subject = Subject { client: client.id, identity: client.owner, org, scopes };
            work.make_tokens(tx, subject, Refresh::None).await
        })
    });
    Ok(accounts.reply(minted.await?))
}
