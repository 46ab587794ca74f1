//! `POST /{module}`

use dealwright_testkit::on_both;
use dealwright_testkit::records::{account, contact, data, deal, lead, product};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{assert_answer, outcome};

on_both! {
    async fn one_record_is_added(server: TestServer) {
        let answer = server.api().post("Deals", &deal("Boat").body()).await;
        assert_answer("insert__one", &answer);
    }

    async fn several_records_are_answered_in_order(server: TestServer) {
        let api = server.api();
        let names: Vec<String> = (0..100).map(|n| format!("Deal {n:03}")).collect();
        let records: Vec<Value> = names.iter().map(|name| deal(name).value()).collect();
        let ids = api.insert_all("Deals", &records).await;
        assert_eq!(ids.len(), 100);
        for at in [0, 1, 50, 99] {
            assert_eq!(api.record("Deals", &ids[at]).await["Deal_Name"], names[at]);
        }
    }

    async fn a_missing_mandatory_field_is_named_with_its_place(server: TestServer) {
        let answer = server.api().post("Deals", &deal("x").without("Deal_Name").body()).await;
        assert_answer("insert__mandatory_missing", &answer);
        for empty in [json!(null), json!("")] {
            let answer = server.api().post("Leads", &lead("x").with("Last_Name", empty).body()).await;
            assert_eq!(outcome(&answer), "400 MANDATORY_NOT_FOUND");
        }
    }

    async fn good_records_are_kept_beside_bad_ones(server: TestServer) {
        let api = server.api();
        let records = [
            deal("first"),
            deal("no stage").without("Stage"),
            deal("third"),
            deal("bad amount").with("Amount", "plenty"),
        ];
        let answer = api.post("Deals", &data(&records)).await;
        assert_answer("insert__mixed", &answer);
        assert_eq!(api.found("Deals", "(Stage:equals:Qualification)", "Deal_Name").await, ["first", "third"]);
    }

    async fn all_bad_records_make_400(server: TestServer) {
        let records = [deal("x").without("Deal_Name"), deal("y").with("Probability", "high")];
        let answer = server.api().post("Deals", &data(&records)).await;
        assert_answer("insert__all_bad", &answer);
        assert_eq!(server.api().count("Deals").await, 0);
    }

    async fn more_than_100_records_are_refused_and_none_is_written(server: TestServer) {
        let records: Vec<_> = (0..101).map(|n| deal(&format!("Deal {n}"))).collect();
        let answer = server.api().post("Deals", &data(&records)).await;
        assert_answer("insert__101", &answer);
        assert_eq!(server.api().count("Deals").await, 0);
    }

    async fn a_unique_value_is_taken_once(server: TestServer) {
        let api = server.api();
        api.insert(contact("First").with("Email", "anna@example.com")).await;
        let answer = api.post("Contacts", &contact("Second").with("Email", "ANNA@example.com").body()).await;
        assert_answer("insert__duplicate", &answer);
        assert_eq!(api.count("Contacts").await, 1);
    }

    async fn a_unique_value_is_taken_once_within_a_request(server: TestServer) {
        let api = server.api();
        let answer = api.post("Products", &data(&[product("Pen"), product("pen"), product("Ink")])).await;
        assert_eq!(outcome(&answer), "207 SUCCESS DUPLICATE_DATA SUCCESS");
        assert_eq!(api.count("Products").await, 2);
    }

    async fn an_unknown_module_is_refused(server: TestServer) {
        let answer = server.api().post("Boats", &deal("x").body()).await;
        assert_answer("insert__unknown_module", &answer);
    }

    async fn bodies_that_are_no_write_are_refused(server: TestServer) {
        let api = server.api();
        for (body, expected) in [
            ("{nope", "INVALID_DATA {}"),
            ("", "INVALID_DATA {}"),
            ("[1,2]", r#"INVALID_DATA {"expected_data_type":"jsonobject"}"#),
            ("7", r#"INVALID_DATA {"expected_data_type":"jsonobject"}"#),
            ("{}", r#"MANDATORY_NOT_FOUND {"api_name":"data","json_path":"$.data"}"#),
            (r#"{"data":null}"#, r#"MANDATORY_NOT_FOUND {"api_name":"data","json_path":"$.data"}"#),
            (r#"{"data":[]}"#, r#"INVALID_DATA {"minimum_length":1,"api_name":"data","json_path":"$.data"}"#),
            (
                r#"{"data":{"Deal_Name":"x"}}"#,
                r#"INVALID_DATA {"expected_data_type":"jsonarray","api_name":"data","json_path":"$.data"}"#,
            ),
        ] {
            let answer = api.send(Method::POST, "Deals", body.as_bytes().to_vec()).await;
            assert_eq!(answer.status, 400, "{body}: {}", answer.text);
            assert_eq!(format!("{} {}", answer.code(), answer.details()), expected, "{body}");
        }
        let answer = api.send(Method::POST, "Deals", b"\xff\xfe{}".to_vec()).await;
        assert_eq!(outcome(&answer), "400 INVALID_DATA");
    }

    async fn an_element_that_is_no_object_is_refused_in_place(server: TestServer) {
        let answer = server.api().post("Deals", &json!({"data": [deal("x").value(), 5, "text", null]})).await;
        assert_eq!(outcome(&answer), "207 SUCCESS INVALID_DATA INVALID_DATA INVALID_DATA");
        assert_eq!(answer.rows()[1]["details"], json!({
            "expected_data_type": "jsonobject", "api_name": "data", "json_path": "$.data[1]",
        }));
    }

    async fn a_body_is_json_whatever_its_content_type_says(server: TestServer) {
        for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=UTF-8"] {
            let api = server.api().header("content-type", content_type);
            let answer = api.post("Deals", &deal("x").body()).await;
            assert_eq!(answer.status, 201, "{content_type}: {}", answer.text);
        }
        let mut body = b"\xef\xbb\xbf".to_vec();
        body.extend_from_slice(deal("with a mark").body().to_string().as_bytes());
        assert_eq!(server.api().send(Method::POST, "Deals", body).await.status, 201);
    }

    async fn unknown_keys_and_system_keys_are_passed_over(server: TestServer) {
        let api = server.api();
        let odd = deal("x")
            .with("No_Such_Field", 1)
            .with("id", "1234567890123456789")
            .with("Created_Time", "2001-01-01T00:00:00Z")
            .with("$approved", false)
            .with("Expected_Revenue", 7);
        let id = api.insert(odd).await;
        assert_ne!(id, "1234567890123456789");
        let record = api.record("Deals", &id).await;
        assert_eq!(record["Created_Time"], "2027-01-15T00:00:00-08:00");
        assert_eq!(record["Expected_Revenue"], Value::Null);
        assert!(record.get("No_Such_Field").is_none());
    }

    async fn what_was_not_sent_gets_its_default(server: TestServer) {
        let api = server.api();
        let id = api.insert(deal("Boat").with("Amount", 1000)).await;
        assert_answer("insert__defaults", &api.get(&format!("Deals/{id}")).await);
    }

    async fn names_are_put_together(server: TestServer) {
        let api = server.api();
        let id = api.insert(lead("Lovelace").with("First_Name", "Ada").with("Salutation", "Ms.")).await;
        assert_eq!(api.record("Leads", &id).await["Full_Name"], "Ada Lovelace");
        let id = api.insert(contact("Plato")).await;
        assert_eq!(api.record("Contacts", &id).await["Full_Name"], "Plato");
    }

    async fn an_account_that_is_named_comes_into_being_once(server: TestServer) {
        let api = server.api();
        let named = |name: &str| deal(name).with("Account_Name", json!({"name": "Acme Corp"}));
        let first = api.insert(named("a")).await;
        let both = api.insert_all("Deals", &[named("b").value(), named("c").value()]).await;
        let of = api.record("Deals", &first).await["Account_Name"].clone();
        assert_eq!(of["name"], "Acme Corp");
        for id in both {
            assert_eq!(api.record("Deals", &id).await["Account_Name"], of);
        }
        assert_eq!(api.count("Accounts").await, 1);
    }

    async fn a_lookup_has_to_exist(server: TestServer) {
        let api = server.api();
        let acme = api.insert(account("Acme")).await;
        for good in [json!({"id": acme}), json!(acme), json!(acme.parse::<u64>().unwrap())] {
            let id = api.insert(deal("x").with("Account_Name", good)).await;
            assert_eq!(api.record("Deals", &id).await["Account_Name"], json!({"name": "Acme", "id": acme}));
        }
        let unknown = deal("x").with("Account_Name", json!({"id": "1234567890123456789"}));
        assert_answer("insert__unknown_lookup", &api.post("Deals", &unknown.body()).await);
        let unnamed = deal("x").with("Contact_Name", json!({"name": "Nobody"}));
        assert_answer("insert__unknown_name", &api.post("Deals", &unnamed.body()).await);
    }

    async fn tags_come_into_being_by_name(server: TestServer) {
        let api = server.api();
        let first = api.insert(deal("x").with("Tag", json!([{"name": "Hot"}, {"name": "Big"}]))).await;
        let second = api.insert(deal("y").with("Tag", json!([{"name": "hot"}]))).await;
        let tags = api.record("Deals", &first).await["Tag"].clone();
        assert_eq!(api.record("Deals", &second).await["Tag"][0]["id"], tags[0]["id"]);
        assert_eq!((tags[0]["name"].as_str(), tags[1]["name"].as_str()), (Some("Hot"), Some("Big")));
    }
}
