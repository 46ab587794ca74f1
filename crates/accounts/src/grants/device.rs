//! `device_token`: the device asks again and again until a person has decided.

use dealwright_store::{Row, Sql};
use dealwright_wire::Id;

use crate::device::INTERVAL_MS;
use crate::secret::hash;
use crate::tokens::{Minted, Refresh, Subject};
use crate::{Accounts, Client, OAuthError, Params, TokenReply};

/// A device code as it stands.
struct Waiting {
    id: Id,
    decision: String,
    identity: Option<Id>,
    org: Option<Id>,
    scopes: String,
    is_offline: bool,
    expires: i64,
    polled_ms: i64,
}

pub(super) async fn grant(accounts: &Accounts, params: &Params) -> Result<TokenReply, OAuthError> {
    let client = accounts.proven_client(params).await?;
    let code = hash(params.get("code").map_or_else(|| params.require("device_code"), Ok)?);
    let work = accounts.clone();
    // A refusal is an answer, not a failure of the unit of work: the time of the poll must be kept.
    let answer = accounts
        .store()
        .write(move |tx| Box::pin(async move { Ok::<_, OAuthError>(poll(&work, tx, client, code).await) }))
        .await?;
    Ok(accounts.reply(answer?))
}

async fn poll(
    accounts: &Accounts,
    tx: &mut dealwright_store::Conn,
    client: Client,
    code: String,
) -> Result<Minted, OAuthError> {
    let sql = Sql::from(
        "SELECT id, decision, identity, org, scopes, is_offline, expires, polled_ms FROM {device_codes} \
         WHERE hash = ?1 AND client = ?2",
    );
    let found = tx.first(&sql, &[code.into(), client.id.into()], read).await?;
    let device = found.ok_or(OAuthError::Expired)?;
    let now_ms = accounts.clock().now_ms();
    if device.expires <= accounts.now().0 {
        return Err(OAuthError::Expired);
    }
    // Memberships are locked first, as where people are kept out.
    if let (Some(identity), Some(org)) = (device.identity, device.org) {
        crate::orgs::may_act(tx, identity, org).await?;
    }
    let sql = Sql::from("UPDATE {device_codes} SET polled_ms = ?2 WHERE id = ?1");
    tx.exec(&sql, &[device.id.into(), now_ms.into()]).await?;
    if now_ms - device.polled_ms < INTERVAL_MS {
        return Err(OAuthError::SlowDown);
    }
    let (Some(identity), Some(org)) = (device.identity, device.org) else {
        return Err(OAuthError::AuthorizationPending);
    };
    tx.exec(&Sql::from("DELETE FROM {device_codes} WHERE id = ?1"), &[device.id.into()]).await?;
    if device.decision != "allowed" {
        return Err(OAuthError::AccessDenied);
    }
    let refresh = if device.is_offline { Refresh::New } else { Refresh::None };
    let subject = Subject { client: client.id, identity, org, scopes: device.scopes };
    accounts.make_tokens(tx, subject, refresh, None).await
}

fn read(row: &Row<'_>) -> Result<Waiting, dealwright_store::StoreError> {
    Ok(Waiting {
        id: Row::must(row.id(0)?, 0)?,
        decision: Row::must(row.text(1)?, 1)?.to_owned(),
        identity: row.id(2)?,
        org: row.id(3)?,
        scopes: Row::must(row.text(4)?, 4)?.to_owned(),
        is_offline: Row::must(row.bool(5)?, 5)?,
        expires: Row::must(row.int(6)?, 6)?,
        polled_ms: Row::must(row.int(7)?, 7)?,
    })
}
