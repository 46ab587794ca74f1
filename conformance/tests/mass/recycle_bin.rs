//! `/settings/recycle_bin`: reading it, and deleting for good.

use std::time::Duration;

use dealwright_testkit::records::{account, deal};
use dealwright_testkit::{Api, on_both};
use serde_json::{Value, json};

use super::{UNKNOWN, org};
use crate::people::colleague;
use crate::{assert_answer, outcome};

const BIN: &str = "settings/recycle_bin";

/// Deletes some records and gives their ids: deals `a`, `b` and the account `Acme`, a minute apart.
async fn deleted(server: &dealwright_testkit::TestServer) -> Vec<String> {
    let api = server.api();
    let mut ids = Vec::new();
    for (module, record) in [("Deals", deal("a")), ("Deals", deal("b")), ("Accounts", account("Acme"))] {
        let id = api.insert(record).await;
        api.delete(&format!("{module}/{id}")).await;
        server.advance(Duration::from_mins(1));
        ids.push(id);
    }
    ids
}

async fn names(api: &Api, params: &[(&str, &str)]) -> String {
    let answer = api.get_with(BIN, params).await;
    assert!(matches!(answer.status, 200 | 204), "{params:?}: {}", answer.text);
    let rows = answer.json()["recycle_bin"].as_array().cloned().unwrap_or_default();
    rows.iter()
        .map(|row| row["display_name"].as_str().unwrap_or_default().to_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

on_both! {
    async fn deleted_records_are_listed_read_and_counted(server: TestServer) {
        let api = server.api();
        assert_eq!(api.get(BIN).await.status, 204);
        let ids = deleted(&server).await;
        assert_answer("recycle_bin__list", &api.get(BIN).await);
        assert_answer("recycle_bin__get", &api.get(&format!("{BIN}/{}", ids[1])).await);
        assert_eq!(api.get(&format!("{BIN}/{UNKNOWN}")).await.status, 204);
        assert_eq!(outcome(&api.get(&format!("{BIN}/abc")).await), "400 INVALID_DATA");
        assert_eq!(api.get(&format!("{BIN}/actions/count")).await.text, "{\"count\":3}");
        assert_answer("recycle_bin__page", &api.get(&format!("{BIN}?per_page=2&page=2")).await);
    }

    async fn they_are_sorted_and_filtered(server: TestServer) {
        let api = server.api();
        let ids = deleted(&server).await;
        for (params, expected) in [
            (vec![("sort_by", "display_name"), ("sort_order", "asc")], "a Acme b"),
            (vec![("sort_by", "deleted_time"), ("sort_order", "asc")], "a b Acme"),
            (vec![("sort_by", "deleted_by")], "Acme b a"),
            (vec![("ids", ids[0].as_str())], "a"),
        ] {
            assert_eq!(names(&api, &params).await, expected, "{params:?}");
        }
        for (field, comparator, value, expected) in [
            ("module", "equal", json!("Deals"), "b a"),
            ("module", "not_equal", json!("Deals"), "Acme"),
            ("module", "in", json!(["Deals", "Accounts"]), "Acme b a"),
            ("display_name", "equal", json!("ACME"), "Acme"),
            ("display_name", "not_equal", json!("acme"), "b a"),
            ("display_name", "contains", json!("CM"), "Acme"),
            ("display_name", "not_contains", json!("cm"), "b a"),
            ("display_name", "starts_with", json!("A"), "Acme a"),
            ("display_name", "ends_with", json!("me"), "Acme"),
            ("display_name", "in", json!(["a", "b"]), "b a"),
            ("deleted_by", "equal", json!("${CURRENTUSER}"), "Acme b a"),
            ("deleted_by", "not_equal", json!("${CURRENTUSER}"), ""),
            ("deleted_time", "greater_than", json!("2027-01-15T08:00:00Z"), "Acme b"),
            ("deleted_time", "less_equal", json!("2027-01-15T08:01:00Z"), "b a"),
            ("deleted_time", "between", json!(["2027-01-15T08:01:00Z", "2027-01-15T08:02:00Z"]), "Acme b"),
            ("deleted_time", "equal", json!("${TODAY}"), "Acme b a"),
            ("deleted_time", "equal", json!("${YESTERDAY}"), ""),
        ] {
            let filters = json!({"field": {"api_name": field}, "comparator": comparator, "value": value}).to_string();
            assert_eq!(names(&api, &[("filters", &filters)]).await, expected, "{field} {comparator} {value}");
        }
        let filters = json!({"group_operator": "AND", "group": [
            {"field": {"api_name": "module"}, "comparator": "equal", "value": "Deals"},
            {"field": {"api_name": "display_name"}, "comparator": "equal", "value": "b"},
        ]}).to_string();
        assert_eq!(api.get_with(&format!("{BIN}/actions/count"), &[("filters", &filters)]).await.text, "{\"count\":1}");
    }

    async fn wrong_parameters_are_refused(server: TestServer) {
        let api = server.api();
        for (name, filters) in [
            ("comparator", json!({"field": "module", "comparator": "like", "value": "Deals"})),
            ("unfit_comparator", json!({"field": "module", "comparator": "contains", "value": "Deals"})),
            ("field", json!({"field": "Amount", "comparator": "equal", "value": "1"})),
            ("value", json!({"field": "module", "comparator": "equal", "value": "Boats"})),
        ] {
            let answer = api.get_with(BIN, &[("filters", &filters.to_string())]).await;
            assert_answer(&format!("recycle_bin__{name}"), &answer);
        }
        for params in ["sort_by=id", "sort_order=up", "page=0", "per_page=x", "ids=abc", "filters=x"] {
            assert_eq!(outcome(&api.get(&format!("{BIN}?{params}")).await), "400 INVALID_DATA", "{params}");
        }
    }

    async fn records_are_deleted_for_good(server: TestServer) {
        let api = server.api();
        let ids = deleted(&server).await;
        assert_answer("recycle_bin__delete_one", &api.delete(&format!("{BIN}/{}", ids[2])).await);
        assert_answer("recycle_bin__delete_again", &api.delete(&format!("{BIN}/{}", ids[2])).await);
        let answer = api.delete(&format!("{BIN}?ids={},{UNKNOWN},abc", ids[0])).await;
        assert_answer("recycle_bin__delete_many", &answer);
        assert_eq!(names(&api, &[]).await, "b");
        assert_answer("recycle_bin__tombstones", &api.get("Deals/deleted").await);
        assert_eq!(api.get("Deals/deleted?type=recycle").await.rows().len(), 1);
        let gone = api.get("Deals/deleted?type=permanent").await;
        assert_eq!(gone.rows().iter().map(|row| row["id"].clone()).collect::<Vec<_>>(), [json!(ids[0])]);
        let since = |time: &str| api.header("if-modified-since", time);
        assert_eq!(since("2027-01-15T08:02:59Z").get("Deals/deleted?type=permanent").await.status, 200);
        assert_eq!(since("2027-01-15T08:03:00Z").get("Deals/deleted?type=permanent").await.status, 304);
        // What it was has gone with it.
        assert_eq!(api.get(&format!("Deals/{}/__timeline", ids[0])).await.status, 204);
        let filters = json!({"field": "module", "comparator": "equal", "value": "Deals"}).to_string();
        let answer = api.send(reqwest::Method::DELETE, &dealwright_testkit::api::with_params(BIN, &[("filters", &filters)]), Vec::new()).await;
        assert_eq!(outcome(&answer), "200 SUCCESS", "{}", answer.text);
        assert_eq!(api.get(BIN).await.status, 204);
        assert_answer("recycle_bin__delete_nothing", &api.delete(BIN).await);
        assert_answer("recycle_bin__delete_both", &api.delete(&format!("{BIN}?ids=1&filters=x")).await);
    }

    async fn the_bin_is_emptied(server: TestServer) {
        let api = server.api();
        deleted(&server).await;
        assert_answer("recycle_bin__empty", &api.post(&format!("{BIN}/actions/empty"), &json!({})).await);
        assert_eq!(api.get(BIN).await.status, 204);
        assert_eq!(outcome(&api.post(&format!("{BIN}/actions/empty"), &json!({})).await), "200 SUCCESS");
    }

    async fn more_than_a_thousand_go_by_a_job(server: TestServer) {
        let api = server.api();
        let records: Vec<Value> = (0..1_050).map(|n| account(&format!("a{n}")).value()).collect();
        let ids = api.insert_all("Accounts", &records).await;
        for part in ids.chunks(100) {
            api.delete(&format!("Accounts?ids={}", part.join(","))).await;
        }
        let answer = api.post(&format!("{BIN}/actions/empty"), &json!({})).await;
        assert_answer("recycle_bin__scheduled", &answer);
        for _ in 0..600 {
            if api.get(&format!("{BIN}/actions/count")).await.text == "{\"count\":0}" {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(api.get(BIN).await.status, 204);
        assert_eq!(api.get("Accounts/deleted?type=permanent").await.rows().len(), 200);
    }

    async fn what_is_old_goes_by_itself(server: TestServer) {
        let ids = deleted(&server).await;
        let org = org(&server).await;
        let days = |days: u64| Duration::from_hours(24 * days);
        let chore = dealwright_engine::chores::of(&org).find(|chore| chore.name == "empty the recycle bin");
        let forget = || (chore.expect("it is on the page").run)(&org);
        assert_eq!(forget().await.expect("the bin can be swept"), 0);
        // The first is 60 days old and a few minutes, the last a few minutes less than that.
        server.advance(Duration::from_secs(60 * 24 * 3600 - 90));
        assert_eq!(forget().await.expect("the bin can be swept"), 2);
        let api = server.fresh_api().await;
        assert_eq!(names(&api, &[]).await, "Acme");
        let gone = api.get("Deals/deleted?type=permanent").await;
        assert_eq!(gone.rows().len(), 2, "{}", gone.text);
        server.advance(days(121));
        assert_eq!(forget().await.expect("the bin can be swept"), 3);
        let api = server.fresh_api().await;
        assert_eq!(api.get("Deals/deleted").await.status, 204);
        assert_eq!(api.get("Accounts/deleted?type=permanent").await.rows()[0]["id"], ids[2].as_str());
    }

    async fn others_see_what_they_deleted_themselves(server: TestServer) {
        let ids = deleted(&server).await;
        let other = colleague(&server, "Col", "CEO", "Standard").await.api;
        assert_eq!(other.get(BIN).await.status, 204);
        assert_eq!(other.get(&format!("{BIN}/{}", ids[0])).await.status, 204);
        assert_eq!(outcome(&other.delete(&format!("{BIN}/{}", ids[0])).await), "400 INVALID_DATA");
        let answer = other.post(&format!("{BIN}/{}/actions/restore", ids[0]), &json!({})).await;
        assert_eq!(outcome(&answer), "400 INVALID_DATA");
        let own = other.insert(deal("own")).await;
        other.delete(&format!("Deals/{own}")).await;
        assert_eq!(names(&other, &[]).await, "own");
        assert_answer("recycle_bin__empty_by_another", &other.post(&format!("{BIN}/actions/empty"), &json!({})).await);
        assert_eq!(names(&server.api(), &[]).await, "own Acme b a");
    }
}
