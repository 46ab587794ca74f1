//! `/settings/user_groups`

use dealwright_testkit::on_both;
use dealwright_testkit::records::lead;
use serde_json::{Value, json};

use crate::people::{colleague, create, named};
use crate::sharing::make;
use crate::{assert_answer, outcome};

const PATH: &str = "settings/user_groups";

fn source(kind: &str, id: &str) -> Value {
    json!({"type": kind, "source": {"id": id}, "subordinates": false, "sub_territories": false})
}

on_both! {
    async fn a_group_is_made_read_changed_and_deleted(server: TestServer) {
        let api = server.api();
        let grace = colleague(&server, "Grace", "Manager", "Standard").await;
        assert_eq!(api.get(PATH).await.status, 204);
        let body = json!({"user_groups": [{"name": "Explorers", "description": "first", "sources": [source("users", &grace.id)]}]});
        let made = api.post(PATH, &body).await;
        assert_answer("groups__create", &made);
        let id = made.json()["user_groups"][0]["details"]["id"].as_str().unwrap().to_owned();
        let one = format!("{PATH}/{id}");
        assert_answer("groups__get", &api.get(&one).await);
        assert!(api.get(PATH).await.text.contains(&id));
        assert_eq!(outcome(&api.put(&one, &json!({"user_groups": [{"description": "second"}]})).await), "200 SUCCESS");
        let manager = named(&api, "roles", "Manager").await;
        let more = json!({"user_groups": [{"id": id, "sources": [source("roles", &manager)]}]});
        assert_answer("groups__update_many", &api.put(PATH, &more).await);
        assert_answer("groups__sources", &api.get(&format!("{one}/sources")).await);
        assert_eq!(api.get(&format!("{one}/sources?type=roles")).await.json()["sources"].as_array().map(Vec::len), Some(1));
        assert_eq!(api.get(&format!("{one}/sources?type=groups")).await.status, 204);
        assert_answer("groups__sources_count", &api.get(&format!("{one}/actions/sources_count")).await);
        assert_answer("groups__users_count", &api.get(&format!("{PATH}/actions/associated_users_count")).await);
        assert_eq!(api.get(&format!("{one}/actions/associations")).await.status, 204);
        assert_eq!(api.get(&format!("users/{}/actions/associated_groups", grace.id)).await.json()["user_groups"][0]["id"], json!(id));
        let mut less = source("roles", &manager);
        less["_delete"] = json!(true);
        assert_eq!(outcome(&api.put(&one, &json!({"user_groups": [{"sources": [less]}]})).await), "200 SUCCESS");
        assert_eq!(api.get(&one).await.json()["user_groups"][0]["sources_count"]["roles"], 0);
        assert_answer("groups__delete", &api.delete(&one).await);
        assert_eq!(outcome(&api.get(&one).await), "400 INVALID_DATA");
    }

    async fn what_is_shared_with_a_group_reaches_its_members(server: TestServer) {
        let api = server.api();
        make(&api, "Leads", "private").await;
        let grace = colleague(&server, "Grace", "Manager", "Standard").await;
        let inner = create(&api, PATH, "user_groups", json!({"name": "Inner", "sources": [source("users", &grace.id)]})).await;
        let outer = create(&api, PATH, "user_groups", json!({"name": "Outer", "sources": [source("groups", &inner)]})).await;
        let id = api.insert(lead("Hopper")).await;
        let body = json!({"share": [{"shared_with": {"id": outer, "type": "groups"}, "permission": "read_only"}]});
        assert_eq!(outcome(&api.post(&format!("Leads/{id}/actions/share"), &body).await), "201 SUCCESS");
        assert_eq!(grace.api.get(&format!("Leads/{id}")).await.status, 200);
        assert_eq!(api.delete(&format!("{PATH}/{outer}")).await.status, 200);
        assert_eq!(grace.api.get(&format!("Leads/{id}")).await.status, 204);
    }

    async fn what_cannot_be_a_group_is_refused(server: TestServer) {
        let api = server.api();
        let manager = named(&api, "roles", "Manager").await;
        create(&api, PATH, "user_groups", json!({"name": "Explorers", "sources": [source("roles", &manager)]})).await;
        for (name, group) in [
            ("no_name", json!({"sources": [source("roles", &manager)]})),
            ("same_name", json!({"name": "explorers", "sources": [source("roles", &manager)]})),
            ("no_sources", json!({"name": "x"})),
            ("empty_sources", json!({"name": "x", "sources": []})),
            ("odd_type", json!({"name": "x", "sources": [source("ships", &manager)]})),
            ("unknown", json!({"name": "x", "sources": [source("users", "1234567890123456789")]})),
        ] {
            assert_answer(&format!("groups__bad_{name}"), &api.post(PATH, &json!({"user_groups": [group]})).await);
        }
    }
}
