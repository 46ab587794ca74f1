//! SQL and files. The only crate that knows a database driver.
//!
//! - [`database`]: opening SQLite (a folder) or PostgreSQL (a URL); one [`Store`] per org and one for control data
//! - [`sql`]: statement text with `{table}` names and `?1` arguments, the same for both databases
//! - [`conn`], [`row`]: running statements and reading rows; [`costs`]: how many there were
//! - [`batch`]: inserting and updating many rows of one table at once
//! - [`dialect`]: every difference between the two databases in SQL text
//! - `driver`: the two drivers; SQLite's group commit lives in `driver/writer.rs`
//! - [`copies`]: copies of stores that are in use, and stores made of them
//! - [`hold`]: one process per folder and database; [`private`]: modes of files; [`room`]: whether the disk is full
//! - `statements`: scripts cut into statements
//! - [`migrate`], [`ddl`]: fixed tables by numbered steps, record tables from the schema
//! - [`noting`]: which records full text has to look at
//! - [`full_text`]: text cut into the terms of the full text index, a crate of its own
//! - [`blob`]: files, in a folder or in a bucket

pub mod batch;
pub mod blob;
pub mod conn;
pub mod copies;
pub mod costs;
pub mod database;
pub mod ddl;
pub mod dialect;
mod driver;
pub mod error;
pub mod hold;
pub mod migrate;
pub mod noting;
pub mod private;
pub mod room;
pub mod row;
pub mod sql;
mod statements;

pub use batch::{Batch, Column};
pub use conn::{Conn, Op};
pub use costs::Costs;
pub use database::{Database, Store, Weight};
pub use dealwright_full_text as full_text;
pub use dealwright_schema::{Cell, Storage};
pub use dialect::Dialect;
pub use error::StoreError;
pub use futures::future::BoxFuture;
pub use hold::{Busy, Hold, Holder};
pub use row::Row;
pub use sql::Sql;
