//! A kind of work: a static beside the code that does it, and a line on the page of the areas.

use dealwright_store::Conn;
use futures::future::BoxFuture;

use super::job::Job;
use crate::cx::Cx;
use crate::error::Error;
use crate::org::Org;

/// A kind of work.
#[derive(Debug)]
pub(crate) struct Kind {
    /// As stored: it must stay the same from release to release.
    pub name: &'static str,
    pub step: Step,
}

/// Does the next part of a job in the running transaction: some hundred records, then moves [`Job::place`] and the
/// counts. Sets [`State::Completed`](super::State) when nothing is left. An error undoes the step; it is tried again.
///
/// The step must write through `tx` only: another transaction inside it would wait for this one.
pub(crate) type Step = for<'a> fn(&'a mut Conn, &'a Cx, &'a mut Job) -> BoxFuture<'a, Result<(), Error>>;

/// The kinds that this release knows. A job of another kind was made by a newer one, and waits for it.
pub(crate) struct Kinds(pub &'static [&'static Kind]);

impl Kinds {
    /// Those of an org.
    pub(super) fn of(org: &Org) -> &'static [&'static Kind] {
        org.areas.plug::<Self>().map_or(&[], |kinds| kinds.0)
    }
}
