use std::fmt;

/// Why a text is no COQL query. `Display` says it in words for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CoqlError {
    /// The text does not begin with `select`.
    NotSelect,
    /// A clause that every query needs is not there: `from`, `where`.
    MissingClause(&'static str),
    /// A token stands where another was expected. Lines and columns are counted from 1, columns in characters.
    Unexpected {
        line: usize,
        column: usize,
        near: String,
        expected: &'static str,
    },
    /// The text ends too early, or a quote is not closed. `near` is the last token there is.
    Ended {
        near: String,
        expected: &'static str,
    },
    /// `not` before something else than `in`, `like` and `between`, or another operator the language lacks.
    Operator(String),
    /// A function that is none of the aggregates, with its argument: `Foo(Last_Name)`.
    Function(String),
    /// `limit` is no whole number.
    Limit(String),
    LimitZero,
    /// `offset` is no whole number.
    Offset(String),
    /// The column's alias is the empty text.
    EmptyAlias {
        column: String,
    },
    /// More characters than [`super::LENGTH`].
    TooLong,
    /// More brackets and subqueries inside each other than [`super::DEPTH`].
    TooDeep,
    /// More subqueries than [`super::SUBQUERIES`].
    TooManyQueries,
}

impl fmt::Display for CoqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSelect => f.write_str("a query begins with `select`"),
            Self::MissingClause(clause) => write!(f, "the {clause} clause is missing"),
            Self::Unexpected { line, column, near, expected } => {
                write!(f, "`{near}` at line {line}, column {column} where {expected} was expected")
            }
            Self::Ended { near, expected } => {
                write!(f, "the query ends behind `{near}` where {expected} was expected")
            }
            Self::Operator(name) => write!(f, "there is no operator `{name}`"),
            Self::Function(column) => write!(f, "`{column}` is no aggregate function"),
            Self::Limit(text) => write!(f, "`{text}` is no limit"),
            Self::LimitZero => f.write_str("the limit has to be greater than 0"),
            Self::Offset(text) => write!(f, "`{text}` is no offset"),
            Self::EmptyAlias { column } => write!(f, "the alias of `{column}` is empty"),
            Self::TooLong => write!(f, "a query has at most {} characters", super::LENGTH),
            Self::TooManyQueries => write!(f, "a query has at most {} subqueries", super::SUBQUERIES),
            Self::TooDeep => write!(f, "at most {} brackets may stand inside each other", super::DEPTH),
        }
    }
}

impl std::error::Error for CoqlError {}
