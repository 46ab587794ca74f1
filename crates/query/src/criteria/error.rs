use std::borrow::Cow;
use std::fmt;

/// Why a text is no criteria: the kind for the caller to answer by, the text of `Display` for a person to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CriteriaError {
    pub kind: CriteriaErrorKind,
    /// Byte offset in the text where the expectation failed.
    pub at: usize,
    /// The field of the condition at fault, once it was read.
    pub field: Option<String>,
    /// The operator as written, once it was read; for [`CriteriaErrorKind::UnknownOperator`] the unknown word.
    pub operator: Option<String>,
    expected: Cow<'static, str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CriteriaErrorKind {
    /// A part is missing, misplaced or malformed.
    Syntax,
    /// The word in the operator's place names none.
    UnknownOperator,
    /// More conditions than [`Limits::conditions`](super::Limits::conditions).
    TooManyConditions,
    /// More values for `in` than [`Limits::values`](super::Limits::values).
    TooManyValues,
    /// More characters than [`Limits::length`](super::Limits::length).
    TooLong,
    /// More brackets inside each other than [`Limits::depth`](super::Limits::depth).
    TooDeep,
    /// Not two values for `between`, or a value for `is_empty` or `is_not_empty`.
    WrongValueCount,
}

impl CriteriaError {
    pub(super) fn new(kind: CriteriaErrorKind, at: usize, expected: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, at, field: None, operator: None, expected: expected.into() }
    }

    pub(super) fn syntax(at: usize, expected: &'static str) -> Self {
        Self::new(CriteriaErrorKind::Syntax, at, expected)
    }

    pub(super) fn with_field(self, field: &str) -> Self {
        Self { field: Some(field.to_owned()), ..self }
    }

    pub(super) fn with_operator(self, operator: &str) -> Self {
        Self { operator: Some(operator.to_owned()), ..self }
    }
}

impl fmt::Display for CriteriaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {} at byte {} of the criteria", self.expected, self.at)?;
        match (&self.field, &self.operator) {
            (Some(field), Some(operator)) => write!(f, ", in the condition `{field}:{operator}`"),
            (Some(field), None) => write!(f, ", in the condition on `{field}`"),
            (None, _) => Ok(()),
        }
    }
}

impl std::error::Error for CriteriaError {}
