//! Work that goes on after its request was answered: mass updates, mass deletions, conversions of many leads.
//!
//! A job is a row of `_jobs`, written in the transaction of the request that asks for it. It is done in steps; each
//! step is one transaction that also moves the job's place, so that whatever ends the process, the next one goes on
//! where the last step was committed and touches no record twice.
//!
//! - `job`: one job, and how it is stored
//! - `kinds`: what a kind of work is
//! - `runner`: does the next step

pub(crate) mod job;
mod kinds;
mod runner;

pub(crate) use job::{Job, NewJob, State};
pub(crate) use kinds::{Kind, Kinds};
pub use runner::{run_next, wait, wait_in};
