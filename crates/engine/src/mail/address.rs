//! `{"user_name","email"}`: one party of a mail.

use dealwright_wire::{ApiError, Code};
use serde::{Deserialize, Serialize};

use crate::settings::entry::Entry;

/// Addresses in one list of a mail. Source: "Send mail".
pub(super) const MOST: usize = 50;
/// Characters of an address, as in e-mail fields.
const LONGEST_EMAIL: usize = 100;
/// Characters of a name.
const LONGEST_NAME: usize = 250;

/// One party of a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    pub user_name: Option<String>,
    pub email: String,
}

impl Address {
    /// An address that can stand in a header; `None` for anything else.
    pub fn new(user_name: Option<&str>, email: &str) -> Option<Self> {
        let user_name = user_name.map(str::trim).filter(|name| !name.is_empty());
        if !is_email(email) || user_name.is_some_and(breaks_a_header) {
            return None;
        }
        Some(Self { user_name: user_name.map(str::to_owned), email: email.to_owned() })
    }

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

    /// The address as it is compared.
    pub(crate) fn folded(&self) -> String {
        self.email.to_ascii_lowercase()
    }
}

/// True for an address that mail can be sent to.
pub(super) fn is_email(text: &str) -> bool {
    // The stricter of the two: what fields accept and what can be put into an envelope.
    let has_domain = text.rsplit_once('@').is_some_and(|(_, domain)| domain.contains('.'));
    has_domain && !breaks_a_header(text) && text.parse::<lettre::Address>().is_ok()
}

/// True for text that would end a header line, or hide something in it.
pub(super) fn breaks_a_header(text: &str) -> bool {
    text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn what_would_break_a_header_is_no_address() {
        assert!(Address::new(Some("Ada"), "ada@example.com").is_some());
        for (name, email) in [
            ("Ada\r\nBcc: eve@example.com", "ada@example.com"),
            ("Ada", "ada@example.com\nBcc: eve@example.com"),
            ("Ada", "ada@example.com>, <eve@example.com"),
            ("Ada", "ada example.com"),
            ("Ada", "ada@localhost"),
        ] {
            assert!(Address::new(Some(name), email).is_none(), "{name:?} {email:?}");
        }
    }
}
