//! One typed value on its way to or from a column.

use std::borrow::Cow;

use dealwright_wire::Instant;
use jiff::civil::Date;

/// How a column stores its values. Numbers with decimals are whole units of 10^-scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Storage {
    Bool,
    Int,
    Text,
    Date,
    Instant,
}

/// A value for one column, or a bound argument of a statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Text(Cow<'a, str>),
    Date(Date),
    Instant(Instant),
    /// Only ever of fixed tables; no field holds any.
    Bytes(Cow<'a, [u8]>),
    /// A list of ids for an `IN` test. Only ever an argument, never a stored value.
    Ids(Cow<'a, [i64]>),
    /// A list of texts for an `IN` test. Only ever an argument, never a stored value.
    Texts(Cow<'a, [String]>),
}

impl Cell<'_> {
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    pub fn into_owned(self) -> Cell<'static> {
        match self {
            Self::Null => Cell::Null,
            Self::Bool(yes) => Cell::Bool(yes),
            Self::Int(number) => Cell::Int(number),
            Self::Text(text) => Cell::Text(Cow::Owned(text.into_owned())),
            Self::Date(date) => Cell::Date(date),
            Self::Instant(instant) => Cell::Instant(instant),
            Self::Bytes(bytes) => Cell::Bytes(Cow::Owned(bytes.into_owned())),
            Self::Ids(ids) => Cell::Ids(Cow::Owned(ids.into_owned())),
            Self::Texts(texts) => Cell::Texts(Cow::Owned(texts.into_owned())),
        }
    }

    /// The whole number, if it is one.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }

    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl From<i64> for Cell<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for Cell<'_> {
    fn from(yes: bool) -> Self {
        Self::Bool(yes)
    }
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<Vec<u8>> for Cell<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(Cow::Owned(bytes))
    }
}

impl From<String> for Cell<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<dealwright_wire::Id> for Cell<'_> {
    fn from(id: dealwright_wire::Id) -> Self {
        Self::Int(id.get())
    }
}

impl From<Instant> for Cell<'_> {
    fn from(instant: Instant) -> Self {
        Self::Instant(instant)
    }
}

impl<'a, T: Into<Cell<'a>>> From<Option<T>> for Cell<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
