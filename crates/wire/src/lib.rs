//! What clients of the API see, and nothing else: no IO, no HTTP, no SQL.
//!
//! - [`id`]: 64-bit ids that travel as strings of digits
//! - [`code`], [`error`]: the table of error codes and the envelope that carries them
//! - [`time`], [`decimal`]: dates, instants and fixed-point numbers as text
//! - [`clock`], [`mint`]: the time, and ids that rise with it
//! - [`letters`]: text compared without regard to case, in every script
//! - [`json`]: writing JSON text straight into a buffer
//! - [`scope`]: OAuth scopes and what they imply
//! - [`profile`]: what an API version expects and what a compatibility mode tolerates

pub mod clock;
pub mod code;
pub mod decimal;
pub mod error;
pub mod id;
pub mod json;
pub mod letters;
pub mod mint;
pub mod profile;
pub mod scope;
pub mod time;

pub use clock::Clock;
pub use code::Code;
pub use error::ApiError;
pub use id::Id;
pub use mint::Mint;
pub use profile::{Compat, Profile, PutV3};
pub use scope::{ScopeNeed, ScopeSet};
pub use time::{Instant, Zone};
