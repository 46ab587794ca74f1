//! Connections: whoever is connected waits for something, or is waited for, and nothing is waited for without an end.
//!
//! - `limits`: how long is waited, and how many may be connected; `descriptors`: how many the system bears
//! - `places`: who is connected, and who gives way when there are too many
//! - `watch`: what a connection waits for, and until when
//! - `wire`: its bytes; how it ends so that the last answer arrives
//! - `body`, `answer`: the two directions of a request; `service`: a request from one to the other
//! - `proxies`: whose word on the address of a client is believed

mod answer;
mod body;
pub mod descriptors;
pub(crate) mod limits;
pub(crate) mod places;
pub(crate) mod proxies;
pub(crate) mod service;
pub(crate) mod watch;
pub(crate) mod wire;
