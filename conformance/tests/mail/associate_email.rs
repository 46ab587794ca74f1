//! `POST /{module}/{id}/actions/associate_email`, `GET actions/email_available`

use dealwright_testkit::on_both;
use dealwright_testkit::records::{deal, lead};
use serde_json::{Value, json};

use crate::{assert_answer, assert_shown, outcome};

const UNKNOWN: &str = "1234567890123456789";
const ORIGINAL: &str = "<CAB123@mail.example.com>";

fn received(original: &str) -> Value {
    json!({
        "from": {"user_name": "Ada", "email": "ada@example.com"},
        "to": [{"user_name": "Dev", "email": super::ME}],
        "subject": "Question", "content": "<p>What does it cost?</p>", "mail_format": "html",
        "original_message_id": original, "sent": false, "date_time": "2027-01-10T10:00:00Z",
    })
}

on_both! {
    async fn a_mail_from_elsewhere_belongs_to_a_record(server: TestServer) {
        let api = server.api();
        let (record, boat) = (api.insert(lead("Lovelace")).await, api.insert(deal("Boat")).await);
        let path = format!("Leads/{record}/actions/associate_email");
        let available = api.get_with("actions/email_available", &[("orginal_message_id", ORIGINAL)]).await;
        assert_answer("associate__not_available", &available);
        let mut mail = received(ORIGINAL);
        mail["linked_record"] = json!({"module": {"api_name": "Deals"}, "id": boat});
        let answer = api.post(&path, &json!({"Emails": [mail]})).await;
        assert_answer("associate__done", &answer);
        let id = answer.json()["Emails"][0]["details"]["message_id"].as_str().unwrap().to_owned();
        assert_answer("associate__available", &api.get_with("actions/email_available", &[("orginal_message_id", "CAB123@mail.example.com")]).await);
        let list = api.get(&format!("Leads/{record}/Emails?type=user_emails")).await;
        assert_answer("associate__list", &list);
        // Reading it makes it read.
        let one = api.get(&format!("Leads/{record}/Emails/{id}")).await.json()["Emails"][0].clone();
        assert_eq!((&one["read"], &one["content"]), (&json!(true), &json!("<p>What does it cost?</p>")));
        assert_eq!(api.get(&format!("Deals/{boat}/Emails/{id}")).await.json()["Emails"][0]["read"], true);
        assert_eq!(api.get(&format!("Leads/{record}/Emails?type=sent_from_crm")).await.status, 204);
    }

    async fn the_same_mail_belongs_to_a_record_once(server: TestServer) {
        let api = server.api();
        let path = format!("Leads/{}/actions/associate_email", api.insert(lead("Lovelace")).await);
        let body = json!({"data": [received("a@b.example"), received("<a@b.example>")]});
        let answer = api.post(&path, &body).await;
        assert_eq!(outcome(&answer), "207 SUCCESS DUPLICATE_DATA");
        assert!(answer.json()["data"].is_array(), "the answer stands under the key of the request");
        assert_eq!(outcome(&api.post(&path, &json!({"Emails": [received("a@b.example")]})).await), "400 DUPLICATE_DATA");
        let other = format!("Leads/{}/actions/associate_email", api.insert(lead("Byron")).await);
        assert_eq!(outcome(&api.post(&other, &json!({"Emails": [received("a@b.example")]})).await), "201 SUCCESS");
    }

    async fn what_is_missing_or_wrong_is_named(server: TestServer) {
        let api = server.api();
        let path = format!("Leads/{}/actions/associate_email", api.insert(lead("Lovelace")).await);
        let mut shown = serde_json::Map::new();
        for (name, key, value) in [
            ("no_from", "from", Value::Null),
            ("no_to", "to", json!([])),
            ("no_id", "original_message_id", Value::Null),
            ("broken_id", "original_message_id", json!("a\r\nBcc: b")),
            ("no_sent", "sent", Value::Null),
            ("bad_sent", "sent", json!("perhaps")),
            ("no_time", "date_time", Value::Null),
            ("bad_time", "date_time", json!("yesterday")),
            ("long_subject", "subject", json!("x".repeat(251))),
            ("bad_format", "mail_format", json!("rtf")),
            ("link", "linked_record", json!({"module": {"api_name": "Deals"}, "id": UNKNOWN})),
        ] {
            let mut mail = received("a@b.example");
            mail[key] = value;
            let answer = api.post(&path, &json!({"Emails": [mail]})).await;
            assert_eq!(answer.status, 400, "{name}: {}", answer.text);
            shown.insert(name.to_owned(), answer.shown()["body"]["Emails"][0].clone());
        }
        assert_shown("associate__refused", shown.into());
        assert_eq!(outcome(&api.post(&path, &json!({})).await), "400 MANDATORY_NOT_FOUND");
        let unknown = format!("Leads/{UNKNOWN}/actions/associate_email");
        assert_eq!(outcome(&api.post(&unknown, &json!({"Emails": [received("a@b.example")]})).await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.get("actions/email_available").await), "400 REQUIRED_PARAM_MISSING");
    }
}
