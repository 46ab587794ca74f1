//! `/{module}/{id}/actions/share`

use dealwright_testkit::on_both;
use dealwright_testkit::records::{account, lead};
use serde_json::{Value, json};

use crate::people::{colleague, named};
use crate::sharing::make;
use crate::{assert_answer, outcome};

fn with(id: &str, permission: &str) -> Value {
    json!({"share": [{"shared_with": {"id": id, "type": "users"}, "permission": permission, "share_related_records": false, "type": "private"}], "notify_shared_members": true})
}

on_both! {
    async fn a_lead_is_not_converted_into_what_gives_more_than_one_has_with_it(server: TestServer) {
        let api = server.api();
        let grace = colleague(&server, "Grace", "Manager", "Standard").await;
        for module in ["Leads", "Accounts"] {
            make(&api, module, "private").await;
        }
        let account = api.insert(account("Engines")).await;
        let lead = api.insert(lead("Lovelace")).await;
        let share = |permission: &str, related: bool| {
            let with = json!({"id": grace.id, "type": "users"});
            json!({"share": [{"shared_with": with, "permission": permission, "share_related_records": related}]})
        };
        let shares = |module: &str, id: &str| format!("{module}/{id}/actions/share");
        let full = share("full_access", true);
        assert_eq!(api.post(&shares("Accounts", &account), &full).await.status, 201);
        assert_eq!(api.post(&shares("Leads", &lead), &share("read_write", false)).await.status, 201);
        let convert = json!({"data": [{"Accounts": {"id": account}}]});
        let answer = grace.api.post(&format!("Leads/{lead}/actions/convert"), &convert).await;
        assert_eq!(outcome(&answer), "403 NO_PERMISSION", "{}", answer.text);
        let kept = grace.api.record("Leads", &lead).await;
        assert_eq!((&kept["$sharing_permission"], &kept["Converted__s"]), (&json!("read_write"), &json!(false)));
        assert_eq!(grace.api.get("Contacts?fields=Last_Name").await.status, 204);
    }

    async fn a_record_is_shared_changed_and_taken_back(server: TestServer) {
        let api = server.api();
        let grace = colleague(&server, "Grace", "Manager", "Standard").await;
        let path = format!("Leads/{}/actions/share", api.insert(lead("Hopper")).await);
        assert_eq!(api.get(&path).await.status, 204);
        assert_answer("share__create", &api.post(&path, &with(&grace.id, "read_only")).await);
        assert_answer("share__list", &api.get(&path).await);
        let manage = api.get(&format!("{path}?view=manage")).await.json();
        assert_eq!(manage["shareable_user"].as_array().map(Vec::len), Some(1));
        assert_eq!(api.get(&format!("{path}?sharedTo={}", grace.id)).await.status, 200);
        assert_eq!(api.get(&format!("{path}?sharedTo=1234567890123456789")).await.status, 204);
        assert_answer("share__twice", &api.post(&path, &with(&grace.id, "read_write")).await);
        assert_answer("share__update", &api.put(&path, &with(&grace.id, "read_write")).await);
        assert_eq!(api.get(&path).await.json()["share"][0]["permission"], "read_write");
        let manager = named(&api, "roles", "Manager").await;
        let role = json!({"share": [{"shared_with": {"id": manager, "type": "roles"}, "permission": "full_access"}]});
        assert_eq!(outcome(&api.put(&path, &role).await), "200 SUCCESS");
        let rows = api.get(&path).await.json()["share"].clone();
        assert_eq!((rows.as_array().map(Vec::len), &rows[0]["shared_with"]["name"]), (Some(1), &json!("Manager")));
        assert_answer("share__delete", &api.delete(&path).await);
        assert_eq!(api.get(&path).await.status, 204);
        assert_answer("share__delete_nothing", &api.delete(&path).await);
    }

    async fn older_versions_name_a_user(server: TestServer) {
        let api = server.version("v2");
        let grace = colleague(&server, "Grace", "Manager", "Standard").await;
        let path = format!("Leads/{}/actions/share", server.api().insert(lead("Hopper")).await);
        let body = json!({"share": [{"user": {"id": grace.id}, "permission": "read_only", "share_related_records": true}]});
        assert_eq!(outcome(&api.post(&path, &body).await), "200 SUCCESS");
        assert_answer("share__list_v2", &api.get(&path).await);
        assert_eq!(outcome(&server.api().put(&path, &body).await), "200 SUCCESS");
        assert_answer("share__bad_user_v2", &api.post(&path, &json!({"share": [{"permission": "read_only"}]})).await);
    }

    async fn what_cannot_be_shared_is_refused(server: TestServer) {
        let api = server.api();
        let grace = colleague(&server, "Grace", "Manager", "Standard").await;
        let me = api.get("users?type=CurrentUser").await.json()["users"][0]["id"].as_str().unwrap().to_owned();
        let path = format!("Leads/{}/actions/share", api.insert(lead("Hopper")).await);
        let other = |kind: &str| json!({"share": [{"shared_with": {"id": "1234567890123456789", "type": kind}, "permission": "read_only"}]});
        for (name, body) in [
            ("user", other("users")),
            ("role", other("roles")),
            ("group", other("groups")),
            ("kind", other("ships")),
            ("self", with(&me, "read_only")),
            ("permission", with(&grace.id, "read_sometimes")),
            ("no_permission", json!({"share": [{"shared_with": {"id": grace.id}}]})),
            ("nobody", json!({"share": [{"permission": "read_only"}]})),
            ("type", json!({"share": [{"permission": "read_only", "type": "secret"}]})),
            ("two_public", json!({"share": [{"permission": "read_only", "type": "public"}, {"permission": "read_only", "type": "public"}]})),
        ] {
            assert_answer(&format!("share__bad_{name}"), &api.post(&path, &body).await);
        }
        assert_answer("share__bad_view", &api.get(&format!("{path}?view=nice")).await);
        assert_answer("share__unknown_record", &api.get("Leads/1234567890123456789/actions/share").await);
        assert_answer("share__no_module", &api.get(&format!("Notes/{me}/actions/share")).await);
        let theirs = grace.api.insert(lead("Theirs")).await;
        assert_answer("share__to_the_owner", &api.post(&format!("Leads/{theirs}/actions/share"), &with(&grace.id, "read_only")).await);
    }

    async fn a_record_has_ten_shares_at_most(server: TestServer) {
        let api = server.api();
        let path = format!("Leads/{}/actions/share", api.insert(lead("Hopper")).await);
        let mut shares = Vec::new();
        for number in 0..11 {
            let role = crate::people::create(&api, "settings/roles", "roles", json!({"name": format!("Role {number}")})).await;
            shares.push(json!({"shared_with": {"id": role, "type": "roles"}, "permission": "read_only"}));
        }
        let answer = api.post(&path, &json!({"share": shares})).await;
        assert_eq!(outcome(&answer), format!("207 {}SHARE_LIMIT_EXCEEDED", "SUCCESS ".repeat(10)));
        assert_eq!(api.get(&path).await.json()["share"].as_array().map(Vec::len), Some(10));
        let many: Vec<Value> = (0..21).map(|_| shares[0].clone()).collect();
        assert_eq!(outcome(&api.post(&path, &json!({"share": many})).await), "400 LIMIT_EXCEEDED");
    }

    async fn only_who_may_do_everything_shares_on(server: TestServer) {
        let api = server.api();
        make(&api, "Leads", "private").await;
        let grace = colleague(&server, "Grace", "Manager", "Standard").await;
        let ada = colleague(&server, "Ada", "Manager", "Standard").await;
        let id = api.insert(lead("Hopper")).await;
        let path = format!("Leads/{id}/actions/share");
        assert_eq!(outcome(&grace.api.post(&path, &with(&ada.id, "read_only")).await), "400 INVALID_DATA");
        for (permission, expected) in [("read_only", "403 NO_PERMISSION"), ("read_write", "403 NO_PERMISSION"), ("full_access", "201 SUCCESS")] {
            assert_eq!(api.put(&path, &with(&grace.id, permission)).await.status, 200);
            assert_eq!(outcome(&grace.api.post(&path, &with(&ada.id, "read_only")).await), expected, "{permission}");
        }
        assert_eq!(ada.api.record("Leads", &id).await["$sharing_permission"], "read_only");
    }
}
