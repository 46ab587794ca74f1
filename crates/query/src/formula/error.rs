use std::borrow::Cow;
use std::fmt;

/// Why a text is no formula: the kind for the caller to answer by, the text of `Display` for a person to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormulaError {
    pub kind: FormulaErrorKind,
    /// Byte offset in the text where the expectation failed.
    pub at: usize,
    expected: Cow<'static, str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FormulaErrorKind {
    /// A part is missing, misplaced or malformed.
    Syntax,
    /// No function has the name before the bracket.
    UnknownFunction,
    /// No field has the name, or formulas cannot read it.
    UnknownField,
    /// A value of another type stands where the operator or function takes none.
    WrongType,
    /// More or fewer arguments than the function takes.
    WrongCount,
    /// More characters than [`Limits::length`](super::Limits::length), or a number of too many digits.
    TooLong,
    /// Parts nest deeper than [`Limits::depth`](super::Limits::depth).
    TooDeep,
}

impl FormulaError {
    /// An error about the text at a byte offset.
    pub fn new(kind: FormulaErrorKind, at: usize, expected: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, at, expected: expected.into() }
    }

    pub(super) fn syntax(at: usize, expected: &'static str) -> Self {
        Self::new(FormulaErrorKind::Syntax, at, expected)
    }
}

impl fmt::Display for FormulaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {} at byte {} of the formula", self.expected, self.at)
    }
}

impl std::error::Error for FormulaError {}
