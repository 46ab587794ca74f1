//! `/settings/roles`

use dealwright_testkit::on_both;
use serde_json::{Value, json};

use crate::people::{colleague, create, named};
use crate::{assert_answer, outcome};

on_both! {
    async fn roles_are_listed_and_read(server: TestServer) {
        let api = server.api();
        let all = api.get("settings/roles").await;
        assert_answer("roles__all", &all);
        let id = all.json()["roles"][0]["id"].as_str().unwrap().to_owned();
        assert_answer("roles__one", &api.get(&format!("settings/roles/{id}")).await);
        assert_answer("roles__unknown", &api.get("settings/roles/1234567890123456789").await);
        assert_answer("roles__bad_id", &api.get("settings/roles/abc").await);
    }

    async fn a_role_is_made_changed_and_deleted(server: TestServer) {
        let api = server.api();
        let manager = named(&api, "roles", "Manager").await;
        let body = json!({"roles": [{"name": "Sales", "description": "first", "reporting_to": {"id": manager}}]});
        let made = api.post("settings/roles", &body).await;
        assert_answer("roles__create", &made);
        let id = made.json()["roles"][0]["details"]["id"].as_str().unwrap().to_owned();
        let path = format!("settings/roles/{id}");
        assert_answer("roles__update", &api.put(&path, &json!({"roles": [{"description": "second"}]})).await);
        let many = json!({"roles": [{"id": id, "share_with_peers": true}, {"id": "1234567890123456789", "name": "x"}]});
        assert_answer("roles__update_many", &api.put("settings/roles", &many).await);
        assert_answer("roles__created", &api.get(&path).await);

        let grace = colleague(&server, "Grace", "Sales", "Standard").await;
        assert_answer("roles__delete_no_heir", &api.delete(&path).await);
        for heir in [&id, "1234567890123456789", "x"] {
            assert_eq!(outcome(&api.delete(&format!("{path}?transfer_to_id={heir}")).await), "400 INVALID_DATA", "{heir}");
        }
        assert_answer("roles__delete", &api.delete(&format!("{path}?transfer_to_id={manager}")).await);
        assert_eq!(outcome(&api.get(&path).await), "400 INVALID_DATA");
        let user = api.get(&format!("users/{}", grace.id)).await.json()["users"][0].clone();
        assert_eq!(user["role"]["id"], json!(manager));
    }

    async fn the_hierarchy_stays_a_tree(server: TestServer) {
        let api = server.api();
        let (top, manager) = (named(&api, "roles", "CEO").await, named(&api, "roles", "Manager").await);
        let sales = create(&api, "settings/roles", "roles", json!({"name": "Sales", "reporting_to": manager})).await;
        let east = create(&api, "settings/roles", "roles", json!({"name": "East", "reporting_to": sales})).await;
        let set = |superior: Value| json!({"roles": [{"reporting_to": superior}]});
        assert_answer("roles__cycle", &api.put(&format!("settings/roles/{sales}"), &set(json!(east))).await);
        assert_eq!(outcome(&api.put(&format!("settings/roles/{sales}"), &set(json!(sales))).await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.put(&format!("settings/roles/{sales}"), &set(Value::Null)).await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.put(&format!("settings/roles/{top}"), &set(json!(sales))).await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.delete(&format!("settings/roles/{top}?transfer_to_id={sales}")).await), "400 NOT_ALLOWED");
        // A role below the one that goes takes its place.
        assert_eq!(api.delete(&format!("settings/roles/{sales}?transfer_to_id={east}")).await.status, 200);
        let east = api.get(&format!("settings/roles/{east}")).await.json()["roles"][0].clone();
        assert_eq!(east["reporting_to"]["id"], json!(manager));
    }

    async fn what_cannot_be_a_role_is_refused(server: TestServer) {
        let api = server.api();
        for (name, role) in [
            ("no_name", json!({"description": "x"})),
            ("same_name", json!({"name": "manager"})),
            ("odd_name", json!({"name": "a#b"})),
            ("unknown_superior", json!({"name": "x", "reporting_to": {"id": "1234567890123456789"}})),
            ("empty_superior", json!({"name": "x", "reporting_to": {}})),
        ] {
            assert_answer(&format!("roles__bad_{name}"), &api.post("settings/roles", &json!({"roles": [role]})).await);
        }
        let mixed = json!({"roles": [{"name": "Sales"}, {"name": "Sales"}]});
        assert_eq!(outcome(&api.post("settings/roles", &mixed).await), "207 SUCCESS DUPLICATE_DATA");
        let grace = colleague(&server, "Grace", "Manager", "Standard").await;
        assert_answer("roles__no_permission", &grace.api.post("settings/roles", &mixed).await);
    }
}
