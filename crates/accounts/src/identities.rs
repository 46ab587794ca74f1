//! People: who signs in. Their number is the user's `zuid` in the CRM.

use dealwright_store::{Row, Sql, StoreError, Weight};
use dealwright_wire::Id;

use crate::{Accounts, Error};

/// A person with an account. Carries no password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub id: Id,
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    /// They have opened a link that was mailed to them.
    pub is_email_verified: bool,
}

impl Identity {
    /// First and last name, or the email when neither is known.
    pub fn full_name(&self) -> String {
        let name = format!("{} {}", self.first_name, self.last_name);
        if name.trim().is_empty() { self.email.clone() } else { name.trim().to_owned() }
    }
}

pub(crate) const COLUMNS: &str = "i.id, i.email, i.first_name, i.last_name, i.email_verified";
/// Number of [`COLUMNS`], behind which callers add their own.
pub(crate) const WIDTH: usize = 5;

pub(crate) fn read(row: &Row<'_>) -> Result<Identity, StoreError> {
    Ok(Identity {
        id: Row::must(row.id(0)?, 0)?,
        email: Row::must(row.text(1)?, 1)?.to_owned(),
        first_name: row.text(2)?.unwrap_or_default().to_owned(),
        last_name: row.text(3)?.unwrap_or_default().to_owned(),
        is_email_verified: row.int(4)?.is_some(),
    })
}

/// Emails are unique without regard to case.
pub(crate) fn fold(email: &str) -> String {
    email.trim().to_lowercase()
}

impl Accounts {
    /// Creates a person and makes them a member of an org.
    pub async fn create_identity(
        &self,
        email: &str,
        password: &str,
        first_name: &str,
        last_name: &str,
        org: Option<Id>,
    ) -> Result<Identity, Error> {
        let identity = Identity {
            id: self.mint().next_short(),
            email: email.trim().to_owned(),
            first_name: first_name.trim().to_owned(),
            last_name: last_name.trim().to_owned(),
            is_email_verified: false,
        };
        let password = self.0.hashing.hash(password).await?;
        self.insert_identity(identity.clone(), password, org).await?;
        Ok(identity)
    }

    /// Creates the first administrator of a production server, as a member of the org.
    /// The CRM gives them their profile; here they are a person like any other.
    pub async fn create_admin(
        &self,
        email: &str,
        password: &str,
        name: (&str, &str),
        org: Id,
    ) -> Result<Identity, Error> {
        self.create_identity(email, password, name.0, name.1, Some(org)).await
    }

    /// Makes a person a member of an org: the one of that e-mail address, or a new one without a password, who
    /// cannot sign in until they set one by a link ([`Accounts::make_link`]).
    pub async fn invite(
        &self,
        email: &str,
        first_name: &str,
        last_name: &str,
        org: Id,
    ) -> Result<Identity, Error> {
        let known = self.identity_by_email(email).await?;
        if let Some(known) = known {
            self.add_member(known.id, org).await?;
            return Ok(known);
        }
        let identity = Identity {
            id: self.mint().next_short(),
            email: email.trim().to_owned(),
            first_name: first_name.trim().to_owned(),
            last_name: last_name.trim().to_owned(),
            is_email_verified: false,
        };
        self.insert_identity(identity.clone(), crate::passwords::NOBODY.to_owned(), Some(org)).await?;
        Ok(identity)
    }

    pub(crate) async fn insert_identity(
        &self,
        identity: Identity,
        password: String,
        org: Option<Id>,
    ) -> Result<(), Error> {
        let plain =
            |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control());
        if !identity
            .email
            .split_once('@')
            .is_some_and(|(name, host)| plain(name) && plain(host) && !host.contains('@'))
        {
            return Err(Error::refused(format!("{:?} is no email address", identity.email)));
        }
        let now = self.now().0;
        let result = self.store().write(move |tx| {
            Box::pin(async move {
                let sql = Sql::from(
                    "INSERT INTO {identities} (id, email, email_folded, first_name, last_name, password, is_active, \
                     created) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                );
                let folded = fold(&identity.email);
                let args = [
                    identity.id.into(),
                    identity.email.into(),
                    folded.into(),
                    identity.first_name.into(),
                    identity.last_name.into(),
                    password.into(),
                    true.into(),
                    now.into(),
                ];
                tx.exec(&sql, &args).await?;
                if let Some(org) = org {
                    crate::orgs::add_member(tx, identity.id, org).await?;
                }
                Ok(())
            })
        });
        match result.await {
            Err(StoreError::Unique { .. }) => {
                Err(Error::refused("somebody with this email has an account already"))
            }
            other => Ok(other?),
        }
    }

    pub async fn identity(&self, id: Id) -> Result<Option<Identity>, Error> {
        let sql = Sql::from(format!("SELECT {COLUMNS} FROM {{identities}} i WHERE i.id = ?1"));
        self.find_identity(sql, id.into()).await
    }

    pub async fn identity_by_email(&self, email: &str) -> Result<Option<Identity>, Error> {
        let sql = Sql::from(format!("SELECT {COLUMNS} FROM {{identities}} i WHERE i.email_folded = ?1"));
        self.find_identity(sql, fold(email).into()).await
    }

    async fn find_identity(
        &self,
        sql: Sql,
        key: dealwright_store::Cell<'static>,
    ) -> Result<Option<Identity>, Error> {
        self.store()
            .read(Weight::Point, move |conn| {
                Box::pin(async move { Ok(conn.first(&sql, &[key], read).await?) })
            })
            .await
    }

    /// Lets a person in or keeps them out of the whole installation, whatever their orgs say. Keeping out ends every
    /// token, code, link and sign-in for good.
    pub async fn set_identity_active(&self, identity: Id, is_active: bool) -> Result<(), Error> {
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    // Waits for whoever is just being given something.
                    crate::orgs::may_act_somewhere(tx, identity).await?;
                    let sql = Sql::from("UPDATE {identities} SET is_active = ?2 WHERE id = ?1");
                    tx.exec(&sql, &[identity.into(), is_active.into()]).await?;
                    if !is_active {
                        crate::tokens::delete_of_person(tx, identity, None).await?;
                        crate::sign_ins::end_all(tx, identity).await?;
                    }
                    Ok::<_, Error>(())
                })
            })
            .await?;
        self.forget_all();
        Ok(())
    }
}
