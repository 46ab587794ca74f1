//! `settings/tags`: the tags of a module.

use dealwright_testkit::on_both;
use dealwright_testkit::records::{contact, deal, lead};
use serde_json::json;

use super::{named, names, tags};
use crate::{assert_answer, outcome};

on_both! {
    async fn tags_of_a_module_are_made_and_listed(server: TestServer) {
        let api = server.api();
        assert_eq!(api.get("settings/tags?module=Leads").await.status, 204);
        let made = api.post("settings/tags?module=Leads", &json!({"tags": [
            {"name": "Hot", "color_code": "#f17574"}, {"name": "hot"}, {"name": "a,b"}, {"name": "x", "color_code": "red"},
            {"color_code": "#F17574"}, {"name": "y".repeat(26)},
        ]})).await;
        assert_answer("tags__create", &made);
        assert_answer("tags__list", &api.get("settings/tags?module=Leads").await);
        // Names are unique in a module, not in the org.
        tags(&api, "Deals", &["Hot"]).await;
        assert_eq!(api.get("settings/tags?module=Leads").await.json()["info"], json!({"count": 1, "allowed_count": 100}));
        let id = api.insert(lead("x").with("Tag", json!([{"name": "HOT"}]))).await;
        assert_eq!(names(&api, "Leads", &id).await, ["Hot"]);
        let more = api.get("settings/tags?module=Leads&my_tags=true&include=associated_record_count,last_accessed_time").await;
        assert_eq!(more.json()["tags"][0]["associated_record_count"], 1);
    }

    async fn a_tag_that_is_renamed_shows_on_its_records(server: TestServer) {
        let api = server.api();
        let tag = tags(&api, "Deals", &["Old", "Other"]).await.remove(0);
        let deal = api.insert(deal("x").with("Tag", json!([{"id": tag}]))).await;
        let renamed = api.put(&format!("settings/tags/{tag}?module=Deals"), &json!({"tags": [{"name": "New", "color_code": "#57B1FD"}]})).await;
        assert_answer("tags__update", &renamed);
        let shown = json!([{"name": "New", "id": tag, "color_code": "#57B1FD"}]);
        assert_eq!(api.record("Deals", &deal).await["Tag"], shown);
        assert_eq!(api.get("Deals?fields=Tag").await.rows()[0]["Tag"], shown);
        assert_eq!(api.found("Deals", "(Tag:equals:new)", "Deal_Name").await, ["x"]);
        assert!(api.found("Deals", "(Tag:equals:Old)", "Deal_Name").await.is_empty());
        assert!(api.found("Deals", "(Tag:not_equal:New)", "Deal_Name").await.is_empty());

        let many = api.put("settings/tags?module=Deals", &json!({"tags": [
            {"id": tag, "color_code": null}, {"name": "no id"}, {"id": "1000000000000000009", "name": "z"}, {"id": tag, "name": "OTHER"},
        ]})).await;
        assert_answer("tags__update_many", &many);
        assert_eq!(api.record("Deals", &deal).await["Tag"], json!([{"name": "New", "id": tag, "color_code": null}]));
        // What is called so is known to a server that starts again, too.
        let server = server.restart(|_| {}).await;
        assert_eq!(names(&server.api(), "Deals", &deal).await, ["New"]);
    }

    async fn a_deleted_tag_is_on_no_record(server: TestServer) {
        let api = server.api();
        let ids = tags(&api, "Leads", &["a", "b", "c"]).await;
        let mut leads = Vec::new();
        for held in [vec!["a"], vec!["a", "b"], vec!["b", "a"], vec!["b", "a", "c"], vec!["b"]] {
            leads.push(api.insert(lead("x").with("Tag", named(&held)["tags"].clone())).await);
        }
        assert_eq!(api.get(&format!("settings/tags/{}/actions/records_count?module=Leads", ids[0])).await.json(), json!({"count": "4"}));
        assert_answer("tags__delete", &api.delete(&format!("settings/tags/{}", ids[0])).await);
        let mut left = Vec::new();
        for id in &leads {
            left.push(names(&api, "Leads", id).await.join(""));
        }
        assert_eq!(left, ["", "b", "b", "bc", "b"]);
        assert_eq!(api.found("Leads", "(Tag:equals:a)", "Last_Name").await.len(), 0);
        assert_eq!(api.found("Leads", "(Tag:starts_with:b)", "Last_Name").await.len(), 4);
        assert_answer("tags__delete_again", &api.delete(&format!("settings/tags/{}", ids[0])).await);
    }

    async fn merging_leaves_one_tag_on_all_records(server: TestServer) {
        let api = server.api();
        let ids = tags(&api, "Leads", &["keep", "drop", "c"]).await;
        let mut leads = Vec::new();
        for held in [vec!["drop"], vec!["keep", "drop"], vec!["drop", "c", "keep"], vec!["c", "drop"], vec!["keep"]] {
            leads.push(api.insert(lead("x").with("Tag", named(&held)["tags"].clone())).await);
        }
        let path = format!("settings/tags/{}/actions/merge", ids[0]);
        assert_answer("tags__merge", &api.post(&path, &json!({"tags": [{"conflict_id": ids[1]}]})).await);
        let mut left = Vec::new();
        for id in &leads {
            left.push(names(&api, "Leads", id).await.join(" "));
        }
        assert_eq!(left, ["keep", "keep", "c keep", "c keep", "keep"]);
        assert_eq!(api.get("settings/tags?module=Leads").await.json()["info"]["count"], 2);
        for bad in [json!(ids[1]), json!(ids[0]), json!("x")] {
            assert_eq!(outcome(&api.post(&path, &json!({"tags": [{"conflict_id": bad}]})).await), "400 INVALID_DATA");
        }
        assert_eq!(outcome(&api.post(&path, &json!({"tags": [{}]})).await), "400 MANDATORY_NOT_FOUND");
    }

    async fn a_module_has_a_hundred_tags_at_most(server: TestServer) {
        let api = server.api();
        let many: Vec<String> = (0..100).map(|n| format!("t{n}")).collect();
        tags(&api, "Contacts", &many.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let full = api.post("settings/tags?module=Contacts", &named(&["one more"])).await;
        assert_answer("tags__full", &full);
        let id = api.insert(contact("x")).await;
        let full = api.post(&format!("Contacts/{id}/actions/add_tags"), &named(&["one more"])).await;
        assert_eq!(outcome(&full), "400 LICENSE_LIMIT_EXCEEDED");
        let full = api.post("Contacts", &contact("y").with("Tag", json!([{"name": "one more"}])).body()).await;
        assert_eq!(outcome(&full), "400 LICENSE_LIMIT_EXCEEDED");
    }

    async fn what_tags_need_is_asked_for(server: TestServer) {
        let api = server.api();
        for (path, expected) in [
            ("settings/tags", "400 REQUIRED_PARAM_MISSING"),
            ("settings/tags?module=Boats", "400 INVALID_MODULE"),
            // Line items have no tags.
            ("settings/tags?module=Quoted_Items", "400 INVALID_MODULE"),
        ] {
            assert_eq!(outcome(&api.get(path).await), expected, "{path}");
        }
        assert_eq!(outcome(&api.post("settings/tags?module=Leads", &json!({})).await), "400 MANDATORY_NOT_FOUND");
        assert_eq!(outcome(&api.post("settings/tags?module=Leads", &json!({"tags": "x"})).await), "400 INVALID_DATA");
        let ids = tags(&api, "Leads", &["a"]).await;
        let count = |module: &str| format!("settings/tags/{}/actions/records_count{module}", ids[0]);
        assert_eq!(outcome(&api.get(&count("")).await), "400 REQUIRED_PARAM_MISSING");
        assert_eq!(outcome(&api.get(&count("?module=Deals")).await), "400 INVALID_DATA");
    }
}
