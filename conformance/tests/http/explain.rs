//! `X-Dealwright-Explain`: how a statement is carried out, in words.

use dealwright_testkit::records::{account, deal};
use dealwright_testkit::{Engine, on_both};
use serde_json::json;

on_both! {
    async fn lists_searches_and_queries_are_explained(server: TestServer) {
        let api = server.api();
        let account = api.insert(account("Acme")).await;
        for name in ["a", "b"] {
            api.insert(deal(name).with("Account_Name", json!({ "id": account }))).await;
        }
        let asked = api.header("x-dealwright-explain", "1");
        let list = asked.get("Deals?fields=Deal_Name").await;
        assert_eq!(list.status, 200, "{}", list.text);
        let explained = list.json()["explain"][0].clone();
        assert_eq!(explained["rows"], 2);
        let database = if server.engine() == Engine::Sqlite { "sqlite" } else { "postgres" };
        assert_eq!(explained["database"], database);
        assert!(explained["statement"].as_str().unwrap_or_default().starts_with("SELECT"));
        assert!(!explained["plan"].as_array().expect("lines").is_empty());
        let steps = explained["steps"].to_string();
        assert!(steps.contains("records of Deals"), "{steps}");
        let search = asked.get("Deals/search?criteria=(Deal_Name:equals:a)").await;
        assert_eq!(search.json()["explain"][0]["rows"], 1, "{}", search.text);
        let query = "select Deal_Name from Deals where Account_Name.Account_Name = 'Acme' order by Amount";
        let query = asked.post("coql", &json!({ "select_query": query })).await;
        let steps = query.json()["explain"][0]["steps"].to_string();
        assert!(steps.contains("sort") && steps.contains("Accounts"), "{}", query.text);
        // Refusals stay what they are, and so do answers without the header.
        let refused = asked.post("coql", &json!({ "select_query": "select" })).await;
        assert_eq!(crate::outcome(&refused), "400 SYNTAX_ERROR");
        assert_eq!(api.get("Deals?fields=Deal_Name").await.rows().len(), 2);
    }

    /// Programs page so by the time of change; no index serves an `or`, but one serves what it implies.
    async fn an_or_that_pages_by_a_key_uses_the_index(server: TestServer) {
        let api = server.api().header("x-dealwright-explain", "1");
        let time = "2026-01-01T00:00:00+00:00";
        let criteria = format!("Modified_Time < '{time}' or (Modified_Time = '{time}' and id < 5)");
        let query = format!("select id from Deals where {criteria} order by Modified_Time desc limit 5");
        let answer = api.post("coql", &json!({ "select_query": query })).await;
        let plan = answer.json()["explain"][0]["plan"].to_string();
        // The other database has figures, and reads a table without rows as a whole.
        if server.engine() == Engine::Sqlite {
            assert!(plan.contains("modified_time<?"), "{plan}");
        }
    }
}
