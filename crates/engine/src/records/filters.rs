//! Criteria as a JSON tree: `{"group_operator","group":[…]}` of `{"field","comparator","value"}`.
//!
//! Source: the criteria of mass actions, custom views and the `filters` of related lists in the published API. A field is
//! its name or `{"api_name"}`; `${EMPTY}` or null as the value tests for emptiness.

use dealwright_query::{Condition, Operator};
use dealwright_wire::{ApiError, Code};
use serde_json::Value;

use crate::records::filter::{Filter, Translator};

/// Tests in one tree at most, and how deep groups may stand in groups.
const TESTS: usize = 15;
const DEPTH: usize = 5;

/// Comparators: their name, the test behind it, and whether it must fail instead of hold.
const COMPARATORS: [(&str, Operator, bool); 14] = [
    ("equal", Operator::Equals, false),
    ("not_equal", Operator::NotEqual, false),
    ("in", Operator::In, false),
    ("not_in", Operator::In, true),
    ("contains", Operator::Contains, false),
    ("not_contains", Operator::Contains, true),
    ("starts_with", Operator::StartsWith, false),
    ("ends_with", Operator::EndsWith, false),
    ("greater_than", Operator::GreaterThan, false),
    ("greater_equal", Operator::GreaterEqual, false),
    ("less_than", Operator::LessThan, false),
    ("less_equal", Operator::LessEqual, false),
    ("between", Operator::Between, false),
    ("not_between", Operator::Between, true),
];

/// Adds the tree's condition on rows of the translator's module to `filter`.
///
/// Fails with `INVALID_DATA` that names what is wrong, with `CRITERIA_LIMIT_EXCEEDED` for too many tests, and with
/// `NO_PERMISSION` for fields of a module that the caller may not see.
pub(crate) fn add(tree: &Value, translator: &Translator<'_>, filter: &mut Filter) -> Result<(), ApiError> {
    let mut left = TESTS;
    let sql = node(tree, translator, filter, &mut left, DEPTH)?;
    filter.and(&sql);
    Ok(())
}

fn node(
    tree: &Value,
    translator: &Translator<'_>,
    filter: &mut Filter,
    left: &mut usize,
    depth: usize,
) -> Result<String, ApiError> {
    let Some(group) = tree.get("group") else { return test(tree, translator, filter, left) };
    let parts = group.as_array().filter(|parts| !parts.is_empty() && depth > 0);
    let parts = parts.ok_or_else(|| invalid("group").detail("expected_data_type", "jsonarray"))?;
    let operator = tree["group_operator"].as_str().unwrap_or_default();
    let word = match operator.to_ascii_lowercase().as_str() {
        "and" => " AND ",
        "or" => " OR ",
        _ => return Err(invalid("group_operator").detail("supported_values", vec!["and", "or"])),
    };
    let parts = parts.iter().map(|part| node(part, translator, filter, left, depth - 1));
    Ok(format!("({})", parts.collect::<Result<Vec<_>, _>>()?.join(word)))
}

fn test(
    tree: &Value,
    translator: &Translator<'_>,
    filter: &mut Filter,
    left: &mut usize,
) -> Result<String, ApiError> {
    *left = left
        .checked_sub(1)
        .ok_or_else(|| ApiError::new(Code::CriteriaLimitExceeded).detail("limit", TESTS))?;
    let field = tree["field"].as_str().or_else(|| tree["field"]["api_name"].as_str());
    let field = field.ok_or_else(|| invalid("field"))?.to_owned();
    let name = tree["comparator"].as_str().unwrap_or_default();
    let known = COMPARATORS.iter().find(|(known, ..)| *known == name);
    let (_, operator, fails) =
        known.ok_or_else(|| invalid("comparator").message("Please provide a valid comparator"))?;
    let values = values(&tree["value"]).ok_or_else(|| invalid("value"))?;
    let enough = match operator {
        Operator::Between => values.len() == 2,
        Operator::In => !values.is_empty(),
        _ => values.len() == 1,
    };
    if !enough {
        return Err(invalid("value"));
    }
    let condition = Condition { field, operator: *operator, values, at: 0 };
    let sql = translator.condition(&condition, filter).map_err(|error| match error.code {
        Code::InvalidQuery => {
            ApiError { code: Code::InvalidData, message: Code::InvalidData.message().into(), ..error }
        }
        _ => error,
    })?;
    Ok(if *fails { format!("NOT coalesce({sql}, FALSE)") } else { sql })
}

fn invalid(key: &str) -> ApiError {
    ApiError::new(Code::InvalidData).field(key, format!("$.{key}"))
}

/// The values of a test as text; a record or user may be given as an object with its id.
fn values(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Array(values) => values.iter().map(text).collect(),
        value => Some(vec![text(value)?]),
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some("${EMPTY}".to_owned()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) if !text.contains('\0') => Some(text.clone()),
        Value::Object(object) => object.get("id").and_then(text),
        Value::String(_) | Value::Array(_) => None,
    }
}
