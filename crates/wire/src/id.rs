//! Ids: positive 64-bit numerals that rise with time and travel as strings of digits.

use std::fmt;
use std::num::NonZeroI64;
use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

/// Id of anything the API names: record, module, field, user, org.
///
/// Printed as a JSON string (numbers of this size lose digits in JavaScript),
/// read from a string or a number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(NonZeroI64);

impl Id {
    /// An id from its number; `None` unless positive.
    pub const fn new(value: i64) -> Option<Self> {
        match NonZeroI64::new(value) {
            Some(number) if value > 0 => Some(Self(number)),
            _ => None,
        }
    }

    pub const fn get(self) -> i64 {
        self.0.get()
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({})", self.0)
    }
}

/// The text is not a positive 64-bit numeral.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnId;

impl fmt::Display for NotAnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id is 1 to 19 digits")
    }
}

impl std::error::Error for NotAnId {}

impl FromStr for Id {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(NotAnId);
        }
        text.parse().ok().and_then(Self::new).ok_or(NotAnId)
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut digits = itoa::Buffer::new();
        serializer.serialize_str(digits.format(self.get()))
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Digits;
        impl Visitor<'_> for Digits {
            type Value = Id;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id as a string of digits or a number")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Id, E> {
                text.parse().map_err(E::custom)
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Id, E> {
                Id::new(number).ok_or_else(|| E::custom(NotAnId))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Id, E> {
                i64::try_from(number).ok().and_then(Id::new).ok_or_else(|| E::custom(NotAnId))
            }
        }
        deserializer.deserialize_any(Digits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_strings_and_numbers_and_prints_strings() {
        let id: Id = serde_json::from_str("5725767000000524157").unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"5725767000000524157\"");
        assert_eq!(serde_json::from_str::<Id>("\"5725767000000524157\"").unwrap(), id);
    }

    #[test]
    fn refuses_what_is_not_a_positive_numeral() {
        for bad in ["", "0", "-1", "+1", "1a", " 1", "9223372036854775808"] {
            assert!(bad.parse::<Id>().is_err(), "{bad:?}");
        }
    }
}
