//! What somebody who is no administrator gives: some of what they have, to those below them.

use dealwright_testkit::records::lead;
use dealwright_testkit::{Answer, Api, TestServer, on_both};
use serde_json::{Value, json};

use crate::outcome;
use crate::people::delegated::{profile, user};
use crate::people::{Colleague, create, named};
use crate::sharing::make;

const LEADS: [&str; 4] = [
    "Crm_Implied_View_Leads",
    "Crm_Implied_Create_Leads",
    "Crm_Implied_Edit_Leads",
    "Crm_Implied_Delete_Leads",
];
const SETTINGS: [&str; 6] = [
    "Crm_Implied_Manage_Users",
    "Crm_Implied_Manage_Profiles",
    "Crm_Implied_Role_Prefix_Customize_Zoho_CRM",
    "Crm_Implied_Manage_Territories",
    "Crm_Implied_Manage_Data_Sharing",
    "Crm_Implied_Customize_Zoho_CRM",
];

/// Grace, who may change all settings and see leads, in a role of her own with one below and one beside it.
struct Stage {
    grace: Colleague,
    profile: String,
    own: String,
    below: String,
    beside: String,
}

async fn stage(server: &TestServer) -> Stage {
    let api = server.api();
    let permissions: Vec<&str> = LEADS.into_iter().chain(SETTINGS).collect();
    let profile = profile(&api, "Delegates", &permissions).await;
    let own = create(&api, "settings/roles", "roles", json!({"name": "Own"})).await;
    let beside = create(&api, "settings/roles", "roles", json!({"name": "Beside"})).await;
    let below = create(&api, "settings/roles", "roles", json!({"name": "Below", "reporting_to": own})).await;
    let grace = user(server, "Grace", &own, &profile).await;
    Stage { grace, profile, own, below, beside }
}

fn one(key: &str, entry: Value) -> Value {
    json!({ key: [entry] })
}

/// Refused by name, with a reason for people.
fn assert_not_given(answer: &Answer, reason: &str) {
    assert_eq!(outcome(answer), "403 NO_PERMISSION", "{}", answer.text);
    assert!(answer.text.contains(reason), "{reason}: {}", answer.text);
}

async fn shown(api: &Api, id: &str) -> Value {
    let mut user = api.get(&format!("users/{id}")).await.json()["users"][0].clone();
    for moving in ["Isonline", "Modified_Time", "confirm"] {
        user[moving] = Value::Null;
    }
    user
}

