//! The SDK against a server that answers what each test wants.
//!
//! - [`stub`]: that server
//! - [`tokens`], [`records`], [`pages`]: the tests

mod pages;
mod records;
mod stub;
mod tokens;
