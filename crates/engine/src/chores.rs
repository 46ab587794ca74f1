//! What the server does for an org by itself, again and again: a static beside the code that does it, and a line on the
//! page of the areas.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;

use crate::error::Error;
use crate::org::Org;

/// Something that is done for every org from time to time. A time that was missed is made up for by the next one.
#[derive(Debug)]
pub struct Chore {
    /// For the log.
    pub name: &'static str,
    pub every: Duration,
    pub run: Run,
}

/// Does it. Gives how much was done, for the log.
pub type Run = for<'a> fn(&'a Arc<Org>) -> BoxFuture<'a, Result<u64, Error>>;

/// The chores of an installation.
pub struct Chores(pub &'static [&'static Chore]);

/// Those of an org.
pub fn of(org: &Org) -> impl Iterator<Item = &'static Chore> {
    org.areas.plugs::<Chores>().flat_map(|chores| chores.0.iter().copied())
}
