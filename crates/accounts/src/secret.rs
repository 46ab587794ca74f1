//! Random secrets in the forms clients know, and their hashes, which are all that is stored.

use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::Error;

/// Part of every token before the first dot.
const PREFIX: &str = "1000.";
const TOKEN_LENGTH: usize = 70;

/// SHA-256 of a secret.
pub type Digest = [u8; 32];

/// Either half of a token.
pub(crate) type Half = [u8; 16];

/// A secret text, shown to its owner once. `Debug` hides it.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// A grant, access, refresh or device token: `1000.<32 hex>.<32 hex>`.
    pub fn token() -> Result<Self, Error> {
        Ok(Self::of_halves(&random()?, &random()?))
    }

    pub(crate) fn of_halves(front: &Half, back: &Half) -> Self {
        Self(format!("{PREFIX}{}.{}", hex(front), hex(back)))
    }

    /// A client secret: 42 hex digits.
    pub fn client() -> Result<Self, Error> {
        Ok(Self(hex(&random::<21>()?)))
    }

    /// A cookie: 64 hex digits.
    pub fn cookie() -> Result<Self, Error> {
        Ok(Self(hex(&random::<32>()?)))
    }

    /// The text itself, for the one answer that carries it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub(crate) fn hash(&self) -> String {
        hash(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// `length` characters of an alphabet, all equally likely.
pub(crate) fn characters(alphabet: &[u8], length: usize) -> Result<String, Error> {
    let fair = 256 - 256 % alphabet.len();
    let mut text = String::with_capacity(length);
    while text.len() < length {
        for byte in random::<64>()? {
            if usize::from(byte) < fair && text.len() < length {
                text.push(char::from(alphabet[usize::from(byte) % alphabet.len()]));
            }
        }
    }
    Ok(text)
}

/// True for text in the form of a token; anything else needs no look-up.
pub fn is_token(text: &str) -> bool {
    text.len() == TOKEN_LENGTH
        && text.strip_prefix(PREFIX).and_then(|rest| rest.split_once('.')).is_some_and(|(front, back)| {
            front.len() == 32 && front.bytes().chain(back.bytes()).all(|b| b.is_ascii_hexdigit())
        })
}

/// The halves of a token as this server writes them: in small letters.
pub(crate) fn halves(text: &str) -> Option<(Half, Half)> {
    if !is_token(text) || text.bytes().any(|b| b.is_ascii_uppercase()) {
        return None;
    }
    let (front, back) = text.strip_prefix(PREFIX)?.split_once('.')?;
    Some((bytes(front)?, bytes(back)?))
}

pub(crate) fn digest(text: &str) -> Digest {
    Sha256::digest(text.as_bytes()).into()
}

/// The hash of a secret as it is stored: 64 hex digits.
pub(crate) fn hash(text: &str) -> String {
    hex(&digest(text))
}

/// Compares in a time that does not depend on where the texts differ.
pub fn same(left: &str, right: &str) -> bool {
    left.as_bytes().ct_eq(right.as_bytes()).into()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// The digest back from its stored form.
pub(crate) fn from_hex(text: &str) -> Option<Digest> {
    bytes(text)
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if text.len() != 2 * N || !text.is_ascii() {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(Error::Random)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_have_the_documented_forms_and_hide_in_debug() {
        let token = Secret::token().unwrap();
        assert!(is_token(token.expose()), "{}", token.expose());
        assert_eq!(Secret::client().unwrap().expose().len(), 42);
        assert_eq!(characters(b"AB", 30).unwrap().len(), 30);
        assert!(!format!("{token:?}").contains(token.expose()));
        assert!(!is_token("1000.short.token"));
    }

    #[test]
    fn a_digest_survives_its_stored_form() {
        assert_eq!(from_hex(&hash("text")), Some(digest("text")));
        assert_eq!(from_hex("zz"), None);
    }
}
