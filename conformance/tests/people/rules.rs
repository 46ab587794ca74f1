//! `/settings/data_sharing/rules`

use dealwright_testkit::on_both;
use dealwright_testkit::records::lead;
use serde_json::{Value, json};

use crate::people::{colleague, create, named};
use crate::sharing::make;
use crate::{assert_answer, outcome};

const PATH: &str = "settings/data_sharing/rules";

fn role(id: &str) -> Value {
    json!({"type": "roles", "resource": {"id": id}, "subordinates": false})
}

on_both! {
    async fn a_rule_opens_what_some_people_own_to_others(server: TestServer) {
        let api = server.api();
        let (north, south) = (create(&api, "settings/roles", "roles", json!({"name": "North"})).await, create(&api, "settings/roles", "roles", json!({"name": "South"})).await);
        let (grace, ada) = (colleague(&server, "Grace", "North", "Standard").await, colleague(&server, "Ada", "South", "Standard").await);
        make(&api, "Leads", "private").await;
        let id = grace.api.insert(lead("graces")).await;
        let path = format!("Leads/{id}");
        assert_eq!(ada.api.get(&path).await.status, 204);
        let rules = format!("{PATH}?module=Leads");
        assert_eq!(api.get(&rules).await.status, 204);
        // Which module is asked about is looked at before there are rules.
        for path in [PATH, "settings/record_locking_configurations"] {
            assert_eq!(outcome(&api.get(path).await), "400 REQUIRED_PARAM_MISSING");
            assert_eq!(outcome(&api.get(&format!("{path}?module=Boats")).await), "400 INVALID_MODULE");
        }
        let rule = json!({"name": "To the south", "type": "Record_Owner_Based", "permission_type": "read", "shared_from": role(&north), "shared_to": role(&south), "superiors_allowed": false});
        let made = api.post(&rules, &json!({"sharing_rules": [rule]})).await;
        assert_answer("rules__create", &made);
        let rule = made.json()["sharing_rules"][0]["details"]["id"].as_str().unwrap().to_owned();
        let one = format!("{PATH}/{rule}?module=Leads");
        assert_answer("rules__get", &api.get(&one).await);
        assert!(api.get(&rules).await.text.contains(&rule));
        let change = json!({"data": [{"City": "x"}]});
        assert_eq!(ada.api.record("Leads", &id).await["$sharing_permission"], "read_only");
        assert_eq!(outcome(&ada.api.put(&path, &change).await), "403 NO_PERMISSION");
        let wider = json!({"sharing_rules": [{"permission_type": "read_write_delete"}]});
        assert_answer("rules__update", &api.put(&one, &wider).await);
        assert_eq!(outcome(&ada.api.put(&path, &change).await), "200 SUCCESS");

        let switch = format!("{PATH}/{rule}/actions/activate?module=Leads");
        assert_eq!(outcome(&api.put(&switch, &json!({})).await), "400 ID_ALREADY_ACTIVE");
        assert_answer("rules__deactivate", &api.delete(&switch).await);
        assert_eq!(outcome(&api.delete(&switch).await), "400 ID_ALREADY_DEACTIVATED");
        assert_eq!(ada.api.get(&path).await.status, 204);
        assert_answer("rules__activate", &api.put(&switch, &json!({})).await);
        assert_eq!(ada.api.get(&path).await.status, 200);
        let summary = api.get(&format!("{PATH}/actions/summary")).await.json()["sharing_rules_summary"].clone();
        let leads = summary.as_array().unwrap().iter().find(|row| row["module"]["api_name"] == "Leads").unwrap();
        assert_eq!(leads["rule_count"], 1);
        assert_eq!(outcome(&api.put(&rules, &json!({"sharing_rules": [{"id": rule, "name": "South"}]})).await), "200 SUCCESS");
        assert_eq!(outcome(&api.delete(&format!("{PATH}/{rule}?module=Deals")).await), "400 INVALID_DATA");
        assert_answer("rules__delete", &api.delete(&one).await);
        assert_eq!(ada.api.get(&path).await.status, 204);
    }

    async fn superiors_of_a_role_that_nobody_has_yet_are_its_superiors(server: TestServer) {
        let api = server.api();
        let above = create(&api, "settings/roles", "roles", json!({"name": "Above"})).await;
        let below = json!({"name": "Below", "reporting_to": {"id": above}});
        let below = create(&api, "settings/roles", "roles", below).await;
        let grace = colleague(&server, "Grace", "Above", "Standard").await;
        make(&api, "Leads", "private").await;
        let lead = api.insert(lead("Lovelace")).await;
        let manager = named(&api, "roles", "CEO").await;
        let rule = json!({
            "name": "Down", "type": "Record_Owner_Based", "permission_type": "read", "shared_from": role(&manager),
            "shared_to": role(&below), "superiors_allowed": true,
        });
        create(&api, &format!("{PATH}?module=Leads"), "sharing_rules", rule).await;
        let path = format!("Leads/{lead}");
        assert_eq!(grace.api.get(&path).await.status, 200);
        // So nothing is opened to her by whoever comes.
        colleague(&server, "Ada", "Below", "Standard").await;
        assert_eq!(grace.api.record("Leads", &lead).await["$sharing_permission"], "read_only");
    }

    async fn what_cannot_be_a_rule_is_refused(server: TestServer) {
        let api = server.api();
        let manager = named(&api, "roles", "Manager").await;
        let rules = format!("{PATH}?module=Leads");
        let good = json!({"name": "Rule", "type": "Record_Owner_Based", "permission_type": "read", "shared_from": role(&manager), "shared_to": role(&manager)});
        assert_eq!(api.post(&rules, &json!({"sharing_rules": [good]})).await.status, 201);
        for (name, key, value) in [
            ("same_name", "name", json!("rule")),
            ("no_type", "type", Value::Null),
            ("criteria", "type", json!("Criteria_Based")),
            ("no_from", "shared_from", Value::Null),
            ("odd_side", "shared_to", json!({"type": "ships", "resource": {"id": manager}})),
            ("unknown_role", "shared_to", role("1234567890123456789")),
            ("status", "status", json!("inactive")),
        ] {
            let mut bad = good.clone();
            bad["name"] = json!("Other");
            bad[key] = value;
            assert_answer(&format!("rules__bad_{name}"), &api.post(&rules, &json!({"sharing_rules": [bad]})).await);
        }
        assert_eq!(outcome(&api.post(PATH, &json!({"sharing_rules": [good]})).await), "400 REQUIRED_PARAM_MISSING");
        assert_eq!(outcome(&api.post(&format!("{PATH}?module=Notes"), &json!({"sharing_rules": [good]})).await), "400 NOT_SUPPORTED");
        assert_eq!(outcome(&api.get(&format!("{PATH}/1234567890123456789?module=Leads")).await), "400 INVALID_DATA");
    }
}
