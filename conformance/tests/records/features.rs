//! `trigger`, `lar_id`, `apply_feature_execution`, `skip_feature_execution`, `wf_trigger`

use dealwright_testkit::on_both;
use dealwright_testkit::records::lead;
use serde_json::{Value, json};

use crate::{assert_answer, outcome};

fn body(key: &str, value: &Value) -> Value {
    let mut body = json!({"data": [{"Last_Name": "Ahab"}]});
    body[key] = value.clone();
    body
}

on_both! {
    async fn what_a_write_may_set_off_can_be_chosen(server: TestServer) {
        let api = server.api();
        let taken = [
            ("trigger", json!([])),
            ("trigger", json!(["workflow", "approval", "blueprint", "pathfinder", "orchestration"])),
            ("trigger", Value::Null),
            ("wf_trigger", json!("false")),
            ("process", json!(["review_process"])),
            ("lar_id", Value::Null),
            ("apply_feature_execution", json!([{"name": "layout_rules"}, {"name": "range_validation"}])),
            ("skip_feature_execution", json!([{"name": "cadences"}])),
        ];
        for (key, value) in taken {
            let answer = api.post("Leads", &body(key, &value)).await;
            assert_eq!(outcome(&answer), "201 SUCCESS", "{key} {value}: {}", answer.text);
        }
        let id = api.insert(lead("Ahab")).await;
        assert_eq!(outcome(&api.delete(&format!("Leads/{id}?wf_trigger=false")).await), "200 SUCCESS");
    }

    async fn a_wrong_choice_is_refused_and_nothing_is_written(server: TestServer) {
        let api = server.api();
        assert_answer("features__unknown", &api.post("Leads", &body("apply_feature_execution", &json!([{"name": "magic"}]))).await);
        assert_answer("features__rule", &api.post("Leads", &body("lar_id", &json!("1234567890123456789"))).await);
        let refused = [
            ("trigger", json!("workflow"), "400 INVALID_DATA"),
            ("lar_id", json!("first"), "400 INVALID_DATA"),
            ("apply_feature_execution", json!({"name": "layout_rules"}), "400 INVALID_DATA"),
            ("apply_feature_execution", json!([{}]), "400 MANDATORY_NOT_FOUND"),
            ("skip_feature_execution", json!([{"name": "layout_rules"}]), "400 INVALID_DATA"),
        ];
        for (key, value, expected) in refused {
            let answer = api.post("Leads", &body(key, &value)).await;
            assert_eq!(outcome(&answer), expected, "{key} {value}: {}", answer.text);
            let answer = api.put("Leads/1234567890123456789", &body(key, &value)).await;
            assert_eq!(outcome(&answer), expected, "{key} {value}: {}", answer.text);
        }
        assert_eq!(api.count("Leads").await, 0);
        assert_eq!(outcome(&api.delete("Leads/1234567890123456789?wf_trigger=maybe").await), "400 PATTERN_NOT_MATCHED");
    }
}
