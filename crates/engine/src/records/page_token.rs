//! Page tokens: where the next page starts, bound to the user and to the other parameters, valid for 24 hours.
//!
//! A token carries its own state under a keyed hash, so nothing is stored for it and any server of the org can
//! continue. 41 bytes as hexadecimal text: 82 characters (the documented bound is 96).

use dealwright_wire::{ApiError, Code, Id, Instant};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::request::Params;

/// Seconds a token is valid.
pub(crate) const LIFETIME: i64 = 24 * 3600;
/// Rows that can be reached by tokens.
pub(crate) const REACH: u32 = 100_000;

const STATE: usize = 1 + 4 + 4 + 8 + 8;
const SEAL: usize = 16;

/// A place in an ordered list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Sort value and id of the row next to the page.
    pub key: i64,
    pub id: i64,
    /// Rows before the page that starts here.
    pub passed: u32,
    /// The page ends before the row instead of starting after it.
    pub backwards: bool,
}

/// What has to be the same when a token comes back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bound<'a> {
    pub user: Id,
    pub module: Id,
    /// The list inside the module: empty for all its records, else the parent and its related list.
    pub within: &'a str,
    pub params: &'a Params,
}

/// Makes a token.
pub(crate) fn seal(place: Place, expires: Instant, key: &[u8], bound: Bound<'_>) -> String {
    let mut token = Vec::with_capacity(STATE + SEAL);
    token.push(u8::from(place.backwards));
    token.extend_from_slice(&(expires.0 as u32).to_be_bytes());
    token.extend_from_slice(&place.passed.to_be_bytes());
    token.extend_from_slice(&place.key.to_be_bytes());
    token.extend_from_slice(&place.id.to_be_bytes());
    let seal = hash(&token, key, bound);
    token.extend_from_slice(&seal[..SEAL]);
    dealwright_wire::json::hex(&token)
}

/// Reads a token back.
pub(crate) fn open(text: &str, now: Instant, key: &[u8], bound: Bound<'_>) -> Result<Place, ApiError> {
    let invalid = || {
        ApiError::new(Code::InvalidData).message("the token given seems to be invalid").param("page_token")
    };
    let bytes = unhex(text).filter(|bytes| bytes.len() == STATE + SEAL).ok_or_else(invalid)?;
    let (state, seal) = bytes.split_at(STATE);
    // A token that fails here is most often one whose neighbouring parameters changed.
    if mac(state, key, bound).verify_truncated_left(seal).is_err() {
        return Err(ApiError::new(Code::TokenBoundDataMismatch).param("page_token"));
    }
    let number =
        |from: usize, to: usize| state[from..to].iter().fold(0_u64, |sum, &b| sum << 8 | u64::from(b));
    if (number(1, 5) as i64) < now.0 {
        return Err(ApiError::new(Code::ExpiredValue).field("page_token", "$.query.page_token".to_owned()));
    }
    Ok(Place {
        backwards: state[0] == 1,
        passed: number(5, 9) as u32,
        key: number(9, 17) as i64,
        id: number(17, 25) as i64,
    })
}

fn hash(state: &[u8], key: &[u8], bound: Bound<'_>) -> [u8; 32] {
    mac(state, key, bound).finalize().into_bytes().into()
}

/// The state, the user, and every parameter that has to stay the same.
fn mac(state: &[u8], key: &[u8], bound: Bound<'_>) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a keyed hash takes a key of any length");
    mac.update(state);
    mac.update(&bound.user.get().to_be_bytes());
    mac.update(&bound.module.get().to_be_bytes());
    mac.update(bound.within.as_bytes());
    mac.update(&[0]);
    let parameters = bound.params.iter();
    let mut fixed: Vec<(&str, &str)> =
        parameters.filter(|(name, _)| !matches!(*name, "page" | "page_token" | "per_page")).collect();
    fixed.sort_unstable();
    for (name, value) in fixed {
        mac.update(name.as_bytes());
        mac.update(&[0]);
        mac.update(value.as_bytes());
        mac.update(&[1]);
    }
    mac
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| (byte as char).to_digit(16).map(|d| d as u8);
    let bytes = text.as_bytes();
    if bytes.len() % 2 == 1 {
        return None;
    }
    bytes.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place = Place { key: -5, id: 42, passed: 200, backwards: false };

    fn params(pairs: &[(&str, &str)]) -> Params {
        Params::new(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn a_token_opens_for_its_user_and_parameters_only() {
        let (me, other) = (Id::new(1).unwrap(), Id::new(2).unwrap());
        let asked = params(&[("fields", "A"), ("per_page", "200")]);
        let bound = |user, params| Bound { user, module: me, within: "", params };
        let token = seal(PLACE, Instant(1000), b"key", bound(me, &asked));
        assert!(token.len() <= 96);
        let again = params(&[("page_token", &token), ("per_page", "100"), ("fields", "A")]);
        assert_eq!(open(&token, Instant(999), b"key", bound(me, &again)).unwrap(), PLACE);
        let changed = params(&[("fields", "B")]);
        for refused in [
            open(&token, Instant(999), b"key", bound(other, &again)),
            open(&token, Instant(999), b"other", bound(me, &again)),
            open(&token, Instant(999), b"key", bound(me, &changed)),
        ] {
            assert_eq!(refused.unwrap_err().code, Code::TokenBoundDataMismatch);
        }
        assert_eq!(
            open(&token, Instant(1001), b"key", bound(me, &again)).unwrap_err().code,
            Code::ExpiredValue
        );
        assert_eq!(open("zz", Instant(0), b"key", bound(me, &again)).unwrap_err().code, Code::InvalidData);
    }
}
