//! Values as the naive copy holds them, and how one is read from the text of a query.

use dealwright_wire::letters;

use super::super::kinds;

/// Decimals of a number here: those of the field type that keeps most.
const DECIMALS: usize = 9;

/// A stored value in the form in which it compares.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cell {
    Null,
    Bool(bool),
    /// Units of 10^-9.
    Number(i128),
    Text(String),
    /// `yyyy-MM-dd`, whose order as text is that of the days.
    Date(String),
    /// Seconds since 1970.
    Instant(i64),
    /// Options of a picklist, or names of tags.
    List(Vec<String>),
    /// Id of a record or of a user.
    Reference(String),
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Any text that is no picklist and no auto-number.
    Text,
    Picklist,
    Serial,
    Options,
    Tags,
    Bool,
    /// With so many decimals; `quoted` when answers show it as a text.
    Number {
        decimals: usize,
        quoted: bool,
    },
    Date,
    Instant,
    /// A record of Accounts.
    Account,
    User,
}

impl Cell {
    pub(super) fn is_null(&self) -> bool {
        *self == Self::Null
    }

    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// Units of 10^-9 in a plain numeral. What has more decimals than the field keeps is read as the field would keep it,
/// rounded half away from zero.
pub(super) fn number(text: &str, decimals: usize) -> Option<i128> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) || fraction.len() > DECIMALS {
        return None;
    }
    let units: i128 = format!("{whole}{fraction:0<DECIMALS$}").parse().ok()?;
    let step = 10_i128.pow((DECIMALS - decimals) as u32);
    Some(sign * ((units + step / 2) / step * step))
}

/// The numeral of so many units of 10^-9, without zeros at the end.
pub(super) fn numeral(units: i128) -> String {
    scaled(units, DECIMALS)
}

/// The numeral of so many units of 10^-`decimals`.
pub(super) fn scaled(units: i128, decimals: usize) -> String {
    let sign = if units < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", units.unsigned_abs(), width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

impl Kind {
    /// What a text stands for beside a field of this kind, where values have an order.
    pub(super) fn read(self, text: &str) -> Option<Cell> {
        match self {
            Self::Bool => text.parse().ok().map(Cell::Bool),
            Self::Number { decimals, .. } => number(text, decimals).map(Cell::Number),
            Self::Date => Some(Cell::text(text)).map(|_| Cell::Date(text.to_owned())),
            Self::Instant => kinds::seconds(text).map(Cell::Instant),
            _ => Some(Cell::text(text)),
        }
    }
}

/// Text as it is compared, without regard to case.
pub(super) fn fold(text: &str) -> String {
    letters::fold(text).into_owned()
}

/// The words of a text in lower case: what stands between punctuation and white space.
pub(super) fn words(text: &str) -> Vec<String> {
    let apart = |c: char| c.is_ascii_punctuation() || c.is_ascii_whitespace();
    fold(text).split(apart).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[test]
fn numbers_are_read_and_written_alike() {
    for (text, decimals, units, back) in [
        ("1.5", 9, 1_500_000_000, "1.5"),
        ("-0.005", 2, -10_000_000, "-0.01"),
        ("9999999999999999.99", 2, 9_999_999_999_999_999_990_000_000, "9999999999999999.99"),
        ("7", 0, 7_000_000_000, "7"),
    ] {
        assert_eq!(number(text, decimals), Some(units), "{text}");
        assert_eq!(numeral(units), back);
    }
    assert_eq!(number("1e3", 2), None);
}
