//! One condition asked in every way there is: page by page, from token to token, as a search, as a count and as a query.
//! All of them find the same records.

use std::collections::BTreeMap;

use dealwright_query::coql::{Column, Comparison, Expr, Operand, Predicate, Test, Values};
use dealwright_query::{Condition, Criteria, Operator};
use serde_json::json;

use super::super::Random;
use super::criteria::{said, some};
use super::meaning::{Form, holds};
use super::value::Kind;
use super::world::{CONTACT, World};

/// Asks one question in all ways. False when it cannot be said in all of them.
pub(super) async fn ask(world: &World, random: &mut Random) -> bool {
    let criteria = some(world, random, Form::Text);
    let Some(query) = in_coql(world, &criteria) else { return false };
    let (text, filters) = (said(&criteria, Form::Text), said(&criteria, Form::Json));
    let mut ways: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    ways.insert("pages", pages(world, random, "Contacts", ("filters", &filters)).await);
    ways.insert("search", pages(world, random, "Contacts/search", ("criteria", &text)).await);
    ways.insert("tokens", tokens(world, random, &filters).await);
    ways.insert("query", rows(world, random, &query).await);
    let copies = world.contacts.iter().filter(|row| holds(world, row, &criteria, Form::Text));
    let mut expected: Vec<String> = copies.map(|row| row.id.clone()).collect();
    expected.sort();
    for (way, found) in &mut ways {
        found.sort();
        assert_eq!(*found, expected, "{way}: {text} or {query}");
    }
    for (param, value) in [("criteria", &text), ("filters", &filters)] {
        let counted = world.api.get_with("Contacts/actions/count", &[(param, value)]).await;
        assert_eq!(counted.json()["count"], expected.len(), "{param}={value}: {}", counted.text);
    }
    true
}

/// Ids on all pages, by their numbers.
async fn pages(world: &World, random: &mut Random, path: &str, asked: (&str, &str)) -> Vec<String> {
    let per_page = (20 + random.below(181)).to_string();
    let mut found = Vec::new();
    for page in 1.. {
        let page = page.to_string();
        let params =
            [asked, ("fields", "Last_Name"), ("per_page", per_page.as_str()), ("page", page.as_str())];
        let answer = world.api.get_with(path, &params).await;
        assert!(matches!(answer.status, 200 | 204), "{asked:?}: {}", answer.text);
        found.extend(ids(&answer.rows()));
        if answer.json()["info"]["more_records"] != true {
            break;
        }
    }
    found
}

/// Ids on all pages, each by the token in the page before.
async fn tokens(world: &World, random: &mut Random, filters: &str) -> Vec<String> {
    let per_page = (20 + random.below(181)).to_string();
    let order = *random.pick(&["asc", "desc"]);
    let mut found = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let mut params = vec![
            ("filters", filters),
            ("fields", "Last_Name"),
            ("per_page", per_page.as_str()),
            ("sort_order", order),
        ];
        params.extend(token.as_deref().map(|token| ("page_token", token)));
        let answer = world.api.get_with("Contacts", &params).await;
        assert!(matches!(answer.status, 200 | 204), "{filters}: {}", answer.text);
        found.extend(ids(&answer.rows()));
        match answer.json()["info"]["next_page_token"].as_str() {
            Some(next) => token = Some(next.to_owned()),
            None => return found,
        }
    }
}

/// Ids of all rows of a query, some at a time.
async fn rows(world: &World, random: &mut Random, criteria: &Expr) -> Vec<String> {
    let limit = 20 + random.below(181);
    let mut found = Vec::new();
    loop {
        let text = format!("select id from Contacts where {criteria} limit {limit} offset {}", found.len());
        let answer = world.api.post("coql", &json!({"select_query": text})).await;
        assert!(matches!(answer.status, 200 | 204), "{text}: {}", answer.text);
        found.extend(ids(&answer.rows()));
        if answer.json()["info"]["more_records"] != true {
            return found;
        }
    }
}

fn ids(rows: &[serde_json::Value]) -> Vec<String> {
    rows.iter().map(|row| row["id"].as_str().unwrap_or_default().to_owned()).collect()
}

/// The same criteria in COQL; `None` where the languages mean different things by the same words.
fn in_coql(world: &World, criteria: &Criteria) -> Option<Expr> {
    let all = |parts: &[Criteria]| parts.iter().map(|part| in_coql(world, part)).collect::<Option<Vec<_>>>();
    match criteria {
        Criteria::All(parts) => all(parts).map(Expr::All),
        Criteria::Any(parts) => all(parts).map(Expr::Any),
        Criteria::Not(_) => None,
        Criteria::Test(condition) => {
            let predicate = predicate(world, condition)?;
            Some(Expr::Test(Test { column: Column::read(&condition.field)?, predicate }))
        }
    }
}

fn predicate(world: &World, condition: &Condition) -> Option<Predicate> {
    let (kind, _) = world.at(CONTACT, &world.contacts[0], &condition.field);
    let first = condition.values.first().cloned();
    let compare = |comparison| Some(Predicate::Compare(comparison, Operand::Literal(first.clone()?)));
    let is_whole = matches!(condition.operator, Operator::Equals | Operator::NotEqual | Operator::In);
    // A search finds words in texts, and one option among several; booleans are never empty.
    let differs = match kind {
        Kind::Text => is_whole,
        Kind::Options => !matches!(condition.operator, Operator::IsEmpty | Operator::IsNotEmpty),
        Kind::Bool => condition.operator != Operator::Equals,
        // Of a lookup, COQL knows the whole name only.
        Kind::Account => {
            matches!(condition.operator, Operator::StartsWith | Operator::Contains | Operator::EndsWith)
        }
        _ => false,
    };
    let like = |before: &str, after: &str| {
        let text = first.as_deref().filter(|text| !text.contains('%'))?;
        Some(Predicate::Like { negated: false, pattern: format!("{before}{text}{after}") })
    };
    match condition.operator {
        _ if differs => None,
        Operator::Equals => compare(Comparison::Equal),
        Operator::NotEqual => compare(Comparison::NotEqual),
        Operator::GreaterThan => compare(Comparison::Greater),
        Operator::GreaterEqual => compare(Comparison::GreaterEqual),
        Operator::LessThan => compare(Comparison::Less),
        Operator::LessEqual => compare(Comparison::LessEqual),
        Operator::StartsWith => like("", "%"),
        Operator::Contains => like("%", "%"),
        Operator::EndsWith => like("%", ""),
        Operator::IsEmpty => Some(Predicate::Null { negated: false }),
        Operator::IsNotEmpty => Some(Predicate::Null { negated: true }),
        Operator::In => {
            Some(Predicate::In { negated: false, values: Values::Literals(condition.values.clone()) })
        }
        Operator::Between => {
            let [low, high] = condition.values.as_slice() else { return None };
            Some(Predicate::Between { negated: false, low: low.clone(), high: high.clone() })
        }
    }
}
