//! The two drivers. Nothing above this folder names one.

pub(crate) mod lease;
pub(crate) mod postgres;
pub(crate) mod postgres_connect;
pub(crate) mod postgres_copy;
pub(crate) mod postgres_lent;
pub(crate) mod sqlite;
pub(crate) mod sqlite_copy;
mod sqlite_functions;
mod unit;
mod writer;
