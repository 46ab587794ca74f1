//! A consumer: a static beside the code that follows events, and a line on the page of the areas.

use std::sync::Arc;

use dealwright_store::Conn;
use futures::future::BoxFuture;

use super::event::Event;
use crate::error::Error;
use crate::org::Org;
use crate::snapshot::Snapshot;

/// Somebody who follows what happens. Each event comes at least once, in the order in which transactions were committed.
#[derive(Debug)]
pub struct Consumer {
    /// As stored with its cursor: it must stay the same from release to release.
    pub name: &'static str,
    /// Whether an event is any of its business. Called for every event, so it asks the metadata and nothing else.
    pub wants: fn(&Snapshot, &Event) -> bool,
    pub handle: Handle,
}

/// Does the consumer's part for some events, in the transaction that moves its cursor past them: writes rows, queues jobs.
/// It never calls out; that is what jobs are for. An error undoes it, and the events come again.
pub type Handle = for<'a> fn(&'a mut Conn, &'a Arc<Org>, &'a [Event]) -> BoxFuture<'a, Result<(), Error>>;

/// The consumers of an installation.
pub struct Consumers(pub &'static [&'static Consumer]);

impl Consumers {
    /// Those of an org.
    pub(super) fn of(org: &Org) -> impl Iterator<Item = &'static Consumer> {
        org.areas.plugs::<Self>().flat_map(|consumers| consumers.0.iter().copied())
    }
}
