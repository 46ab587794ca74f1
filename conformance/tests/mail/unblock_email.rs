//! `POST /{module}/{id}/actions/unblock_email`, `POST /{module}/actions/unblock_email`

use dealwright_testkit::on_both;
use dealwright_testkit::records::lead;
use serde_json::json;

use super::post_office::{PostOffice, Rules};
use super::{data, mail, send, until};
use crate::{assert_answer, outcome};

const UNKNOWN: &str = "1234567890123456789";

on_both! {
    async fn an_address_that_bounced_gets_another_try(server: TestServer) {
        let office = PostOffice::open(Rules { refused: vec![("gone", "550 5.1.1 no such person")], ..Rules::default() });
        let server = server.restart(|config| config.mail = office.setting(None)).await;
        let api = server.api();
        let id = api.insert(lead("Lovelace").with("Email", "Gone@example.com")).await;
        let other = api.insert(lead("Byron").with("Secondary_Email", "gone@example.com")).await;
        let record = format!("Leads/{id}");
        let again = || async { outcome(&api.post(&format!("{record}/actions/send_mail"), &data(&mail("gone@example.com"))).await) };
        let block = || async {
            let id = send(&api, &record, &mail("gone@example.com")).await;
            until(&server, &record, &id, "bounced").await;
        };
        block().await;
        assert_eq!(again().await, "400 INVALID_DATA");
        let path = format!("{record}/actions/unblock_email");
        assert_eq!(outcome(&api.post(&path, &json!({"unblock_fields": ["Secondary_Email"]})).await), "200 SUCCESS");
        assert_eq!(again().await, "400 INVALID_DATA", "another field's address stays blocked");
        assert_answer("unblock__one", &api.post(&path, &json!({"unblock_fields": ["Email"]})).await);
        block().await;
        let many = json!({"ids": [other, UNKNOWN], "unblock_fields": ["Email", "Secondary_Email"]});
        assert_answer("unblock__many", &api.post("Leads/actions/unblock_email", &many).await);
        office.rules.lock().unwrap().refused.clear();
        let sent = send(&api, &record, &mail("gone@example.com")).await;
        until(&server, &record, &sent, "sent").await;
    }

    async fn what_is_missing_or_wrong_is_named(server: TestServer) {
        let api = server.api();
        let path = format!("Leads/{}/actions/unblock_email", api.insert(lead("Lovelace")).await);
        assert_answer("unblock__field", &api.post(&path, &json!({"unblock_fields": ["Email", "Phone"]})).await);
        for (body, expected) in [
            (json!({}), "400 MANDATORY_NOT_FOUND"),
            (json!({"unblock_fields": []}), "400 INVALID_DATA"),
            (json!({"unblock_fields": "Email"}), "400 INVALID_DATA"),
            (json!({"unblock_fields": [7]}), "400 INVALID_DATA"),
        ] {
            assert_eq!(outcome(&api.post(&path, &body).await), expected, "{body}");
        }
        let one = json!({"unblock_fields": ["Email"]});
        assert_eq!(outcome(&api.post(&format!("Leads/{UNKNOWN}/actions/unblock_email"), &one).await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.post("Leads/actions/unblock_email", &one).await), "400 MANDATORY_NOT_FOUND");
        assert_eq!(outcome(&api.post("Boats/actions/unblock_email", &one).await), "400 INVALID_MODULE");
    }
}
