//! `GET /{module}/{id}`

use std::time::Duration;

use dealwright_testkit::on_both;
use dealwright_testkit::records::{deal, lead};
use serde_json::json;

use crate::{assert_answer, outcome};

const UNKNOWN: &str = "1234567890123456789";

on_both! {
    async fn a_whole_record_is_read(server: TestServer) {
        let api = server.api();
        let id = api.insert(lead("Lovelace").with("Email", "ada@example.com").with("Tag", json!([{"name": "Hot"}]))).await;
        assert_answer("get__lead", &api.get(&format!("Leads/{id}")).await);
    }

    async fn only_the_fields_that_were_asked_for_are_read(server: TestServer) {
        let api = server.api();
        let id = api.insert(deal("Boat")).await;
        assert_answer("get__fields", &api.get(&format!("Deals/{id}?fields=Deal_Name,Amount,$editable")).await);
    }

    async fn an_id_that_nothing_has_answers_204(server: TestServer) {
        let answer = server.api().get(&format!("Deals/{UNKNOWN}")).await;
        assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    }

    async fn the_id_of_another_module_answers_204(server: TestServer) {
        let api = server.api();
        let id = api.insert(lead("a")).await;
        assert_eq!(api.get(&format!("Deals/{id}")).await.status, 204);
    }

    async fn what_is_no_id_is_refused(server: TestServer) {
        let api = server.api();
        assert_answer("get__bad_id", &api.get("Deals/abc").await);
        for bad in ["-1", "0", "1.5", "99999999999999999999999", "%20", "1%00", "0x10"] {
            assert_eq!(outcome(&api.get(&format!("Deals/{bad}")).await), "400 INVALID_DATA", "{bad}");
        }
    }

    async fn an_unknown_module_is_refused(server: TestServer) {
        assert_eq!(outcome(&server.api().get(&format!("Boats/{UNKNOWN}")).await), "400 INVALID_MODULE");
    }

    async fn an_unchanged_record_answers_304(server: TestServer) {
        let api = server.api();
        let id = api.insert(deal("Boat")).await;
        let since = |time: &str| api.header("if-modified-since", time);
        assert_eq!(since("2027-01-15T07:59:59Z").get(&format!("Deals/{id}")).await.status, 200);
        let answer = since("2027-01-15T08:00:00Z").get(&format!("Deals/{id}")).await;
        assert_eq!((answer.status, answer.text.as_str()), (304, ""));
        server.advance(Duration::from_secs(1));
        api.put("Deals", &json!({"data": [{"id": id, "Amount": 1}]})).await;
        assert_eq!(since("2027-01-15T08:00:00Z").get(&format!("Deals/{id}")).await.status, 200);
    }

    async fn an_external_value_names_a_record(server: TestServer) {
        let api = server.api();
        let field = json!({"fields": [{
            "field_label": "Ext No", "data_type": "text", "length": 50, "external": {"type": "org", "show": true},
        }]});
        let made = api.post("settings/fields?module=Leads", &field).await;
        assert!(made.status < 300, "{}", made.text);
        let field = made.json()["fields"][0]["details"]["id"].as_str().unwrap().to_owned();
        let field = api.get(&format!("settings/fields/{field}?module=Leads")).await.json()["fields"][0].clone();
        let name = field["api_name"].as_str().unwrap();
        let id = api.insert(lead("Lovelace").with(name, "A-1")).await;
        api.insert(lead("Other").with(name, "A-2")).await;

        let by = api.header("x-external", &format!("Leads.{name}"));
        assert_eq!(by.get("Leads/A-1").await.rows()[0]["id"], json!(id));
        assert_answer("get__external_unknown", &by.get("Leads/A-9").await);
        let changed = by.put("Leads/A-1", &json!({"data": [{"Company": "New"}]})).await;
        assert_eq!(outcome(&changed), "200 SUCCESS", "{}", changed.text);
        assert_eq!(api.record("Leads", &id).await["Company"], "New");
        assert_eq!(outcome(&by.delete("Leads/A-1").await), "200 SUCCESS");
        assert_eq!(api.get(&format!("Leads/{id}")).await.status, 204);

        let wrong = api.header("x-external", "Leads.Company");
        assert_answer("get__external_wrong_field", &wrong.get("Leads/A-1").await);
    }
}
