//! Organisations this server hosts, and who belongs to them.

use dealwright_store::{Conn, Row, Sql, StoreError, Weight};
use dealwright_wire::Id;

use crate::{Accounts, Error};

/// An organisation. Clients know it by its `zgid`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Org {
    pub id: Id,
    pub name: String,
    pub zgid: Id,
}

fn read(row: &Row<'_>) -> Result<Org, StoreError> {
    Ok(Org {
        id: Row::must(row.id(0)?, 0)?,
        name: row.text(1)?.unwrap_or_default().to_owned(),
        zgid: Row::must(row.id(2)?, 2)?,
    })
}

pub(crate) async fn add_member(tx: &mut Conn, identity: Id, org: Id) -> Result<(), StoreError> {
    let sql = Sql::from("INSERT INTO {memberships} (identity, org) VALUES (?1, ?2) ON CONFLICT DO NOTHING");
    tx.exec(&sql, &[identity.into(), org.into()]).await.map(drop)
}

/// The org of that `zgid`, if the person belongs to it.
pub(crate) async fn of_member(conn: &mut Conn, identity: Id, zgid: Id) -> Result<Option<Id>, StoreError> {
    let sql = Sql::from(
        "SELECT o.id FROM {orgs} o JOIN {memberships} m ON m.org = o.id WHERE m.identity = ?1 AND o.zgid = ?2",
    );
    conn.first(&sql, &[identity.into(), zgid.into()], |row| Row::must(row.id(0)?, 0)).await
}

impl Accounts {
    /// Registers an org, or renames it when it is known.
    pub async fn ensure_org(&self, org: Org) -> Result<(), Error> {
        let now = self.now().0;
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    let sql = Sql::from(
                        "INSERT INTO {orgs} (id, name, zgid, created) VALUES (?1, ?2, ?3, ?4) \
                         ON CONFLICT (id) DO UPDATE SET name = excluded.name, zgid = excluded.zgid",
                    );
                    tx.exec(&sql, &[org.id.into(), org.name.into(), org.zgid.into(), now.into()]).await?;
                    Ok(())
                })
            })
            .await
    }

    pub async fn add_member(&self, identity: Id, org: Id) -> Result<(), Error> {
        self.store().write(move |tx| Box::pin(async move { Ok(add_member(tx, identity, org).await?) })).await
    }

    /// Takes a person out of an org, and ends every token and code they have for it.
    pub async fn remove_member(&self, identity: Id, org: Id) -> Result<(), Error> {
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    for table in ["memberships", "access_tokens", "refresh_tokens", "codes"] {
                        let sql =
                            Sql::from(format!("DELETE FROM {{{table}}} WHERE identity = ?1 AND org = ?2"));
                        tx.exec(&sql, &[identity.into(), org.into()]).await?;
                    }
                    Ok::<_, Error>(())
                })
            })
            .await?;
        self.forget_all();
        Ok(())
    }

    /// The ids of all orgs, oldest first.
    pub async fn all_orgs(&self) -> Result<Vec<Id>, Error> {
        self.store()
            .read(Weight::Point, move |conn| {
                Box::pin(async move {
                    let sql = Sql::from("SELECT id FROM {orgs} ORDER BY id");
                    Ok(conn.all(&sql, &[], |row| dealwright_store::Row::must(row.id(0)?, 0)).await?)
                })
            })
            .await
    }

    /// The orgs a person belongs to, oldest first.
    pub async fn orgs_of(&self, identity: Id) -> Result<Vec<Org>, Error> {
        self.store()
            .read(Weight::Point, move |conn| {
                Box::pin(async move {
                    let sql = Sql::from(
                        "SELECT o.id, o.name, o.zgid FROM {orgs} o JOIN {memberships} m ON m.org = o.id \
                         WHERE m.identity = ?1 ORDER BY o.id",
                    );
                    Ok(conn.all(&sql, &[identity.into()], read).await?)
                })
            })
            .await
    }
}
