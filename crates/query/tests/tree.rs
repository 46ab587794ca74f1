//! The rules of criteria as JSON.

use dealwright_query::criteria::{Criteria, Operator, Tree, TreeError, TreeErrorKind as Kind, read};
use serde_json::{Value, json};

fn tree(value: &Value) -> Tree {
    read(value, 25).unwrap_or_else(|error| panic!("{value}: {error}"))
}

fn refuse(value: &Value) -> TreeError {
    read(value, 25).expect_err(&value.to_string())
}

fn one(comparator: &str, value: Value) -> Value {
    json!({"field": {"api_name": "Amount"}, "comparator": comparator, "value": value})
}

#[test]
fn a_condition_keeps_its_field_and_values() {
    for (value, values) in [
        (json!("  ten "), vec!["ten"]),
        (json!(10.5), vec!["10.5"]),
        (json!(false), vec!["false"]),
        (json!({"name": "Acme", "id": "17"}), vec!["17"]),
        (json!({"name": "${CURRENTUSER}"}), vec!["${CURRENTUSER}"]),
    ] {
        let Criteria::Test(condition) = tree(&one("equal", value.clone())).criteria else {
            panic!("{value} makes no condition");
        };
        assert_eq!((condition.field.as_str(), condition.operator), ("Amount", Operator::Equals));
        assert_eq!(condition.values, values, "{value}");
    }
}

#[test]
fn comparators_that_deny_are_turned_round() {
    for (comparator, operator) in
        [("not_in", Operator::In), ("not_contains", Operator::Contains), ("not_between", Operator::Between)]
    {
        let values = if operator == Operator::Contains { json!("a") } else { json!(["1", "2"]) };
        let Criteria::Not(inner) = tree(&one(comparator, values)).criteria else {
            panic!("{comparator} denies nothing");
        };
        assert!(matches!(*inner, Criteria::Test(condition) if condition.operator == operator));
    }
}

#[test]
fn a_list_beside_equal_means_any_of_it() {
    let Criteria::Test(condition) = tree(&one("equal", json!(["a", "b"]))).criteria else { panic!() };
    assert_eq!((condition.operator, condition.values.len()), (Operator::In, 2));
    assert!(matches!(tree(&one("not_equal", json!(["a", "b"]))).criteria, Criteria::Not(_)));
}

#[test]
fn groups_nest_and_each_condition_knows_its_place() {
    let value = json!({"group_operator": "AND", "group": [
        one("equal", json!(1)),
        {"group_operator": "or", "group": [one("equal", json!(2)), one("between", json!("3,4"))]},
    ]});
    let read = tree(&value);
    assert_eq!(read.paths, [".group[0]", ".group[1].group[0]", ".group[1].group[1]"]);
    let places: Vec<usize> = read.criteria.conditions().map(|condition| condition.at).collect();
    assert_eq!(places, [0, 1, 2]);
    assert!(matches!(&read.criteria, Criteria::All(parts) if matches!(parts[1], Criteria::Any(_))));
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (value, kind, path) in [
        (json!([]), Kind::WrongType("jsonobject"), ""),
        (json!({}), Kind::NeitherGroupNorCondition, ""),
        (one("like", json!(1)), Kind::UnknownComparator, ".comparator"),
        (json!({"comparator": "equal", "value": 1}), Kind::MissingBeside("comparator"), ".field"),
        (json!({"comparator": "equal", "field": "a"}), Kind::MissingBeside("comparator"), ".value"),
        (json!({"comparator": "equal", "field": {}, "value": 1}), Kind::WrongType("text"), ".field.api_name"),
        (json!({"group_operator": "and"}), Kind::MissingBeside("group_operator"), ".group"),
        (json!({"group": []}), Kind::MissingBeside("group"), ".group_operator"),
        (json!({"group_operator": "and", "group": {}}), Kind::WrongType("jsonarray"), ".group"),
        (json!({"group_operator": "and", "group": []}), Kind::WrongValueCount, ".group"),
        (json!({"group_operator": "not", "group": [1]}), Kind::UnknownGroupOperator, ".group_operator"),
        (json!({"group_operator": "and", "group": [1]}), Kind::WrongType("jsonobject"), ".group[0]"),
        (one("between", json!(["1"])), Kind::WrongValueCount, ".value"),
        (one("in", json!([])), Kind::WrongValueCount, ".value"),
        (one("contains", json!(["a", "b"])), Kind::WrongValueCount, ".value"),
        (one("equal", json!("")), Kind::WrongValueCount, ".value"),
        (one("equal", json!([null])), Kind::WrongType("text"), ".value"),
        (one("equal", json!({"id": {"id": 1}})), Kind::WrongType("text"), ".value"),
        (one("in", json!(vec!["a"; 101])), Kind::TooManyValues, ".value"),
    ] {
        assert_eq!(refuse(&value), TreeError { kind, path: path.to_owned() }, "{value}");
    }
}

#[test]
fn there_is_an_end_to_conditions_and_to_depth() {
    let group = |parts: Vec<Value>| json!({"group_operator": "and", "group": parts});
    assert_eq!(refuse(&group(vec![one("equal", json!(1)); 26])).kind, Kind::TooManyConditions(25));
    assert_eq!(tree(&group(vec![one("equal", json!(1)); 25])).paths.len(), 25);
    let mut deep = one("equal", json!(1));
    for _ in 0..17 {
        deep = group(vec![deep]);
    }
    assert_eq!(refuse(&deep).kind, Kind::TooDeep);
}
