//! Page tokens: where the next page starts, bound to the user and to the other parameters, valid for 24 hours.
//!
//! A token carries its own state under a keyed hash, so nothing is stored for it and any server of the org can
//! continue. 33 bytes and the sort value, as text of the URL-safe base 64: 44 characters in the order of ids, 56 in
//! that of times and numbers (the documented bound is 96), more where a text is what the list is sorted by.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use dealwright_schema::Cell;
use dealwright_wire::{ApiError, Code, Id, Instant, time};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::records::order::Spot;
use crate::request::Params;

/// Seconds a token is valid.
pub(crate) const LIFETIME: i64 = 24 * 3600;
/// Rows that can be reached by tokens.
pub(crate) const REACH: u32 = 100_000;

/// Bytes before the sort value.
const HEAD: usize = 1 + 4 + 4 + 8;
const SEAL: usize = 16;

/// A place in an ordered list.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Place {
    /// The row next to the page.
    pub spot: Spot,
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
pub(crate) fn seal(place: &Place, expires: Instant, key: &[u8], bound: Bound<'_>) -> String {
    let mut token = Vec::with_capacity(64);
    token.push(u8::from(place.backwards));
    token.extend_from_slice(&(expires.0 as u32).to_be_bytes());
    token.extend_from_slice(&place.passed.to_be_bytes());
    token.extend_from_slice(&place.spot.id.to_be_bytes());
    write_key(&place.spot.key, &mut token);
    let seal = hash(&token, key, bound);
    token.extend_from_slice(&seal[..SEAL]);
    BASE64_URL_SAFE_NO_PAD.encode(&token)
}

/// Reads a token back.
pub(crate) fn open(text: &str, now: Instant, key: &[u8], bound: Bound<'_>) -> Result<Place, ApiError> {
    let invalid = || {
        ApiError::new(Code::InvalidData).message("the token given seems to be invalid").param("page_token")
    };
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| invalid())?;
    let (state, seal) = bytes.split_last_chunk::<SEAL>().ok_or_else(invalid)?;
    let (head, value) = state.split_first_chunk::<HEAD>().ok_or_else(invalid)?;
    // A token that fails here is most often one whose neighbouring parameters changed.
    if mac(state, key, bound).verify_truncated_left(seal).is_err() {
        return Err(ApiError::new(Code::TokenBoundDataMismatch).param("page_token"));
    }
    let number = |from: usize, to: usize| number(&head[from..to]);
    if (number(1, 5) as i64) < now.0 {
        return Err(ApiError::new(Code::ExpiredValue).field("page_token", "$.query.page_token".to_owned()));
    }
    Ok(Place {
        backwards: head[0] == 1,
        passed: number(5, 9) as u32,
        spot: Spot { id: number(9, 17) as i64, key: read_key(value).ok_or_else(invalid)? },
    })
}

/// The sort value: a byte for its kind, then its bytes.
fn write_key(key: &Cell<'_>, token: &mut Vec<u8>) {
    match key {
        Cell::Bool(yes) => token.extend_from_slice(&[b'b', u8::from(*yes)]),
        Cell::Int(value) => {
            token.push(b'i');
            token.extend_from_slice(&value.to_be_bytes());
        }
        Cell::Instant(at) => {
            token.push(b'm');
            token.extend_from_slice(&at.0.to_be_bytes());
        }
        Cell::Date(date) => {
            token.push(b'd');
            time::write_date(token, *date);
        }
        Cell::Text(text) => {
            token.push(b't');
            token.extend_from_slice(text.as_bytes());
        }
        // Lists are never stored, so that nothing is sorted by them.
        Cell::Null | Cell::Bytes(_) | Cell::Ids(_) | Cell::Texts(_) => {}
    }
}

fn read_key(bytes: &[u8]) -> Option<Cell<'static>> {
    let Some((kind, value)) = bytes.split_first() else { return Some(Cell::Null) };
    Some(match kind {
        b'b' => Cell::Bool(value == [1]),
        b'i' => Cell::Int(number(value) as i64),
        b'm' => Cell::Instant(Instant(number(value) as i64)),
        b'd' => Cell::Date(time::parse_date(std::str::from_utf8(value).ok()?)?),
        b't' => std::str::from_utf8(value).ok()?.to_owned().into(),
        _ => return None,
    })
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0_u64, |sum, &byte| sum << 8 | u64::from(byte))
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

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place = Place { spot: Spot { key: Cell::Int(-5), id: 42 }, passed: 200, backwards: false };

    fn params(pairs: &[(&str, &str)]) -> Params {
        Params::new(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn a_token_opens_for_its_user_and_parameters_only() {
        let (me, other) = (Id::new(1).unwrap(), Id::new(2).unwrap());
        let asked = params(&[("fields", "A"), ("per_page", "200")]);
        let bound = |user, params| Bound { user, module: me, within: "", params };
        let token = seal(&PLACE, Instant(1000), b"key", bound(me, &asked));
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
    #[test]
    fn a_sort_value_of_every_kind_comes_back() {
        let me = Id::new(1).unwrap();
        let params = params(&[]);
        let bound = Bound { user: me, module: me, within: "", params: &params };
        for key in [
            Cell::Null,
            Cell::Bool(true),
            Cell::Bool(false),
            Cell::Int(i64::MIN),
            Cell::Instant(Instant(-1)),
            Cell::Date(time::parse_date("2027-01-15").unwrap()),
            Cell::from(""),
            Cell::from("é".repeat(255)),
        ] {
            let place = Place { spot: Spot { key, id: i64::MAX }, passed: 7, backwards: true };
            let token = seal(&place, Instant(1000), b"key", bound);
            assert_eq!(open(&token, Instant(0), b"key", bound).unwrap(), place);
        }
    }
}
