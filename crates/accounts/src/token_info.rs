//! What a token says about itself and its owner.

use dealwright_store::{Row, Sql, StoreError, Weight};
use dealwright_wire::{Id, ScopeNeed, ScopeSet};
use serde::Serialize;

use crate::bootstrap::REFRESH_TOKEN;
use crate::secret::{hash, is_token};
use crate::{Accounts, Error, OAuthError, Params, Session};

/// A live token, as its client may see it.
struct Live {
    client: Id,
    client_id: String,
    email: String,
    identity: Id,
    scopes: ScopeSet,
    created: i64,
    expires: Option<i64>,
}

/// RFC 7662, section 2.2.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Introspection {
    pub active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
}

/// What `/oauth/v2/token/info` tells whoever holds an access token.
#[derive(Debug, Clone, Serialize)]
pub struct TokenInfo {
    pub client_id: String,
    pub scope: String,
    pub token_type: &'static str,
    /// Seconds left.
    pub expires_in: i64,
}

/// `OpenID` Connect claims; each present only with its scope.
#[derive(Debug, Clone, Serialize)]
pub struct Claims {
    pub sub: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_verified: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
}

/// The older form of user information, from `/oauth/user/info`.
#[derive(Debug, Clone, Serialize)]
pub struct UserInfo {
    #[serde(rename = "First_Name")]
    pub first_name: String,
    #[serde(rename = "Last_Name")]
    pub last_name: String,
    #[serde(rename = "Display_Name")]
    pub display_name: String,
    #[serde(rename = "Email")]
    pub email: String,
    /// A number here, a string elsewhere. People of earlier releases have numbers that JavaScript would round to those
    /// of others; theirs are strings here too.
    #[serde(rename = "ZUID")]
    pub zuid: Zuid,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(untagged)]
pub enum Zuid {
    Number(i64),
    Text(Id),
}

impl Zuid {
    fn of(id: Id) -> Self {
        if id.get() < 1 << 53 { Self::Number(id.get()) } else { Self::Text(id) }
    }
}

impl Accounts {
    /// Tells a client about one of its own tokens; another client's token is just not active.
    pub async fn introspect(&self, params: &Params) -> Result<Introspection, OAuthError> {
        let client = self.proven_client(params).await?;
        let live = self.live(params.require("token")?).await?;
        let Some(live) = live.filter(|live| live.client == client.id) else {
            return Ok(Introspection::default());
        };
        Ok(Introspection {
            active: true,
            scope: Some(live.scopes.to_string()),
            client_id: Some(live.client_id),
            username: Some(live.email),
            token_type: Some("Bearer"),
            exp: live.expires,
            iat: Some(live.created),
            sub: Some(live.identity.to_string()),
            iss: Some(self.public_url().to_string()),
        })
    }

    /// What an access token is good for.
    pub async fn token_info(&self, token: &str) -> Result<TokenInfo, OAuthError> {
        let live = self.live(token).await?.ok_or(OAuthError::InvalidToken)?;
        let expires = live.expires.ok_or(OAuthError::InvalidToken)?;
        Ok(TokenInfo {
            client_id: live.client_id,
            scope: live.scopes.to_string(),
            token_type: "Bearer",
            expires_in: expires - self.now().0,
        })
    }

    /// The claims a session's scopes allow; `None` without any `OpenID` scope.
    pub async fn claims(&self, session: &Session) -> Result<Option<Claims>, Error> {
        let has = |name: &str| session.scopes.iter().any(|scope| scope.eq_ignore_ascii_case(name));
        let (has_email, has_profile) = (has("email"), has("profile"));
        if !(has_email || has_profile || has("openid")) {
            return Ok(None);
        }
        let Some(identity) = self.identity(session.identity).await? else { return Ok(None) };
        Ok(Some(Claims {
            sub: identity.id.to_string(),
            name: has_profile.then(|| identity.full_name()),
            // Relying parties match people by it, so it is claimed only of an address that a mail has reached.
            email_verified: has_email.then_some(identity.is_email_verified),
            email: has_email.then_some(identity.email),
            first_name: has_profile.then_some(identity.first_name),
            last_name: has_profile.then_some(identity.last_name),
        }))
    }

    /// The person behind a session; `None` without the scope `AaaServer.profile.READ`.
    pub async fn user_info(&self, session: &Session) -> Result<Option<UserInfo>, Error> {
        if !session.scopes.allows(ScopeNeed { path: "aaaserver.profile", operation: "READ" }) {
            return Ok(None);
        }
        Ok(self.identity(session.identity).await?.map(|identity| UserInfo {
            display_name: identity.full_name(),
            first_name: identity.first_name,
            last_name: identity.last_name,
            email: identity.email,
            zuid: Zuid::of(identity.id),
        }))
    }

    async fn live(&self, token: &str) -> Result<Option<Live>, Error> {
        if !is_token(token) {
            return Ok(None);
        }
        if let Some(live) = self.stored(hash(token)).await? {
            return Ok(Some(live));
        }
        let Some(made) = self.foreign_token(token) else { return Ok(None) };
        let published = self.stored(hash(REFRESH_TOKEN)).await?;
        Ok(published.map(|live| Live { created: made.0, expires: Some(self.foreign_end(made).0), ..live }))
    }

    async fn stored(&self, key: String) -> Result<Option<Live>, Error> {
        let now = self.now().0;
        self.store()
            .read(Weight::Point, move |conn| {
                Box::pin(async move {
                    let sql = Sql::from(
                        "SELECT t.client, c.client_id, i.email, t.identity, t.scopes, t.created, t.expires FROM \
                         (SELECT client, identity, org, scopes, created, expires, expires AS ends FROM {access_tokens} \
                         WHERE hash = ?1 UNION ALL \
                         SELECT r.client, r.identity, r.org, r.scopes, r.created, CAST(NULL AS BIGINT) AS expires, \
                         CASE WHEN c.refresh_idle > 0 AND NOT r.is_pinned THEN r.last_used + c.refresh_idle END AS ends \
                         FROM {refresh_tokens} r JOIN {clients} c ON c.id = r.client WHERE r.hash = ?1) t \
                         JOIN {clients} c ON c.id = t.client JOIN {identities} i ON i.id = t.identity \
                         JOIN {memberships} m ON m.identity = t.identity AND m.org = t.org \
                         WHERE (t.ends IS NULL OR t.ends > ?2) AND i.is_active = ?3 AND m.is_active = ?3",
                    );
                    Ok(conn.first(&sql, &[key.into(), now.into(), true.into()], read).await?)
                })
            })
            .await
    }
}

fn read(row: &Row<'_>) -> Result<Live, StoreError> {
    Ok(Live {
        client: Row::must(row.id(0)?, 0)?,
        client_id: Row::must(row.text(1)?, 1)?.to_owned(),
        email: Row::must(row.text(2)?, 2)?.to_owned(),
        identity: Row::must(row.id(3)?, 3)?,
        scopes: ScopeSet::parse(Row::must(row.text(4)?, 4)?),
        created: Row::must(row.int(5)?, 5)?,
        expires: row.int(6)?,
    })
}
