//! Accounts on a fresh SQLite store with a clock that stands still.
//!
//! - [`authorization_code`], [`refresh_token`], [`other_grants`]: each grant's success and each of its errors
//! - [`development_tokens`]: tokens that are published, and those of other development servers
//! - [`people_and_clients`]: signing in, the console's clients, what tokens tell

mod authorization_code;
mod development_tokens;
mod other_grants;
mod people_and_clients;
mod refresh_token;
mod stage;
