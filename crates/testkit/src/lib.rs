//! What tests over HTTP stand on: a real server on either database, a client, and builders of records.
//!
//! - [`server`]: a server of its own for each test, with a clock that stands still until it is moved
//! - [`database`]: where its data is; [`postgres`]: the cluster those databases live in; `template`: why setting one
//!   up is quick
//! - [`api`]: calls and their answers; [`page`]: the pages for people, as a browser meets them
//! - [`records`]: builders of deals, leads, accounts and contacts; [`rounds`]: marked deals of tests that cut servers off
//! - [`answer`]: an answer in the form that snapshots keep
//! - `traffic`: what was said, for a checker
//! - [`on_both`]: one story, told on SQLite and on PostgreSQL; [`process`]: the binary itself, for tests that kill it

pub mod answer;
pub mod api;
pub mod database;
mod on_both;
pub mod page;
pub mod postgres;
pub mod process;
pub mod records;
pub mod rounds;
pub mod server;
mod template;
mod traffic;

pub use answer::Answer;
pub use api::Api;
pub use database::Engine;
pub use dealwright_server::Ceilings;
pub use on_both::run;
pub use page::Browser;
pub use server::TestServer;
