//! `settings/automation/cadences`; `{module}/actions/enrol_in_cadences`, `unenrol_from_cadences`

use dealwright_testkit::on_both;
use dealwright_testkit::records::lead;
use serde_json::{Value, json};

use crate::{assert_answer, outcome};

const UNKNOWN: &str = "1234567890123456789";

on_both! {
    async fn an_org_has_no_cadences(server: TestServer) {
        let api = server.api();
        assert_eq!(api.get("settings/automation/cadences").await.status, 204);
        assert_eq!(api.get("settings/automation/cadences?module=Leads").await.status, 204);
        let answer = api.get("settings/automation/cadences?module=Boats").await;
        assert_eq!(outcome(&answer), "400 INVALID_MODULE");
        assert_eq!(outcome(&api.get("settings/automation/cadences?page=0").await), "400 INVALID_DATA");
    }

    async fn a_record_cannot_be_enrolled_in_a_cadence_that_is_not_there(server: TestServer) {
        let api = server.api();
        let id = api.insert(lead("Hopper")).await;
        let body = json!({"cadences_ids": [UNKNOWN], "ids": [id, "x"]});
        assert_answer("cadences__enrol", &api.post("Leads/actions/enrol_in_cadences", &body).await);
        let answer = api.post("Leads/actions/unenrol_from_cadences", &body).await;
        assert_eq!(outcome(&answer), "400 INVALID_DATA INVALID_DATA");
    }

    async fn a_body_that_names_no_cadence_or_too_many_is_refused(server: TestServer) {
        let api = server.api();
        let many = |count: usize| Value::from(vec![UNKNOWN; count]);
        for (expected, key, body) in [
            ("400 MANDATORY_NOT_FOUND", "cadences_ids", json!({"ids": [UNKNOWN]})),
            ("400 MANDATORY_NOT_FOUND", "ids", json!({"cadences_ids": [UNKNOWN]})),
            ("400 INVALID_DATA", "cadences_ids", json!({"cadences_ids": UNKNOWN, "ids": [UNKNOWN]})),
            ("400 INVALID_DATA", "ids", json!({"cadences_ids": [UNKNOWN], "ids": []})),
            ("400 LIMIT_EXCEEDED", "cadences_ids", json!({"cadences_ids": many(6), "ids": [UNKNOWN]})),
            ("400 LIMIT_EXCEEDED", "ids", json!({"cadences_ids": many(5), "ids": many(101)})),
        ] {
            let answer = api.post("Leads/actions/enrol_in_cadences", &body).await;
            assert_eq!(outcome(&answer), expected, "{}", answer.text);
            assert_eq!(answer.details()["api_name"], key);
        }
        let answer = api.post("Boats/actions/enrol_in_cadences", &json!({})).await;
        assert_eq!(outcome(&answer), "400 INVALID_MODULE");
    }
}
