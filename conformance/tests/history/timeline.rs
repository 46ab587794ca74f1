//! `GET /{module}/{id}/__timeline`

use std::time::Duration;

use dealwright_testkit::records::{account, deal};
use dealwright_testkit::{Answer, on_both};
use serde_json::json;

use crate::{assert_answer, outcome};

fn ids(answer: &Answer) -> Vec<String> {
    let list = answer.json()["__timeline"].as_array().cloned().unwrap_or_default();
    list.iter().map(|entry| entry["id"].as_str().expect("an id").to_owned()).collect()
}

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

    async fn a_change_of_a_lookup_shows_names(server: TestServer) {
        let api = server.api();
        let (acme, zylker) = (api.insert(account("Acme")).await, api.insert(account("Zylker")).await);
        let id = api.insert(deal("Boat").with("Account_Name", acme)).await;
        api.put("Deals", &json!({"data": [{"id": id, "Account_Name": zylker, "Closing_Date": "2030-01-31"}]})).await;
        let entry = api.get(&format!("Deals/{id}/__timeline")).await.json()["__timeline"][0].clone();
        let changes = entry["field_history"].as_array().unwrap();
        let value = |name: &str| changes.iter().find(|change| change["api_name"] == name).unwrap()["_value"].clone();
        assert_eq!(value("Account_Name"), json!({"new": "Zylker", "old": "Acme"}));
        assert_eq!(value("Closing_Date")["new"], "2030-01-31");
        assert_eq!((&entry["record"]["name"], &entry["record"]["module"]["api_name"]), (&json!("Boat"), &json!("Deals")));
    }

    async fn entries_are_filtered_ordered_and_paged(server: TestServer) {
        let api = server.api();
        let id = api.insert(deal("Boat")).await;
        for amount in 1..=4 {
            server.advance(Duration::from_mins(1));
            api.put("Deals", &json!({"data": [{"id": id, "Amount": amount}]})).await;
        }
        let path = format!("Deals/{id}/__timeline");
        let all: Vec<String> = ids(&api.get(&path).await);
        assert_eq!(all.len(), 5);
        let mut rising = ids(&api.get_with(&path, &[("sort_by", "audited_time"), ("sort_order", "asc")]).await);
        rising.reverse();
        assert_eq!(rising, all);
        let filter = json!({"field": {"api_name": "action"}, "comparator": "equal", "value": "added"}).to_string();
        assert_eq!(ids(&api.get_with(&path, &[("filters", &filter)]).await), all[4..]);
        let (mut seen, mut token) = (Vec::new(), None::<String>);
        loop {
            let mut params = vec![("per_page", "2")];
            params.extend(token.as_deref().map(|token| ("page_token", token)));
            let page = api.get_with(&path, &params).await;
            seen.extend(ids(&page));
            token = page.json()["info"]["next_page_token"].as_str().map(str::to_owned);
            assert_eq!(page.json()["info"]["more_records"], token.is_some());
            if token.is_none() {
                break;
            }
        }
        assert_eq!(seen, all);
        let refused = [("filters", "{}"), ("sort_by", "id"), ("sort_order", "up"), ("include", "all"), ("page_token", "zz")];
        for (name, value) in refused {
            assert_eq!(outcome(&api.get_with(&path, &[(name, value)]).await), "400 INVALID_DATA", "{name}");
        }
        assert_answer("timeline__bad_filter", &api.get_with(&path, &[("filters", "{}")]).await);
    }
}
