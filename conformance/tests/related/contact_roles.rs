//! `/Contacts/roles`, also in lower case.

use dealwright_testkit::{Api, on_both};
use serde_json::{Value, json};

use super::UNKNOWN;
use crate::{assert_answer, outcome};

fn body(roles: Value) -> Value {
    json!({ "contact_roles": roles })
}

async fn names(api: &Api) -> Vec<String> {
    let roles = api.get("Contacts/roles").await.json()["contact_roles"].clone();
    let roles = roles.as_array().expect("there are roles");
    for (role, number) in roles.iter().zip(1..) {
        assert_eq!(role["sequence_number"], number);
    }
    roles.iter().map(|role| role["name"].as_str().expect("roles have names").to_owned()).collect()
}

fn ids(answer: &dealwright_testkit::Answer) -> Vec<String> {
    let roles = answer.json()["contact_roles"].clone();
    let roles = roles.as_array().cloned().unwrap_or_default();
    roles.iter().filter_map(|role| role["details"]["id"].as_str().map(str::to_owned)).collect()
}

on_both! {
    async fn a_new_org_has_roles(server: TestServer) {
        let api = server.api();
        assert_answer("contact_roles__list", &api.get("Contacts/roles").await);
        let id = api.get("contacts/roles").await.json()["contact_roles"][0]["id"].as_str().unwrap().to_owned();
        assert_answer("contact_roles__get", &api.get(&format!("Contacts/roles/{id}")).await);
        assert_eq!(api.get(&format!("contacts/roles/{id}")).await.status, 200);
        assert_eq!(api.get(&format!("Contacts/roles/{UNKNOWN}")).await.status, 204);
        assert_answer("contact_roles__bad_id", &api.get("Contacts/roles/abc").await);
    }

    async fn roles_are_made_changed_and_deleted(server: TestServer) {
        let api = server.api();
        let before = names(&api).await;
        let made = api.post("Contacts/roles", &body(json!([{"name": "First", "sequence_number": 1}, {"name": "Last"}]))).await;
        assert_answer("contact_roles__create", &made);
        let [first, last] = [ids(&made)[0].clone(), ids(&made)[1].clone()];
        let mut expected = vec!["First".to_owned()];
        expected.extend(before.iter().cloned());
        expected.push("Last".to_owned());
        assert_eq!(names(&api).await, expected);
        let one = api.put(&format!("Contacts/roles/{first}"), &body(json!([{"name": "Front"}]))).await;
        assert_answer("contact_roles__update_one", &one);
        let many = body(json!([{"id": first, "sequence_number": 99}, {"id": last.parse::<i64>().unwrap(), "name": "last"}]));
        assert_answer("contact_roles__update_many", &api.put("contacts/roles", &many).await);
        let now = names(&api).await;
        assert_eq!(now[now.len() - 2..], ["last", "Front"]);
        assert_answer("contact_roles__delete_one", &api.delete(&format!("contacts/roles/{first}")).await);
        assert_answer("contact_roles__delete_many", &api.delete(&format!("Contacts/roles?ids={last},{UNKNOWN}")).await);
        assert_eq!(names(&api).await, before);
    }

    async fn the_lower_case_path_is_the_same_list(server: TestServer) {
        let api = server.api();
        let made = api.post("contacts/roles", &body(json!([{"name": "Buyer"}]))).await;
        let id = ids(&made).remove(0);
        assert_eq!(outcome(&api.put(&format!("contacts/roles/{id}"), &body(json!([{"name": "Payer"}]))).await), "200 SUCCESS");
        assert!(names(&api).await.contains(&"Payer".to_owned()));
        assert_eq!(outcome(&api.delete(&format!("contacts/roles?ids={id}")).await), "200 SUCCESS");
    }

    async fn what_is_no_role_is_refused(server: TestServer) {
        let api = server.api();
        let id = api.get("Contacts/roles").await.json()["contact_roles"][0]["id"].as_str().unwrap().to_owned();
        let create = body(json!([
            {"sequence_number": 1}, {"name": "  "}, {"name": "x".repeat(51)}, {"name": "R&D"}, {"name": 5},
            {"name": "decision MAKER"}, {"name": "Good", "sequence_number": "first"}, {"name": "Good", "sequence_number": 0},
        ]));
        assert_answer("contact_roles__refused", &api.post("Contacts/roles", &create).await);
        let twice = body(json!([{"name": "Twice"}, {"name": "twice"}]));
        assert_eq!(outcome(&api.post("Contacts/roles", &twice).await), "207 SUCCESS DUPLICATE_DATA");
        let update = body(json!([{"name": "x"}, {"id": UNKNOWN, "name": "x"}, {"id": "x"}, {"id": id, "name": null}, {"id": id, "name": "Purchasing"}]));
        assert_answer("contact_roles__update_refused", &api.put("Contacts/roles", &update).await);
        assert_eq!(outcome(&api.put("Contacts/roles/abc", &update).await), "400 INVALID_DATA");
        for bad in [json!({}), body(json!({})), body(json!([]))] {
            assert_eq!(api.post("Contacts/roles", &bad).await.status, 400);
        }
        assert_answer("contact_roles__no_ids", &api.delete("Contacts/roles").await);
        assert_eq!(outcome(&api.delete("Contacts/roles?ids=x").await), "400 UNABLE_TO_PARSE_DATA_TYPE");
        assert_eq!(outcome(&api.delete("Contacts/roles/abc").await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.delete(&format!("Contacts/roles/{UNKNOWN}")).await), "400 INVALID_DATA");
    }

    async fn one_role_is_left(server: TestServer) {
        let api = server.api();
        let roles = api.get("Contacts/roles").await.json()["contact_roles"].clone();
        let all: Vec<&str> = roles.as_array().unwrap().iter().map(|role| role["id"].as_str().unwrap()).collect();
        let answer = api.delete(&format!("Contacts/roles?ids={}", all.join(","))).await;
        assert_answer("contact_roles__last", &answer);
        assert_eq!(names(&api).await.len(), 1);
        let scopes = server.api_with_scopes("ZohoCRM.modules.contacts.READ").await;
        assert_eq!(outcome(&scopes.delete(&format!("Contacts/roles/{}", all[0])).await), "401 OAUTH_SCOPE_MISMATCH");
    }
}
