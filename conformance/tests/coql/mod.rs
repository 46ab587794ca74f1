//! `POST /coql`

mod groups;
mod joins;
mod limits;
mod refused;
mod rows;
mod subqueries;

use dealwright_testkit::{Answer, Api};
use serde_json::{Value, json};

/// The answer to a query.
pub(crate) async fn ask(api: &Api, query: &str) -> Answer {
    api.post("coql", &json!({ "select_query": query })).await
}

/// The rows of a query, which has to succeed.
pub(crate) async fn rows(api: &Api, query: &str) -> Vec<Value> {
    let answer = ask(api, query).await;
    if answer.status == 204 {
        return Vec::new();
    }
    assert_eq!(answer.status, 200, "{query}: {}", answer.text);
    answer.rows()
}

/// The values of one column, in the order of the rows.
pub(crate) async fn column(api: &Api, name: &str, query: &str) -> Vec<Value> {
    rows(api, query).await.into_iter().map(|row| row[name].clone()).collect()
}
