//! `/{module}/{id}/__email_drafts`

use std::time::Duration;

use dealwright_testkit::on_both;
use dealwright_testkit::records::lead;
use serde_json::{Value, json};

use super::{ME, mail as mail_to, send, with};
use crate::{assert_answer, assert_shown, outcome};

const UNKNOWN: &str = "1234567890123456789";

fn body(draft: Value) -> Value {
    json!({ "__email_drafts": [draft] })
}

on_both! {
    async fn drafts_are_begun_read_changed_and_removed(server: TestServer) {
        let api = server.api();
        let record = format!("Leads/{}", api.insert(lead("Lovelace")).await);
        let path = format!("{record}/__email_drafts");
        assert_eq!(api.get(&path).await.status, 204);
        let template = api.get("settings/email_templates?module=Leads").await.json()["email_templates"][0]["id"].clone();
        let made = api.post(&path, &body(json!({
            "from": ME, "to": [{"user_name": "Ada", "email": "ada@example.com"}], "cc": [], "bcc": null,
            "reply_to": "me@example.com", "subject": "Hello", "content": "<p>How <i>are</i> you?</p>",
            "template": {"id": template}, "schedule_details": {"time": "2027-02-01T08:00:00Z"},
            "email_opt_out": true, "attachments": [], "inventory_details": null,
        }))).await;
        assert_answer("drafts__created", &made);
        let id = made.json()["__email_drafts"][0]["details"]["id"].as_str().unwrap().to_owned();
        assert_answer("drafts__list", &api.get(&path).await);
        server.advance(Duration::from_mins(1));
        let changed = api.put(&format!("{path}/{id}"), &body(json!({"subject": "Bye", "reply_to": null, "rich_text": false}))).await;
        assert_answer("drafts__updated", &changed);
        let one = api.get(&format!("{path}/{id}")).await.json()["__email_drafts"][0].clone();
        assert_eq!((&one["subject"], &one["reply_to"], &one["from"]), (&json!("Bye"), &Value::Null, &json!(ME)));
        assert_eq!((&one["created_time"], &one["modified_time"]), (&json!("2027-01-15T00:00:00-08:00"), &json!("2027-01-15T00:01:00-08:00")));
        assert_answer("drafts__as_email", &api.get(&format!("{record}/Emails?type=drafts")).await);
        assert_eq!(api.get(&format!("{record}/Emails")).await.status, 204);
        assert_answer("drafts__deleted", &api.delete(&format!("{path}/{id}")).await);
        assert_eq!(api.get(&format!("{path}/{id}")).await.status, 204);
        assert_eq!(outcome(&api.delete(&format!("{path}/{id}")).await), "400 INVALID_DATA");
    }

    async fn many_are_changed_by_their_ids_and_fail_alone(server: TestServer) {
        let api = server.api();
        let path = format!("Leads/{}/__email_drafts", api.insert(lead("Lovelace")).await);
        let two = json!({"__email_drafts": [{"from": ME}, {"subject": "nobody sends it"}, {"from": ME}]});
        let made = api.post(&path, &two).await;
        assert_eq!(outcome(&made), "207 SUCCESS MANDATORY_NOT_FOUND SUCCESS");
        let id = |at: usize| made.json()["__email_drafts"][at]["details"]["id"].clone();
        let changes = json!({"__email_drafts": [
            {"id": id(0), "subject": "One"}, {"id": UNKNOWN, "subject": "None"}, {"subject": "Which?"}, {"id": id(2), "to": "x"},
            {"id": id(0), "content": "Twice"},
        ]});
        let changed = api.put(&path, &changes).await;
        assert_answer("drafts__many", &changed);
        let first = api.get(&format!("{path}/{}", id(0).as_str().unwrap())).await.json()["__email_drafts"][0].clone();
        assert_eq!((&first["subject"], &first["content"]), (&json!("One"), &json!("Twice")));
    }

    async fn what_a_draft_cannot_say_is_named(server: TestServer) {
        let api = server.api();
        let path = format!("Leads/{}/__email_drafts", api.insert(lead("Lovelace")).await);
        let mut shown = serde_json::Map::new();
        for (name, draft) in [
            ("no_from", json!({})),
            ("bad_from", json!({"from": "me"})),
            ("not_mine", json!({"from": "boss@example.com"})),
            ("bad_to", json!({"from": ME, "to": [{"email": "x"}]})),
            ("bad_reply_to", json!({"from": ME, "reply_to": "x"})),
            ("header", json!({"from": ME, "subject": "a\nb"})),
            ("no_time", json!({"from": ME, "schedule_details": {"time": "soon"}})),
            ("flag", json!({"from": ME, "rich_text": 7})),
            ("template", json!({"from": ME, "template": {"id": UNKNOWN}})),
            ("file", json!({"from": ME, "attachments": [{"id": "x"}]})),
        ] {
            let answer = api.post(&path, &body(draft)).await;
            assert_eq!(answer.status, 400, "{name}: {}", answer.text);
            shown.insert(name.to_owned(), answer.shown()["body"]["__email_drafts"][0].clone());
        }
        assert_shown("drafts__refused", shown.into());
        assert_eq!(api.get(&path).await.status, 204);
        assert_eq!(outcome(&api.post(&path, &json!({})).await), "400 MANDATORY_NOT_FOUND");
        let inventory = body(json!({"from": ME, "inventory_details": {"paper_type": "A4"}}));
        assert_eq!(outcome(&api.post(&path, &inventory).await), "501 NOT_SUPPORTED");
        assert_eq!(outcome(&api.put(&format!("{path}/{UNKNOWN}"), &body(json!({}))).await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.get(&format!("Leads/{UNKNOWN}/__email_drafts")).await), "400 INVALID_DATA");
    }

    async fn a_draft_keeps_its_files_until_it_lets_them_go(server: TestServer) {
        let api = server.api();
        let record = format!("Leads/{}", api.insert(lead("Lovelace")).await);
        let path = format!("{record}/__email_drafts");
        let mut files = Vec::new();
        for name in ["a.txt", "b.txt"] {
            files.push(api.upload("files", "file", name, b"text").await.ids().remove(0));
        }
        let named = |files: &[String]| json!(files.iter().map(|id| json!({"id": id})).collect::<Vec<_>>());
        let made = api.post(&path, &body(json!({"from": ME, "attachments": named(&files)}))).await;
        let id = made.json()["__email_drafts"][0]["details"]["id"].as_str().unwrap().to_owned();
        let shown = api.get(&format!("{path}/{id}")).await.json()["__email_drafts"][0]["attachments"].clone();
        assert_eq!(shown[0], json!({"id": files[0], "file_name": "a.txt", "file_size": "4", "service_name": "crm"}));
        server.wait_for_blobs(2).await;
        let changed = api.put(&format!("{path}/{id}"), &body(json!({"attachments": named(&files[1..])}))).await;
        assert_eq!(outcome(&changed), "200 SUCCESS");
        server.wait_for_blobs(1).await;
        // A mail takes over what the draft has; its content is a file too.
        let mail = with(mail_to("ada@example.com"), "attachments", named(&files[1..]));
        send(&api, &record, &mail).await;
        assert_eq!(outcome(&api.delete(&format!("{path}/{id}")).await), "200 SUCCESS");
        server.wait_for_blobs(2).await;
    }
}
