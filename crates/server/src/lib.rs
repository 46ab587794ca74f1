//! HTTP: the only crate that knows it.
//!
//! - [`ops`]: the registry, every operation of the API on a few pages
//! - [`versions`]: `v2` to `v8` and in what they differ
//! - [`config`], [`app`]: what a server is started with, and putting it together; [`start_error`]: why it does not start
//! - [`installation`]: the first administrator of a production server; [`user_admin`], [`index_admin`]: what the other
//!   `admin` commands do; [`backup`]: copies of everything, and data made of them
//! - [`state`]: what all requests share; `people`: who stands behind the users of the CRM
//! - `router`, `route`, `dispatch`: from a path to an operation
//! - `authenticate`, `extract`, `multipart`: what an operation is given
//! - `host_guard`: a development server answers to its own names only
//! - `reply`, `cors`: what goes back; `coding`: how bodies are compressed, both ways
//! - [`accounts`]: the OAuth endpoints and the pages around them
//! - [`orgs`]: the orgs that are open; `worker`: what is done for them beside their requests
//! - [`mail`]: how mail is sent, and the mailbox of a development server
//! - `opening`, [`waiting`], `marks`: whose data it is, who else has it, and whether all of it is there
//! - `trouble`: faults that pass: a full disk, a server that must not write
//! - [`metrics`], `figures`, `request_id`, `request_log`, `health`, `upkeep`: for whoever runs the server; `security_txt`:
//!   where weaknesses are reported
//! - [`mod@serve`], `connection`: connections, their deadlines and their end

pub mod accounts;
pub mod app;
mod authenticate;
pub mod backup;
mod coding;
pub mod config;
mod connection;
mod cors;
mod dispatch;
mod extract;
mod figures;
mod health;
mod host_guard;
pub mod index_admin;
pub mod installation;
pub mod mail;
mod marks;
pub mod metrics;
mod multipart;
mod opening;
pub mod ops;
pub mod orgs;
mod people;
mod reply;
mod request_id;
mod request_log;
mod route;
mod router;
mod security_txt;
pub mod serve;
pub mod start_error;
pub mod state;
mod trouble;
mod upkeep;
pub mod user_admin;
pub mod versions;
pub mod waiting;
mod worker;

pub use app::{App, Development, build};
pub use config::{Mode, ServerConfig, Storage};
pub use connection::descriptors;
pub use connection::limits::{Deadlines, Limits};
pub use connection::proxies::Proxies;
pub use dealwright_engine::cx::Ceilings;
pub use dealwright_store::blob::{S3, Secret};
pub use orgs::MOST_OPEN;
pub use serve::{Served, Site, serve};
pub use start_error::StartError;
pub use state::ServerState;
pub use waiting::Waiting;
