//! `add_tags` and `remove_tags`.

use dealwright_testkit::on_both;
use dealwright_testkit::records::{deal, lead};
use serde_json::json;

use super::{named, names, tags};
use crate::{assert_answer, outcome};

const UNKNOWN: &str = "1000000000000000009";

on_both! {
    async fn tags_are_added_to_a_record_and_removed(server: TestServer) {
        let api = server.api();
        let id = api.insert(lead("x")).await;
        let (add, remove) = (format!("Leads/{id}/actions/add_tags"), format!("Leads/{id}/actions/remove_tags"));
        assert_answer("tags__add_one", &api.post(&add, &named(&["a", "b"])).await);
        api.post(&add, &named(&["B", "c"])).await;
        assert_eq!(names(&api, "Leads", &id).await, ["a", "b", "c"]);
        assert_answer("tags__remove_one", &api.post(&remove, &named(&["b"])).await);
        assert_eq!(names(&api, "Leads", &id).await, ["a", "c"]);
        let mut body = named(&["d"]);
        body["over_write"] = json!(true);
        api.post(&add, &body).await;
        assert_eq!(names(&api, "Leads", &id).await, ["d"]);
        api.post(&format!("{add}?over_write=true"), &named(&["e"])).await;
        assert_eq!(names(&api, "Leads", &id).await, ["e"]);
        api.post(&remove, &named(&["e"])).await;
        assert_eq!(api.record("Leads", &id).await["Tag"], json!([]));
        // Each of these is a change of the record.
        let timeline = api.get(&format!("Leads/{id}/__timeline")).await.json()["__timeline"].clone();
        assert_eq!(timeline.as_array().unwrap().len(), 7);
        let change = timeline[1]["field_history"][0].clone();
        assert_eq!((&change["api_name"], &change["_value"]), (&json!("Tag"), &json!({"new": "e", "old": "d"})));
    }

    async fn tags_of_many_records_are_counted(server: TestServer) {
        let api = server.api();
        let (x, y) = (api.insert(deal("x")).await, api.insert(deal("y")).await);
        let mut body = named(&["a"]);
        body["ids"] = json!([x, UNKNOWN, y, "abc", x]);
        assert_answer("tags__add_many", &api.post("Deals/actions/add_tags", &body).await);
        // The list of ids comes as text, too.
        body["ids"] = json!(format!("[\"{x}\",\"{y}\"]"));
        assert_answer("tags__remove_many", &api.post("Deals/actions/remove_tags", &body).await);
        assert_eq!(names(&api, "Deals", &y).await.len(), 0);
        body["ids"] = json!((0..501).map(|n| (1_000_000_000_000_000_000_i64 + n).to_string()).collect::<Vec<_>>());
        assert_answer("tags__501", &api.post("Deals/actions/add_tags", &body).await);
        assert_eq!(outcome(&api.post("Deals/actions/add_tags", &named(&["a"])).await), "400 MANDATORY_NOT_FOUND");
    }

    async fn before_v4_tags_stand_in_the_query(server: TestServer) {
        let api = server.api();
        let (x, y) = (api.insert(lead("x")).await, api.insert(lead("y")).await);
        for (version, as_objects) in [("v2", false), ("v2.1", true), ("v3", true)] {
            let old = server.version(version);
            let one = old.post(&format!("Leads/{x}/actions/add_tags?tag_names=a,b&over_write=true"), &json!(null)).await;
            assert_eq!(one.status, 200, "{}", one.text);
            let first = one.rows()[0]["details"]["tags"][0].clone();
            assert_eq!(first.is_object(), as_objects, "{version}: {first}");
            let many = old.post(&format!("Leads/actions/add_tags?tag_names=b&ids={x},{y}"), &json!(null)).await;
            assert_answer(&format!("tags__query_{}", version.replace('.', "_")), &many);
            old.post(&format!("Leads/actions/remove_tags?tag_names=b&ids={x},{y}"), &json!(null)).await;
            assert_eq!((names(&api, "Leads", &x).await, names(&api, "Leads", &y).await), (vec!["a".to_owned()], vec![]));
        }
        assert_eq!(outcome(&server.version("v2").post(&format!("Leads/{x}/actions/add_tags"), &json!(null)).await), "400 INVALID_DATA");
        let empty = server.version("v2").send("POST".parse().unwrap(), &format!("Leads/{x}/actions/add_tags"), Vec::new()).await;
        assert_eq!(outcome(&empty), "400 REQUIRED_PARAM_MISSING");
    }

    async fn a_record_has_ten_tags_at_most(server: TestServer) {
        let api = server.api();
        let id = api.insert(lead("x").with("Tag", named(&["1", "2", "3", "4", "5", "6", "7", "8", "9"])["tags"].clone())).await;
        let add = format!("Leads/{id}/actions/add_tags");
        assert_answer("tags__too_many", &api.post(&add, &named(&["10", "11"])).await);
        assert_eq!(names(&api, "Leads", &id).await.len(), 9);
        assert_eq!(api.post(&add, &named(&["10"])).await.status, 200);
        let eleven: Vec<_> = (0..11).map(|n| json!({"name": n.to_string()})).collect();
        assert_eq!(outcome(&api.post("Leads", &lead("y").with("Tag", eleven).body()).await), "400 INVALID_DATA");
    }

    async fn what_is_no_tag_is_refused(server: TestServer) {
        let api = server.api();
        let tag = tags(&api, "Leads", &["known"]).await.remove(0);
        let id = api.insert(lead("x")).await;
        let (add, remove) = (format!("Leads/{id}/actions/add_tags"), format!("Leads/{id}/actions/remove_tags"));
        for (name, body) in [
            ("no_tags", json!({"over_write": true})),
            ("empty", json!({"tags": []})),
            ("no_name", json!({"tags": [{}]})),
            ("bad_name", json!({"tags": [{"name": "a<b"}]})),
            ("long_name", json!({"tags": [{"name": "x".repeat(26)}]})),
            ("unknown_id", json!({"tags": [{"id": UNKNOWN}]})),
            ("bad_id", json!({"tags": [{"id": "x"}]})),
            ("bad_color", json!({"tags": [{"name": "n", "color_code": "#000000"}]})),
            ("other_color", json!({"tags": [{"name": "known", "color_code": "#57B1FD"}]})),
        ] {
            let answer = api.post(&add, &body).await;
            assert_answer(&format!("tags__bad_{name}"), &answer);
        }
        assert_eq!(outcome(&api.post(&remove, &named(&["never seen"])).await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.post(&remove, &json!({"tags": [{"id": UNKNOWN}]})).await), "400 TAG_ID_NOT_FOUND");
        assert_eq!(outcome(&api.post(&format!("Leads/{UNKNOWN}/actions/add_tags"), &named(&["a"])).await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.post(&format!("Quoted_Items/{id}/actions/add_tags"), &named(&["a"])).await), "400 INVALID_MODULE");
        // An id wins over a name.
        api.post(&add, &json!({"tags": [{"id": tag, "name": "something else"}]})).await;
        assert_eq!(names(&api, "Leads", &id).await, ["known"]);
    }

    async fn tags_on_records_take_the_scope_of_the_module_or_of_tags(server: TestServer) {
        let id = server.api().insert(lead("x")).await;
        let add = format!("Leads/{id}/actions/add_tags");
        for (scope, status) in [("ZohoCRM.modules.leads.WRITE", 200), ("ZohoCRM.settings.tags.CREATE", 200), ("ZohoCRM.modules.leads.READ", 401)] {
            assert_eq!(server.api_with_scopes(scope).await.post(&add, &named(&["a"])).await.status, status, "{scope}");
        }
    }
}
