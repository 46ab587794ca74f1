//! `/settings/profiles/{id}` and its clones

use dealwright_testkit::on_both;
use dealwright_testkit::records::lead;
use serde_json::json;

use crate::people::{colleague, named};
use crate::{assert_answer, outcome};

on_both! {
    async fn a_profile_is_cloned_changed_and_deleted(server: TestServer) {
        let api = server.api();
        let standard = named(&api, "profiles", "Standard").await;
        let clone = format!("settings/profiles/{standard}/actions/clone");
        let made = api.post(&clone, &json!({"profiles": [{"name": "Readers", "description": "first"}]})).await;
        assert_answer("profiles__clone", &made);
        let id = made.json()["profiles"][0]["details"]["id"].as_str().unwrap().to_owned();
        let path = format!("settings/profiles/{id}");
        assert_answer("profiles__update", &api.put(&path, &json!({"profiles": [{"description": "second"}]})).await);
        assert_eq!(api.patch(&path, &json!({"profiles": [{"name": "Read only"}]})).await.status, 200);
        let shown = api.get(&path).await.json()["profiles"][0].clone();
        assert_eq!((&shown["name"], &shown["description"], &shown["custom"]), (&json!("Read only"), &json!("second"), &json!(true)));
        assert_eq!(shown["created_by"]["name"], "Dev Admin");

        let grace = colleague(&server, "Grace", "Manager", "Read only").await;
        assert_answer("profiles__delete_no_heir", &api.delete(&path).await);
        assert_eq!(outcome(&api.delete(&format!("{path}?transfer_to={id}")).await), "400 INVALID_DATA");
        assert_answer("profiles__delete", &api.delete(&format!("{path}?transfer_to={standard}")).await);
        assert_eq!(outcome(&api.get(&path).await), "400 INVALID_DATA");
        let user = api.get(&format!("users/{}", grace.id)).await.json()["users"][0].clone();
        assert_eq!(user["profile"]["id"], json!(standard));
    }

    async fn permissions_that_are_switched_off_hold(server: TestServer) {
        let api = server.api();
        let standard = named(&api, "profiles", "Standard").await;
        let grace = colleague(&server, "Grace", "Manager", "Standard").await;
        let shown = api.get(&format!("settings/profiles/{standard}")).await.json()["profiles"][0].clone();
        let id_of = |name: &str| {
            let all = shown["permissions_details"].as_array().unwrap();
            all.iter().find(|one| one["name"] == name).unwrap()["id"].as_str().unwrap().to_owned()
        };
        let set = |name: &str, enabled: bool| json!({"profiles": [{"permissions_details": [{"id": id_of(name), "enabled": enabled}]}]});
        let path = format!("settings/profiles/{standard}");
        assert_eq!(grace.api.post("Leads", &lead("x").body()).await.status, 201);
        assert_eq!(outcome(&api.put(&path, &set("Crm_Implied_Create_Leads", false)).await), "200 SUCCESS");
        assert_eq!(outcome(&grace.api.post("Leads", &lead("x").body()).await), "403 NO_PERMISSION");
        assert_eq!(outcome(&api.put(&path, &set("Crm_Implied_Create_Leads", true)).await), "200 SUCCESS");
        assert_eq!(grace.api.post("Leads", &lead("x").body()).await.status, 201);

        let role = json!({"roles": [{"name": "Sales"}]});
        assert_eq!(outcome(&grace.api.post("settings/roles", &role).await), "403 NO_PERMISSION");
        assert_eq!(outcome(&api.put(&path, &set("Crm_Implied_Role_Prefix_Customize_Zoho_CRM", true)).await), "200 SUCCESS");
        assert_eq!(outcome(&grace.api.post("settings/roles", &role).await), "201 SUCCESS");
        assert_eq!(outcome(&grace.api.post("users", &json!({"users": [{}]})).await), "403 NO_PERMISSION");

        let administrator = named(&api, "profiles", "Administrator").await;
        let locked_out = api.put(&format!("settings/profiles/{administrator}"), &set("Crm_Implied_Manage_Users", false)).await;
        assert_answer("profiles__administrator_stays", &locked_out);
    }

    async fn what_cannot_be_a_profile_is_refused(server: TestServer) {
        let api = server.api();
        let standard = named(&api, "profiles", "Standard").await;
        let clone = format!("settings/profiles/{standard}/actions/clone");
        for (name, profile) in [
            ("no_name", json!({})),
            ("same_name", json!({"name": "administrator"})),
            ("odd_name", json!({"name": "a&b"})),
            ("long_description", json!({"name": "x", "description": "x".repeat(251)})),
        ] {
            assert_answer(&format!("profiles__bad_{name}"), &api.post(&clone, &json!({"profiles": [profile]})).await);
        }
        for sign in ["#", "%", "&", "(", ")", "*", "^"] {
            let profile = json!({"profiles": [{"name": format!("a{sign}b")}]});
            assert_eq!(outcome(&api.post(&clone, &profile).await), "400 INVALID_DATA", "{sign}");
        }
        assert_answer("profiles__clone_unknown", &api.post("settings/profiles/1234567890123456789/actions/clone", &json!({"profiles": [{"name": "x"}]})).await);
        assert_answer("profiles__delete_system", &api.delete(&format!("settings/profiles/{standard}")).await);
        assert_eq!(outcome(&api.put(&format!("settings/profiles/{standard}"), &json!({"profiles": [{"name": "x"}]})).await), "400 NOT_ALLOWED");
    }
}
