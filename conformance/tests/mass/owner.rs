//! `/{module}/{id}/actions/change_owner`, `/{module}/actions/change_owner`, `/{module}/actions/mass_change_owner`

use std::time::Duration;

use dealwright_testkit::records::{Record, account, contact, deal, lead};
use dealwright_testkit::{Api, on_both};
use serde_json::json;

use super::{UNKNOWN, ended, job, view};
use crate::people::colleague;
use crate::{assert_answer, outcome};

async fn owner(api: &Api, module: &str, id: &str) -> String {
    api.record(module, id).await["Owner"]["id"].as_str().unwrap_or_default().to_owned()
}

on_both! {
    async fn one_record_gets_another_owner(server: TestServer) {
        let api = server.api();
        let colleague = colleague(&server, "Col", "Manager", "Standard").await.id;
        let id = api.insert(lead("a")).await;
        let before = api.record("Leads", &id).await["Modified_Time"].clone();
        server.advance(Duration::from_mins(1));
        let answer = api.post(&format!("Leads/{id}/actions/change_owner"), &json!({"owner": {"id": colleague}, "notify": false})).await;
        assert_answer("change_owner__one", &answer);
        assert_eq!(owner(&api, "Leads", &id).await, colleague);
        assert_ne!(api.record("Leads", &id).await["Modified_Time"], before);
        let unknown = api.post(&format!("Leads/{UNKNOWN}/actions/change_owner"), &json!({"owner": {"id": colleague}})).await;
        assert_answer("change_owner__unknown", &unknown);
    }

    async fn several_records_get_another_owner(server: TestServer) {
        let api = server.api();
        let colleague = colleague(&server, "Col", "Manager", "Standard").await.id;
        let ids = api.insert_all("Leads", &["a", "b", "c"].map(|name| lead(name).value())).await;
        let body = json!({"owner": {"id": colleague}, "ids": [ids[0], UNKNOWN, ids[1], "abc"], "notify": true});
        assert_answer("change_owner__many", &api.post("Leads/actions/change_owner", &body).await);
        for (id, theirs) in [(&ids[0], true), (&ids[1], true), (&ids[2], false)] {
            assert_eq!(owner(&api, "Leads", id).await == colleague, theirs);
        }
    }

    async fn related_records_follow_when_they_are_named(server: TestServer) {
        let api = server.api();
        let colleague = colleague(&server, "Col", "Manager", "Standard").await.id;
        let (acme, other) = (api.insert(account("Acme")).await, api.insert(account("Other")).await);
        let person = api.insert(contact("Ada").with("Account_Name", acme.as_str())).await;
        let boat = api.insert(deal("Boat").with("Account_Name", acme.as_str())).await;
        let ship = api.insert(deal("Ship").with("Account_Name", other.as_str())).await;
        let task = |what: &str| Record::empty("Tasks").with("Subject", "t").with("What_Id", what).with("$se_module", "Accounts");
        let (mine, not_mine) = (api.insert(task(&acme)).await, api.insert(task(&other)).await);
        let related = json!([{"api_name": "Tasks"}, {"api_name": "Deals"}]);
        let body = json!({"owner": {"id": colleague}, "related_modules": related});
        let answer = api.post(&format!("Accounts/{acme}/actions/change_owner"), &body).await;
        assert_eq!(outcome(&answer), "200 SUCCESS", "{}", answer.text);
        for (module, id, theirs) in [
            ("Accounts", &acme, true),
            ("Accounts", &other, false),
            ("Contacts", &person, false),
            ("Deals", &boat, true),
            ("Deals", &ship, false),
            ("Tasks", &mine, true),
            ("Tasks", &not_mine, false),
        ] {
            assert_eq!(owner(&api, module, id).await == colleague, theirs, "{module} {id}");
        }
    }

    async fn the_owner_has_to_be_a_user(server: TestServer) {
        let api = server.api();
        let id = api.insert(lead("a")).await;
        let me = owner(&api, "Leads", &id).await;
        let path = format!("Leads/{id}/actions/change_owner");
        for (name, body) in [
            ("no_owner", json!({})),
            ("no_owner_id", json!({"owner": {"name": "x"}})),
            ("unknown_owner", json!({"owner": {"id": UNKNOWN}})),
            ("bad_owner", json!({"owner": {"id": "abc"}})),
            ("bad_notify", json!({"owner": {"id": me}, "notify": 7})),
            ("unknown_related", json!({"owner": {"id": me}, "related_modules": [{"api_name": "Boats"}]})),
            ("unfit_related", json!({"owner": {"id": me}, "related_modules": [{"api_name": "Products"}]})),
            ("empty_related", json!({"owner": {"id": me}, "related_modules": [{}]})),
        ] {
            assert_answer(&format!("change_owner__{name}"), &api.post(&path, &body).await);
        }
        let many = json!({"owner": {"id": me}, "ids": vec![UNKNOWN; 501]});
        assert_eq!(outcome(&api.post("Leads/actions/change_owner", &many).await), "400 LIMIT_EXCEEDED");
        assert_eq!(outcome(&api.post("Leads/actions/change_owner", &json!({"owner": {"id": me}})).await), "400 MANDATORY_NOT_FOUND");
        assert_eq!(outcome(&api.post("Leads/abc/actions/change_owner", &json!({"owner": {"id": me}})).await), "400 INVALID_DATA");
    }

    async fn the_records_of_a_view_get_another_owner_by_a_job(server: TestServer) {
        let api = server.api();
        let colleague = colleague(&server, "Col", "Manager", "Standard").await.id;
        let ids = api.insert_all("Leads", &["a", "b", "c"].map(|city| lead("x").with("City", city).value())).await;
        let all = view(&api, "Leads", "All Leads").await;
        let criteria = json!({"comparator": "in", "field": {"api_name": "City"}, "value": ["a", "b"]});
        let path = "Leads/actions/mass_change_owner";
        let answer = api.post(path, &json!({"cvid": all, "owner": {"id": colleague}, "criteria": criteria})).await;
        assert_answer("mass_change_owner__view", &answer);
        let status = ended(&api, path, &job(&answer)).await;
        assert_eq!(status, json!({"Status": "COMPLETED", "Failed_Count": 0, "Updated_Count": 2, "Not_Updated_Count": 0, "Total_Count": 2}));
        for (id, theirs) in [(&ids[0], true), (&ids[1], true), (&ids[2], false)] {
            assert_eq!(owner(&api, "Leads", id).await == colleague, theirs);
        }
        assert_eq!(api.get(&format!("{path}?job_id={UNKNOWN}")).await.status, 204);
        assert_answer("mass_change_owner__no_view", &api.post(path, &json!({"owner": {"id": colleague}})).await);
        let unknown = api.post(path, &json!({"cvid": all, "owner": {"id": UNKNOWN}})).await;
        assert_eq!(outcome(&unknown), "400 INVALID_DATA");
        assert_eq!(unknown.details()["owner_status"], "not_crm_user");
    }
}
