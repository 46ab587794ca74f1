//! The two drivers. Nothing above this folder names one.

pub(crate) mod postgres;
pub(crate) mod sqlite;
mod writer;
