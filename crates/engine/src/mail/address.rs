//! `{"user_name","email"}`: one party of a mail, as it is read.

use dealwright_wire::{ApiError, Code};

pub use crate::ports::address::Address;
pub(super) use crate::ports::address::breaks_a_header;
use crate::settings::entry::Entry;

/// Addresses in one list of a mail. Source: "Send mail".
pub(super) const MOST: usize = 50;
/// Characters of an address, as in e-mail fields.
const LONGEST_EMAIL: usize = 100;
/// Characters of a name.
const LONGEST_NAME: usize = 250;

impl Address {
    /// Reads the object under `key`. `None` when it is absent, or empty as SDKs send it.
    pub(super) fn under(entry: &Entry<'_>, key: &str) -> Result<Option<Self>, ApiError> {
        match entry.entry(key)? {
            Some(found) if !found.is_empty() => Self::read(&found).map(Some),
            _ => Ok(None),
        }
    }

    /// Reads the list under `key`: at most [`MOST`], none when it is absent.
    pub(super) fn list(entry: &Entry<'_>, key: &str) -> Result<Vec<Self>, ApiError> {
        let entries = entry.entries(key)?;
        if entries.len() > MOST {
            return Err(entry.error(Code::InvalidData, key).detail("maximum_length", MOST));
        }
        entries.iter().map(Self::read).collect()
    }

    /// Reads one object. Line ends and other control characters are refused: they would end the header.
    fn read(entry: &Entry<'_>) -> Result<Self, ApiError> {
        let user_name = entry.text("user_name", LONGEST_NAME)?;
        if user_name.is_some_and(breaks_a_header) {
            return Err(entry.error(Code::InvalidData, "user_name").detail("expected_data_type", "text"));
        }
        let email = entry.text("email", LONGEST_EMAIL)?.ok_or_else(|| entry.missing("email"))?;
        Self::new(user_name, email)
            .ok_or_else(|| entry.error(Code::InvalidData, "email").detail("expected_data_type", "email"))
    }
}
