//! Work that goes on after its request was answered: mass updates, mass deletions, conversions of many leads, mails.
//!
//! A job is a row of `_jobs`, written in the transaction of the request that asks for it. Work inside the database is done
//! in steps; each is one transaction that also moves the job's place, so that whatever ends the process, the next one goes
//! on where the last step was committed and touches no record twice. Work outside is taken, performed and settled.
//!
//! - `job`: one job, and how it is stored
//! - [`kind`]: what a kind of job is; [`queue`]: the queues, each with workers of its own
//! - `lease`: who works on a job
//! - `steps`, `outside`: the two ways of working on one; `runner`: the next turn of a worker
//! - `agenda`: what waits, and when it is due; `forget`: the chore that removes what ended long ago

mod agenda;
mod forget;
pub(crate) mod job;
pub mod kind;
mod lease;
mod outside;
pub mod queue;
mod runner;
mod steps;

pub use agenda::{Waiting, agenda, wait, wait_in};
pub(crate) use forget::FORGET;
pub use job::{Asker, Job, NewJob, State};
pub use kind::{Attempt, Attempts, Errand, JobKind, Kinds, Settled, Work};
pub use lease::Worker;
pub use queue::{QUEUES, Queue};
pub use runner::{Hands, work};
