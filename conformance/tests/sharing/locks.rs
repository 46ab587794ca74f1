//! `/{module}/{id}/Locking_Information__s`

use std::time::Duration;

use dealwright_testkit::on_both;
use dealwright_testkit::records::lead;
use serde_json::json;

use crate::sharing::lock;
use crate::{assert_answer, outcome};

on_both! {
    async fn a_record_is_locked_read_changed_and_unlocked(server: TestServer) {
        let api = server.api();
        let id = api.insert(lead("Hopper")).await;
        let path = format!("Leads/{id}/Locking_Information__s");
        assert_eq!(api.get(&path).await.status, 204);
        let before = api.record("Leads", &id).await;
        assert_eq!((&before["Locked__s"], &before["$locked_for_me"]), (&json!(false), &json!(false)));

        server.advance(Duration::from_mins(1));
        let locked = api.post(&path, &json!({"data": [{"Locked_Reason__s": "Audit"}]})).await;
        assert_answer("locks__create", &locked);
        let lock = format!("{path}/{}", locked.ids()[0]);
        assert_answer("locks__list", &api.get(&path).await);
        assert_answer("locks__get", &api.get(&format!("{lock}?fields=Locked_Reason__s,Locked_By__s,Lock_Source__s")).await);
        let after = api.record("Leads", &id).await;
        assert_eq!((&after["Locked__s"], &after["$locked_for_me"]), (&json!(true), &json!(true)));
        assert_ne!(after["Modified_Time"], before["Modified_Time"]);
        let row = api.get("Leads?fields=$locked_for_me,Locked__s").await.rows()[0].clone();
        assert_eq!((&row["Locked__s"], &row["$locked_for_me"]), (&json!(true), &json!(true)));

        assert_answer("locks__twice", &api.post(&path, &json!({"data": [{"Locked_Reason__s": "Again"}]})).await);
        assert_answer("locks__update", &api.put(&lock, &json!({"data": [{"Locked_Reason__s": "Quarter"}]})).await);
        assert_eq!(api.get(&lock).await.rows()[0]["Locked_Reason__s"], "Quarter");
        assert_answer("locks__delete", &api.delete(&lock).await);
        assert_eq!(api.get(&path).await.status, 204);
        assert_eq!(api.record("Leads", &id).await["Locked__s"], false);
        assert_eq!(outcome(&api.delete(&lock).await), "400 INVALID_DATA");
    }

    async fn a_locked_record_stays_as_it_is(server: TestServer) {
        let api = server.api();
        let (id, free) = (api.insert(lead("Hopper")).await, api.insert(lead("Free")).await);
        lock(&api, "Leads", &id).await;
        let change = json!({"data": [{"City": "x"}]});
        assert_answer("locks__no_update", &api.put(&format!("Leads/{id}"), &change).await);
        let many = json!({"data": [{"id": id, "City": "x"}, {"id": free, "City": "x"}]});
        assert_eq!(outcome(&api.put("Leads", &many).await), "207 RECORD_LOCKED SUCCESS");
        assert_answer("locks__no_delete", &api.delete(&format!("Leads/{id}")).await);
        let upsert = json!({"data": [{"id": id, "Last_Name": "Hopper", "Company": "x"}]});
        assert_eq!(outcome(&api.post("Leads/upsert", &upsert).await), "400 RECORD_LOCKED");
        let photo = api.upload(&format!("Leads/{id}/photo"), "file", "a.png", b"\x89PNG\r\n\x1a\n").await;
        assert_eq!(outcome(&photo), "400 RECORD_LOCKED");
        assert_eq!(api.get(&format!("Leads/{id}")).await.status, 200);
        assert_eq!(api.record("Leads", &id).await["City"], json!(null));
    }

    async fn what_cannot_be_locked_is_refused(server: TestServer) {
        let api = server.api();
        let id = api.insert(lead("Hopper")).await;
        let path = format!("Leads/{id}/Locking_Information__s");
        let good = json!({"data": [{"Locked_Reason__s": "Audit"}]});
        assert_answer("locks__no_reason", &api.post(&path, &json!({"data": [{}]})).await);
        assert_answer("locks__long_reason", &api.post(&path, &json!({"data": [{"Locked_Reason__s": "x".repeat(3001)}]})).await);
        assert_eq!(outcome(&api.post(&path, &json!({})).await), "400 MANDATORY_NOT_FOUND");
        assert_answer("locks__no_relation", &api.post(&format!("Campaigns/{id}/Locking_Information__s"), &good).await);
        assert_answer("locks__unknown_record", &api.post("Leads/1234567890123456789/Locking_Information__s", &good).await);
        assert_eq!(outcome(&api.get("Leads/1234567890123456789/Locking_Information__s").await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.put(&format!("{path}/1234567890123456789"), &good).await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.delete(&format!("{path}/x")).await), "400 INVALID_DATA");
        assert_eq!(api.get(&format!("{path}/1234567890123456789")).await.status, 204);
        assert_eq!(api.post(&path, &good).await.note(), Some("locks-without-configuration"));
    }

    async fn strict_mode_wants_a_configuration(server: TestServer) {
        let server = server.strict().await;
        let api = server.api();
        let id = api.insert(lead("Hopper")).await;
        let path = format!("Leads/{id}/Locking_Information__s");
        let good = json!({"data": [{"Locked_Reason__s": "Audit"}]});
        assert_answer("locks__no_configuration", &api.post(&path, &good).await);
        let manual = json!({"record_locking_configurations": [{"lock_type": "manual", "locked_for": "all_profiles"}]});
        let made = api.post("settings/record_locking_configurations?module=Leads", &manual).await;
        assert_eq!(made.status, 201, "{}", made.text);
        assert_eq!(outcome(&api.post(&path, &good).await), "201 SUCCESS");
        let row = api.get(&format!("{path}?fields=Record_Locking_Configuration_Id__s")).await.rows()[0].clone();
        assert_eq!(row["Record_Locking_Configuration_Id__s"], made.json()["record_locking_configurations"][0]["details"]["id"]);
    }
}
