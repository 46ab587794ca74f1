//! People as those see them who look after them: who has a password, who is kept out, where they are signed in.

use dealwright_store::{Row, Sql, Weight};
use dealwright_wire::{Id, Instant};

use crate::identities::{COLUMNS, WIDTH, read};
use crate::passwords::NOBODY;
use crate::{Accounts, Error, Identity};

/// How somebody stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Was let in and has no password yet.
    Invited,
    Active,
    /// Kept out of their orgs.
    Resting,
    /// Kept out of the whole installation.
    Barred,
}

impl Standing {
    pub const fn text(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Active => "active",
            Self::Resting => "deactivated in the organisation",
            Self::Barred => "deactivated",
        }
    }
}

/// A person with what those need to know who look after them.
#[derive(Debug, Clone)]
pub struct PersonEntry {
    pub identity: Identity,
    pub standing: Standing,
    pub last_sign_in: Option<Instant>,
    pub sign_ins: i64,
    pub refresh_tokens: i64,
    /// Orgs they belong to, resting memberships counted.
    pub orgs: i64,
}

impl Accounts {
    /// The people of an org, or of all, by their email addresses.
    pub async fn people(&self, org: Option<Id>) -> Result<Vec<PersonEntry>, Error> {
        let now = self.now().0;
        let fresh = now - self.idle_seconds();
        self.store()
            .read(Weight::Scan, move |conn| {
                Box::pin(async move {
                    let mut sql = format!(
                        "SELECT {COLUMNS}, i.password, i.is_active, i.last_sign_in, \
                         (SELECT COUNT(*) FROM {{sessions}} s WHERE s.identity = i.id AND s.expires > ?1 AND s.last_used > ?2), \
                         (SELECT COUNT(*) FROM {{refresh_tokens}} r WHERE r.identity = i.id), \
                         (SELECT COUNT(*) FROM {{memberships}} m WHERE m.identity = i.id), \
                         (SELECT COUNT(*) FROM {{memberships}} m WHERE m.identity = i.id AND m.is_active = ?3) \
                         FROM {{identities}} i"
                    );
                    let mut args = vec![now.into(), fresh.into(), true.into()];
                    if let Some(org) = org {
                        sql += " WHERE EXISTS (SELECT 1 FROM {memberships} o WHERE o.identity = i.id AND o.org = ?4)";
                        args.push(org.into());
                    }
                    sql += " ORDER BY i.email_folded";
                    Ok(conn.all(&Sql::from(sql), &args, entry).await?)
                })
            })
            .await
    }

    /// True when a person belongs to this org and to no other: then its administrators may act for them.
    pub async fn belongs_only_to(&self, identity: Id, org: Id) -> Result<bool, Error> {
        let orgs = self
            .store()
            .read(Weight::Point, move |conn| {
                Box::pin(async move {
                    let sql = Sql::from("SELECT org FROM {memberships} WHERE identity = ?1");
                    conn.all(&sql, &[identity.into()], |row| Row::must(row.id(0)?, 0)).await
                })
            })
            .await?;
        Ok(orgs == [org])
    }
}

fn entry(row: &Row<'_>) -> Result<PersonEntry, dealwright_store::StoreError> {
    let count = |column| Ok::<_, dealwright_store::StoreError>(row.int(column)?.unwrap_or_default());
    let is_let_in = Row::must(row.bool(WIDTH + 1)?, WIDTH + 1)?;
    let standing = if !is_let_in {
        Standing::Barred
    } else if count(WIDTH + 6)? == 0 {
        Standing::Resting
    } else if row.text(WIDTH)? == Some(NOBODY) {
        Standing::Invited
    } else {
        Standing::Active
    };
    Ok(PersonEntry {
        identity: read(row)?,
        standing,
        last_sign_in: row.int(WIDTH + 2)?.map(Instant),
        sign_ins: count(WIDTH + 3)?,
        refresh_tokens: count(WIDTH + 4)?,
        orgs: count(WIDTH + 5)?,
    })
}
