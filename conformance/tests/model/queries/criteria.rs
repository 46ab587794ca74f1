//! Random criteria, as text for searches and as JSON for lists: the server must find what the naive copy finds.

use dealwright_query::{Condition, Criteria, Operator};
use dealwright_testkit::Api;
use serde_json::{Value, json};

use super::super::Random;
use super::super::kinds::at;
use super::meaning::{DAYS, Form, holds};
use super::value::{Cell, Kind, numeral};
use super::world::{CONTACT, RENAMED, World, is_id, paths, shown, text};

/// Conditions that criteria in text may have.
const CONDITIONS: usize = 15;

/// Asks one question. True when it finds some of the records and not all.
pub(super) async fn ask(world: &World, random: &mut Random) -> bool {
    let form = if random.once_in(2) { Form::Text } else { Form::Json };
    let criteria = some(world, random, form);
    let expected: Vec<&str> = world
        .contacts
        .iter()
        .filter(|row| holds(world, row, &criteria, form))
        .map(|row| row.id.as_str())
        .collect();
    let found = found(&world.api, &criteria, form).await;
    let differ: Vec<Value> = world
        .contacts
        .iter()
        .filter(|row| found.contains(&row.id) != expected.contains(&row.id.as_str()))
        .map(|row| {
            let fields: Vec<&str> =
                criteria.conditions().map(|one| one.field.split('.').next().unwrap_or_default()).collect();
            json!({"found": found.contains(&row.id), "record": shown(row, &fields)})
        })
        .collect();
    let asked = said(&criteria, form);
    assert!(differ.is_empty(), "{form:?} {asked} differs in {} records, first {}", differ.len(), differ[0]);
    assert_eq!(found.len(), expected.len(), "{asked} finds a record twice");
    !found.is_empty() && found.len() < world.contacts.len()
}

/// Ids of what the server finds.
pub(super) async fn found(api: &Api, criteria: &Criteria, form: Form) -> Vec<String> {
    let asked = said(criteria, form);
    let (path, param) = match form {
        Form::Text => ("Contacts/search", "criteria"),
        Form::Json => ("Contacts", "filters"),
    };
    let answer = api.get_with(path, &[(param, &asked), ("fields", "Last_Name"), ("per_page", "200")]).await;
    assert!(matches!(answer.status, 200 | 204), "{asked}: {}", answer.text);
    answer.rows().iter().map(|row| row["id"].as_str().unwrap_or_default().to_owned()).collect()
}

pub(super) fn said(criteria: &Criteria, form: Form) -> String {
    match form {
        Form::Text => criteria.to_string(),
        Form::Json => written(criteria, false).to_string(),
    }
}

/// Random criteria.
pub(super) fn some(world: &World, random: &mut Random, form: Form) -> Criteria {
    loop {
        let mut left = 1 + random.below(4) * random.below(4);
        let criteria = tree(world, random, form, &mut left, 0);
        if criteria.conditions().count() <= CONDITIONS {
            return criteria;
        }
    }
}

/// A random tree of `left` conditions, or a few more.
fn tree(world: &World, random: &mut Random, form: Form, left: &mut usize, depth: usize) -> Criteria {
    if *left < 2 || depth == 4 || (depth > 0 && random.once_in(2)) {
        *left = left.saturating_sub(1);
        return condition(world, random, form);
    }
    let parts = 2 + random.below(2);
    let parts: Vec<Criteria> = (0..parts).map(|_| tree(world, random, form, left, depth + 1)).collect();
    if random.once_in(2) { Criteria::All(parts) } else { Criteria::Any(parts) }
}

fn condition(world: &World, random: &mut Random, form: Form) -> Criteria {
    let field = random.pick(&paths()).clone();
    let (kind, _) = world.at(CONTACT, &world.contacts[0], &field);
    let operator = *random.pick(operators(kind));
    let count = match operator {
        Operator::IsEmpty | Operator::IsNotEmpty => 0,
        Operator::Between => 2,
        Operator::In => 1 + random.below(4),
        _ => 1,
    };
    let mut values: Vec<String> =
        (0..count).map(|_| value(world, random, "Contacts", &field, operator)).collect();
    // Only whole values are days, and only all of them together.
    if form == Form::Json && matches!(kind, Kind::Date | Kind::Instant) && random.once_in(3) {
        values = (0..count).map(|_| day(random)).collect();
    }
    let test = Criteria::Test(Condition { field, operator, values, at: 0 });
    let can_turn = matches!(operator, Operator::In | Operator::Contains | Operator::Between);
    if form == Form::Json && can_turn && random.once_in(2) { Criteria::Not(Box::new(test)) } else { test }
}

/// The operators of a kind. Those that a search takes in lenient mode only are among them.
fn operators(kind: Kind) -> &'static [Operator] {
    use Operator::{
        Between, Contains, EndsWith, Equals, GreaterEqual, GreaterThan, In, IsEmpty, IsNotEmpty, LessEqual,
        LessThan, NotEqual, StartsWith,
    };
    match kind {
        Kind::Text | Kind::Picklist | Kind::Serial | Kind::Tags | Kind::Account => {
            &[Equals, Equals, NotEqual, StartsWith, Contains, EndsWith, In, IsEmpty, IsNotEmpty]
        }
        Kind::Options => &[Equals, NotEqual, StartsWith, Contains, In, IsEmpty, IsNotEmpty],
        Kind::Bool | Kind::User => &[Equals, NotEqual, In, IsEmpty, IsNotEmpty],
        Kind::Number { .. } | Kind::Date | Kind::Instant => &[
            Equals,
            NotEqual,
            In,
            Between,
            GreaterThan,
            GreaterEqual,
            LessThan,
            LessEqual,
            IsEmpty,
            IsNotEmpty,
        ],
    }
}

