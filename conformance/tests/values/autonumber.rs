//! Auto-numbers: counted by the server, never by the client.

use dealwright_testkit::on_both;
use dealwright_testkit::records::lead;
use serde_json::json;

use super::{change, field};

on_both! {
    async fn numbers_are_counted_and_what_a_client_sends_is_passed_over(server: TestServer) {
        let api = server.api();
        let made = field(&api, "Leads", json!({
            "field_label": "Case", "data_type": "autonumber", "auto_number": {"prefix": "C-", "start_number": "100", "suffix": "/x"},
        })).await;
        let name = made["api_name"].as_str().unwrap();
        let first = api.insert(lead("a").with(name, "C-7/x")).await;
        // Two in one request, beside one that is refused.
        let rows = json!({"data": [{"Last_Name": "b"}, {"Company": "no name"}, {"Last_Name": "c"}]});
        let answer = api.post("Leads", &rows).await.json();
        let id = |at: usize| answer["data"][at]["details"]["id"].as_str().unwrap().to_owned();
        assert_eq!(answer["data"][1]["code"], "MANDATORY_NOT_FOUND");
        change(&api, "Leads", &first, json!({name: "C-8/x", "Company": "new"})).await;

        for (id, number) in [(first.clone(), "C-100/x"), (id(0), "C-101/x"), (id(2), "C-102/x")] {
            assert_eq!(api.record("Leads", &id).await[name], number);
        }
        let found = api.found("Leads", &format!("({name}:equals:C-101/x)"), "Last_Name").await;
        assert_eq!(found, ["b"]);
        let next = api.insert(lead("d")).await;
        assert_eq!(api.record("Leads", &next).await[name], "C-103/x");
    }
}
