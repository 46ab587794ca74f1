//! The flow for devices without a browser: the device shows a short code, a person types it in elsewhere.
//!
//! Durations of this flow travel in milliseconds; the tokens it ends with count in seconds again.
//! Source: accounts service documentation, "OAuth for non-browser applications".

use dealwright_store::{Row, Sql, Weight};
use dealwright_wire::{Id, ScopeSet};
use serde::Serialize;

use crate::secret::characters;
use crate::{Accounts, ClientKind, Error, OAuthError, Params, Secret, scopes};

pub(crate) const INTERVAL_MS: i64 = 5_000;
const LIFETIME_SECONDS: i64 = 300;
/// No vowels, so that no words come out, and nothing that looks like something else.
const ALPHABET: &[u8] = b"BCDFGHJKLMNPQRSTVWXZ";

/// The first answer to a device. Has no `Debug`: it carries codes.
#[derive(Clone, Serialize)]
pub struct DeviceReply {
    pub user_code: String,
    pub device_code: String,
    pub verification_url: String,
    pub verification_uri_complete: String,
    pub interval: i64,
    pub expires_in: i64,
}

/// A device that waits for a person's decision.
#[derive(Debug, Clone)]
pub struct WaitingDevice {
    pub id: Id,
    pub client_name: String,
    pub scopes: ScopeSet,
}

impl Accounts {
    /// Starts the flow for a device.
    pub async fn device_request(&self, params: &Params) -> Result<DeviceReply, OAuthError> {
        if params.get("grant_type").is_some_and(|grant| grant != "device_request") {
            return Err(OAuthError::UnsupportedGrantType);
        }
        let client = self.named_client(params).await?;
        if client.kind != ClientKind::Device {
            return Err(OAuthError::InvalidClient);
        }
        let scopes = scopes::requested(params.get("scope").unwrap_or_default())?.to_string();
        let is_offline = params.get("access_type") == Some("offline");
        let letters = characters(ALPHABET, 8)?;
        let user_code = format!("{}-{}", &letters[..4], &letters[4..]);
        let device_code = Secret::token()?;
        let (id, hash, now) = (self.mint().next(), device_code.hash(), self.now().0);
        let shown = user_code.clone();
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    let sql = Sql::from("DELETE FROM {device_codes} WHERE expires <= ?1");
                    tx.exec(&sql, &[now.into()]).await?;
                    let sql = Sql::from(
                        "INSERT INTO {device_codes} (id, hash, user_code, client, scopes, is_offline, decision, \
                         expires, polled_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                    );
                    let args = [
                        id.into(),
                        hash.into(),
                        shown.into(),
                        client.id.into(),
                        scopes.into(),
                        is_offline.into(),
                        "pending".into(),
                        (now + LIFETIME_SECONDS).into(),
                        0_i64.into(),
                    ];
                    tx.exec(&sql, &args).await?;
                    Ok::<_, OAuthError>(())
                })
            })
            .await?;
        let verification_url = format!("{}/oauth/v3/device", self.public_url());
        Ok(DeviceReply {
            verification_uri_complete: format!("{verification_url}?user_code={user_code}"),
            verification_url,
            device_code: device_code.expose().to_owned(),
            user_code,
            interval: INTERVAL_MS,
            expires_in: LIFETIME_SECONDS * 1000,
        })
    }

    /// The device that shows this code, if it still waits. Case and dashes of the code do not matter.
    pub async fn waiting_device(&self, user_code: &str) -> Result<Option<WaitingDevice>, Error> {
        let letters: String = user_code.chars().filter(char::is_ascii_alphanumeric).collect();
        if letters.len() != 8 {
            return Ok(None);
        }
        let letters = letters.to_ascii_uppercase();
        let user_code = format!("{}-{}", &letters[..4], &letters[4..]);
        let now = self.now().0;
        self.store()
            .read(Weight::Point, move |conn| {
                Box::pin(async move {
                    let sql = Sql::from(
                        "SELECT d.id, c.name, d.scopes FROM {device_codes} d JOIN {clients} c ON c.id = d.client \
                         WHERE d.user_code = ?1 AND d.decision = ?2 AND d.expires > ?3",
                    );
                    let args = [user_code.into(), "pending".into(), now.into()];
                    let read = |row: &Row<'_>| {
                        Ok(WaitingDevice {
                            id: Row::must(row.id(0)?, 0)?,
                            client_name: row.text(1)?.unwrap_or_default().to_owned(),
                            scopes: ScopeSet::parse(row.text(2)?.unwrap_or_default()),
                        })
                    };
                    Ok(conn.first(&sql, &args, read).await?)
                })
            })
            .await
    }

    /// Records a person's decision about a waiting device. `false` when it no longer waits, or when the
    /// person does not belong to the org.
    pub async fn decide_device(
        &self,
        device: Id,
        identity: Id,
        org: Id,
        allows: bool,
    ) -> Result<bool, Error> {
        if !self.orgs_of(identity).await?.iter().any(|own| own.id == org) {
            return Ok(false);
        }
        let now = self.now().0;
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    let sql = Sql::from(
                        "UPDATE {device_codes} SET decision = ?2, identity = ?3, org = ?4 \
                         WHERE id = ?1 AND decision = ?5 AND expires > ?6",
                    );
                    let decision = if allows { "allowed" } else { "refused" };
                    let args = [
                        device.into(),
                        decision.into(),
                        identity.into(),
                        org.into(),
                        "pending".into(),
                        now.into(),
                    ];
                    Ok(tx.exec(&sql, &args).await? == 1)
                })
            })
            .await
    }
}
