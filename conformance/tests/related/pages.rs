//! Pages of related lists, against a naive filter.

use std::collections::BTreeSet;

use dealwright_testkit::records::{account, contact, deal};
use dealwright_testkit::{Answer, Api, on_both};
use serde_json::{Value, json};

use super::{ids, to};
use crate::{assert_answer, outcome};

fn token(answer: &Answer, name: &str) -> Option<String> {
    answer.json()["info"][name].as_str().map(str::to_owned)
}

/// All rows of a list, page by page, by token and by number; both ways must agree.
async fn walk(api: &Api, path: &str, per_page: usize) -> Vec<String> {
    let mut found = Vec::new();
    let mut next = api.get(&format!("{path}&per_page={per_page}")).await;
    let mut page = 1;
    while next.status != 204 {
        let by_number = api.get(&format!("{path}&per_page={per_page}&page={page}")).await;
        assert_eq!(ids(&next), ids(&by_number), "{path} page {page}");
        found.extend(ids(&next));
        let Some(token) = token(&next, "next_page_token") else {
            assert_eq!(next.json()["info"]["more_records"], false);
            break;
        };
        assert_eq!(next.json()["info"]["more_records"], true);
        next = api.get(&format!("{path}&per_page={per_page}&page_token={token}")).await;
        page += 1;
    }
    found
}

on_both! {
    async fn the_info_of_each_version(server: TestServer) {
        let api = server.api();
        let acme = api.insert(account("Acme")).await;
        let contacts: Vec<Value> = (0..3).map(|n| contact(&format!("{n}")).with("Account_Name", to(&acme)).value()).collect();
        api.insert_all("Contacts", &contacts).await;
        let path = format!("Accounts/{acme}/Contacts?fields=Last_Name&per_page=2");
        assert_answer("related__page", &api.get(&path).await);
        for version in ["v2", "v3", "v4"] {
            assert_answer(&format!("related__page_{version}"), &server.version(version).get(&path).await);
        }
    }

    async fn a_token_is_bound_to_its_parent_and_list(server: TestServer) {
        let api = server.api();
        let [a, b] = [api.insert(account("a")).await, api.insert(account("b")).await];
        for parent in [&a, &b] {
            let deals: Vec<Value> = (0..3).map(|n| deal(&format!("{n}")).with("Account_Name", to(parent)).value()).collect();
            api.insert_all("Deals", &deals).await;
        }
        let first = api.get(&format!("Accounts/{a}/Deals?fields=id&per_page=1")).await;
        let token = token(&first, "next_page_token").unwrap();
        let with = |path: String| format!("{path}?fields=id&per_page=1&page_token={token}");
        assert_eq!(api.get(&with(format!("Accounts/{a}/Deals"))).await.status, 200);
        for other in [format!("Accounts/{b}/Deals"), format!("Accounts/{a}/Contacts"), "Deals".to_owned()] {
            assert_eq!(outcome(&api.get(&with(other)).await), "400 TOKEN_BOUND_DATA_MISMATCH");
        }
        assert_eq!(outcome(&api.get(&format!("Accounts/{a}/Deals?fields=id&page=11")).await), "400 DISCRETE_PAGINATION_LIMIT_EXCEEDED");
    }

    async fn pages_together_are_what_a_naive_filter_finds(server: TestServer) {
        let api = server.api();
        let accounts = api.insert_all("Accounts", &[0, 1, 2].map(|n| account(&format!("{n}")).value())).await;
        // A generator with a fixed seed, so that each run is the same.
        let mut state: u64 = 7;
        let mut below = |bound: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % bound
        };
        let mut owner: Vec<(String, usize)> = Vec::new();
        for _ in 0..3 {
            let chosen: Vec<usize> = (0..20).map(|_| below(4) as usize).collect();
            let contacts: Vec<Value> = chosen.iter().map(|&at| {
                let record = contact("Somebody");
                accounts.get(at).map_or_else(|| record.value(), |id| record.clone().with("Account_Name", to(id)).value())
            }).collect();
            owner.extend(api.insert_all("Contacts", &contacts).await.into_iter().zip(chosen));
        }
        for _ in 0..15 {
            let (at, to_account) = (below(owner.len() as u64) as usize, below(4) as usize);
            let (id, of) = &mut owner[at];
            let value = accounts.get(to_account).map_or(Value::Null, |id| to(id));
            api.put(&format!("Contacts/{id}"), &json!({"data": [{"Account_Name": value}]})).await;
            *of = to_account;
        }
        for (at, account) in accounts.iter().enumerate() {
            let mut expected: Vec<String> = owner.iter().filter(|(_, of)| *of == at).map(|(id, _)| id.clone()).collect();
            expected.sort();
            for (order, per_page) in [("asc", 1), ("asc", 7), ("desc", 4), ("desc", 200)] {
                let path = format!("Accounts/{account}/Contacts?fields=id&sort_order={order}");
                let mut found = walk(&api, &path, per_page).await;
                if order == "desc" {
                    found.reverse();
                }
                assert_eq!(found, expected, "{order} {per_page}");
            }
            let path = format!("Accounts/{account}/Contacts?fields=id&sort_by=Modified_Time");
            let found: BTreeSet<String> = walk(&api, &path, 3).await.into_iter().collect();
            assert_eq!(found, expected.iter().cloned().collect());
        }
    }
}
