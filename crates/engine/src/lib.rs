//! The CRM itself. Knows nothing of HTTP and nothing of SQL drivers.
//!
//! - [`org`], [`snapshot`]: an org that is open, and its metadata in memory
//! - [`cx`]: who asks, in which org, under which version; the first argument of every operation
//! - [`request`]: what an operation is given and what it answers
//! - [`access`]: permission, decided once and carried as a value
//! - [`records`]: every operation on records
//! - [`metadata`]: reading modules, fields, layouts, users
//! - [`settings`]: changing them
//! - [`error`]: the caller's fault or ours

pub mod access;
pub mod cx;
pub mod error;
#[doc(hidden)]
pub mod fuzzing;
pub mod metadata;
mod migrations;
pub mod org;
pub mod records;
pub mod request;
pub mod settings;
pub mod snapshot;

pub use cx::{Actor, Cx};
pub use error::Error;
pub use org::{NewOrg, Org};
pub use request::{Body, Params, Reply, Request};
pub use snapshot::Snapshot;
