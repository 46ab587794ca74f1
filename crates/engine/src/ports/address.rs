//! Addresses of mails.

use serde::{Deserialize, Serialize};

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

    /// The address as it is compared.
    pub(crate) fn folded(&self) -> String {
        self.email.to_ascii_lowercase()
    }
}

/// True for an address that mail can be sent to.
pub(crate) fn is_email(text: &str) -> bool {
    // The stricter of the two: what fields accept and what can be put into an envelope.
    let has_domain = text.rsplit_once('@').is_some_and(|(_, domain)| domain.contains('.'));
    has_domain && !breaks_a_header(text) && text.parse::<lettre::Address>().is_ok()
}

/// True for text that would end a header line, or hide something in it.
pub(crate) fn breaks_a_header(text: &str) -> bool {
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
