//! `/{module}/{id}/actions/blueprint`

use dealwright_testkit::on_both;
use dealwright_testkit::records::lead;
use serde_json::json;

use crate::{assert_answer, outcome};

on_both! {
    async fn a_record_is_in_no_process(server: TestServer) {
        let api = server.api();
        let id = api.insert(lead("Lovelace")).await;
        let path = format!("Leads/{id}/actions/blueprint");
        assert_answer("blueprint__none", &api.get(&path).await);
        let wanted = json!({"blueprint": [{"transition_id": "1234567890123456789", "data": {"Phone": "1"}}]});
        assert_eq!(outcome(&api.put(&path, &wanted).await), "400 RECORD_NOT_IN_PROCESS");
        assert_eq!(api.record("Leads", &id).await["$process_flow"], false);
    }

    async fn a_transition_has_to_be_named(server: TestServer) {
        let api = server.api();
        let id = api.insert(lead("Lovelace")).await;
        let path = format!("Leads/{id}/actions/blueprint");
        assert_answer("blueprint__no_transition", &api.put(&path, &json!({"blueprint": [{}]})).await);
        assert_eq!(outcome(&api.put(&path, &json!({})).await), "400 MANDATORY_NOT_FOUND");
        assert_eq!(outcome(&api.put(&path, &json!({"blueprint": [{"transition_id": "x"}]})).await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.put(&path, &json!({"blueprint": [{"transition_id": "1", "data": 5}]})).await), "400 INVALID_DATA");
    }

    async fn there_is_no_process_of_nothing(server: TestServer) {
        let api = server.api();
        assert_answer("blueprint__unknown", &api.get("Leads/1234567890123456789/actions/blueprint").await);
        assert_eq!(outcome(&api.get("Leads/x/actions/blueprint").await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.get("Boats/1/actions/blueprint").await), "400 INVALID_MODULE");
        assert_eq!(outcome(&api.get("Notes/1/actions/blueprint").await), "400 NOT_SUPPORTED");
    }
}
