//! `GET` and `POST /{module}/actions/count`

use dealwright_testkit::on_both;
use dealwright_testkit::records::deal;
use serde_json::json;

use super::{UNKNOWN, view};
use crate::{assert_answer, outcome};

on_both! {
    async fn a_view_or_filters_are_counted(server: TestServer) {
        let api = server.api();
        api.insert_all("Deals", &[1, 2, 3].map(|n| deal(&format!("{n}")).with("Amount", n).value())).await;
        let (all, locked) = (view(&api, "Deals", "All Deals").await, view(&api, "Deals", "All Locked Deals").await);
        assert_eq!(api.get(&format!("Deals/actions/count?cvid={all}")).await.text, "{\"count\":3}");
        assert_eq!(api.get(&format!("Deals/actions/count?cvid={locked}")).await.text, "{\"count\":0}");
        let filters = json!({"field": {"api_name": "Amount"}, "comparator": "greater_than", "value": 1});
        let in_query = api.get_with("Deals/actions/count", &[("filters", &filters.to_string())]).await;
        assert_eq!(in_query.text, "{\"count\":2}");
        assert_eq!(api.post("Deals/actions/count", &json!({"filters": filters})).await.text, "{\"count\":2}");
        let both = api.post("Deals/actions/count?criteria=(Amount:equals:1)", &json!({"filters": filters})).await;
        assert_eq!(both.text, "{\"count\":0}");
        assert_eq!(api.post("Deals/actions/count", &json!({})).await.text, "{\"count\":3}");
        assert_eq!(api.send(reqwest::Method::POST, "Deals/actions/count", Vec::new()).await.text, "{\"count\":3}");
    }

    async fn a_view_beside_a_search_is_ambiguous(server: TestServer) {
        let api = server.api();
        let all = view(&api, "Deals", "All Deals").await;
        let path = format!("Deals/actions/count?cvid={all}&word=boat");
        assert_answer("count__ambiguous", &api.get(&path).await);
        assert_answer("count__unknown_view", &api.get(&format!("Deals/actions/count?cvid={UNKNOWN}")).await);
        assert_answer("count__bad_filters", &api.post("Deals/actions/count", &json!({"filters": {"comparator": "like", "field": "Amount", "value": 1}})).await);
        assert_eq!(outcome(&api.send(reqwest::Method::POST, "Deals/actions/count", b"[".to_vec()).await), "400 INVALID_DATA");
        assert_answer("count__unsupported", &api.get("Documents/actions/count").await);
    }
}
