//! The people behind the users of the CRM: those of the accounts.

use dealwright_accounts::Accounts;
use dealwright_engine::Error;
use dealwright_engine::people::{People, Person};
use dealwright_wire::Id;
use futures::future::BoxFuture;

/// Asks the accounts.
pub(crate) struct AccountsPeople(pub(crate) Accounts);

impl People for AccountsPeople {
    fn admit(&self, org: Id, person: Person) -> BoxFuture<'_, Result<Id, Error>> {
        Box::pin(async move {
            let Person { email, first_name, last_name } = person;
            let invited = self.0.invite(&email, &first_name, &last_name, org).await;
            Ok(invited.map_err(Error::internal("inviting a user"))?.id)
        })
    }

    fn dismiss(&self, org: Id, identity: Id) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            let dismissed = self.0.remove_member(identity, org).await;
            dismissed.map_err(Error::internal("taking a user out of an org"))
        })
    }
}
