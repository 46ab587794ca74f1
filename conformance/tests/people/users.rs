//! `POST`, `PUT users`; `PUT`, `DELETE users/{id}`

use dealwright_testkit::on_both;
use dealwright_testkit::records::lead;
use serde_json::{Value, json};

use crate::people::{colleague, named};
use crate::{assert_answer, outcome};

async fn draft(api: &dealwright_testkit::Api, name: &str) -> Value {
    let (role, profile) = (named(api, "roles", "Manager").await, named(api, "profiles", "Standard").await);
    json!({"last_name": name, "email": format!("{name}@example.com"), "role": role, "profile": profile})
}

on_both! {
    async fn a_user_is_added_and_confirmed_by_their_first_call(server: TestServer) {
        let api = server.api();
        let mut user = draft(&api, "grace").await;
        user["first_name"] = json!("Amazing");
        user["city"] = json!("Arlington");
        let added = api.post("users", &json!({"users": [user]})).await;
        assert_answer("users__create", &added);
        let id = added.json()["users"][0]["details"]["id"].as_str().unwrap().to_owned();
        let path = format!("users/{id}");
        let read = api.get(&path).await;
        assert_answer("users__created", &read);
        let is = |answer: dealwright_testkit::Answer| answer.status == 200 && answer.text.contains(&id);
        assert!(is(api.get("users?type=ActiveUsers").await));
        assert!(is(api.get("users?type=NotConfirmedUsers").await));
        assert!(!is(api.get("users?type=AdminUsers").await));

        let theirs = server.api_of(read.json()["users"][0]["zuid"].as_str().unwrap()).await;
        let me = theirs.get("users?type=CurrentUser").await.json()["users"][0].clone();
        assert_eq!((&me["id"], &me["confirm"]), (&json!(id), &json!(true)));
        let owned = theirs.insert(lead("Hopper")).await;
        assert_eq!(api.record("Leads", &owned).await["Owner"]["name"], "Amazing grace");
        assert_eq!(outcome(&theirs.post("users", &json!({"users": [draft(&api, "x").await]})).await), "403 NO_PERMISSION");
    }

    async fn what_cannot_be_a_user_is_refused(server: TestServer) {
        let api = server.api();
        let good = draft(&api, "grace").await;
        assert_eq!(api.post("users", &json!({"users": [good]})).await.status, 201);
        for (name, key, value) in [
            ("same_email", "email", json!("GRACE@example.com")),
            ("no_email", "email", Value::Null),
            ("bad_email", "email", json!("grace")),
            ("bad_role", "role", json!("1234567890123456789")),
            ("bad_profile", "profile", json!({"id": "1234567890123456789"})),
            ("no_name", "last_name", json!("  ")),
            ("long_name", "last_name", json!("x".repeat(51))),
            ("odd_name", "last_name", json!("<b>")),
            ("bad_zone", "time_zone", json!("Mars/Olympus")),
            ("same_separators", "number_separator", json!("Period")),
            ("reporting", "Reporting_To", json!({"id": "1"})),
            ("other_type", "type__s", json!("Team User")),
        ] {
            let mut user = draft(&api, "other").await;
            user[key] = value;
            assert_answer(&format!("users__bad_{name}"), &api.post("users", &json!({"users": [user]})).await);
        }
        let two = json!({"users": [draft(&api, "a").await, draft(&api, "b").await]});
        assert_answer("users__two", &api.post("users", &two).await);
        assert_eq!(outcome(&api.post("users", &json!({})).await), "400 MANDATORY_NOT_FOUND");
        assert_eq!(api.get("users/actions/count").await.json()["count"], 2);
    }

    async fn users_are_changed_key_by_key(server: TestServer) {
        let api = server.api();
        let grace = colleague(&server, "Grace", "Manager", "Standard").await;
        let path = format!("users/{}", grace.id);
        assert_answer("users__update_one", &api.put(&path, &json!({"users": [{"city": "Chennai"}]})).await);
        let many = json!({"users": [{"id": grace.id, "phone": "5550001111"}, {"id": "1234567890123456789", "phone": "1"}, {"phone": "2"}]});
        assert_answer("users__update_many", &api.put("users", &many).await);
        let user = api.get(&path).await.json()["users"][0].clone();
        assert_eq!((&user["city"], &user["phone"], &user["last_name"]), (&json!("Chennai"), &json!("5550001111"), &json!("Grace")));
        assert_answer("users__update_unknown", &api.put("users/1234567890123456789", &json!({"users": [{"city": "x"}]})).await);
        assert_eq!(outcome(&api.put(&path, &json!({"users": [{"name_format__s": "First Name,Last Name,Salutation"}]})).await), "400 NOT_ALLOWED");
        assert_eq!(grace.api.get("Leads?fields=id").await.status, 204);
        let moved = json!({"users": [{"email": "other@example.com"}]});
        assert_eq!(outcome(&api.put(&path, &moved).await), "400 EMAIL_UPDATE_NOT_ALOWED");
    }

    async fn an_invitation_goes_to_the_right_address(server: TestServer) {
        let api = server.api();
        let grace = colleague(&server, "Grace", "Manager", "Standard").await;
        let path = format!("users/{}", grace.id);
        assert_eq!(api.put(&path, &json!({"users": [{"email": "hopper@example.com"}]})).await.status, 200);
        assert_eq!(grace.api.get("Leads?fields=id").await.status, 401, "the old address is out");
        let zuid = api.get(&path).await.json()["users"][0]["zuid"].as_str().unwrap().to_owned();
        assert_eq!(server.api_of(&zuid).await.get("Leads?fields=id").await.status, 204);
    }

    async fn a_user_is_deactivated_and_comes_back(server: TestServer) {
        let api = server.api();
        let grace = colleague(&server, "Grace", "Manager", "Standard").await;
        let path = format!("users/{}", grace.id);
        let set = |status: &str| json!({"users": [{"status": status}]});
        assert_eq!(outcome(&api.put(&path, &set("active")).await), "400 ID_ALREADY_ACTIVE");
        assert_eq!(outcome(&api.put(&path, &set("inactive")).await), "200 SUCCESS");
        assert_eq!(outcome(&api.put(&path, &set("inactive")).await), "400 ID_ALREADY_DEACTIVATED");
        assert_eq!(outcome(&grace.api.get("Leads?fields=id").await), "401 INVALID_TOKEN");
        assert_eq!(api.get("users?type=DeactiveUsers").await.json()["users"][0]["status"], "inactive");
        assert_eq!(outcome(&api.put(&path, &set("active")).await), "200 SUCCESS");
        assert_eq!(outcome(&grace.api.get("Leads?fields=id").await), "401 INVALID_TOKEN", "what was ended stays ended");
        let zuid = api.get(&path).await.json()["users"][0]["zuid"].as_str().unwrap().to_owned();
        assert_eq!(server.api_of(&zuid).await.get("Leads?fields=id").await.status, 204);
        let me = api.get("users?type=CurrentUser").await.json()["users"][0]["id"].as_str().unwrap().to_owned();
        assert_answer("users__deactivate_primary", &api.put(&format!("users/{me}"), &set("inactive")).await);
        assert_answer("users__delete_primary", &api.delete(&format!("users/{me}")).await);
        let standard = named(&api, "profiles", "Standard").await;
        let demoted = api.put(&format!("users/{me}"), &json!({"users": [{"profile": standard}]})).await;
        assert_eq!(outcome(&demoted), "400 NOT_ALLOWED");
    }

    async fn a_deleted_user_is_out_and_their_records_stay(server: TestServer) {
        let api = server.api();
        let grace = colleague(&server, "Grace", "Manager", "Standard").await;
        let record = grace.api.insert(lead("Hopper")).await;
        let path = format!("users/{}", grace.id);
        assert_answer("users__delete", &api.delete(&path).await);
        assert_eq!(outcome(&api.delete(&path).await), "400 ID_ALREADY_DELETED");
        assert_eq!(outcome(&api.put(&path, &json!({"users": [{"city": "x"}]})).await), "400 CANNOT_UPDATE_DELETED_USER");
        assert_eq!(outcome(&api.delete("users/1234567890123456789").await), "400 INVALID_DATA");
        assert_eq!(grace.api.get("Leads?fields=id").await.status, 401);
        assert!(!api.get("users?type=AllUsers").await.text.contains(&grace.id));
        assert!(api.get("users?type=DeletedUsers").await.text.contains(&grace.id));
        assert_eq!(api.record("Leads", &record).await["Owner"]["id"], json!(grace.id));
        let again = colleague(&server, "Grace", "Manager", "Standard").await;
        assert_ne!(again.id, grace.id);
        assert_eq!(again.api.get("Leads?fields=id").await.status, 200);
    }

    async fn users_outlive_a_restart(server: TestServer) {
        let grace = colleague(&server, "Grace", "Manager", "Standard").await;
        let server = server.restart(|_| {}).await;
        let answer = server.api().get(&format!("users/{}", grace.id)).await;
        assert_eq!(answer.json()["users"][0]["last_name"], "Grace");
    }
}
