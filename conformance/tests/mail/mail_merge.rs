//! `download_mail_merge`, `send_mail_merge`, `sign_mail_merge`

use dealwright_server::mail::Mail;
use dealwright_testkit::on_both;
use dealwright_testkit::records::lead;
use serde_json::{Value, json};

use super::{ME, until};
use crate::{assert_answer, outcome};

const UNKNOWN: &str = "1234567890123456789";

fn ada() -> dealwright_testkit::records::Record {
    lead("Lovelace").with("First_Name", "Ada").with("Email", "ada@example.com").with("Company", "A & B")
}

on_both! {
    async fn a_template_is_filled_in_and_downloaded(server: TestServer) {
        let api = server.api();
        let path = format!("Leads/{}/actions/download_mail_merge", api.insert(ada()).await);
        let body = |more: Value| {
            let mut one = json!({"mail_merge_template": {"name": "Introduction"}, "output_format": "html"});
            one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({"download_mail_merge": [one]})
        };
        let file = api.post(&path, &body(json!({"file_name": "hello"}))).await;
        assert_eq!((file.status, file.header("content-type")), (200, Some("application/x-download")));
        assert_eq!(file.header("content-disposition"), Some("attachment;filename*=UTF-8''hello.html"));
        assert!(file.text.contains("<p>Dear Ada Lovelace,</p>") && file.text.contains("A &amp; B"), "{}", file.text);
        for (more, expected) in [
            (json!({"output_format": "pdf"}), "501 NOT_SUPPORTED"),
            (json!({"output_format": "odt"}), "400 INVALID_DATA"),
            (json!({"output_format": null}), "400 MANDATORY_NOT_FOUND"),
            (json!({"password": "secret"}), "501 NOT_SUPPORTED"),
            (json!({"file_name": "x".repeat(256)}), "400 INVALID_DATA"),
            (json!({"mail_merge_template": {"id": UNKNOWN}}), "400 INVALID_DATA"),
            (json!({"mail_merge_template": {"name": "Proposal"}}), "400 INVALID_DATA"),
            (json!({"mail_merge_template": {}}), "400 MANDATORY_NOT_FOUND"),
            (json!({"mail_merge_template": null}), "400 MANDATORY_NOT_FOUND"),
        ] {
            assert_eq!(outcome(&api.post(&path, &body(more.clone())).await), expected, "{more}");
        }
        assert_eq!(outcome(&api.post(&path, &json!({})).await), "400 MANDATORY_NOT_FOUND");
    }

    async fn a_template_is_filled_in_and_sent(server: TestServer) {
        let api = server.api();
        let record = format!("Leads/{}", api.insert(ada()).await);
        let path = format!("{record}/actions/send_mail_merge");
        let body = |more: Value| {
            let mut one = json!({
                "mail_merge_template": {"name": "Introduction"}, "from_address": {"type": "email", "value": ME},
                "to_address": [{"type": "merge_field", "value": "${Leads.Email}"}], "cc_email": [{"value": "cc@example.com"}],
                "subject": "For ${Leads.Company}", "message": "<p>PS first.</p>", "type": "inline",
            });
            one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({"send_mail_merge": [one]})
        };
        let sent = api.post(&path, &body(json!({}))).await;
        assert_answer("mail_merge__sent", &sent);
        let id = sent.json()["send_mail_merge"][0]["details"]["message_id"].as_str().unwrap().to_owned();
        let mail = until(&server, &record, &id, "sent").await;
        assert_eq!((&mail["subject"], &mail["to"][0]["email"]), (&json!("For A & B"), &json!("ada@example.com")));
        assert!(mail["content"].as_str().unwrap().starts_with("<p>PS first.</p><p>Dear Ada"), "{mail}");
        for (more, expected) in [
            (json!({"to_address": []}), "400 MANDATORY_NOT_FOUND"),
            (json!({"to_address": [{"type": "merge_field", "value": "Phone"}]}), "400 INVALID_DATA"),
            (json!({"to_address": [{"type": "fax", "value": "1"}]}), "400 INVALID_DATA"),
            (json!({"from_address": null}), "400 MANDATORY_NOT_FOUND"),
            (json!({"from_address": {"value": "boss@example.com"}}), "400 INVALID_DATA"),
            (json!({"type": "attachment"}), "501 NOT_SUPPORTED"),
            (json!({"subject": "a\r\nb"}), "400 INVALID_DATA"),
        ] {
            assert_eq!(outcome(&api.post(&path, &body(more.clone())).await), expected, "{more}");
        }
        assert_eq!(outcome(&api.post(&format!("{record}/actions/sign_mail_merge"), &json!({})).await), "501 NOT_SUPPORTED");
        let server = server.restart(|config| config.mail = Mail::Off).await;
        assert_eq!(outcome(&server.api().post(&path, &body(json!({}))).await), "400 NOT_ALLOWED");
    }

    async fn a_value_becomes_no_address_that_runs(server: TestServer) {
        let api = server.api();
        let record = format!("Leads/{}", api.insert(ada().with("Description", "javascript:alert(1)").with("Website", "https://example.com/?a=1&b=2")).await);
        let body = json!({"send_mail_merge": [{
            "mail_merge_template": {"name": "Introduction"}, "from_address": {"type": "email", "value": ME},
            "to_address": [{"type": "merge_field", "value": "${Leads.Email}"}], "type": "inline",
            "message": "<a href=\"${Leads.Description}\">x</a><a HREF = '${Leads.Website}'>y</a>${Leads.Description}<!--",
        }]});
        let sent = api.post(&format!("{record}/actions/send_mail_merge"), &body).await;
        let id = sent.json()["send_mail_merge"][0]["details"]["message_id"].as_str().unwrap().to_owned();
        let mail = until(&server, &record, &id, "sent").await;
        let expected = "<a href=\"\">x</a><a HREF = 'https://example.com/?a=1&amp;b=2'>y</a>javascript:alert(1)<!--";
        assert!(mail["content"].as_str().unwrap().starts_with(expected), "{mail}");
    }
}
