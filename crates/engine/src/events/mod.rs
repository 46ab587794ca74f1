//! Events: what happened, written beside what it tells of, and handed to those who follow it.
//!
//! An event is a row of `_outbox` in the transaction of the change. A consumer reads them in the order of commits and has a
//! cursor of its own, which moves in the transaction in which the consumer does its part: so each event comes at least once
//! and takes effect once. Where there are no consumers, nothing is asked and events go after seven days.
//!
//! - [`event`]: one event; [`consumer`]: who follows them
//! - `cursor`: how far a consumer has read; `hand_out`: the next events for each
//! - `forget`: the chore that removes what everybody has had

pub mod consumer;
mod cursor;
pub mod event;
mod forget;
mod hand_out;

pub use consumer::{Consumer, Consumers};
pub use event::{Event, NewEvent};
pub(crate) use forget::FORGET;
pub use hand_out::{Left, are_followed, begin, hand_out};
