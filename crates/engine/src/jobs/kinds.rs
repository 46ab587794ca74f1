//! The kinds of work. A new kind is a static beside the code that does it, and a line here.

use dealwright_store::Conn;
use futures::future::BoxFuture;

use super::job::Job;
use crate::cx::Cx;
use crate::error::Error;
use crate::{conversion, formula, mass, recycle_bin, tags};

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

static KINDS: &[&Kind] = &[
    &conversion::mass_convert::KIND,
    &formula::recompute::RECOMPUTE,
    &mass::UPDATE,
    &mass::DELETE,
    &mass::CHANGE_OWNER,
    &recycle_bin::RESTORE,
    &recycle_bin::REMOVE,
    &tags::mass_delete::JOB,
];

/// By the stored name.
pub(super) fn find(name: &str) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|kind| kind.name == name)
}
