//! `authorization_code`: a code from the authorization page or the console becomes tokens.

use crate::codes::Taken;
use crate::secret::{hash, is_token};
use crate::tokens::Refresh;
use crate::{Accounts, ClientKind, OAuthError, Params, TokenReply, codes};

pub(super) async fn grant(accounts: &Accounts, params: &Params) -> Result<TokenReply, OAuthError> {
    let client = accounts.named_client(params).await?;
    let verifier = params.get("code_verifier").map(str::to_owned);
    // Apps and pages cannot keep a secret; a verifier takes its place.
    let may_lack_secret = matches!(client.kind, ClientKind::Mobile | ClientKind::Web) && verifier.is_some();
    let is_proven = match params.get("client_secret") {
        None if may_lack_secret => false,
        secret => client.check_secret(secret.unwrap_or_default()).map(|()| true)?,
    };
    let code = params.require("code")?;
    if !is_token(code) {
        return Err(OAuthError::InvalidCode);
    }
    let code = hash(code);
    let redirect_uri = params.get("redirect_uri").map(str::to_owned);
    let (work, now) = (accounts.clone(), accounts.now().0);
    let answer = accounts.store().write(move |tx| {
        Box::pin(async move {
            let used = match codes::take(tx, code, client.id, now).await? {
                Taken::Fresh(used) => used,
                // No failure of the unit of work: what it ended has to stay ended.
                Taken::Again(gone) => return Ok(Err(gone)),
                Taken::Unknown => return Err(OAuthError::InvalidCode),
            };
            // A failed check undoes the use: the code's owner may try again with the right values.
            used.check(redirect_uri.as_deref(), verifier.as_deref())?;
            if !is_proven && used.challenge.is_none() {
                return Err(OAuthError::InvalidClientSecret);
            }
            let refresh = if used.is_offline { Refresh::New } else { Refresh::None };
            work.make_tokens(tx, used.subject, refresh, Some(used.id)).await.map(Ok)
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
