//! `GET /{module}/{id}/Emails` and what hangs below it.

use std::time::Duration;

use dealwright_testkit::records::{account, contact, deal, lead};
use dealwright_testkit::{Api, on_both};
use serde_json::json;

use super::{ME, data, mail, send, until, with};
use crate::{assert_answer, assert_shown, outcome};

const UNKNOWN: &str = "1234567890123456789";

on_both! {
    async fn mails_are_listed_newest_first_and_read_one_by_one(server: TestServer) {
        let api = server.api();
        let record = format!("Leads/{}", api.insert(lead("Lovelace")).await);
        assert_eq!(api.get(&format!("{record}/Emails")).await.status, 204);
        let first = send(&api, &record, &mail("ada@example.com")).await;
        server.advance(Duration::from_mins(1));
        let second = with(with(mail("ada@example.com"), "subject", json!("Again")), "bcc", json!([{"email": "b@example.com"}]));
        let second = send(&api, &record, &second).await;
        for id in [&first, &second] {
            until(&server, &record, id, "sent").await;
        }
        assert_answer("emails__list", &api.get(&format!("{record}/Emails")).await);
        assert_answer("emails__one", &api.get(&format!("{record}/Emails/{second}")).await);
        assert_eq!(api.get(&format!("{record}/Emails?type=sent_from_crm")).await.json()["info"]["count"], 2);
        for none in ["type=user_emails", "type=scheduled_in_crm", "type=drafts", "index=10"] {
            assert_eq!(api.get(&format!("{record}/Emails?{none}")).await.status, 204, "{none}");
        }
        for nothing in [UNKNOWN, "%00", "a%27b"] {
            assert_eq!(api.get(&format!("{record}/Emails/{nothing}")).await.status, 204, "{nothing}");
        }
    }

    async fn older_versions_have_them_under_another_key(server: TestServer) {
        let record = format!("Leads/{}", server.api().insert(lead("Lovelace")).await);
        let id = send(&server.api(), &record, &mail("ada@example.com")).await;
        until(&server, &record, &id, "sent").await;
        for (version, root) in [("v2", "email_related_list"), ("v2.1", "email_related_list"), ("v3", "email_related_list"), ("v4", "Emails"), ("v8", "Emails")] {
            let list = server.version(version).get(&format!("{record}/Emails")).await.json();
            assert_eq!(list[root][0]["message_id"], id, "{version}");
            let one = server.version(version).get(&format!("{record}/Emails/{id}")).await.json();
            assert_eq!(one[root][0]["content"], "<p>How are you?</p>", "{version}");
        }
    }

    async fn ten_mails_make_a_page(server: TestServer) {
        let api = server.api();
        let record = format!("Leads/{}", api.insert(lead("Lovelace")).await);
        for part in [10, 10, 3] {
            let mails: Vec<_> = (0..part).map(|_| mail("ada@example.com")).collect();
            assert_eq!(api.post(&format!("{record}/actions/send_mail"), &json!({"data": mails})).await.status, 200);
        }
        let mut seen = std::collections::HashSet::new();
        let (mut index, mut infos) = (None, Vec::new());
        loop {
            let query = index.map(|index: String| format!("?index={index}")).unwrap_or_default();
            let page = api.get(&format!("{record}/Emails{query}")).await.json();
            seen.extend(page["Emails"].as_array().unwrap().iter().map(|mail| mail["message_id"].as_str().unwrap().to_owned()));
            infos.push(page["info"].clone());
            match page["info"]["next_index"].as_str() {
                Some(next) => index = Some(next.to_owned()),
                None => break,
            }
        }
        assert_eq!(seen.len(), 23);
        assert_shown("emails__pages", infos.into());
    }

    async fn mails_of_the_contacts_of_an_account_and_a_deal(server: TestServer) {
        let api = server.api();
        let acme = api.insert(account("Acme")).await;
        let ada = api.insert(contact("Lovelace").with("Account_Name", json!({"id": acme}))).await;
        let boat = api.insert(deal("Boat").with("Contact_Name", json!({"id": ada}))).await;
        let id = send(&api, &format!("Contacts/{ada}"), &mail("ada@example.com")).await;
        let later = with(mail("ada@example.com"), "scheduled_time", json!("2027-03-01T09:00:00Z"));
        let later = send(&api, &format!("Contacts/{ada}"), &later).await;
        let draft = json!({"__email_drafts": [{"from": ME, "subject": "Begun"}]});
        assert_eq!(api.post(&format!("Contacts/{ada}/__email_drafts"), &draft).await.status, 201);
        for record in [format!("Accounts/{acme}"), format!("Deals/{boat}")] {
            let of = |kind: &'static str| {
                let (api, path) = (api.clone(), format!("{record}/Emails?type={kind}"));
                async move { api.get(&path).await.json()["Emails"][0].clone() }
            };
            assert_eq!(of("all_contacts_sent_crm_emails").await["message_id"], id);
            assert_eq!(of("all_contacts_scheduled_crm_emails").await["message_id"], later);
            assert_eq!(of("all_contacts_draft_crm_emails").await["subject"], "Begun");
            assert_eq!(api.get(&format!("{record}/Emails")).await.status, 204);
        }
        let refused = api.get(&format!("Contacts/{ada}/Emails?type=all_contacts_sent_crm_emails")).await;
        assert_answer("emails__type", &refused);
    }

    async fn mails_go_where_their_record_goes(server: TestServer) {
        let api = server.api();
        let lead = api.insert(lead("Lovelace")).await;
        let first = send(&api, &format!("Leads/{lead}"), &mail("ada@example.com")).await;
        let draft = json!({"__email_drafts": [{"from": ME, "subject": "Begun"}]});
        assert_eq!(api.post(&format!("Leads/{lead}/__email_drafts"), &draft).await.status, 201);
        let converted = api.post(&format!("Leads/{lead}/actions/convert"), &json!({"data": [{}]})).await;
        let child = converted.json()["data"][0]["details"]["Contacts"]["id"].as_str().unwrap().to_owned();
        let second = send(&api, &format!("Contacts/{child}"), &mail("ada@example.com")).await;
        let ids = |record: String| {
            let api = api.clone();
            async move {
                let list = api.get(&format!("{record}/Emails")).await;
                if list.status == 204 {
                    return Vec::new();
                }
                let mut ids: Vec<String> = list.json()["Emails"].as_array().unwrap().iter()
                    .map(|mail| mail["message_id"].as_str().unwrap().to_owned()).collect();
                ids.sort();
                ids
            }
        };
        let mut both = vec![first, second];
        both.sort();
        assert_eq!(ids(format!("Contacts/{child}")).await, both);
        assert!(ids(format!("Leads/{lead}")).await.is_empty());
        let drafts = api.get(&format!("Contacts/{child}/__email_drafts")).await;
        assert_eq!(drafts.json()["__email_drafts"][0]["subject"], "Begun", "{}", drafts.text);
        let master = api.insert(contact("Byron")).await;
        let merge = json!({"merge": [{"data": [{"id": child}]}]});
        assert_eq!(api.post(&format!("Contacts/{master}/actions/merge"), &merge).await.status, 201);
        assert_eq!(ids(format!("Contacts/{master}")).await, both);
    }

    async fn bad_questions_are_named(server: TestServer) {
        let api = server.api();
        let record = format!("Leads/{}", api.insert(lead("Lovelace")).await);
        for (query, expected) in [
            ("type=all", "400 INVALID_DATA"),
            ("index=x", "400 INVALID_DATA"),
            ("owner_id=x", "400 INVALID_DATA"),
            ("owner_id=1234567890123456789", "400 INVALID_DATA"),
            ("filter=%7B%7D", "501 NOT_SUPPORTED"),
        ] {
            assert_eq!(outcome(&api.get(&format!("{record}/Emails?{query}")).await), expected, "{query}");
        }
        assert_answer("emails__unknown_record", &api.get(&format!("Leads/{UNKNOWN}/Emails")).await);
        assert_eq!(outcome(&api.get("Boats/1/Emails").await), "400 INVALID_MODULE");
        assert_eq!(outcome(&api.get(&format!("Products/{UNKNOWN}/Emails")).await), "400 NOT_SUPPORTED");
    }

    async fn files_that_are_not_there_cannot_be_read(server: TestServer) {
        let api = server.api();
        let record = format!("Leads/{}", api.insert(lead("Lovelace")).await);
        let id = send(&api, &record, &mail("ada@example.com")).await;
        for action in ["download_attachments", "download_inline_images"] {
            let path = format!("{record}/Emails/actions/{action}");
            for (query, param) in [
                (String::new(), "message_id"),
                (format!("?message_id={id}"), "id"),
                (format!("?message_id={id}&id=1"), "id"),
                (format!("?message_id={id}&id=1&user_id=77"), "user_id"),
                ("?message_id=x&id=1".to_owned(), "message_id"),
            ] {
                let answer = api.get(&format!("{path}{query}")).await;
                assert_eq!((answer.status, &answer.details()["param_name"]), (400, &json!(param)), "{query}: {}", answer.text);
            }
        }
    }

    async fn files_travel_in_a_mail_and_can_be_read(server: TestServer) {
        let api = server.api();
        let record = format!("Leads/{}", api.insert(lead("Lovelace")).await);
        let paper = upload(&api, "offer \u{fc}.txt", b"one boat").await;
        let picture = upload(&api, "logo.png", PNG).await;
        let mut body = with(mail("ada@example.com"), "attachments", json!([{"id": paper}]));
        body["content"] = format!("<p>See</p><img src=\"cid:{picture}\">").into();
        let id = send(&api, &record, &body).await;
        let sent = until(&server, &record, &id, "sent").await;
        assert_eq!(sent["attachments"], json!([{"id": paper, "name": "offer \u{fc}.txt", "size": "8"}]));
        assert_eq!(api.get(&format!("{record}/Emails")).await.json()["Emails"][0]["has_attachment"], true);
        let message = api.send_to(reqwest::Method::GET, "/dev/mailbox/1/raw", Vec::new()).await.text;
        assert!(message.contains("multipart/mixed") && message.contains("multipart/related"), "{message}");
        assert!(message.contains(&format!("Content-ID: <{picture}>")), "{message}");
        let owner = sent["owner"]["id"].as_str().unwrap();
        let query = format!("message_id={id}&user_id={owner}");
        let file = api.get(&format!("{record}/Emails/actions/download_attachments?{query}&id={paper}")).await;
        assert_eq!((file.status, file.text.as_str()), (200, "one boat"));
        assert!(file.header("content-disposition").unwrap().starts_with("attachment;filename*=UTF-8''offer"));
        let image = api.get(&format!("{record}/Emails/actions/download_inline_images?{query}&id={picture}")).await;
        assert_eq!((image.status, image.bytes.as_slice(), image.header("content-type")), (200, PNG, Some("application/x-download")));
        for wrong in [format!("download_attachments?{query}&id={picture}"), format!("download_inline_images?{query}&id={paper}"), format!("download_attachments?{query}&id={paper}&name=other")] {
            assert_eq!(outcome(&api.get(&format!("{record}/Emails/actions/{wrong}")).await), "400 INVALID_DATA", "{wrong}");
        }
        // The same file can go out again from this record, and from no other.
        send(&api, &record, &with(mail("ada@example.com"), "attachments", json!([{"id": paper}]))).await;
        let other = format!("Leads/{}", api.insert(lead("Byron")).await);
        let refused = api.post(&format!("{other}/actions/send_mail"), &data(&body)).await;
        assert_eq!(outcome(&refused), "400 INVALID_DATA");
    }

    async fn the_files_of_a_mail_are_no_more_than_a_mail_server_takes(server: TestServer) {
        let api = server.api();
        let record = format!("Leads/{}", api.insert(lead("Lovelace")).await);
        let large = vec![b'x'; 13 << 20];
        let files = [upload(&api, "a.bin", &large).await, upload(&api, "b.bin", &large).await];
        let body = with(mail("ada@example.com"), "attachments", json!([{"id": files[0]}, {"id": files[1]}]));
        let answer = api.post(&format!("{record}/actions/send_mail"), &data(&body)).await;
        assert_eq!(outcome(&answer), "400 FILE_SIZE_EXCEEDS");
    }

    async fn a_mail_is_shown_as_html_that_is_safe(server: TestServer) {
        let api = server.api();
        let record = format!("Leads/{}", api.insert(lead("Lovelace")).await);
        let content = "<p onclick=alert(1)>Hi</p><script>alert(1)</script>";
        let id = send(&api, &record, &with(mail("ada@example.com"), "content", json!(content))).await;
        until(&server, &record, &id, "sent").await;
        let shown = async |display: &str| api.get(&format!("{record}/Emails/{id}{display}")).await.json()["Emails"][0]["content"].clone();
        assert_eq!(shown("").await, content);
        assert_eq!(shown("?display=html").await, "<p>Hi</p>");
        let text = with(with(mail("ada@example.com"), "content", json!("1 < 2 <b>")), "mail_format", json!("text"));
        let text = send(&api, &record, &text).await;
        let plain = api.get(&format!("{record}/Emails/{text}?display=html")).await.json()["Emails"][0]["content"].clone();
        assert_eq!(plain, "1 &lt; 2 &lt;b&gt;");
        let draft = json!({"__email_drafts": [{"from": ME, "content": content, "rich_text": true}]});
        let path = format!("{record}/__email_drafts");
        assert_eq!(outcome(&api.post(&path, &draft).await), "201 SUCCESS");
        let draft = api.get(&format!("{path}?display=html")).await.json()["__email_drafts"][0]["content"].clone();
        assert_eq!(draft, "<p>Hi</p>");
    }
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nthe rest of a picture";

/// Uploads a file and gives its id.
async fn upload(api: &Api, name: &str, bytes: &[u8]) -> String {
    api.upload("files", "file", name, bytes).await.ids().remove(0)
}
