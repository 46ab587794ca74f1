//! Organisations this server hosts, who belongs to them, and whether they may act there.
//!
//! A membership that rests keeps its person out: it counts nowhere, and when it began to rest everything that had been
//! given out under it ended for good.

use std::collections::HashMap;

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

/// The org of that `zgid`, if the person may act there.
pub(crate) async fn of_member(tx: &mut Conn, identity: Id, zgid: Id) -> Result<Option<Id>, StoreError> {
    let sql = Sql::from("SELECT id FROM {orgs} WHERE zgid = ?1");
    let org = tx.first(&sql, &[zgid.into()], |row| Row::must(row.id(0)?, 0)).await?;
    match org {
        Some(org) if may_act(tx, identity, org).await? => Ok(Some(org)),
        _ => Ok(None),
    }
}

/// True when the person exists, is let in, and belongs to the org. Whatever gives something out asks this first, in
/// the same unit of work.
///
/// The membership is written as it is: so a unit that keeps the person out waits for this one, and then finds what it
/// gave out, or this one waits for that and finds the person kept out. Memberships come first in each unit, so that
/// no two wait for each other.
pub(crate) async fn may_act(tx: &mut Conn, identity: Id, org: Id) -> Result<bool, StoreError> {
    let sql = Sql::from(
        "UPDATE {memberships} SET is_active = is_active WHERE identity = ?1 AND org = ?2 AND is_active = ?3",
    );
    Ok(tx.exec(&sql, &[identity.into(), org.into(), true.into()]).await? > 0
        && is_let_in(tx, identity).await?)
}

/// True when the person may act in some org: who may not has nothing to sign in for. Locks like [`may_act`].
pub(crate) async fn may_act_somewhere(tx: &mut Conn, identity: Id) -> Result<bool, StoreError> {
    let sql =
        Sql::from("UPDATE {memberships} SET is_active = is_active WHERE identity = ?1 AND is_active = ?2");
    Ok(tx.exec(&sql, &[identity.into(), true.into()]).await? > 0 && is_let_in(tx, identity).await?)
}

async fn is_let_in(tx: &mut Conn, identity: Id) -> Result<bool, StoreError> {
    let sql = Sql::from("SELECT is_active FROM {identities} WHERE id = ?1");
    Ok(tx.first(&sql, &[identity.into()], |row| row.bool(0)).await?.flatten().unwrap_or_default())
}

/// Ends what was given out for a person in an org; their sign-ins too when no other org lets them in.
async fn end(tx: &mut Conn, identity: Id, org: Id) -> Result<(), StoreError> {
    crate::tokens::delete_of_person(tx, identity, Some(org)).await?;
    if !may_act_somewhere(tx, identity).await? {
        crate::sign_ins::end_all(tx, identity).await?;
    }
    Ok(())
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

    /// Takes a person out of an org and ends what was given out for them there. Who belongs nowhere any more loses
    /// their password and their self client as well: let in again they are invited again.
    pub async fn remove_member(&self, identity: Id, org: Id) -> Result<(), Error> {
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    let sql = Sql::from("DELETE FROM {memberships} WHERE identity = ?1 AND org = ?2");
                    tx.exec(&sql, &[identity.into(), org.into()]).await?;
                    end(tx, identity, org).await?;
                    let sql = Sql::from(
                        "UPDATE {identities} SET password = ?2 WHERE id = ?1 \
                         AND NOT EXISTS (SELECT 1 FROM {memberships} m WHERE m.identity = ?1)",
                    );
                    if tx.exec(&sql, &[identity.into(), crate::passwords::NOBODY.into()]).await? > 0 {
                        crate::clients::delete_self_client(tx, identity).await?;
                    }
                    Ok::<_, Error>(())
                })
            })
            .await?;
        self.forget_all();
        Ok(())
    }

    /// Lets a member act in an org, or keeps them out of it. Keeping out ends what was given out for them there.
    pub async fn set_member_active(&self, identity: Id, org: Id, is_active: bool) -> Result<(), Error> {
        self.set_members_active(org, vec![(identity, is_active)]).await
    }

    /// Makes memberships say what the org says. Only those that say otherwise are touched.
    pub async fn set_members_active(&self, org: Id, wanted: Vec<(Id, bool)>) -> Result<(), Error> {
        let known = self
            .store()
            .read(Weight::Scan, move |conn| {
                Box::pin(async move {
                    let sql = Sql::from("SELECT identity, is_active FROM {memberships} WHERE org = ?1");
                    let read = |row: &Row<'_>| Ok((Row::must(row.id(0)?, 0)?, Row::must(row.bool(1)?, 1)?));
                    conn.all(&sql, &[org.into()], read).await
                })
            })
            .await?;
        let known: HashMap<Id, bool> = known.into_iter().collect();
        let differing: Vec<(Id, bool)> = wanted
            .into_iter()
            .filter(|(identity, is_active)| known.get(identity).is_some_and(|known| known != is_active))
            .collect();
        if differing.is_empty() {
            return Ok(());
        }
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    for (identity, is_active) in differing {
                        let sql = Sql::from(
                            "UPDATE {memberships} SET is_active = ?3 WHERE identity = ?1 AND org = ?2",
                        );
                        tx.exec(&sql, &[identity.into(), org.into(), is_active.into()]).await?;
                        if !is_active {
                            end(tx, identity, org).await?;
                        }
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

    /// The mark of each org, oldest org first; `None` for one that has none yet.
    pub async fn marks(&self) -> Result<Vec<(Id, Option<String>)>, Error> {
        self.store()
            .read(Weight::Point, move |conn| {
                Box::pin(async move {
                    let sql = Sql::from("SELECT id, mark FROM {orgs} ORDER BY id");
                    let read =
                        |row: &Row<'_>| Ok((Row::must(row.id(0)?, 0)?, row.text(1)?.map(str::to_owned)));
                    Ok(conn.all(&sql, &[], read).await?)
                })
            })
            .await
    }

    /// Notes the mark that an org's places carry.
    pub async fn set_mark(&self, org: Id, mark: String) -> Result<(), Error> {
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    let sql = Sql::from("UPDATE {orgs} SET mark = ?2 WHERE id = ?1");
                    tx.exec(&sql, &[org.into(), mark.into()]).await?;
                    Ok(())
                })
            })
            .await
    }

    /// The orgs a person may act in, oldest first.
    pub async fn orgs_of(&self, identity: Id) -> Result<Vec<Org>, Error> {
        self.store()
            .read(Weight::Point, move |conn| {
                Box::pin(async move {
                    let sql = Sql::from(
                        "SELECT o.id, o.name, o.zgid FROM {orgs} o JOIN {memberships} m ON m.org = o.id \
                         WHERE m.identity = ?1 AND m.is_active = ?2 ORDER BY o.id",
                    );
                    Ok(conn.all(&sql, &[identity.into(), true.into()], read).await?)
                })
            })
            .await
    }
}
