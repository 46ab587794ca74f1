//! From the `Authorization` header to the user who calls. Source: "Using the token" of the platform reference.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, header};
use dealwright_accounts::Session;
use dealwright_engine::access::Opening;
use dealwright_engine::{Actor, Cx, Error};
use dealwright_wire::{ApiError, Code, Profile};

use crate::extract::only;
use crate::state::ServerState;

/// The session of the token in the header. Awaits only when the token was not seen lately.
pub(crate) async fn session(state: &ServerState, headers: &HeaderMap) -> Result<Arc<Session>, Error> {
    let token = token(only(headers, &header::AUTHORIZATION)?).ok_or(Code::AuthenticationFailure)?;
    if let Some(session) = state.accounts.cached(token) {
        return Ok(session);
    }
    // Rare; in a box, so that no call carries the room for it.
    let session = Box::pin(state.accounts.authenticate(token))
        .await
        .map_err(Error::internal("looking up an access token"))?;
    Ok(session.ok_or(Code::InvalidToken)?)
}

/// `Zoho-oauthtoken X` or `Bearer X`: the scheme in any case, one space, a token without spaces.
fn token(header: Option<&HeaderValue>) -> Option<&str> {
    let (scheme, token) = header?.to_str().ok()?.split_once(' ')?;
    let known = scheme.eq_ignore_ascii_case("Zoho-oauthtoken") || scheme.eq_ignore_ascii_case("Bearer");
    (known && !token.is_empty() && !token.contains(' ')).then_some(token)
}

/// The context in which the session's user calls.
pub(crate) async fn context(
    state: &ServerState,
    session: &Session,
    profile: &'static Profile,
    opening: Opening,
) -> Result<Cx, Error> {
    let org = match state.orgs.opened(session.org) {
        Some(org) => org,
        None => Box::pin(state.orgs.get(session.org)).await?,
    };
    // The token is good, but its owner is no user of the org any more, or must not come in.
    let refused = || {
        ApiError::new(Code::NoPermission)
            .message("permission denied - access the api")
            .detail("permissions", vec!["Crm_Implied_Api_Access"])
    };
    let find = || org.snapshot().user_by_identity(session.identity).cloned().ok_or_else(refused);
    let mut user = find()?;
    if !user.is_active {
        return Err(refused().into());
    }
    if !user.is_confirmed() {
        // Who calls has signed in, and so accepted what they were invited to.
        Box::pin(org.confirm(user.id)).await?;
        user = find()?;
    }
    let actor = Actor { user, client_id: Arc::clone(&session.client_id) };
    let cx = Cx::new(org, actor, profile, state.compat);
    Ok(cx.within(Arc::clone(&session.scopes), opening).up_to(state.ceilings).putting(state.put_v3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &'static str) -> Option<String> {
        token(Some(&HeaderValue::from_static(value))).map(str::to_owned)
    }

    #[test]
    fn both_schemes_are_read_in_any_case() {
        for good in
            ["Zoho-oauthtoken 1000.a.b", "zoho-OAUTHTOKEN 1000.a.b", "Bearer 1000.a.b", "bearer 1000.a.b"]
        {
            assert_eq!(read(good).as_deref(), Some("1000.a.b"), "{good}");
        }
    }

    #[test]
    fn anything_else_is_no_token() {
        for bad in ["", "1000.a.b", "Bearer", "Bearer ", "Bearer  1000.a.b", "Basic abc", "Bearer a b"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
