//! What a query costs before it is run: as much as its text is long.

use std::fmt::Write as _;

use dealwright_query::coql::SUBQUERIES;
use proptest::prelude::*;

use crate::fuzzing::{CoqlPlans, Cost};
use crate::metadata::tests::NEWEST;

/// Bytes of statements for each byte of a query, and for each query in it whatever it says.
const PER_BYTE: usize = 100;
const PER_QUERY: usize = 2_000;

/// Subqueries inside each other to some depth, each compared so that it is asked for a second row.
fn nested(depth: usize) -> String {
    let mut query = "select Amount from Deals where Amount > 1".to_owned();
    for _ in 0..depth {
        query = format!("select Amount from Deals where Amount > ({query})");
    }
    query
}

/// Each subquery is planned once. Its text stands in the statement, and in the checks of those around it.
fn is_linear(text: &str, cost: Cost) -> bool {
    let queries = text.matches("select").count();
    let layers = queries.min(SUBQUERIES + 1);
    let most = layers * (text.len() * PER_BYTE + queries * PER_QUERY);
    cost.planners <= layers && cost.bytes.is_none_or(|bytes| bytes <= most)
}

async fn plans() -> (CoqlPlans, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (CoqlPlans::new(folder.path(), &NEWEST).await.unwrap(), folder)
}

#[tokio::test]
async fn subqueries_inside_each_other_are_planned_once() {
    let (plans, _folder) = plans().await;
    let mut bytes = Vec::new();
    for depth in 0..=SUBQUERIES {
        let cost = plans.cost(&nested(depth));
        assert_eq!(cost.planners, depth + 1);
        bytes.push(cost.bytes.expect("a query that is allowed"));
    }
    // Each level adds its own text, and that of the levels below as a check: no doubling.
    for depth in 2..=SUBQUERIES {
        let (added, before) = (bytes[depth] - bytes[depth - 1], bytes[depth - 1] - bytes[depth - 2]);
        assert!(added < before + 1_000, "{bytes:?}");
    }
    assert_eq!(plans.cost(&nested(SUBQUERIES + 1)), Cost { planners: 0, bytes: None });
}

/// A query of random shape: subqueries in lists, comparisons and brackets, side by side and inside each other.
fn query() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("Amount > 1".to_owned()),
        Just("Deal_Name like '%a_b%'".to_owned()),
        Just("Account_Name.Parent_Account.Industry in ('a', 'b')".to_owned()),
        Just("Owner.email = 'a'".to_owned()),
        Just("Tag like '%x'".to_owned()),
    ];
    let criteria = leaf.prop_recursive(5, 24, 3, |inner| {
        let below = inner.clone();
        prop_oneof![
            inner.clone().prop_map(|c| format!("Amount > (select Amount from Deals where {c})")),
            inner
                .clone()
                .prop_map(|c| format!("Amount <= (select MAX(Amount) from Deals where {c} limit 1)")),
            inner
                .clone()
                .prop_map(|c| format!("id in (select id from Deals where {c} order by Amount limit 3, 5)")),
            inner
                .clone()
                .prop_map(|c| format!("Account_Name not in (select Account_Name from Deals where {c})")),
            proptest::collection::vec(below, 1..4).prop_map(|all| format!("({})", all.join(" and "))),
        ]
    });
    criteria.prop_map(|criteria| {
        let mut text = String::new();
        let _infallible = write!(text, "select Deal_Name, Account_Name.Industry from Deals where {criteria}");
        text
    })
}

#[test]
fn what_a_query_costs_grows_with_its_length() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (plans, _folder) = runtime.block_on(plans());
    let answered = std::cell::Cell::new(0);
    proptest!(ProptestConfig::with_cases(300), |(text in query())| {
        let cost = plans.cost(&text);
        answered.set(answered.get() + usize::from(cost.bytes.is_some()));
        prop_assert!(is_linear(&text, cost), "{cost:?} for {} bytes: {text}", text.len());
    });
    assert!(answered.get() > 100, "{} queries could be planned", answered.get());
}
