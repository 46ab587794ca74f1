//! The founding guide, row by row, and each place where it differs from the reference service: what a lenient server
//! does and says in `X-Dealwright-Note`, and what a strict one refuses.

use std::time::Duration;

use dealwright_testkit::records::{Record, account, deal};
use dealwright_testkit::{Answer, on_both};
use dealwright_wire::PutV3;
use serde_json::{Value, json};

use crate::{assert_answer, outcome};

/// The deal of the guide's first example, as it was written.
fn acme() -> Record {
    Record::empty("Deals")
        .with("Deal_Name", "Acme Corp – Platform Licence")
        .with("Amount", 24000)
        .with("Stage", "Proposal Sent")
        .with("Close_Date", "2026-06-30")
        .with("Account_Name", json!({"name": "Acme Corp"}))
}

/// True when the answer says that the server did this other than the reference service.
fn notes(answer: &Answer, note: &str) -> bool {
    answer.note().is_some_and(|notes| notes.split(", ").any(|one| one == note))
}

on_both! {
    async fn the_deal_of_the_guide_is_created_as_written(server: TestServer) {
        let api = server.version("v3");
        let answer = api.post("Deals", &acme().body()).await;
        assert_answer("guide__create", &answer);
        let record = api.record("Deals", &answer.ids()[0]).await;
        assert_eq!(record["Closing_Date"], "2026-06-30");
        assert_eq!(record["Close_Date"], "2026-06-30");
        assert_eq!(record["Stage"], "Proposal Sent");
        assert_eq!(record["Account_Name"]["name"], "Acme Corp");
    }

    async fn a_list_without_fields_shows_whole_records(server: TestServer) {
        let api = server.version("v3");
        api.insert(acme()).await;
        let answer = api.get("Deals").await;
        assert!(answer.status == 200 && notes(&answer, "list-without-fields"), "{:?}", answer.note());
        assert_eq!((&answer.rows()[0]["Deal_Name"], &answer.rows()[0]["Amount"]), (&json!("Acme Corp – Platform Licence"), &json!(24000)));
        assert_eq!(api.get("Deals?fields=Deal_Name").await.note(), None);
        let server = server.strict().await;
        assert_answer("guide__strict_list_without_fields", &server.version("v3").get("Deals").await);
        for version in ["v2", "v2.1"] {
            assert_eq!(server.version(version).get("Deals").await.status, 200, "{version}");
        }
    }

    async fn the_close_date_has_a_second_name(server: TestServer) {
        let api = server.version("v3");
        let answer = api.post("Deals", &acme().body()).await;
        assert!(notes(&answer, "close-date"), "{:?}", answer.note());
        assert_eq!(api.get("Deals?fields=Close_Date").await.rows()[0]["Close_Date"], "2026-06-30");
        assert_eq!(api.found("Deals", "(Close_Date:equals:2026-06-30)", "Amount").await, ["24000"]);
        let server = server.strict().await;
        let api = server.version("v3");
        let id = api.insert(acme().with("Stage", "Qualification").with("Account_Name", Value::Null)).await;
        let record = api.record("Deals", &id).await;
        assert_eq!(record["Closing_Date"], Value::Null);
        assert!(record.get("Close_Date").is_none());
        let answer = api.get_with("Deals/search", &[("criteria", "(Close_Date:equals:2026-06-30)")]).await;
        assert_eq!(outcome(&answer), "400 INVALID_QUERY");
    }

    async fn searching_needs_no_scope_of_its_own(server: TestServer) {
        server.api().insert(deal("found")).await;
        let path = "Deals/search?word=found";
        let answer = server.api_with_scopes("ZohoCRM.modules.deals.READ").await.get(path).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert!(notes(&answer, "search-scope"), "{:?}", answer.note());
        let server = server.strict().await;
        let answer = server.api_with_scopes("ZohoCRM.modules.deals.READ").await.get(path).await;
        assert_eq!(outcome(&answer), "401 OAUTH_SCOPE_MISMATCH");
    }

    async fn a_stage_outside_the_list_is_taken(server: TestServer) {
        let answer = server.api().post("Deals", &deal("x").with("Stage", "Proposal Sent").body()).await;
        assert!(notes(&answer, "picklist-values"), "{:?}", answer.note());
        let id = server.api().insert(deal("x").with("Stage", "Proposal Sent")).await;
        assert_eq!(server.api().record("Deals", &id).await["Stage"], "Proposal Sent");
        let server = server.strict().await;
        let answer = server.api().post("Deals", &deal("x").with("Stage", "Proposal Sent").body()).await;
        assert_answer("guide__strict_stage", &answer);
        let other = server.api().post("Deals", &deal("x").with("Type", "Whatever").body()).await;
        assert_eq!(outcome(&other), "201 SUCCESS");
    }

    async fn patch_changes_several_deals(server: TestServer) {
        let api = server.version("v3");
        let ids = api.insert_all("Deals", &["a", "b"].map(|name| deal(name).with("Amount", 1).value())).await;
        let body = json!({"data": [{"id": ids[0], "Stage": "Negotiation", "Amount": 26000}]});
        let answer = api.patch("Deals", &body).await;
        assert_answer("guide__patch", &answer);
        let record = api.record("Deals", &ids[0]).await;
        assert_eq!((&record["Stage"], &record["Amount"], &record["Deal_Name"]), (&json!("Negotiation"), &json!(26000), &json!("a")));
        let one = api.patch(&format!("Deals/{}", ids[1]), &json!({"data": [{"Amount": 2}]})).await;
        assert!(outcome(&one) == "200 SUCCESS" && notes(&one, "patch-records"), "{:?}", one.note());
        assert_eq!(api.record("Deals", &ids[1]).await["Stage"], "Qualification");
        let server = server.strict().await;
        assert_answer("guide__strict_patch", &server.version("v3").patch("Deals", &body).await);
        let one = server.version("v3").patch(&format!("Deals/{}", ids[1]), &json!({"data": [{"Amount": 3}]})).await;
        assert_eq!(outcome(&one), "400 INVALID_REQUEST_METHOD");
        assert_eq!(server.api().record("Deals", &ids[1]).await["Amount"], 2);
    }

    async fn put_of_one_record_replaces_it_and_keeps_what_was(server: TestServer) {
        let api = server.version("v3");
        let acme = api.insert(account("Acme")).await;
        let old = deal("Boat").with("Amount", 5).with("Next_Step", "call").with("Account_Name", acme).with("Tag", json!([{"name": "Hot"}]));
        let id = api.insert(old).await;
        server.advance(Duration::from_mins(1));
        let new = json!({"data": [{"Deal_Name": "Ship", "Stage": "Closed Won"}]});
        let answer = api.put(&format!("Deals/{id}"), &new).await;
        assert!(outcome(&answer) == "200 SUCCESS" && notes(&answer, "put-replaces"), "{:?}", answer.note());
        assert_answer("guide__replaced", &server.api().get(&format!("Deals/{id}")).await);
        assert_answer("guide__replaced_history", &server.api().get(&format!("Deals/{id}/__timeline")).await);
    }

    async fn put_of_a_part_or_by_an_sdk_merges(server: TestServer) {
        let api = server.version("v3");
        let id = api.insert(deal("Boat").with("Amount", 5)).await;
        let path = format!("Deals/{id}");
        let whole = json!({"data": [{"Deal_Name": "Ship", "Stage": "Closed Won"}]});
        let part = json!({"data": [{"Deal_Name": "Ship"}]});
        let emptied = json!({"data": [{"Deal_Name": "Ship", "Stage": null}]});
        let answer = api.put(&path, &part).await;
        assert!(outcome(&answer) == "200 SUCCESS" && notes(&answer, "put-merges"), "{:?}", answer.note());
        let by_sdk = api.header("X-ZOHO-SDK", "linux/6.1 python/3.12:8.0").put(&path, &whole).await;
        assert!(outcome(&by_sdk) == "200 SUCCESS" && notes(&by_sdk, "put-merges"), "{:?}", by_sdk.note());
        assert_eq!(outcome(&api.put(&path, &emptied).await), "400 MANDATORY_NOT_FOUND");
        let record = api.record("Deals", &id).await;
        assert_eq!((&record["Amount"], &record["Stage"]), (&json!(5), &json!("Closed Won")));

        let server = server.restart(|config| config.put_v3 = PutV3::Merge).await;
        let answer = server.version("v3").put(&path, &whole).await;
        assert!(outcome(&answer) == "200 SUCCESS" && notes(&answer, "put-merges"), "{:?}", answer.note());
        assert_eq!(server.api().record("Deals", &id).await["Amount"], 5);
        let server = server.restart(|config| config.put_v3 = PutV3::Replace).await;
        let without = server.version("v3").put(&path, &part).await;
        assert_eq!(outcome(&without), "400 MANDATORY_NOT_FOUND");
        assert_eq!(server.api().record("Deals", &id).await["Amount"], 5);
        let answer = server.version("v3").put(&path, &whole).await;
        assert!(outcome(&answer) == "200 SUCCESS" && notes(&answer, "put-replaces"), "{:?}", answer.note());
        assert_eq!(server.api().record("Deals", &id).await["Amount"], Value::Null);
    }

    async fn put_of_one_record_merges_everywhere_else(server: TestServer) {
        let api = server.api();
        let id = api.insert(deal("Boat").with("Amount", 5)).await;
        let change = json!({"data": [{"Next_Step": "call"}]});
        for version in ["v2", "v2.1", "v4", "v5", "v6", "v7", "v8"] {
            let answer = server.version(version).put(&format!("Deals/{id}"), &change).await;
            assert_eq!((answer.status, answer.note()), (200, None), "{version}");
            assert_eq!(api.record("Deals", &id).await["Amount"], 5, "{version}");
        }
        let many = json!({"data": [{"id": id, "Next_Step": "mail"}]});
        assert_eq!(server.version("v3").put("Deals", &many).await.note(), None);
        assert_eq!(api.record("Deals", &id).await["Amount"], 5);
        let server = server.strict().await;
        let answer = server.version("v3").put(&format!("Deals/{id}"), &change).await;
        assert_eq!((answer.status, answer.note()), (200, None));
        assert_eq!(server.api().record("Deals", &id).await["Amount"], 5);
    }

    async fn pages_go_on_beyond_2000_rows(server: TestServer) {
        let api = server.version("v3");
        let records: Vec<Value> = (0..100).map(|n| deal(&format!("{n}")).value()).collect();
        for _ in 0..21 {
            api.insert_all("Deals", &records).await;
        }
        let answer = api.get("Deals?page=11&per_page=200").await;
        assert_eq!((answer.status, answer.rows().len()), (200, 100), "{}", answer.text.chars().take(300).collect::<String>());
        assert!(notes(&answer, "list-without-fields") && notes(&answer, "pages-beyond-2000"), "{:?}", answer.note());
        assert_eq!(answer.json()["info"]["more_records"], false);
        assert_eq!(api.get("Deals?fields=id&page=11").await.code(), "DISCRETE_PAGINATION_LIMIT_EXCEEDED");
    }

    async fn its_search_operators_are_its_own(server: TestServer) {
        let api = server.version("v3");
        api.insert(deal("Boat").with("Next_Step", "call back")).await;
        let own = ["(Next_Step:contains:back)", "(Next_Step:ends_with:back)", "(Amount:is_empty)", "(Next_Step:is_not_empty)"];
        for criteria in own {
            let answer = api.get_with("Deals/search", &[("criteria", criteria)]).await;
            assert!(answer.status == 200 && notes(&answer, "search-operators"), "{criteria}: {:?}", answer.note());
        }
        let plain = api.get_with("Deals/search", &[("criteria", "(Next_Step:starts_with:call)")]).await;
        assert!(plain.status == 200 && !notes(&plain, "search-operators"), "{:?}", plain.note());
        let server = server.strict().await;
        for criteria in own {
            let answer = server.version("v3").get_with("Deals/search", &[("criteria", criteria)]).await;
            assert_eq!(outcome(&answer), "400 INVALID_QUERY", "{criteria}");
        }
    }

    async fn operations_work_before_their_first_version(server: TestServer) {
        let early = |server: &dealwright_testkit::TestServer| server.version("v2");
        let id = server.api().insert(deal("Boat")).await;
        for path in ["Deals/actions/count".to_owned(), format!("Deals/{id}/__timeline")] {
            assert_eq!(early(&server).get(&path).await.status, 200, "{path}");
        }
        let server = server.strict().await;
        assert_answer("guide__strict_version", &early(&server).get(&format!("Deals/{id}/__timeline")).await);
        assert_eq!(outcome(&early(&server).get("Deals/actions/count").await), "400 API_NOT_SUPPORTED");
    }

    async fn the_token_request_has_its_parameters_in_the_query(server: TestServer) {
        let dev = &server.development.credentials;
        let path = format!(
            "/oauth/v2/token?grant_type=refresh_token&client_id={}&client_secret={}&refresh_token={}",
            dev.client_id, dev.client_secret, dev.refresh_token
        );
        let answer = server.api().without_token().send_to(reqwest::Method::POST, &path, Vec::new()).await;
        let token = answer.json()["access_token"].as_str().map(str::to_owned);
        let api = server.api().with_token(&token.expect("a token"));
        assert_eq!(api.version("v3").get("Deals").await.status, 204);
    }

    async fn every_version_reads_and_writes_deals(server: TestServer) {
        for version in ["v2", "v2.1", "v3", "v4", "v5", "v6", "v7", "v8"] {
            let api = server.version(version);
            let id = api.insert(deal(version).with("Amount", 3)).await;
            let answer = api.put("Deals", &json!({"data": [{"id": id, "Amount": 4}]})).await;
            assert_eq!(outcome(&answer), "200 SUCCESS", "{version}");
            assert_eq!(api.record("Deals", &id).await["Amount"], 4, "{version}");
            assert_eq!(api.get("Deals?fields=Deal_Name,Amount&per_page=5").await.rows().len(), 1, "{version}");
            assert_eq!(outcome(&api.delete(&format!("Deals?ids={id}")).await), "200 SUCCESS", "{version}");
        }
    }
}
