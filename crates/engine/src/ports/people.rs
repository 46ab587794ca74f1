//! Who may sign in is known outside the CRM; this is what the CRM asks of it.

use dealwright_wire::Id;
use futures::future::BoxFuture;

use crate::error::Error;

/// Somebody who is going to be a user.
#[derive(Debug, Clone)]
pub struct Person {
    pub email: String,
    pub first_name: String,
    pub last_name: String,
}

/// The people behind users.
pub trait People: Send + Sync {
    /// Lets a person into an org and gives their identity, which is made when the e-mail address is new.
    /// Letting in somebody who is in already changes nothing.
    fn admit(&self, org: Id, person: Person) -> BoxFuture<'_, Result<Id, Error>>;

    /// Lets people of an org act in it or keeps them out, and ends for good what was given out for those who are kept
    /// out. Says nothing about people who do not belong to it.
    fn settle(&self, org: Id, people: Vec<(Id, bool)>) -> BoxFuture<'_, Result<(), Error>>;

    /// Ends what a person can do in an org. They stay a person, and stay in other orgs.
    fn dismiss(&self, org: Id, identity: Id) -> BoxFuture<'_, Result<(), Error>>;
}

/// Nobody signs in where there is no server: in tests, and in fuzz targets.
pub struct Nobody;

impl People for Nobody {
    fn admit(&self, org: Id, _: Person) -> BoxFuture<'_, Result<Id, Error>> {
        Box::pin(std::future::ready(Ok(org)))
    }

    fn settle(&self, _: Id, _: Vec<(Id, bool)>) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn dismiss(&self, _: Id, _: Id) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(std::future::ready(Ok(())))
    }
}
