//! `POST /{module}/{id}/actions/send_mail`

use std::time::Duration;

use dealwright_server::mail::Mail;
use dealwright_testkit::on_both;
use dealwright_testkit::records::{Record, deal, lead};
use reqwest::Method;
use serde_json::{Value, json};

use super::{ME, data, mail, ring, send, until, with};
use crate::{assert_answer, outcome};

const UNKNOWN: &str = "1234567890123456789";

/// Texts of the messages in the mailbox, newest first.
async fn mailbox(server: &dealwright_testkit::TestServer) -> Vec<String> {
    let api = server.api();
    let list = api.send_to(Method::GET, "/dev/mailbox", Vec::new()).await.json();
    let mut texts = Vec::new();
    for message in list["messages"].as_array().unwrap() {
        let path = format!("/dev/mailbox/{}", message["id"].as_str().unwrap());
        let one = api.send_to(Method::GET, &path, Vec::new()).await.json();
        texts.push(one["text"].as_str().unwrap().to_owned());
    }
    texts
}

on_both! {
    async fn a_mail_is_taken_in_and_sent(server: TestServer) {
        let api = server.api();
        let record = format!("Leads/{}", api.insert(lead("Lovelace")).await);
        let whole = json!({
            "from": {"user_name": "Dév", "email": ME},
            "to": [{"user_name": "Ada", "email": "ada@example.com"}, {"user_name": "Again", "email": "ADA@example.com"}],
            "cc": [{"email": "cc@example.com"}],
            "bcc": [{"user_name": "B", "email": "bcc@example.com"}],
            "reply_to": {"user_name": "R", "email": "reply@example.com"},
            "subject": "Grüße",
            "content": "<p>How are <b>you</b>?</p>",
            "org_email": false, "scheduled_time": null, "consent_email": false, "attachments": [],
            "in_reply_to": {}, "template": null, "inventory_details": {}, "linked_record": null,
        });
        let answer = api.post(&format!("{record}/actions/send_mail"), &data(&whole)).await;
        assert_answer("send_mail__sent", &answer);
        let id = answer.json()["data"][0]["details"]["message_id"].as_str().unwrap().to_owned();
        until(&server, &record, &id, "sent").await;
        let list = api.send_to(Method::GET, "/dev/mailbox", Vec::new()).await.json();
        assert_eq!(list["messages"][0]["to"].as_array().map(Vec::len), Some(3), "nobody gets it twice: {list}");
        let text = mailbox(&server).await.remove(0);
        let head = text.split_once("\r\n\r\n").unwrap().0;
        // As a header: a name made of random digits may hold the letters.
        assert!(!head.to_lowercase().contains("\r\nbcc") && !head.contains("bcc@example.com"), "{head}");
        for line in ["To: Ada <ada@example.com>", "Cc: cc@example.com", "Reply-To: R <reply@example.com>"] {
            assert!(head.contains(line), "{head}");
        }
        assert!(head.contains("Date: Fri, 15 Jan 2027 08:00:00 +0000"), "{head}");
        assert!(text.contains("text/plain") && text.contains("text/html"), "{text}");
    }

    async fn older_versions_send_too(server: TestServer) {
        let record = format!("Leads/{}", server.api().insert(lead("Lovelace")).await);
        for version in ["v2", "v2.1", "v3", "v4", "v5", "v6", "v7"] {
            let answer = server.version(version).post(&format!("{record}/actions/send_mail"), &data(&mail("ada@example.com"))).await;
            assert_eq!(outcome(&answer), "200 SUCCESS", "{version}: {}", answer.text);
        }
        let old = server.version("v2.1").post(&format!("{record}/actions/send_mail"), &data(&json!({}))).await;
        assert_answer("send_mail__no_json_path", &old);
    }

    async fn what_is_missing_or_wrong_is_named(server: TestServer) {
        let api = server.api();
        let path = format!("Leads/{}/actions/send_mail", api.insert(lead("Lovelace")).await);
        let good = mail("ada@example.com");
        let many = |count: usize| json!((0..count).map(|n| json!({"email": format!("a{n}@example.com")})).collect::<Vec<_>>());
        let files = |count: usize| json!((0..count).map(|n| json!({"id": n.to_string()})).collect::<Vec<_>>());
        let without = |key: &str| with(good.clone(), key, Value::Null);
        let cases = [
            ("no_from", without("from")),
            ("no_to", without("to")),
            ("empty_to", with(good.clone(), "to", json!([]))),
            ("no_subject", without("subject")),
            ("no_content", without("content")),
            ("no_email", with(good.clone(), "to", json!([{"user_name": "Ada"}]))),
            ("bad_email", with(good.clone(), "to", json!([{"email": "ada"}]))),
            ("to_no_list", with(good.clone(), "to", json!({"email": "ada@example.com"}))),
            ("to_of_texts", with(good.clone(), "to", json!(["ada@example.com"]))),
            ("not_mine", with(good.clone(), "from", json!({"email": "boss@example.com"}))),
            ("not_the_orgs", with(good.clone(), "org_email", json!(true))),
            ("flag", with(good.clone(), "org_email", json!("maybe"))),
            ("format", with(good.clone(), "mail_format", json!("rtf"))),
            ("past", with(good.clone(), "scheduled_time", json!("2020-01-01T00:00:00Z"))),
            ("no_time", with(good.clone(), "scheduled_time", json!("tomorrow"))),
            ("reply_to_unknown", with(good.clone(), "in_reply_to", json!({"message_id": "abc"}))),
            ("reply_to_nothing", with(good.clone(), "in_reply_to", json!({"owner": {"id": "1"}}))),
            ("template_unknown", json!({"from": good["from"], "to": good["to"], "template": {"id": UNKNOWN}})),
            ("template_and_content", with(good.clone(), "template", json!({"id": UNKNOWN}))),
            ("file_unknown", with(good.clone(), "attachments", json!([{"id": "nothing"}]))),
            ("link_unknown", with(good.clone(), "linked_record", json!({"module": {"api_name": "Deals"}, "id": UNKNOWN}))),
            ("link_no_module", with(good.clone(), "linked_record", json!({"module": {"api_name": "Boats"}, "id": UNKNOWN}))),
            ("too_many", with(good.clone(), "cc", many(51))),
            ("too_many_files", with(good.clone(), "attachments", files(11))),
            ("nul", with(good.clone(), "content", json!("a\u{0}b"))),
            ("header_in_subject", with(good.clone(), "subject", json!("Hello\r\nBcc: eve@example.com"))),
            ("header_in_name", with(good.clone(), "to", json!([{"user_name": "A\nBcc: e@example.com", "email": "a@example.com"}]))),
            ("header_in_email", with(good.clone(), "to", json!([{"email": "a@example.com\r\nBcc: e@example.com"}]))),
        ];
        let mut shown = serde_json::Map::new();
        for (name, body) in cases {
            let answer = api.post(&path, &data(&body)).await;
            assert_eq!(answer.status, 400, "{name}: {}", answer.text);
            shown.insert(name.to_owned(), answer.shown()["body"]["data"][0].clone());
        }
        crate::assert_shown("send_mail__refused", shown.into());
        assert_eq!(outcome(&api.post(&path, &json!({})).await), "400 MANDATORY_NOT_FOUND");
        assert_eq!(outcome(&api.post(&path, &json!({"data": []})).await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.post(&path, &json!({"data": [1]})).await), "400 INVALID_DATA");
        let eleven = json!({"data": vec![good; 11]});
        assert_eq!(outcome(&api.post(&path, &eleven).await), "400 LIMIT_EXCEEDED");
    }

    async fn the_limits_themselves_are_let_through(server: TestServer) {
        let api = server.api();
        let record = format!("Leads/{}", api.insert(lead("Lovelace")).await);
        let fifty: Vec<_> = (0..50).map(|n| json!({"email": format!("a{n}@example.com")})).collect();
        let id = send(&api, &record, &with(mail("x@example.com"), "to", json!(fifty))).await;
        assert_eq!(until(&server, &record, &id, "sent").await["to"].as_array().map(Vec::len), Some(50));
    }

    async fn one_bad_mail_fails_alone(server: TestServer) {
        let api = server.api();
        let record = format!("Leads/{}", api.insert(lead("Lovelace")).await);
        let body = json!({"data": [mail("ada@example.com"), mail("ada"), mail("eve@example.com")]});
        let answer = api.post(&format!("{record}/actions/send_mail"), &body).await;
        assert_eq!(outcome(&answer), "207 SUCCESS INVALID_DATA SUCCESS");
        assert_eq!(answer.json()["data"][1]["details"]["json_path"], "$.data[1].to[0].email");
        assert_eq!(api.get(&format!("{record}/Emails")).await.json()["info"]["count"], 2);
    }

    async fn records_and_modules_that_take_no_mail_say_so(server: TestServer) {
        let api = server.api();
        let body = data(&mail("ada@example.com"));
        assert_eq!(outcome(&api.post(&format!("Leads/{UNKNOWN}/actions/send_mail"), &body).await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.post("Leads/abc/actions/send_mail", &body).await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.post("Boats/1/actions/send_mail", &body).await), "400 INVALID_MODULE");
        let product = api.insert(dealwright_testkit::records::product("Oar")).await;
        assert_eq!(outcome(&api.post(&format!("Products/{product}/actions/send_mail"), &body).await), "400 NOT_SUPPORTED");
        let record = format!("Leads/{}", api.insert(lead("Lovelace")).await);
        for key in ["inventory_details", "data_subject_request"] {
            let body = data(&with(mail("ada@example.com"), key, json!({"id": "1"})));
            assert_eq!(outcome(&api.post(&format!("{record}/actions/send_mail"), &body).await), "501 NOT_SUPPORTED");
        }
    }

    async fn without_a_way_to_send_nothing_is_taken_in(server: TestServer) {
        let server = server.restart(|config| config.mail = Mail::Off).await;
        let api = server.api();
        let record = format!("Leads/{}", api.insert(lead("Lovelace")).await);
        let answer = api.post(&format!("{record}/actions/send_mail"), &data(&mail("ada@example.com"))).await;
        assert_answer("send_mail__not_configured", &answer);
        assert_eq!(api.get(&format!("{record}/Emails")).await.status, 204);
    }

    async fn a_scope_of_all_modules_sends_and_others_do_not(server: TestServer) {
        let path = format!("Leads/{}/actions/send_mail", server.api().insert(lead("Lovelace")).await);
        let body = data(&mail("ada@example.com"));
        for (scopes, expected) in [
            ("ZohoCRM.send_mail.all.CREATE", "200 SUCCESS"),
            ("ZohoCRM.send_mail.leads.CREATE", "200 SUCCESS"),
            ("ZohoCRM.send_mail.deals.CREATE", "401 OAUTH_SCOPE_MISMATCH"),
            ("ZohoCRM.modules.ALL", "401 OAUTH_SCOPE_MISMATCH"),
        ] {
            assert_eq!(outcome(&server.api_with_scopes(scopes).await.post(&path, &body).await), expected, "{scopes}");
        }
    }

    async fn a_scheduled_mail_waits_for_its_time(server: TestServer) {
        let api = server.api();
        let record = format!("Leads/{}", api.insert(lead("Lovelace")).await);
        let later = with(mail("ada@example.com"), "scheduled_time", json!("2027-01-15T09:00:00Z"));
        let id = send(&api, &record, &later).await;
        let scheduled = api.get(&format!("{record}/Emails?type=scheduled_in_crm")).await;
        assert_eq!(scheduled.json()["Emails"][0]["status"][0]["type"], "scheduled");
        assert_eq!(scheduled.json()["Emails"][0]["time"], "2027-01-15T01:00:00-08:00");
        assert_eq!(api.get(&format!("{record}/Emails")).await.status, 204);
        assert!(mailbox(&server).await.is_empty());
        server.advance(Duration::from_mins(61));
        ring(&server);
        // The token has expired with the hour.
        let server = server.restart(|_| {}).await;
        until(&server, &record, &id, "sent").await;
        assert_eq!(server.api().get(&format!("{record}/Emails?type=scheduled_in_crm")).await.status, 204);
    }

    async fn an_answer_stays_in_its_thread(server: TestServer) {
        let api = server.api();
        let record = format!("Leads/{}", api.insert(lead("Lovelace")).await);
        let first = send(&api, &record, &mail("ada@example.com")).await;
        until(&server, &record, &first, "sent").await;
        let answer = with(mail("ada@example.com"), "in_reply_to", json!({"message_id": first}));
        let second = send(&api, &record, &answer).await;
        let second = until(&server, &record, &second, "sent").await;
        assert_eq!(second["thread_id"], first);
        let text = mailbox(&server).await.remove(0);
        for header in ["In-Reply-To", "References"] {
            assert!(text.contains(&format!("{header}: <{first}@dealwright.test>")), "{text}");
        }
        // A mail of another record is none to answer.
        let other = format!("Leads/{}", api.insert(lead("Byron")).await);
        let refused = api.post(&format!("{other}/actions/send_mail"), &data(&answer)).await;
        assert_eq!(outcome(&refused), "400 INVALID_DATA");
    }

    async fn merge_fields_are_filled_in_and_escaped(server: TestServer) {
        let api = server.api();
        let lead = lead("O'Neil & <Sons>").with("Email", "ada@example.com").with("Company", "Two\nLines");
        let record = format!("Leads/{}", api.insert(lead).await);
        let mut merged = mail("ada@example.com");
        merged["subject"] = json!("For ${Leads.Company}");
        merged["content"] = json!(
            "<p>${Leads.Last_Name}|${!Leads.Owner}|${Leads.Nothing}|${Users.Email}|${Organization.Company_Name}|${Deals.Stage}|${x</p>"
        );
        let id = send(&api, &record, &merged).await;
        let sent = until(&server, &record, &id, "sent").await;
        assert_eq!(sent["subject"], "For Two Lines");
        assert_eq!(
            sent["content"],
            format!("<p>O&#39;Neil &amp; &lt;Sons&gt;|Dev Admin||{ME}|Dealwright Development|${{Deals.Stage}}|${{x</p>")
        );
        let plain = with(with(mail("ada@example.com"), "mail_format", json!("text")), "content", json!("${Leads.Last_Name}"));
        let id = send(&api, &record, &plain).await;
        assert_eq!(until(&server, &record, &id, "sent").await["content"], "O'Neil & <Sons>");
    }

    async fn a_template_is_the_mail(server: TestServer) {
        let api = server.api();
        let record = format!("Deals/{}", api.insert(deal("Boat").with("Amount", 1200)).await);
        let template = api.get("settings/email_templates?module=Deals").await.json()["email_templates"][0].clone();
        let body = json!({"from": {"email": ME}, "to": [{"email": "ada@example.com"}], "template": {"id": template["id"]}});
        let id = send(&api, &record, &body).await;
        let sent = until(&server, &record, &id, "sent").await;
        assert_eq!(sent["subject"], "Our proposal: Boat");
        assert!(sent["content"].as_str().unwrap().contains("<td>1200</td>"), "{sent}");
        // A template of another module is none.
        let lead = format!("Leads/{}", api.insert(lead("Lovelace")).await);
        assert_eq!(outcome(&api.post(&format!("{lead}/actions/send_mail"), &data(&body)).await), "400 INVALID_DATA");
        let used = api.get(&format!("settings/email_templates/{}", template["id"].as_str().unwrap())).await.json();
        assert_eq!(used["email_templates"][0]["last_version_statistics"]["sent"], 1);
    }

    async fn the_org_sends_from_its_own_address(server: TestServer) {
        let api = server.api();
        let record = format!("Leads/{}", api.insert(lead("Lovelace")).await);
        let mut body = with(mail("ada@example.com"), "org_email", json!(true));
        body["from"] = json!({"email": "Office@dealwright.test"});
        let id = send(&api, &record, &body).await;
        let sent = until(&server, &record, &id, "sent").await;
        assert_eq!(sent["from"], json!({"user_name": "Dealwright Development", "email": "office@dealwright.test"}));
    }

    async fn who_wants_no_mail_gets_none(server: TestServer) {
        let api = server.api();
        let lead = lead("Lovelace").with("Email", "ada@example.com").with("Email_Opt_Out", true);
        let record = format!("Leads/{}", api.insert(lead).await);
        let answer = api.post(&format!("{record}/actions/send_mail"), &data(&mail("Ada@example.com"))).await;
        assert_answer("send_mail__opted_out", &answer);
        let both = with(mail("eve@example.com"), "cc", json!([{"email": "ada@example.com"}]));
        let answer = api.post(&format!("{record}/actions/send_mail"), &data(&both)).await;
        assert_eq!(
            answer.details()["blocked_email_addresses"],
            json!([{"email": "ada@example.com", "reason": "opted_out"}])
        );
    }

    async fn a_mail_shows_with_the_record_it_is_linked_to(server: TestServer) {
        let api = server.api();
        let boat = api.insert(deal("Boat")).await;
        let contact = api.insert(Record::empty("Contacts").with("Last_Name", "Lovelace")).await;
        let linked = json!({"module": {"api_name": "Deals"}, "id": boat, "name": "whatever"});
        let id = send(&api, &format!("Contacts/{contact}"), &with(mail("ada@example.com"), "linked_record", linked)).await;
        let there = until(&server, &format!("Deals/{boat}"), &id, "sent").await;
        assert_eq!((&there["linked_record"]["name"], &there["linked_record"]["id"]), (&"Boat".into(), &boat.into()));
        assert_eq!(there["linked_record"]["module"]["api_name"], "Deals");
    }
}
