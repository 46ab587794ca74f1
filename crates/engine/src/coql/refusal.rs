//! Errors in the API's words. Source: the error table of "COQL".

use dealwright_query::coql::CoqlError;
use dealwright_wire::{ApiError, Code};
use serde_json::json;

pub(super) fn missing_query() -> ApiError {
    ApiError::new(Code::MandatoryNotFound)
        .message("mandatory key not found")
        .detail("api_name", "select_query")
}

pub(super) fn not_text() -> ApiError {
    ApiError::new(Code::InvalidData)
        .detail("api_name", "select_query")
        .detail("json_path", "$.select_query")
        .detail("expected_data_type", "string")
}

/// The error for a text that is no query.
pub(super) fn of(error: &CoqlError) -> ApiError {
    let syntax = |message: &'static str| ApiError::new(Code::SyntaxError).message(message);
    match error {
        CoqlError::NotSelect => syntax("given coql query not supported"),
        CoqlError::MissingClause(clause) => syntax("missing clause").detail("clause", *clause),
        CoqlError::Unexpected { line, column, near, expected } => syntax("unexpected token")
            .detail("line", *line)
            .detail("column", *column)
            .detail("near", near.as_str())
            .detail("expected", *expected),
        // The reference misspells it.
        CoqlError::Ended { near, expected } => syntax("error occured while parsing the query")
            .detail("near", near.as_str())
            .detail("expected", *expected),
        CoqlError::Operator(name) => syntax("operator not supported").detail("operator", name.as_str()),
        CoqlError::Function(column) => ApiError::new(Code::InvalidData)
            .detail("reason", "unsupported aggregate function")
            .detail("column", column.as_str()),
        CoqlError::Limit(text) => ApiError::new(Code::InvalidQuery)
            .message("limit given seems to be invalid")
            .detail("limit", text.as_str()),
        CoqlError::LimitZero => ApiError::new(Code::InvalidData).message("limit should be greater than 0"),
        CoqlError::Offset(text) => ApiError::new(Code::InvalidQuery)
            .message("offset given seems to be invalid")
            .detail("offset", text.as_str()),
        CoqlError::EmptyAlias { column } => ApiError::new(Code::InvalidAlias)
            .message("alias name cannot be an empty string")
            .detail("column_name", column.as_str())
            .detail("alias", ""),
        CoqlError::TooLong => exceeded("select_query", dealwright_query::coql::LENGTH as u64),
        CoqlError::TooManyQueries => exceeded("subquery", dealwright_query::coql::SUBQUERIES as u64),
        CoqlError::TooDeep => exceeded("brackets", dealwright_query::coql::DEPTH as u64),
    }
}

/// `LIMIT_EXCEEDED` of a clause. The published text does not say how its details look.
pub(super) fn exceeded(clause: &str, limit: u64) -> ApiError {
    ApiError::new(Code::LimitExceeded)
        .message(format!("the {clause} clause exceeds its limit of {limit}"))
        .detail("limit", limit)
        .detail("clause", clause)
}

pub(super) fn invalid_module() -> ApiError {
    ApiError::new(Code::InvalidModule).message("the given module is not supported in api")
}

pub(super) fn invalid_view(view: &str) -> ApiError {
    ApiError::new(Code::InvalidQuery)
        .message("the custom view given seems to be invalid")
        .detail("cvid", view)
}

/// A column that the module does not have.
pub(super) fn unknown_column(name: &str, module: &str) -> ApiError {
    ApiError::new(Code::InvalidQuery)
        .message("column given seems to be invalid")
        .detail("column_name", name)
        .detail("module", module)
}

/// A column that cannot be selected, grouped or ordered by.
pub(super) fn unsupported_column(name: &str) -> ApiError {
    ApiError::new(Code::InvalidQuery).message("unsupported column").detail("column_name", name)
}

/// A column whose type the clause or the function does not take.
pub(super) fn unsupported_type(name: &str, data_type: &str) -> ApiError {
    ApiError::new(Code::InvalidQuery)
        .message("data type not supported")
        .detail("column_name", name)
        .detail("data_type", data_type)
}

pub(super) fn invalid_operator(column: &str, operator: &str) -> ApiError {
    ApiError::new(Code::InvalidQuery)
        .detail("reason", "invalid operator found")
        .detail("column_name", column)
        .detail("operator", operator)
}

/// A column beside aggregates, or in the order of groups, that the rows are not grouped by.
pub(super) fn not_grouped(column: &str) -> ApiError {
    ApiError::new(Code::InvalidQuery)
        .detail("reason", "column is not in the group by clause")
        .detail("column_name", column)
}

pub(super) fn duplicate_alias(alias: &str, columns: &[String]) -> ApiError {
    ApiError::new(Code::DuplicateAlias)
        .message("same alias cannot refer more than one column")
        .detail("referred_columns", columns.to_vec())
        .detail("alias", alias)
}

pub(super) fn alias_is_column(column: &str, alias: &str) -> ApiError {
    ApiError::new(Code::InvalidQuery)
        .message(
            "column name or property name given in select columns without alias name cannot be an alias name for \
             other select columns",
        )
        .detail("column_name", column)
        .detail("alias", alias)
}

pub(super) fn duplicate_column(column: &str, aggregate: Option<&str>) -> ApiError {
    let error = ApiError::new(Code::DuplicateData).detail("column_name", column);
    match aggregate {
        Some(name) => error.message("duplicate aggregate function").detail("aggregate", name),
        None => error.message("duplicate select column"),
    }
}

pub(super) fn more_than_one_column() -> ApiError {
    ApiError::new(Code::InvalidQuery)
        .message("subquery should contains only one column")
        .detail("sub_query_sequence", 0)
}

pub(super) fn more_than_one_value(sequence: usize) -> ApiError {
    ApiError::new(Code::InvalidQuery)
        .message("subquery return more than one values which is incompatible for the operator")
        .detail("sub_query_sequence", sequence)
}

/// A column and a subquery whose values cannot be equal.
pub(super) fn incomparable(column: &str, other: &str) -> ApiError {
    ApiError::new(Code::InvalidQuery)
        .message("value given seems to be invalid for the column")
        .detail("column_name", column)
        .detail("sub_query_column", json!(other))
}
