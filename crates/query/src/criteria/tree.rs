use serde_json::Value;

use super::{Condition, Criteria, Operator};

/// Levels of groups inside each other at most. Translating a tree recurses this deep.
const DEPTH: usize = 16;
/// Values of one condition at most.
const VALUES: usize = 100;

/// Criteria that came as JSON: mass actions, custom views, the `filters` of lists.
///
/// ```json
/// {"group_operator": "and", "group": [
///   {"field": {"api_name": "Stage"}, "comparator": "equal", "value": "Negotiation"},
///   {"field": "Amount", "comparator": "between", "value": [10, 20]}]}
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// [`Condition::at`] is the position of the condition's path in `paths`.
    pub criteria: Criteria,
    /// Where each condition stands, from the root on: `.group[1]`; empty for the root itself.
    pub paths: Vec<String>,
}

/// Why JSON is no criteria: which key of which object, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at `{path}`")]
pub struct TreeError {
    pub kind: TreeErrorKind,
    /// From the root on: `.group[1].comparator`.
    pub path: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreeErrorKind {
    /// A value of another JSON type is wanted, in the API's words: `jsonobject`, `jsonarray`, `text`.
    #[error("expected {0}")]
    WrongType(&'static str),
    #[error("expected a comparator such as `equal` or `in`")]
    UnknownComparator,
    #[error("expected `and` or `or`")]
    UnknownGroupOperator,
    /// The object has neither of the keys that say what it is.
    #[error("expected `comparator` or `group_operator`")]
    NeitherGroupNorCondition,
    /// The key is missing that has to stand beside this one.
    #[error("required beside `{0}`")]
    MissingBeside(&'static str),
    /// Not two values for `between`, none for the others, or an empty one.
    #[error("expected as many values as the comparator takes")]
    WrongValueCount,
    #[error("expected at most {VALUES} values")]
    TooManyValues,
    #[error("expected at most {0} conditions")]
    TooManyConditions(usize),
    #[error("expected at most {DEPTH} groups inside each other")]
    TooDeep,
}

/// The comparators: each is an operator, some turned round.
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

/// Reads criteria of at most `conditions` conditions. Keys it does not know (`type`, `id` of a field) are passed over.
pub fn read(value: &Value, conditions: usize) -> Result<Tree, TreeError> {
    let mut reader = Reader { paths: Vec::new(), conditions };
    let criteria = reader.any(value, String::new(), 0)?;
    Ok(Tree { criteria, paths: reader.paths })
}

struct Reader {
    paths: Vec<String>,
    conditions: usize,
}

fn refuse<T>(kind: TreeErrorKind, path: String) -> Result<T, TreeError> {
    Err(TreeError { kind, path })
}

fn given<'v>(object: &'v serde_json::Map<String, Value>, key: &str) -> Option<&'v Value> {
    object.get(key).filter(|value| !value.is_null())
}

impl Reader {
    fn any(&mut self, value: &Value, path: String, depth: usize) -> Result<Criteria, TreeError> {
        let Some(object) = value.as_object() else {
            return refuse(TreeErrorKind::WrongType("jsonobject"), path);
        };
        match (given(object, "group_operator"), given(object, "group"), given(object, "comparator")) {
            (Some(operator), Some(group), _) => self.group(operator, group, &path, depth),
            (Some(_), None, _) => {
                refuse(TreeErrorKind::MissingBeside("group_operator"), format!("{path}.group"))
            }
            (None, Some(_), _) => {
                refuse(TreeErrorKind::MissingBeside("group"), format!("{path}.group_operator"))
            }
            (None, None, Some(comparator)) => self.condition(object, comparator, path),
            (None, None, None) => refuse(TreeErrorKind::NeitherGroupNorCondition, path),
        }
    }