on_both! {
    async fn nobody_makes_an_administrator_of_themself(server: TestServer) {
        let (api, stage) = (server.api(), stage(&server).await);
        let administrator = named(&api, "profiles", "Administrator").await;
        let (top, grace) = (named(&api, "roles", "CEO").await, &stage.grace);
        let me = format!("users/{}", grace.id);
        let before = shown(&api, &grace.id).await;
        let user = |key: &str, value: &str| one("users", json!({key: value}));
        assert_not_given(&grace.api.put(&me, &user("profile", &administrator)).await, "your profile");
        assert_not_given(&grace.api.put(&me, &user("role", &top)).await, "your role");
        assert_not_given(&grace.api.put(&me, &user("role", &stage.below)).await, "your role");
        let new = json!({"last_name": "Eve", "email": "eve@example.com", "role": stage.below, "profile": administrator});
        assert_not_given(&grace.api.post("users", &one("users", new)).await, "administrators");
        let clone = format!("settings/profiles/{administrator}/actions/clone");
        assert_not_given(&grace.api.post(&clone, &one("profiles", json!({"name": "Mine"}))).await, "administrators");
        let details = api.get(&format!("settings/profiles/{}", stage.profile)).await.json()["profiles"][0]["permissions_details"].clone();
        let on: Vec<Value> = details.as_array().unwrap().iter().map(|one| json!({"id": one["id"], "enabled": true})).collect();
        let all = one("profiles", json!({"permissions_details": on}));
        assert_not_given(&grace.api.put(&format!("settings/profiles/{}", stage.profile), &all).await, "your own profile");
        let standard = named(&api, "profiles", "Standard").await;
        let clone = format!("settings/profiles/{standard}/actions/clone");
        assert_not_given(&grace.api.post(&clone, &one("profiles", json!({"name": "Mine"}))).await, "permissions that you do not have");
        let path = format!("settings/profiles/{}?transfer_to={administrator}", stage.profile);
        assert_eq!(outcome(&grace.api.delete(&path).await), "403 NO_PERMISSION");
        assert_eq!(shown(&api, &grace.id).await, before);
    }

    async fn administrators_are_changed_by_administrators(server: TestServer) {
        let (api, stage) = (server.api(), stage(&server).await);
        let administrator = named(&api, "profiles", "Administrator").await;
        let clone = format!("settings/profiles/{administrator}/actions/clone");
        let copy = create(&api, &clone, "profiles", json!({"name": "Chiefs"})).await;
        let body = json!({"last_name": "Second", "email": "second@example.com", "role": stage.below, "profile": copy});
        let second = create(&api, "users", "users", body).await;
        let (path, before) = (format!("users/{second}"), shown(&api, &second).await);
        let standard = named(&api, "profiles", "Standard").await;
        for (key, value) in [
            ("status", "inactive"), ("email", "mine@example.com"), ("role", &stage.own), ("profile", &stage.profile), ("last_name", "Taken"),
        ] {
            assert_not_given(&stage.grace.api.put(&path, &one("users", json!({key: value}))).await, "administrators");
        }
        assert_not_given(&stage.grace.api.delete(&path).await, "administrators");
        let profile = format!("settings/profiles/{copy}");
        assert_not_given(&stage.grace.api.put(&profile, &one("profiles", json!({"name": "Taken"}))).await, "administrators");
        assert_not_given(&stage.grace.api.delete(&format!("{profile}?transfer_to={standard}")).await, "administrators");
        let role = format!("settings/roles/{}?transfer_to_id={}", stage.below, stage.own);
        assert_not_given(&stage.grace.api.delete(&role).await, "administrators");
        assert_eq!(shown(&api, &second).await, before);
        assert_eq!(outcome(&api.put(&path, &one("users", json!({"status": "inactive"}))).await), "200 SUCCESS");
        // Inactive administrators do not come back by others either.
        assert_not_given(&stage.grace.api.put(&path, &one("users", json!({"status": "active"}))).await, "administrators");
        assert_eq!(outcome(&api.delete(&path).await), "200 SUCCESS");
        let me = api.get("users?type=CurrentUser").await.json()["users"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(outcome(&api.put(&format!("users/{me}"), &one("users", json!({"profile": standard}))).await), "400 NOT_ALLOWED");
    }

    async fn what_one_has_is_given_to_those_below(server: TestServer) {
        let (api, stage) = (server.api(), stage(&server).await);
        let grace = &stage.grace;
        let clone = format!("settings/profiles/{}/actions/clone", stage.profile);
        let copy = create(&grace.api, &clone, "profiles", json!({"name": "Helpers"})).await;
        let off = api.get(&format!("settings/profiles/{copy}")).await.json()["profiles"][0]["permissions_details"].clone();
        let id = |name: &str| off.as_array().unwrap().iter().find(|one| one["name"] == name).unwrap()["id"].clone();
        let set = |name: &str, enabled: bool| one("profiles", json!({"permissions_details": [{"id": id(name), "enabled": enabled}]}));
        let path = format!("settings/profiles/{copy}");
        assert_eq!(outcome(&grace.api.put(&path, &set("Crm_Implied_Delete_Leads", false)).await), "200 SUCCESS");
        assert_eq!(outcome(&grace.api.put(&path, &set("Crm_Implied_Delete_Leads", true)).await), "200 SUCCESS");
        assert_not_given(&grace.api.put(&path, &set("Crm_Implied_View_Contacts", true)).await, "permissions that you do not have");
        let ada = json!({"last_name": "Ada", "email": "ada@example.com", "role": stage.below, "profile": copy});
        let ada = create(&grace.api, "users", "users", ada).await;
        let path = format!("users/{ada}");
        for (change, expected) in [
            (json!({"phone": "1", "email": "ada.l@example.com"}), "200 SUCCESS"),
            (json!({"role": stage.own}), "200 SUCCESS"),
            (json!({"status": "inactive"}), "200 SUCCESS"),
            (json!({"status": "active"}), "200 SUCCESS"),
            (json!({"role": stage.beside}), "403 NO_PERMISSION"),
        ] {
            assert_eq!(outcome(&grace.api.put(&path, &one("users", change.clone())).await), expected, "{change}");
        }
        assert_eq!(outcome(&grace.api.post("settings/roles", &one("roles", json!({"name": "New", "reporting_to": stage.below}))).await), "201 SUCCESS");
        assert_eq!(outcome(&grace.api.delete(&path).await), "200 SUCCESS");
    }

    async fn nobody_opens_more_than_they_reach(server: TestServer) {
        let (api, stage) = (server.api(), stage(&server).await);
        let grace = &stage.grace;
        make(&api, "Leads", "private").await;
        let bob = user(&server, "Bob", &stage.beside, &stage.profile).await;
        let theirs = bob.api.insert(lead("theirs")).await;
        let north = create(&api, "settings/territories", "territories", json!({"name": "North", "manager": bob.id})).await;
        let side = |id: &str| json!({"type": "roles", "resource": {"id": id}, "subordinates": false});
        let rule = |from: &str, to: &str| one("sharing_rules", json!({
            "name": "A rule", "type": "Record_Owner_Based", "permission_type": "read", "shared_from": side(from), "shared_to": side(to),
        }));
        let rules = "settings/data_sharing/rules?module=Leads";
        assert_not_given(&grace.api.post(rules, &rule(&stage.beside, &stage.own)).await, "let you reach records");
        assert_not_given(&grace.api.post(rules, &rule(&stage.beside, &stage.below)).await, "let others reach records");
        assert_eq!(outcome(&grace.api.post(rules, &rule(&stage.below, &stage.beside)).await), "201 SUCCESS");
        let open = json!({"data_sharing": [{"share_type": "public", "module": {"api_name": "Leads"}}]});
        assert_not_given(&grace.api.put("settings/data_sharing", &open).await, "further than your own reach");
        let roles = |entry: Value| one("roles", entry);
        let beside = format!("settings/roles/{}", stage.beside);
        assert_not_given(&grace.api.put(&beside, &roles(json!({"reporting_to": stage.own}))).await, "let you reach records");
        assert_not_given(&grace.api.put(&format!("settings/roles/{}", stage.own), &roles(json!({"share_with_peers": true}))).await, "let you reach records");
        assert_not_given(&grace.api.delete(&format!("{beside}?transfer_to_id={}", stage.below)).await, "reach");
        let me = json!({"users": [{"id": grace.id}]});
        assert_not_given(&grace.api.put(&format!("settings/territories/{north}/users"), &me).await, "territories");
        let manager = one("territories", json!({"manager": grace.id}));
        assert_not_given(&grace.api.put(&format!("settings/territories/{north}"), &manager).await, "territories");
        let club = json!({"name": "Club", "sources": [{"type": "users", "source": {"id": bob.id}}]});
        let club = create(&api, "settings/user_groups", "user_groups", club).await;
        let join = one("user_groups", json!({"sources": [{"type": "users", "source": {"id": grace.id}}]}));
        assert_not_given(&grace.api.put(&format!("settings/user_groups/{club}"), &join).await, "shares");
        assert_eq!(grace.api.get(&format!("Leads/{theirs}")).await.status, 204);
        // One bad entry fails alone, and leaves nothing behind.
        let both = json!({"users": [{"id": grace.id}, {"id": bob.id}]});
        assert_eq!(outcome(&grace.api.put(&format!("settings/territories/{north}/users"), &both).await), "207 NO_PERMISSION SUCCESS");
        let users = api.get(&format!("settings/territories/{north}/users")).await.json()["users"].clone();
        assert_eq!(users.as_array().map(Vec::len), Some(1), "{users}");
    }
}
