//! A kind of job: a static beside the code that does it, and a line on the page of the areas.

use std::time::Duration;

use dealwright_store::Conn;
use dealwright_wire::Id;
use futures::future::BoxFuture;

use super::job::Job;
use super::queue::Queue;
use crate::cx::Cx;
use crate::error::Error;
use crate::org::Org;

/// A kind of job.
#[derive(Debug)]
pub struct JobKind {
    /// As stored: it must stay the same from release to release.
    pub name: &'static str,
    pub queue: &'static Queue,
    pub attempts: Attempts,
    pub work: Work,
}

/// How a kind is done.
#[derive(Debug)]
pub enum Work {
    /// Inside the database, in steps that are transactions.
    Steps(Step),
    /// With the world outside: taken in one transaction, done in none, settled in another. It may be done twice, when the
    /// process ends in between.
    Outside {
        /// Whether it can be done here at all; if not, it waits for a process that can.
        ready: fn(&Org) -> bool,
        take: Take,
        /// How long performing may take.
        deadline: Duration,
    },
}

/// Does the next part of a job in the running transaction: some hundred records, then moves [`Job::place`] and the
/// counts. Sets [`State::Completed`](super::State) when nothing is left. An error undoes the step; it is tried again.
///
/// The step must write through `tx` only: another transaction inside it would wait for this one.
pub type Step = for<'a> fn(&'a mut Conn, &'a Cx, &'a mut Job) -> BoxFuture<'a, Result<(), Error>>;

/// Reads what there is to do, in the transaction that takes the job. `None` when there is nothing any more.
pub type Take =
    for<'a> fn(&'a mut Conn, &'a Org, &'a Job) -> BoxFuture<'a, Result<Option<Box<dyn Errand>>, Error>>;

/// Something that is to be done outside, and then what came of it.
pub trait Errand: Send {
    /// Does it and remembers what came of it. Holds no transaction, and is broken off at the deadline.
    fn perform<'a>(&'a mut self, org: &'a Org) -> BoxFuture<'a, ()>;

    /// Stores what came of it; when nothing did, it was broken off. In one transaction with the end of the job.
    fn settle<'a>(
        &'a mut self,
        tx: &'a mut Conn,
        org: &'a Org,
        attempt: Attempt,
    ) -> BoxFuture<'a, Result<Settled, Error>>;
}

/// Which attempt it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// From 1.
    pub number: i64,
    /// There will be no other.
    pub is_last: bool,
}

/// What becomes of a job that was settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// It is over, well or badly: what is to be known of it stands where it was stored.
    Done,
    /// Another attempt, if there is one left, and why.
    Again(String),
}

/// How often a job is tried: the pauses before each repetition. After the last one it is given up.
#[derive(Debug, Clone, Copy)]
pub struct Attempts(pub &'static [Duration]);

impl Attempts {
    /// Of steps: what fails in the database fails shortly or for good.
    pub const OF_STEPS: Self = Self(&[
        Duration::from_secs(2),
        Duration::from_secs(4),
        Duration::from_secs(8),
        Duration::from_secs(16),
    ]);

    pub(super) fn attempt(&self, number: i64) -> Attempt {
        Attempt { number, is_last: number > self.0.len() as i64 }
    }

    /// The pause after that attempt; `None` after the last one. Up to a fifth shorter than the table says, so that what
    /// failed together does not come back together; which part of it, the job's id decides, so nothing is left to chance.
    pub(super) fn pause(&self, number: i64, job: Id) -> Option<Duration> {
        let pause = *self.0.get(usize::try_from(number - 1).ok()?)?;
        // The multiplier spreads ids that follow each other over the whole range (Fibonacci hashing).
        let spread = (job.get() as u64 ^ number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        let less = (pause / 5).as_millis() as u64 * spread / u64::from(u32::MAX);
        Some(pause.saturating_sub(Duration::from_millis(less)))
    }
}

/// The kinds that this release knows. A job of another kind was made by a newer one, and waits for it.
pub struct Kinds(pub &'static [&'static JobKind]);

impl Kinds {
    /// Those of an org that can be done here.
    pub(super) fn of(org: &Org) -> impl Iterator<Item = &'static JobKind> {
        let kinds = org.areas.plugs::<Self>().flat_map(|kinds| kinds.0.iter().copied());
        kinds.filter(move |kind| match kind.work {
            Work::Steps(_) => true,
            Work::Outside { ready, .. } => ready(org),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_a_little_shorter_than_the_table_and_differ_from_job_to_job() {
        let attempts = Attempts::OF_STEPS;
        let pauses: Vec<Duration> =
            (1..50).filter_map(|id| attempts.pause(2, Id::new(5_000_000 + id)?)).collect();
        assert_eq!(pauses.len(), 49);
        assert!(pauses.iter().all(|pause| (3_200..=4_000).contains(&pause.as_millis())), "{pauses:?}");
        let different: std::collections::HashSet<_> = pauses.iter().collect();
        assert!(different.len() > 40, "{pauses:?}");
    }

    #[test]
    fn after_the_last_pause_there_is_no_attempt() {
        let attempts = Attempts::OF_STEPS;
        let job = Id::new(7).unwrap();
        assert!(!attempts.attempt(4).is_last && attempts.attempt(5).is_last);
        assert!(attempts.pause(4, job).is_some() && attempts.pause(5, job).is_none());
    }
}
