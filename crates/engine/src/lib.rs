//! The CRM itself. Knows nothing of HTTP and nothing of SQL drivers.
//!
//! - [`org`], [`snapshot`]: an org that is open, and its metadata in memory
//! - [`documents`]: what of the metadata is stored as documents
//! - [`ports`]: what is asked of the world around: who may sign in, what brings mails
//! - [`cx`]: who asks, in which org, under which version; the first argument of every operation
//! - `display`: texts that somebody wrote, as HTML that is safe to show
//! - [`request`]: what an operation is given and what it answers
//! - [`access`]: permission, decided once and carried as a value
//! - [`coql`]: queries in the API's own language
//! - [`records`]: every operation on records
//! - `full_text`: what records are found by, behind those who write
//! - `formula`: values that are worked out from others: formulas, rollups of related records
//! - [`activities`]: tasks, events and calls together, as the oldest versions know them
//! - [`related`]: what hangs on a record: related lists, notes, contact roles
//! - [`files`]: files that are held
//! - [`attachments`]: attachments of records, and fields that hold files
//! - `tag_book`: what the ids of tags are called, in memory
//! - [`tags`]: tags of modules and of records
//! - `taxes`: the taxes of the organisation, for products, line items and settings
//! - [`mass`]: one change of many records, now or as a job
//! - [`conversion`]: records that become other records, merging
//! - [`blueprint`]: processes that records go through
//! - [`sharing`]: shares, locks and territories of records
//! - [`mail`]: e-mails of records
//! - [`history`]: what records were, and bringing it back
//! - [`recycle_bin`]: what was deleted, bringing it back, deleting it for good
//! - [`jobs`]: work that goes on after its request was answered; [`chores`]: what the server does by itself
//! - [`events`]: what happened, and who follows it
//! - [`metadata`]: reading modules, fields, layouts, users
//! - [`settings`]: changing them
//! - [`indexes`]: indexes on fields that queries ask for often
//! - [`mark`]: what an org's places carry, so that another's place is noticed
//! - [`explanation`], [`explain`]: how the database goes about a statement, in words
//! - [`areas`]: the page on which every area says what it plugs in
//! - [`error`]: the caller's fault or ours

pub mod access;
pub mod activities;
pub mod areas;
pub mod attachments;
pub mod blueprint;
pub mod chores;
pub mod conversion;
pub mod coql;
pub mod cx;
mod display;
pub mod documents;
pub mod error;
pub mod events;
pub mod explain;
pub mod explanation;
pub mod files;
mod formula;
#[cfg(test)]
mod fresh;
mod full_text;
#[doc(hidden)]
pub mod fuzzing;
pub mod history;
pub mod indexes;
pub mod jobs;
pub mod mail;
pub mod mark;
pub mod mass;
pub mod metadata;
mod migrations;
pub mod org;
pub mod ports;
pub mod records;
pub mod recycle_bin;
pub mod related;
pub mod request;
pub mod settings;
pub mod sharing;
pub mod snapshot;
mod tag_book;
pub mod tags;
mod taxes;

/// The steps of an org's fixed tables, for tests of what earlier releases left behind.
#[doc(hidden)]
pub use migrations::ORG as MIGRATIONS;

pub use areas::AREAS;
pub use cx::{Actor, Cx};
pub use error::Error;
pub use org::{Home, NewOrg, Org, Surroundings};
pub use request::{Body, Params, Reply, Request};
pub use snapshot::Snapshot;
