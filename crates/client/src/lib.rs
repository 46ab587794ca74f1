//! Rust SDK for the CRM API: typed calls, tokens that renew themselves, lists as streams.
//!
//! - [`config`]: where the server is and who calls
//! - [`client`]: sending a call, with a good token and once more when the token was refused
//! - [`records`]: reading and writing the records of one module; [`pages`]: lists page by page
//! - [`outcome`]: what became of each record of a write
//! - [`error`]: what can go wrong
//! - `token`: one access token for all calls, fetched by one of them at a time
//!
//! ```no_run
//! # async fn example() -> Result<(), dealwright_client::Error> {
//! use dealwright_client::{Client, Config, Outcome};
//! use serde_json::{Value, json};
//!
//! let client = Client::new(Config {
//!     base_url: "http://127.0.0.1:8080".to_owned(),
//!     accounts_url: "http://127.0.0.1:8080".to_owned(),
//!     client_id: "1000.…".to_owned(),
//!     client_secret: "…".to_owned(),
//!     refresh_token: "1000.….…".to_owned(),
//! })?;
//! let leads = client.records("Leads");
//! for outcome in leads.insert(&[json!({ "Last_Name": "Burns", "Company": "Springfield Power" })]).await? {
//!     match outcome {
//!         Outcome::Done(done) => println!("lead {}", done.id),
//!         Outcome::Failed(failure) => println!("refused: {failure}"),
//!     }
//! }
//! let mut pages = leads.list(&["Last_Name", "Company"]).pages::<Value>();
//! while let Some(page) = pages.next_page().await? {
//!     println!("{} leads", page.rows.len());
//! }
//! # Ok(())
//! # }
//! ```

pub mod client;
pub mod config;
pub mod error;
pub mod outcome;
pub mod pages;
pub mod records;
mod token;

pub use client::Client;
pub use config::Config;
pub use dealwright_wire::Id;
pub use error::{ApiFailure, Error};
pub use outcome::{Action, Done, Outcome};
pub use pages::{List, Page, PageInfo, Pages};
pub use records::{Records, Search};
