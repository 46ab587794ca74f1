//! Marks of browsers in which a person has signed in. Guesses of others do not count against them.
//!
//! A mark proves nothing but that: a password is still asked for. The key lives as long as the process, so after a
//! restart every browser is a stranger until somebody signs in with it.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::{Error, Secret};

/// Longest text that can be a mark: two texts of 64 hex digits and a dot.
const LENGTH: usize = 129;

pub(crate) struct Marks(Secret);

impl Marks {
    pub(crate) fn new() -> Result<Self, Error> {
        Ok(Self(Secret::cookie()?))
    }

    /// A new mark for a person, by their folded email address.
    pub(crate) fn make(&self, email: &str) -> Result<String, Error> {
        let nonce = Secret::cookie()?;
        Ok(format!(
            "{}.{}",
            nonce.expose(),
            crate::secret::hex(&self.mac(nonce.expose(), email).finalize().into_bytes())
        ))
    }

    /// True for a mark that was made here for that person.
    pub(crate) fn is_of(&self, mark: &str, email: &str) -> bool {
        if mark.len() != LENGTH {
            return false;
        }
        let Some((nonce, mac)) = mark.split_once('.') else { return false };
        let wanted = crate::secret::hex(&self.mac(nonce, email).finalize().into_bytes());
        crate::secret::same(mac, &wanted)
    }

    fn mac(&self, nonce: &str, email: &str) -> Hmac<Sha256> {
        let key = self.0.expose().as_bytes();
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
        mac.update(nonce.as_bytes());
        mac.update(b" ");
        mac.update(email.as_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_good_for_its_person_and_its_server() {
        let marks = Marks::new().unwrap();
        let mark = marks.make("ada@example.com").unwrap();
        assert_eq!(mark.len(), LENGTH);
        assert!(marks.is_of(&mark, "ada@example.com"));
        let mut forged = mark.clone();
        forged.replace_range(..1, if mark.starts_with('a') { "b" } else { "a" });
        for (marks, mark, email) in [
            (&marks, mark.as_str(), "eve@example.com"),
            (&marks, forged.as_str(), "ada@example.com"),
            (&marks, "", "ada@example.com"),
            (&Marks::new().unwrap(), mark.as_str(), "ada@example.com"),
        ] {
            assert!(!marks.is_of(mark, email));
        }
    }
}
