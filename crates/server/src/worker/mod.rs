//! What is done for orgs beside their requests: jobs, and events that go to those who follow them.
//!
//! Workers are shared by all orgs. Each belongs to a line: one line for each queue of jobs, one for events, one for looking
//! what waits. An org whose bell rings gets into a line; an org that waits for a time is in the timetable. Nothing is asked of
//! an org in which nothing waits, but for a look now and then at what may have been missed.
//!
//! - `lines`: who waits for a worker; `timetable`: who waits for a time
//! - `pool`: workers, and what they do with what is left over
//! - `wake`: orgs in which an earlier end of the server left work

mod lines;
mod pool;
mod timetable;
mod wake;

pub(crate) use pool::Pool;
pub(crate) use wake::wake;
