//! `GET /{module}/deleted`

use std::time::Duration;

use dealwright_testkit::on_both;
use dealwright_testkit::records::{account, deal};
use serde_json::json;

use crate::{assert_answer, outcome};

on_both! {
    async fn deleted_records_are_listed_newest_first(server: TestServer) {
        let api = server.api();
        let ids = api.insert_all("Deals", &["a", "b"].map(|name| deal(name).value())).await;
        let other = api.insert(account("Acme")).await;
        for path in [format!("Deals/{}", ids[1]), format!("Accounts/{other}"), format!("Deals/{}", ids[0])] {
            api.delete(&path).await;
            server.advance(Duration::from_secs(10));
        }
        assert_answer("deleted__all", &api.get("Deals/deleted").await);
        assert_eq!(api.get("Deals/deleted?type=recycle").await.rows().len(), 2);
        assert_eq!(api.get("Deals/deleted?type=permanent").await.status, 204);
        assert_eq!(outcome(&api.get("Deals/deleted?type=other").await), "400 PATTERN_NOT_MATCHED");
        let page = api.get("Deals/deleted?per_page=1&page=2").await;
        assert_eq!(page.rows()[0]["display_name"], "b");
        assert_eq!(page.json()["info"], json!({"per_page": 1, "count": 1, "page": 2, "more_records": false}));
        assert_eq!(outcome(&api.get("Deals/deleted?page=0").await), "400 INVALID_DATA");
    }

    async fn nothing_deleted_answers_204_and_nothing_since_304(server: TestServer) {
        let api = server.api();
        assert_eq!(api.get("Deals/deleted").await.status, 204);
        let id = api.insert(deal("a")).await;
        api.delete(&format!("Deals/{id}")).await;
        let since = |time: &str| api.header("if-modified-since", time);
        assert_eq!(since("2027-01-15T07:00:00Z").get("Deals/deleted").await.status, 200);
        assert_eq!(since("2027-01-15T08:00:00Z").get("Deals/deleted").await.status, 304);
        assert_eq!(outcome(&api.get("Boats/deleted").await), "400 INVALID_MODULE");
    }
}
