/// How a condition compares its field with its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    Equals,
    NotEqual,
    StartsWith,
    EndsWith,
    Contains,
    In,
    Between,
    GreaterThan,
    GreaterEqual,
    LessThan,
    LessEqual,
    IsEmpty,
    IsNotEmpty,
}

impl Operator {
    pub const ALL: [Self; 13] = [
        Self::Equals,
        Self::NotEqual,
        Self::StartsWith,
        Self::EndsWith,
        Self::Contains,
        Self::In,
        Self::Between,
        Self::GreaterThan,
        Self::GreaterEqual,
        Self::LessThan,
        Self::LessEqual,
        Self::IsEmpty,
        Self::IsNotEmpty,
    ];

    /// The word used in criteria text.
    pub fn name(self) -> &'static str {
        match self {
            Self::Equals => "equals",
            Self::NotEqual => "not_equal",
            Self::StartsWith => "starts_with",
            Self::EndsWith => "ends_with",
            Self::Contains => "contains",
            Self::In => "in",
            Self::Between => "between",
            Self::GreaterThan => "greater_than",
            Self::GreaterEqual => "greater_equal",
            Self::LessThan => "less_than",
            Self::LessEqual => "less_equal",
            Self::IsEmpty => "is_empty",
            Self::IsNotEmpty => "is_not_empty",
        }
    }

    /// The operator of that exact name. The older spellings `equal` and `greaterthan` are not among them.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operator| operator.name() == name)
    }

    /// Whether the operator is accepted by the founding guide but not by the reference service.
    pub fn is_extension(self) -> bool {
        matches!(self, Self::EndsWith | Self::Contains | Self::IsEmpty | Self::IsNotEmpty)
    }

    /// Whether an unescaped comma separates values.
    pub(super) fn takes_list(self) -> bool {
        matches!(self, Self::In | Self::Between)
    }

    /// Whether the operator stands without a value.
    pub(super) fn is_emptiness_test(self) -> bool {
        matches!(self, Self::IsEmpty | Self::IsNotEmpty)
    }
}
