//! `/settings/fields`

use dealwright_testkit::records::{deal, lead};
use dealwright_testkit::{Api, on_both};
use serde_json::{Value, json};

use crate::{assert_answer, assert_shown, outcome, settings::outline};

async fn create(api: &Api, field: Value) -> String {
    let answer = api.post("settings/fields?module=Leads", &json!({ "fields": [field] })).await;
    assert!(answer.status < 300, "{}", answer.text);
    answer.json()["fields"][0]["details"]["id"].as_str().expect("an id").to_owned()
}

on_both! {
    async fn fields_are_listed_and_read(server: TestServer) {
        let api = server.api();
        let all = api.get("settings/fields?module=Deals").await;
        assert_shown("fields__list", outline(&all, "fields", "api_name"));
        let body = all.json();
        let stage = body["fields"].as_array().unwrap().iter().find(|one| one["api_name"] == "Stage").unwrap();
        let id = stage["id"].as_str().unwrap();
        assert_answer("fields__get", &api.get(&format!("settings/fields/{id}?module=Deals")).await);
        assert_answer("fields__pick_list_values", &api.get(&format!("settings/fields/{id}/pick_list_values?module=Deals")).await);
    }

    async fn fields_need_a_module(server: TestServer) {
        let api = server.api();
        assert_answer("fields__no_module", &api.get("settings/fields").await);
        assert_eq!(outcome(&api.get("settings/fields?module=Boats").await), "400 INVALID_MODULE");
        assert!(api.get("settings/fields/1234567890123456789?module=Deals").await.status < 500);
    }

    async fn a_field_is_made_used_changed_and_removed(server: TestServer) {
        let api = server.api();
        let made = api.post("settings/fields?module=Leads", &json!({"fields": [
            {"field_label": "Boat Length", "data_type": "integer"},
        ]})).await;
        assert_answer("fields__create", &made);
        let id = made.json()["fields"][0]["details"]["id"].as_str().unwrap().to_owned();
        let path = format!("settings/fields/{id}?module=Leads");
        let field = api.get(&path).await.json()["fields"][0].clone();
        let name = field["api_name"].as_str().unwrap().to_owned();
        assert_eq!(name, "Boat_Length");

        let record = api.insert(lead("x").with(&name, 12)).await;
        assert_eq!(api.record("Leads", &record).await[&name], 12);
        assert_eq!(api.found("Leads", &format!("({name}:greater_than:11)"), "Last_Name").await, ["x"]);
        let bad = api.post("Leads", &lead("y").with(&name, "long").body()).await;
        assert_eq!(outcome(&bad), "400 INVALID_DATA");

        let changed = api.patch(&path, &json!({"fields": [{"field_label": "Length of the Boat"}]})).await;
        assert_answer("fields__update", &changed);
        assert_eq!(api.get(&path).await.json()["fields"][0]["field_label"], "Length of the Boat");
        let many = api.patch("settings/fields?module=Leads", &json!({"fields": [{"id": id, "field_label": "Length"}]})).await;
        assert!(many.status < 300, "{}", many.text);

        assert_answer("fields__delete", &api.delete(&path).await);
        assert!(api.record("Leads", &record).await.get(&name).is_none());
    }

    async fn a_unique_field_refuses_the_second(server: TestServer) {
        let api = server.api();
        create(&api, json!({"field_label": "Badge", "data_type": "text", "length": 20, "unique": {"casesensitive": "false"}})).await;
        api.insert(lead("a").with("Badge", "A-1")).await;
        assert_eq!(outcome(&api.post("Leads", &lead("b").with("Badge", "a-1").body()).await), "400 DUPLICATE_DATA");
        let mut upsert = lead("c").with("Badge", "A-1").body();
        upsert["duplicate_check_fields"] = json!(["Badge"]);
        assert_eq!(api.post("Leads/upsert", &upsert).await.rows()[0]["action"], "update");
        assert_eq!(api.count("Leads").await, 1);
    }

    async fn custom_fields_outlive_a_restart(server: TestServer) {
        create(&server.api(), json!({"field_label": "Depth", "data_type": "double"})).await;
        let server = server.restart(|_| {}).await;
        let id = server.api().insert(lead("x").with("Depth", 1.5)).await;
        assert_eq!(server.api().record("Leads", &id).await["Depth"], 1.5);
    }

    async fn what_cannot_be_a_field_is_refused(server: TestServer) {
        let api = server.api();
        for (name, field) in [
            ("no_label", json!({"data_type": "integer"})),
            ("no_type", json!({"field_label": "x"})),
            ("odd_type", json!({"field_label": "x", "data_type": "thought"})),
        ] {
            let answer = api.post("settings/fields?module=Leads", &json!({ "fields": [field] })).await;
            assert_answer(&format!("fields__bad_{name}"), &answer);
        }
        let system = api.get("settings/fields?module=Deals").await.json()["fields"][0]["id"].as_str().unwrap().to_owned();
        let answer = api.delete(&format!("settings/fields/{system}?module=Deals")).await;
        assert_eq!(outcome(&answer), "400 NOT_ALLOWED");
        api.insert(deal("still there")).await;
    }
}