    fn group(
        &mut self,
        operator: &Value,
        group: &Value,
        path: &str,
        depth: usize,
    ) -> Result<Criteria, TreeError> {
        let operator = operator.as_str().unwrap_or_default();
        let is_and = operator.eq_ignore_ascii_case("and");
        if !is_and && !operator.eq_ignore_ascii_case("or") {
            return refuse(TreeErrorKind::UnknownGroupOperator, format!("{path}.group_operator"));
        }
        let Some(parts) = group.as_array() else {
            return refuse(TreeErrorKind::WrongType("jsonarray"), format!("{path}.group"));
        };
        if parts.is_empty() {
            return refuse(TreeErrorKind::WrongValueCount, format!("{path}.group"));
        }
        if depth == DEPTH {
            return refuse(TreeErrorKind::TooDeep, format!("{path}.group"));
        }
        let mut read = Vec::with_capacity(parts.len());
        for (at, part) in parts.iter().enumerate() {
            read.push(self.any(part, format!("{path}.group[{at}]"), depth + 1)?);
        }
        Ok(match (read.len(), is_and) {
            (1, _) => read.remove(0),
            (_, true) => Criteria::All(read),
            (_, false) => Criteria::Any(read),
        })
    }

    fn condition(
        &mut self,
        object: &serde_json::Map<String, Value>,
        comparator: &Value,
        path: String,
    ) -> Result<Criteria, TreeError> {
        let at = |key: &str| format!("{path}.{key}");
        let name = comparator.as_str().unwrap_or_default();
        let Some(&(_, operator, turned)) = COMPARATORS.iter().find(|(other, ..)| *other == name) else {
            return refuse(TreeErrorKind::UnknownComparator, at("comparator"));
        };
        let Some(field) = given(object, "field") else {
            return refuse(TreeErrorKind::MissingBeside("comparator"), at("field"));
        };
        let Some(field) = field.as_str().or_else(|| field.get("api_name")?.as_str()) else {
            return refuse(TreeErrorKind::WrongType("text"), at("field.api_name"));
        };
        let Some(value) = given(object, "value") else {
            return refuse(TreeErrorKind::MissingBeside("comparator"), at("value"));
        };
        let values = match values(value, operator) {
            Ok(values) => values,
            Err(kind) => return refuse(kind, at("value")),
        };
        if self.paths.len() == self.conditions {
            return refuse(TreeErrorKind::TooManyConditions(self.conditions), path);
        }
        // A list of values beside `equal` is what older views have for `in`.
        let (operator, turned) = match operator {
            Operator::Equals if values.len() > 1 => (Operator::In, turned),
            Operator::NotEqual if values.len() > 1 => (Operator::In, true),
            other => (other, turned),
        };
        let condition = Condition { field: field.to_owned(), operator, values, at: self.paths.len() };
        self.paths.push(path);
        let test = Criteria::Test(condition);
        Ok(if turned { Criteria::Not(Box::new(test)) } else { test })
    }
}

/// The values as text: scalars, objects by their id or name, and lists of these. A text beside a comparator that
/// takes a list is cut at its commas.
fn values(value: &Value, operator: Operator) -> Result<Vec<String>, TreeErrorKind> {
    let values: Vec<String> = match value {
        Value::Array(items) => items.iter().map(scalar).collect::<Result<_, _>>()?,
        Value::String(text) if operator.takes_list() => {
            text.split(',').map(|part| part.trim().to_owned()).collect()
        }
        other => vec![scalar(other)?],
    };
    if values.len() > VALUES {
        return Err(TreeErrorKind::TooManyValues);
    }
    // One word can stand for both ends of a period: `${THISWEEK}`.
    let is_period = values.len() == 1 && values[0].starts_with("${");
    let count_fits = match operator {
        Operator::Between => values.len() == 2 || is_period,
        Operator::In | Operator::Equals | Operator::NotEqual => !values.is_empty(),
        _ => values.len() == 1,
    };
    if !count_fits || values.iter().any(String::is_empty) {
        return Err(TreeErrorKind::WrongValueCount);
    }
    Ok(values)
}

fn scalar(value: &Value) -> Result<String, TreeErrorKind> {
    match value {
        Value::String(text) => Ok(text.trim().to_owned()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(yes) => Ok(yes.to_string()),
        Value::Object(object) => {
            let named = given(object, "id").or_else(|| given(object, "name"));
            named.filter(|value| !value.is_object()).map_or(Err(TreeErrorKind::WrongType("text")), scalar)
        }
        Value::Null | Value::Array(_) => Err(TreeErrorKind::WrongType("text")),
    }
}
