//! What people have allowed clients to do, so that they are not asked again.

use dealwright_store::{Conn, Row, Sql, StoreError, Weight};
use dealwright_wire::{Id, ScopeSet};

use crate::{Accounts, Error};

impl Accounts {
    /// The org a person let the client into with at least these scopes; the latest when there are several.
    pub async fn consented_org(
        &self,
        identity: Id,
        client: Id,
        scopes: &ScopeSet,
    ) -> Result<Option<Id>, Error> {
        let consents = self
            .store()
            .read(Weight::Point, move |conn| {
                Box::pin(async move {
                    let sql = Sql::from(
                        "SELECT org, scopes FROM {consents} WHERE identity = ?1 AND client = ?2 \
                         ORDER BY created DESC, id DESC",
                    );
                    conn.all(&sql, &[identity.into(), client.into()], |row| {
                        Ok((Row::must(row.id(0)?, 0)?, ScopeSet::parse(Row::must(row.text(1)?, 1)?)))
                    })
                    .await
                })
            })
            .await?;
        Ok(consents.into_iter().find(|(_, allowed)| allowed.covers(scopes)).map(|(org, _)| org))
    }
}

/// Remembers a consent; it replaces the former one of the same person, client and org.
pub(crate) async fn insert(
    tx: &mut Conn,
    id: Id,
    (identity, client, org): (Id, Id, Id),
    scopes: &str,
    now: i64,
) -> Result<(), StoreError> {
    let sql = Sql::from(
        "INSERT INTO {consents} (id, identity, client, org, scopes, created) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
         ON CONFLICT (identity, client, org) DO UPDATE SET scopes = excluded.scopes, created = excluded.created",
    );
    let args = [id.into(), identity.into(), client.into(), org.into(), scopes.into(), now.into()];
    tx.exec(&sql, &args).await.map(drop)
}