/// A value to compare with: mostly one that some record has, or near it.
pub(super) fn value(
    world: &World,
    random: &mut Random,
    module: &str,
    field: &str,
    operator: Operator,
) -> String {
    let (fields, rows) = world.module(module);
    let (kind, cell) = world.at(fields, random.pick(rows), field);
    let is_whole = matches!(operator, Operator::Equals | Operator::NotEqual | Operator::In);
    let whole = match &cell {
        Cell::Null if is_id(field) => return random.pick(rows).id.clone(),
        Cell::Null => return other(random, kind),
        _ if !is_id(field) && random.once_in(6) => return other(random, kind),
        Cell::Bool(yes) => return yes.to_string(),
        Cell::Date(date) => return date.clone(),
        Cell::Number(units) => {
            let Kind::Number { decimals, .. } = kind else { return numeral(*units) };
            let step = 10_i128.pow(9 - decimals as u32);
            let near = if units.abs() < 900_000_000_000_000_000 { random.below(3) as i128 - 1 } else { 0 };
            return numeral(units + near * step);
        }
        Cell::Instant(seconds) => {
            return at(seconds + random.below(3) as i64 - 1, random.below(27) as i64 - 13);
        }
        Cell::Text(text) if kind == Kind::Picklist && is_whole => {
            let renamed = RENAMED.iter().find(|option| option.0 == text && random.once_in(2));
            renamed.map_or_else(|| text.clone(), |option| option.1.to_owned())
        }
        Cell::Text(text) => text.clone(),
        Cell::List(items) => random.pick(items).clone(),
        Cell::Reference(id) if is_id(field) => return id.clone(),
        Cell::Reference(id) => {
            let account = world.account_of(&cell).map(|row| row.values["Account_Name"].clone());
            let user = world.user_of(&cell);
            match (account, user) {
                _ if is_whole && random.once_in(3) => return id.clone(),
                (Some(Cell::Text(name)), _) => name,
                (_, Some(user)) if random.once_in(2) => user.email.clone(),
                (_, Some(user)) => user.full_name(),
                _ => return id.clone(),
            }
        }
    };
    part(random, &whole)
}

fn day(random: &mut Random) -> String {
    match random.below(3) {
        0 => {
            (*random.pick(&["2027-01-15", "2024-03-10", "2024-11-03", "2000-02-28", "1969-12-31"])).to_owned()
        }
        _ => random.pick(DAYS).0.to_owned(),
    }
}

/// The text, or a part of it, in its own case or another.
pub(super) fn part(random: &mut Random, whole: &str) -> String {
    let characters: Vec<char> = whole.chars().collect();
    let (from, to) = match random.below(6) {
        0 => (0, 1 + random.below(characters.len())),
        1 => (random.below(characters.len()), characters.len()),
        2 => {
            let from = random.below(characters.len());
            (from, from + 1 + random.below(characters.len() - from))
        }
        _ => (0, characters.len()),
    };
    let taken: String = characters[from..to].iter().collect();
    let taken = match random.below(4) {
        0 => taken.to_ascii_uppercase(),
        1 => taken.to_ascii_lowercase(),
        2 if random.once_in(4) => taken.to_uppercase(),
        _ => taken,
    };
    let taken = taken.trim();
    if taken.is_empty() { "x".to_owned() } else { taken.to_owned() }
}

/// A value that perhaps no record has.
fn other(random: &mut Random, kind: Kind) -> String {
    match kind {
        Kind::Bool => random.once_in(2).to_string(),
        Kind::Date => format!("20{:02}-0{}-1{}", random.below(30), 1 + random.below(9), random.below(10)),
        Kind::Instant => at(random.next() as i64 % 4_000_000_000, 0),
        Kind::Number { decimals: 0, .. } => (random.below(20) as i64 - 10).to_string(),
        // More decimals than any field but one keeps.
        Kind::Number { .. } => numeral(random.below(20_000) as i128 * 1_000_000 - 10_000_000_000),
        _ if random.once_in(3) => (*random
            .pick(&["zeta", ",", "%", "_", "()", "\\", "a", "lph", "\"", "[\"", "null", "0"]))
        .to_owned(),
        _ => {
            let text = text(random);
            text.trim().to_owned()
        }
    }
}

/// Criteria as JSON.
fn written(criteria: &Criteria, is_turned: bool) -> Value {
    let (word, parts) = match criteria {
        Criteria::All(parts) => ("and", parts),
        Criteria::Any(parts) => ("OR", parts),
        Criteria::Not(part) => return written(part, true),
        Criteria::Test(condition) => return comparison(condition, is_turned),
    };
    let parts: Vec<Value> = parts.iter().map(|part| written(part, false)).collect();
    json!({"group_operator": word, "group": parts})
}

fn comparison(condition: &Condition, is_turned: bool) -> Value {
    let (comparator, value) = match condition.operator {
        Operator::IsEmpty => ("equal", json!("${EMPTY}")),
        Operator::IsNotEmpty => ("not_equal", json!("${EMPTY}")),
        // A list beside `equal` is one of `in`. A text would be cut at its commas.
        Operator::In if condition.values.len() > 2 && !is_turned => ("equal", json!(condition.values)),
        Operator::In | Operator::Between => (condition.operator.name(), json!(condition.values)),
        Operator::Equals => ("equal", json!(condition.values[0])),
        other => (other.name(), json!(condition.values[0])),
    };
    let turned = if is_turned { "not_" } else { "" };
    json!({"field": {"api_name": condition.field}, "comparator": format!("{turned}{comparator}"), "value": value})
}
