//! `/settings/record_locking_configurations`

use dealwright_testkit::on_both;
use dealwright_testkit::records::lead;
use serde_json::{Value, json};

use crate::people::{colleague, named};
use crate::sharing::lock;
use crate::{assert_answer, outcome};

const PATH: &str = "settings/record_locking_configurations";

fn body(configuration: Value) -> Value {
    json!({"record_locking_configurations": [configuration]})
}

on_both! {
    async fn a_configuration_is_made_changed_and_deleted(server: TestServer) {
        let api = server.api();
        let all = format!("{PATH}?module=Leads");
        assert_eq!(api.get(&all).await.status, 204);
        let made = api.post(&all, &body(json!({"lock_type": "manual", "locked_for": "all_profiles", "restricted_actions": ["update", "delete"]}))).await;
        assert_answer("locking__create", &made);
        let id = made.json()["record_locking_configurations"][0]["details"]["id"].as_str().unwrap().to_owned();
        let one = format!("{PATH}/{id}?module=Leads");
        assert_answer("locking__get", &api.get(&one).await);
        assert!(api.get(&all).await.text.contains(&id));
        assert_eq!(api.get(&format!("{PATH}?module=Deals")).await.status, 204);
        assert_answer("locking__second", &api.post(&all, &body(json!({"lock_type": "manual", "locked_for": "all_profiles"}))).await);
        assert_answer("locking__update", &api.put(&one, &body(json!({"restricted_actions": ["update"]}))).await);
        let many = body(json!({"id": id, "lock_for_portal_users": true}));
        assert_eq!(outcome(&api.put(&all, &many).await), "200 SUCCESS");
        assert_answer("locking__delete", &api.delete(&one).await);
        let again = api.post(&all, &body(json!({"lock_type": "manual", "locked_for": "all_profiles"}))).await;
        let id = again.json()["record_locking_configurations"][0]["details"]["id"].as_str().unwrap().to_owned();
        assert_eq!(outcome(&api.delete(&format!("{all}&ids={id}")).await), "200 SUCCESS");
        assert_eq!(api.get(&all).await.status, 204);
    }

    async fn it_says_what_locks_leave_open(server: TestServer) {
        let api = server.api();
        let grace = colleague(&server, "Grace", "Manager", "Standard").await;
        let standard = named(&api, "profiles", "Standard").await;
        let made = api.post(&format!("{PATH}?module=Leads"), &body(json!({
            "lock_type": "manual", "locked_for": "all_profiles_except_excluded_profiles",
            "lock_excluded_profiles": [{"id": standard}], "excluded_fields": [{"api_name": "City"}],
        }))).await;
        assert_eq!(outcome(&made), "201 SUCCESS");
        let (one, two) = (api.insert(lead("One")).await, api.insert(lead("Two")).await);
        lock(&api, "Leads", &one).await;
        lock(&api, "Leads", &two).await;
        let set = |field: &str| json!({"data": [{field: "x"}]});
        assert_eq!(outcome(&api.put(&format!("Leads/{one}"), &set("City")).await), "200 SUCCESS");
        assert_eq!(outcome(&api.put(&format!("Leads/{one}"), &set("Company")).await), "400 RECORD_LOCKED");
        assert_eq!(outcome(&api.put(&format!("Leads/{one}"), &json!({"data": [{"City": "x", "Company": "x"}]})).await), "400 RECORD_LOCKED");
        assert_eq!(outcome(&grace.api.put(&format!("Leads/{one}"), &set("Company")).await), "200 SUCCESS");
        assert_eq!(grace.api.record("Leads", &one).await["$locked_for_me"], false);
        assert_eq!(api.record("Leads", &one).await["$locked_for_me"], true);
        // Deleting was not restricted.
        assert_eq!(outcome(&api.delete(&format!("Leads/{two}")).await), "200 SUCCESS");
    }

    async fn what_cannot_be_a_configuration_is_refused(server: TestServer) {
        let api = server.api();
        let all = format!("{PATH}?module=Leads");
        let good = json!({"lock_type": "manual", "locked_for": "all_profiles"});
        for (name, key, value) in [
            ("no_type", "lock_type", Value::Null),
            ("odd_type", "lock_type", json!("often")),
            ("automatic", "lock_type", json!("automatic")),
            ("rules", "locking_rules", json!([{"name": "x"}])),
            ("odd_action", "restricted_actions", json!(["update", "look"])),
            ("no_update", "restricted_actions", json!(["delete"])),
            ("unknown_profile", "lock_excluded_profiles", json!([{"id": "1234567890123456789"}])),
            ("no_profiles", "locked_for", json!("all_profiles_except_excluded_profiles")),
            ("unknown_field", "excluded_fields", json!([{"api_name": "Boat"}])),
        ] {
            let mut bad = good.clone();
            bad[key] = value;
            assert_answer(&format!("locking__bad_{name}"), &api.post(&all, &body(bad)).await);
        }
        assert_answer("locking__no_module", &api.post(PATH, &body(good.clone())).await);
        assert_eq!(outcome(&api.post(&format!("{PATH}?module=Boats"), &body(good.clone())).await), "400 INVALID_MODULE");
        assert_eq!(outcome(&api.post(&format!("{PATH}?module=Campaigns"), &body(good.clone())).await), "400 NOT_SUPPORTED");
        assert_eq!(outcome(&api.get(&format!("{PATH}/1234567890123456789?module=Leads")).await), "400 INVALID_DATA");
        let grace = colleague(&server, "Grace", "Manager", "Standard").await;
        assert_eq!(outcome(&grace.api.post(&all, &body(good)).await), "403 NO_PERMISSION");
    }
}
