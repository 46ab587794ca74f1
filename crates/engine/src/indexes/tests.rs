//! Indexes on demand in an org on SQLite, as the database itself sees them.

use super::{Outcome, ROWS, add, drop, list, make_wanted};
use crate::fresh::Fresh;
use crate::records::search;
use crate::request::{Params, Request};

/// What the database says about a search for campaigns.
async fn plan_of(fresh: &Fresh, criteria: &str) -> String {
    let cx = fresh.cx().explaining();
    let request = Request {
        path: vec!["Campaigns".to_owned()],
        params: Params::new(vec![("criteria".to_owned(), criteria.to_owned())]),
        ..Request::default()
    };
    search::search(&cx, &request).await.unwrap();
    cx.explanations().into_iter().flat_map(|one| one.plan).collect::<Vec<_>>().join("; ")
}

fn column(fresh: &Fresh, field: &str) -> String {
    let snapshot = fresh.org.snapshot();
    snapshot.schema.module("Campaigns").unwrap().field(field).unwrap().column.clone().unwrap()
}

#[tokio::test]
async fn searches_use_an_index_from_when_it_is_added_until_it_is_dropped() {
    let mut fresh = Fresh::new("indexes-by-hand").await;
    let search = "(Status:equals:Planning)";
    let index = format!("campaigns_{}_1", column(&fresh, "Status"));
    assert!(!plan_of(&fresh, search).await.contains(&index));

    assert_eq!(add(&fresh.org, "Campaigns", "Status").await.unwrap(), Outcome::Done);
    assert_eq!(add(&fresh.org, "Campaigns", "Status").await.unwrap(), Outcome::Nothing);
    let plan = plan_of(&fresh, search).await;
    assert!(plan.contains(&index), "{plan}");

    fresh.reopen().await;
    let plan = plan_of(&fresh, search).await;
    assert!(plan.contains(&index), "{plan}");
    let all = list(&fresh.org, Some("Campaigns")).unwrap();
    let asked: Vec<_> = all.iter().filter(|one| one.is_asked).map(|one| one.field.as_str()).collect();
    assert_eq!(asked, ["Status"]);
    assert!(all.iter().any(|one| one.field == "Campaign_Name" && !one.is_asked));

    assert_eq!(drop(&fresh.org, "Campaigns", "Campaign_Name").await.unwrap(), Outcome::Nothing);
    assert_eq!(drop(&fresh.org, "Campaigns", "Status").await.unwrap(), Outcome::Done);
    assert!(!plan_of(&fresh, search).await.contains(&index));
}

#[tokio::test]
async fn fields_that_an_index_cannot_serve_get_none() {
    let fresh = Fresh::new("indexes-unfit").await;
    assert_eq!(add(&fresh.org, "Campaigns", "Description").await.unwrap(), Outcome::Unfit);
    assert_eq!(add(&fresh.org, "Campaigns", "id").await.unwrap(), Outcome::Unfit);
    assert_eq!(add(&fresh.org, "Campaigns", "Modified_Time").await.unwrap(), Outcome::Nothing);
    assert!(add(&fresh.org, "Campaigns", "Nothing").await.is_err());
    assert!(add(&fresh.org, "Nothing", "Status").await.is_err());
}

#[tokio::test]
async fn a_large_module_gets_an_index_on_what_queries_ask_for_often() {
    let fresh = Fresh::new("indexes-wanted").await;
    let search = "(Status:equals:Planning)";
    let index = format!("campaigns_{}_1", column(&fresh, "Status"));
    let ask = async || {
        for _ in 0..200 {
            plan_of(&fresh, search).await;
        }
    };
    ask().await;
    assert!(make_wanted(&fresh.org).await.unwrap().is_empty(), "a small module is read as it is");

    let fill = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <= {ROWS}) \
         INSERT INTO {{campaigns}} (id) SELECT i FROM n"
    );
    assert_eq!(fresh.exec(fill, Vec::new()).await, ROWS as u64 + 1);
    assert!(make_wanted(&fresh.org).await.unwrap().is_empty(), "counting has started anew");

    ask().await;
    let made = make_wanted(&fresh.org).await.unwrap();
    assert_eq!(made.len(), 1);
    assert_eq!((made[0].0.field.as_str(), made[0].1.as_ref().unwrap()), ("Status", &Outcome::Done));
    let plan = plan_of(&fresh, search).await;
    assert!(plan.contains(&index), "{plan}");
}
