//! `settings/tags/actions/mass_delete`

use std::time::Duration;

use dealwright_testkit::on_both;
use dealwright_testkit::records::lead;
use serde_json::{Value, json};

use super::{named, names, tags};
use crate::{assert_answer, outcome};

const PATH: &str = "settings/tags/actions/mass_delete";

on_both! {
    async fn tags_are_deleted_by_a_job(server: TestServer) {
        let api = server.api();
        let all: Vec<String> = (0..25).map(|n| format!("t{n}")).collect();
        let ids = tags(&api, "Leads", &all.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let lead = api.insert(lead("x").with("Tag", named(&["t0", "stays", "t24"])["tags"].clone())).await;
        let module = api.get("settings/modules/Leads").await.json()["modules"][0]["id"].clone();
        let body = json!({"mass_delete": [{"module": {"api_name": "Leads", "id": module}, "tags": ids.iter().map(|id| json!({"id": id})).collect::<Vec<_>>()}]});
        let scheduled = api.post(PATH, &body).await;
        assert_answer("tags__mass_delete", &scheduled);
        let job = scheduled.json()["details"]["job_id"].as_str().unwrap().to_owned();
        let mut status = Value::Null;
        for _ in 0..200 {
            let answer = api.get(&format!("{PATH}?job_id={job}")).await;
            status = answer.json()["mass_delete"][0].clone();
            if status["status"] == "COMPLETED" {
                assert_answer("tags__mass_delete_status", &answer);
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(status["status"], "COMPLETED");
        assert_eq!(names(&api, "Leads", &lead).await, ["stays"]);
        assert_eq!(api.get("settings/tags?module=Leads").await.json()["info"]["count"], 1);
    }

    async fn a_job_that_cannot_be_made_says_why(server: TestServer) {
        let api = server.api();
        let id = tags(&api, "Leads", &["a"]).await.remove(0);
        let deals = api.get("settings/modules/Deals").await.json()["modules"][0]["id"].clone();
        for (name, entry) in [
            ("no_module", json!({"tags": [{"id": id}]})),
            ("empty_module", json!({"module": {}, "tags": [{"id": id}]})),
            ("two_modules", json!({"module": {"api_name": "Leads", "id": deals}, "tags": [{"id": id}]})),
            ("other_module", json!({"module": {"api_name": "Deals"}, "tags": [{"id": id}]})),
            ("no_tags", json!({"module": {"api_name": "Leads"}})),
            ("many_tags", json!({"module": {"api_name": "Leads"}, "tags": (0..201).map(|_| json!({"id": id})).collect::<Vec<_>>()})),
            ("bad_tag", json!({"module": {"api_name": "Leads"}, "tags": [{"id": "x"}]})),
        ] {
            assert_answer(&format!("tags__mass_delete_{name}"), &api.post(PATH, &json!({"mass_delete": [entry]})).await);
        }
        assert_eq!(outcome(&api.post(PATH, &json!({})).await), "400 MANDATORY_NOT_FOUND");
        assert_eq!(outcome(&api.get(PATH).await), "400 REQUIRED_PARAM_MISSING");
        assert_answer("tags__mass_delete_no_job", &api.get(&format!("{PATH}?job_id=1000000000000000009")).await);
    }
}
