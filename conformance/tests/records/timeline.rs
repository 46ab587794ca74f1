//! `GET /{module}/{id}/__timeline`

use std::time::Duration;

use dealwright_testkit::on_both;
use dealwright_testkit::records::deal;
use serde_json::json;

use crate::{assert_answer, outcome};

on_both! {
    async fn what_happened_is_listed_newest_first(server: TestServer) {
        let api = server.api();
        let id = api.insert(deal("Boat").with("Amount", 5)).await;
        server.advance(Duration::from_mins(1));
        api.put("Deals", &json!({"data": [{"id": id, "Amount": 7, "Deal_Name": "Boat"}]})).await;
        server.advance(Duration::from_mins(1));
        api.delete(&format!("Deals/{id}")).await;
        assert_answer("timeline__all", &api.get(&format!("Deals/{id}/__timeline")).await);
        let page = api.get(&format!("Deals/{id}/__timeline?per_page=1&page=2")).await;
        assert_eq!(page.json()["__timeline"][0]["action"], "updated");
        assert_eq!(page.json()["info"]["more_records"], true);
    }

    async fn what_is_not_there_has_no_history(server: TestServer) {
        let api = server.api();
        assert_eq!(api.get("Deals/1234567890123456789/__timeline").await.status, 204);
        assert_eq!(outcome(&api.get("Deals/abc/__timeline").await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.get("Boats/1/__timeline").await), "400 INVALID_MODULE");
        assert_eq!(outcome(&api.get("Deals/1234567890123456789/__timeline?page=x").await), "400 INVALID_DATA");
    }
}
