//! `GET /{module}?page_token=…`

use std::time::Duration;

use dealwright_testkit::records::deal;
use dealwright_testkit::{Answer, Api, on_both};
use serde_json::{Value, json};

use crate::{assert_answer, outcome};

async fn five_deals(api: &Api) -> Vec<String> {
    let records: Vec<Value> = (0..5).map(|n| deal(&format!("{n}")).value()).collect();
    api.insert_all("Deals", &records).await
}

fn token(answer: &Answer, name: &str) -> String {
    let info = &answer.json()["info"];
    info[name].as_str().unwrap_or_else(|| panic!("no {name} in {info}")).to_owned()
}

fn ids(answer: &Answer) -> Vec<String> {
    answer.rows().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

on_both! {
    async fn tokens_lead_through_the_list_and_back(server: TestServer) {
        let api = server.api();
        for order in ["", "&sort_order=asc", "&sort_by=Modified_Time", "&sort_by=Modified_Time&sort_order=asc"] {
            let mut expected = if order.is_empty() { five_deals(&api).await } else { Vec::new() };
            if expected.is_empty() {
                expected = ids(&api.get(&format!("Deals?fields=id{order}")).await);
            } else {
                expected.reverse();
            }
            let path = format!("Deals?fields=id&per_page=2{order}");
            let first = api.get(&path).await;
            assert_eq!(first.json()["info"]["previous_page_token"], Value::Null);
            let second = api.get(&format!("{path}&page_token={}", token(&first, "next_page_token"))).await;
            let third = api.get(&format!("{path}&page_token={}", token(&second, "next_page_token"))).await;
            assert_eq!([ids(&first), ids(&second), ids(&third)].concat(), expected, "{order}");
            assert_eq!(third.json()["info"]["next_page_token"], Value::Null);
            assert_eq!(third.json()["info"]["more_records"], false);

            let back = api.get(&format!("{path}&page_token={}", token(&third, "previous_page_token"))).await;
            assert_eq!(ids(&back), ids(&second), "{order}");
            let start = api.get(&format!("{path}&page_token={}", token(&back, "previous_page_token"))).await;
            assert_eq!(ids(&start), ids(&first), "{order}");
            assert_eq!(start.json()["info"]["previous_page_token"], Value::Null);
        }
    }

    async fn the_info_of_a_page_with_tokens(server: TestServer) {
        let api = server.api();
        five_deals(&api).await;
        let first = api.get("Deals?fields=Deal_Name&per_page=2").await;
        assert_answer("page_token__first", &first);
        let path = format!("Deals?fields=Deal_Name&per_page=2&page_token={}", token(&first, "next_page_token"));
        assert_answer("page_token__second", &api.get(&path).await);
    }

    async fn a_record_that_comes_in_between_moves_no_page(server: TestServer) {
        let api = server.api();
        let mut expected = five_deals(&api).await;
        expected.reverse();
        let first = api.get("Deals?fields=id&per_page=2").await;
        api.insert(deal("in between")).await;
        api.delete(&format!("Deals?ids={}", expected[0])).await;
        let path = format!("Deals?fields=id&per_page=2&page_token={}", token(&first, "next_page_token"));
        assert_eq!(ids(&api.get(&path).await), expected[2..4]);
    }

    async fn a_token_goes_with_its_parameters_and_its_user(server: TestServer) {
        let api = server.api();
        five_deals(&api).await;
        let token = token(&api.get("Deals?fields=id&per_page=2").await, "next_page_token");
        for other in ["fields=id,Amount", "fields=id&sort_order=asc", "fields=id&ids=1234567890123456789"] {
            let answer = api.get(&format!("Deals?{other}&per_page=2&page_token={token}")).await;
            assert_eq!(outcome(&answer), "400 TOKEN_BOUND_DATA_MISMATCH", "{other}");
        }
        assert_answer("page_token__mismatch", &api.get(&format!("Deals?fields=Amount&page_token={token}")).await);
        assert_eq!(api.get(&format!("Deals?fields=id&per_page=3&page_token={token}")).await.rows().len(), 3);
    }

    async fn a_token_is_no_token_of_another_module(server: TestServer) {
        let api = server.api();
        five_deals(&api).await;
        api.insert(dealwright_testkit::records::account("Acme")).await;
        let token = token(&api.get("Deals?fields=id&per_page=2").await, "next_page_token");
        let answer = api.get(&format!("Accounts?fields=id&per_page=2&page_token={token}")).await;
        assert_eq!(outcome(&answer), "400 TOKEN_BOUND_DATA_MISMATCH");
    }

    async fn a_token_lives_for_a_day(server: TestServer) {
        let api = server.api();
        five_deals(&api).await;
        let path = "Deals?fields=id&per_page=2";
        let path = format!("{path}&page_token={}", token(&api.get(path).await, "next_page_token"));
        server.advance(Duration::from_hours(24));
        let api = server.fresh_api().await;
        assert_eq!(api.get(&path).await.status, 200);
        server.advance(Duration::from_secs(1));
        assert_answer("page_token__expired", &api.get(&path).await);
    }

    async fn a_token_outlives_a_restart(server: TestServer) {
        let api = server.api();
        let all = five_deals(&api).await;
        let token = token(&api.get("Deals?fields=id&per_page=2").await, "next_page_token");
        let server = server.restart(|_| {}).await;
        let answer = server.api().get(&format!("Deals?fields=id&per_page=2&page_token={token}")).await;
        assert_eq!(ids(&answer), [all[2].clone(), all[1].clone()]);
    }

    async fn text_that_is_no_token_is_refused(server: TestServer) {
        let api = server.api();
        assert_answer("page_token__nonsense", &api.get("Deals?fields=id&page_token=nonsense").await);
        for bad in ["zz", "%00", "00"] {
            assert_eq!(outcome(&api.get(&format!("Deals?fields=id&page_token={bad}")).await), "400 INVALID_DATA", "{bad}");
        }
        five_deals(&api).await;
        let mut forged = token(&api.get("Deals?fields=id&per_page=2").await, "next_page_token");
        let flipped = if forged.starts_with("00") { "01" } else { "00" };
        forged.replace_range(..2, flipped);
        let answer = api.get(&format!("Deals?fields=id&per_page=2&page_token={forged}")).await;
        assert_eq!(outcome(&answer), "400 TOKEN_BOUND_DATA_MISMATCH");
    }

    async fn a_page_and_a_token_do_not_go_together(server: TestServer) {
        assert_answer("page_token__ambiguous", &server.api().get("Deals?fields=id&page=2&page_token=abc").await);
    }

    async fn old_versions_have_no_tokens(server: TestServer) {
        five_deals(&server.api()).await;
        for version in ["v2", "v2.1"] {
            let info = server.version(version).get("Deals?per_page=2").await.json()["info"].clone();
            assert_eq!(info, json!({"per_page": 2, "count": 2, "page": 1, "more_records": true}), "{version}");
        }
    }
}
