//! What the conditions of a query mean, said as a test of one record.

use dealwright_query::Operator;
use dealwright_query::coql::{Comparison, Expr, Operand, Predicate, Query, Test, Values};

use super::meaning::{Form, fits};
use super::rows::{self, Shown};
use super::value::{Cell, Kind, fold};
use super::world::{Field, Row, World};

/// A record of some module.
#[derive(Clone, Copy)]
pub(super) struct Of<'a> {
    pub world: &'a World,
    pub fields: &'static [Field],
    pub row: &'a Row,
}

pub(super) fn holds(of: Of<'_>, criteria: &Expr) -> bool {
    match criteria {
        Expr::All(parts) => parts.iter().all(|part| holds(of, part)),
        Expr::Any(parts) => parts.iter().any(|part| holds(of, part)),
        Expr::Test(one) => test(of, one),
    }
}

fn test(of: Of<'_>, test: &Test) -> bool {
    let (kind, value) = of.world.at(of.fields, of.row, rows::path(&test.column));
    let equals = |wanted: &str| equals(of.world, kind, &value, wanted);
    // Negations hold for what is empty, too.
    match &test.predicate {
        Predicate::Null { negated } => value.is_null() != *negated,
        Predicate::Compare(Comparison::Equal, Operand::Literal(wanted)) => equals(wanted),
        Predicate::Compare(Comparison::NotEqual, Operand::Literal(wanted)) => !equals(wanted),
        Predicate::Compare(comparison, Operand::Literal(wanted)) => {
            compare(&value, *comparison, &kind.read(wanted).expect("a value of its kind"))
        }
        Predicate::Compare(comparison, Operand::Query(query)) => {
            let given = column(of.world, query);
            let wanted = given.first().unwrap_or(&Cell::Null);
            compare(&as_compared(kind, &value), *comparison, wanted)
        }
        Predicate::In { negated, values: Values::Literals(values) } => {
            values.iter().any(|wanted| equals(wanted)) != *negated
        }
        Predicate::In { negated, values: Values::Query(query) } => {
            let value = as_compared(kind, &value);
            (!value.is_null() && column(of.world, query).contains(&value)) != *negated
        }
        Predicate::Between { negated, low, high } => {
            let read = |text: &str| kind.read(text).expect("a value of its kind");
            let is_between = !value.is_null() && value >= read(low) && value <= read(high);
            is_between != *negated
        }
        Predicate::Like { negated, pattern } => like(kind, &value, &fold(pattern)) != *negated,
    }
}

/// The empty text is no value: nothing equals it but an empty field.
fn equals(world: &World, kind: Kind, value: &Cell, wanted: &str) -> bool {
    match value {
        _ if wanted.is_empty() => value.is_null(),
        Cell::Null => false,
        // All options of the field, in any order.
        Cell::List(options) if kind == Kind::Options => {
            let sorted = |options: Vec<String>| {
                let mut options = options;
                options.sort();
                options
            };
            let wanted = wanted.split(';').map(|option| fold(option.trim())).collect();
            sorted(options.iter().map(|option| fold(option)).collect()) == sorted(wanted)
        }
        _ => fits(world, kind, value, Operator::Equals, wanted, Form::Json),
    }
}

fn compare(value: &Cell, comparison: Comparison, wanted: &Cell) -> bool {
    let is_known = !value.is_null() && !wanted.is_null();
    match comparison {
        Comparison::Equal => is_known && value == wanted,
        Comparison::NotEqual => !(is_known && value == wanted),
        Comparison::Greater => is_known && value > wanted,
        Comparison::GreaterEqual => is_known && value >= wanted,
        Comparison::Less => is_known && value < wanted,
        Comparison::LessEqual => is_known && value <= wanted,
    }
}

/// A value as subqueries compare it: texts without regard to case.
fn as_compared(kind: Kind, value: &Cell) -> Cell {
    match value {
        Cell::Text(text) => Cell::Text(fold(text)),
        // The id of a record and a lookup to it are the same.
        Cell::Number(units) if kind == (Kind::Number { decimals: 0, quoted: true }) => {
            Cell::Reference((units / 1_000_000_000).to_string())
        }
        other => other.clone(),
    }
}

/// The one column of a subquery.
fn column(world: &World, query: &Query) -> Vec<Cell> {
    let all = rows::all(world, query);
    let offset = query.offset.unwrap_or(0) as usize;
    let limit = query.limit.map_or(usize::MAX, |limit| limit as usize);
    let rows = all.into_iter().skip(offset).take(limit);
    rows.map(|row| match &row[0] {
        Shown::Cell(kind, cell) => as_compared(*kind, cell),
        Shown::Average { .. } => panic!("averages are not compared"),
    })
    .collect()
}

/// `%` stands for any text. Text and pattern are in lower case already.
fn like(kind: Kind, value: &Cell, pattern: &str) -> bool {
    let options = match value {
        Cell::Null => return false,
        Cell::Text(text) => return is_like(&fold(text), pattern),
        Cell::List(options) => options,
        other => panic!("{other:?} has no pattern"),
    };
    if kind == Kind::Tags {
        return options.iter().any(|tag| is_like(&fold(tag), &fold(pattern)));
    }
    // Within one option, at the beginning of the first, or at the end of the last.
    let inner = pattern.trim_matches('%');
    let option = |option: &String| fold(option);
    match (pattern.starts_with('%'), pattern.ends_with('%')) {
        _ if inner.is_empty() => true,
        (true, true) => options.iter().map(option).any(|option| option.contains(inner)),
        (false, true) => options.first().map(option).is_some_and(|option| option.starts_with(inner)),
        (true, false) => options.last().map(option).is_some_and(|option| option.ends_with(inner)),
        (false, false) => options.len() == 1 && fold(&options[0]) == inner,
    }
}

fn is_like(text: &str, pattern: &str) -> bool {
    match pattern.split_once('%') {
        None => text == pattern,
        Some((start, rest)) => {
            text.strip_prefix(start).is_some_and(|text| ends(text).any(|end| is_like(end, rest)))
        }
    }
}

/// The text without its first characters: none, one, two, …, all.
fn ends(text: &str) -> impl Iterator<Item = &str> {
    text.char_indices().map(|(at, _)| &text[at..]).chain([""])
}

#[test]
fn patterns_are_like_texts() {
    for (text, pattern, fits) in [
        ("abc", "a%", true),
        ("abc", "%", true),
        ("abc", "a%c", true),
        ("abc", "b%", false),
        ("", "%", true),
        ("abab", "%ab", true),
    ] {
        assert_eq!(is_like(text, pattern), fits, "{text} {pattern}");
    }
}
