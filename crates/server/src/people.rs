//! The people behind the users of the CRM: those of the accounts.

use dealwright_accounts::{Accounts, Way};
use dealwright_engine::Error;
use dealwright_engine::ports::people::{People, Person};
use dealwright_wire::Id;
use futures::future::BoxFuture;

use crate::mail::Mailer;

/// Asks the accounts.
pub(crate) struct AccountsPeople {
    accounts: Accounts,
    /// `None` where no mail can be sent: then an administrator hands links on.
    mailer: Option<Mailer>,
}

impl AccountsPeople {
    pub(crate) fn new(accounts: Accounts, mailer: Option<Mailer>) -> Self {
        Self { accounts, mailer }
    }

    /// Mails a person without a password the link to set one.
    async fn invite(&self, org: Id, identity: Id) -> Result<(), dealwright_accounts::Error> {
        let Some(mailer) = &self.mailer else { return Ok(()) };
        if self.accounts.has_password(identity).await? {
            return Ok(());
        }
        let orgs = self.accounts.orgs_of(identity).await?;
        let Some(org) = orgs.iter().find(|own| own.id == org) else { return Ok(()) };
        if let Some(link) = self.accounts.make_link(identity, Way::Mail).await? {
            mailer.send_link(org.id, &org.name, &link);
        }
        Ok(())
    }
}

impl People for AccountsPeople {
    fn admit(&self, org: Id, person: Person) -> BoxFuture<'_, Result<Id, Error>> {
        Box::pin(async move {
            let Person { email, first_name, last_name } = person;
            let inviting = Error::internal("inviting a user");
            let invited = self.accounts.invite(&email, &first_name, &last_name, org).await;
            let identity = invited.map_err(inviting)?.id;
            self.invite(org, identity).await.map_err(Error::internal("making a link for an invited user"))?;
            Ok(identity)
        })
    }

    fn settle(&self, org: Id, people: Vec<(Id, bool)>) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            let settled = self.accounts.set_members_active(org, people).await;
            settled.map_err(Error::internal("letting users of an org in or keeping them out"))
        })
    }

    fn dismiss(&self, org: Id, identity: Id) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            let dismissed = self.accounts.remove_member(identity, org).await;
            dismissed.map_err(Error::internal("taking a user out of an org"))
        })
    }
}
