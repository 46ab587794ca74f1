//! What stands above an open org and plugs into it, by name of a type: the org itself knows no area.

use std::any::Any;

use dealwright_schema::ModuleDef;
use dealwright_store::Conn;
use dealwright_wire::{Id, Instant, Mint};
use futures::future::BoxFuture;

use crate::error::Error;

/// The areas of an installation; the page that names them is [`crate::AREAS`].
pub struct Areas {
    /// Rows that a new org begins with, in the order in which they are made.
    pub(crate) seeds: &'static [Seed],
    /// What areas do at points of the floors below, each found by its type.
    pub(crate) plugs: &'static [Plug],
    /// Areas that these stand on.
    pub(crate) base: Option<&'static Self>,
}

/// Something that a floor below looks for by its type: which that is, the floor says.
pub type Plug = &'static (dyn Any + Send + Sync);

/// Writes rows of a new org, in the transaction that makes it.
pub(crate) type Seed = for<'a> fn(&'a mut Conn, &'a Founding) -> BoxFuture<'a, Result<(), Error>>;

/// An org that is being made.
pub(crate) struct Founding {
    pub mint: Mint,
    pub now: Instant,
    pub modules: Vec<ModuleDef>,
    /// The first administrator.
    pub admin: Id,
}

impl Areas {
    /// The same areas with more plugged in: for tests that stand on a page and add to it.
    pub const fn with(base: &'static Self, plugs: &'static [Plug]) -> Self {
        Self { seeds: base.seeds, plugs, base: Some(base) }
    }

    /// What was plugged in of that type, if anything was.
    pub(crate) fn plug<T: Any>(&self) -> Option<&'static T> {
        self.plugs::<T>().next()
    }

    /// Everything that was plugged in of that type.
    pub(crate) fn plugs<T: Any>(&self) -> impl Iterator<Item = &'static T> + use<T> {
        let own: &'static [Plug] = self.plugs;
        let below: &'static [Plug] = self.base.map_or(&[], |base| base.plugs);
        own.iter().chain(below).filter_map(|plug| plug.downcast_ref())
    }
}
