//! `share_emails`, `unshare_emails`, `__emails_sharing_details`

use dealwright_server::mail::Mail;
use dealwright_testkit::records::{account, lead, product};
use dealwright_testkit::{Api, on_both};
use serde_json::json;

use super::{ME, data, mail as mail_to, send, with};
use crate::people::colleague;
use crate::{assert_answer, outcome};

const UNKNOWN: &str = "1234567890123456789";

on_both! {
    async fn mails_of_one_record_are_shared_and_taken_back(server: TestServer) {
        let api = server.api();
        let record = format!("Leads/{}", api.insert(lead("Lovelace")).await);
        let details = format!("{record}/__emails_sharing_details");
        assert_eq!(api.get(&details).await.json()["__emails_sharing_details"][0]["share_from_users"], json!([]));
        let (share, unshare) = (format!("{record}/actions/share_emails"), format!("{record}/actions/unshare_emails"));
        assert_answer("share_emails__not_shared", &api.post(&unshare, &json!({})).await);
        assert_answer("share_emails__shared", &api.post(&share, &json!({})).await);
        assert_answer("share_emails__already", &api.post(&share, &json!({})).await);
        assert_answer("share_emails__details", &api.get(&details).await);
        assert_answer("share_emails__revoked", &api.post(&unshare, &json!({})).await);
        assert_eq!(api.get(&details).await.json()["__emails_sharing_details"][0]["share_from_users"], json!([]));
    }

    async fn many_records_are_answered_one_by_one(server: TestServer) {
        let api = server.api();
        let ids = [api.insert(lead("Lovelace")).await, api.insert(lead("Byron")).await];
        let body = json!({"ids": [ids[0], UNKNOWN, ids[1], ids[0]]});
        assert_answer("share_emails__many", &api.post("Leads/actions/share_emails", &body).await);
        let answer = api.post("Leads/actions/unshare_emails", &json!({"ids": ids})).await;
        assert_eq!(outcome(&answer), "200 SUCCESS SUCCESS");
        let answer = api.post("Leads/actions/unshare_emails", &json!({"ids": ids})).await;
        assert_eq!(outcome(&answer), "400 NOT_SHARED NOT_SHARED");
        assert_answer("share_emails__no_ids", &api.post("Leads/actions/share_emails", &json!({})).await);
        for (bad, code) in [(json!({"ids": ["x"]}), "400 INVALID_DATA"), (json!({"ids": "1"}), "400 INVALID_DATA"), (json!({"ids": []}), "400 INVALID_DATA"), (json!({"ids": vec![1; 101]}), "400 LIMIT_EXCEEDED")] {
            assert_eq!(outcome(&api.post("Leads/actions/share_emails", &bad).await), code, "{bad}");
        }
    }

    async fn a_mailbox_is_its_owners_until_it_is_shared(server: TestServer) {
        let grace = colleague(&server, "Hopper", "Manager", "Standard").await;
        let api = server.api();
        let id = api.insert(lead("Lovelace")).await;
        let record = format!("Leads/{id}");
        let mail = json!({
            "from": {"user_name": "Ada", "email": "ada@example.com"}, "to": [{"user_name": "Dev", "email": ME}],
            "subject": "Private", "original_message_id": "a@b.example", "sent": false, "date_time": "2027-01-10T10:00:00Z",
        });
        let path = format!("{record}/actions/associate_email");
        let answer = api.post(&path, &json!({"Emails": [mail]})).await;
        let mail_id = answer.json()["Emails"][0]["details"]["message_id"].as_str().unwrap().to_owned();
        let sees = |api: Api| {
            let record = record.clone();
            let mail_id = mail_id.clone();
            async move {
                let list = api.get(&format!("{record}/Emails?type=user_emails")).await.status == 200;
                let one = api.get(&format!("{record}/Emails/{mail_id}")).await.status == 200;
                let known = api.get("actions/email_available?original_message_id=a@b.example").await.json()["available"] == true;
                assert!(list == one && one == known, "{list} {one} {known}");
                list
            }
        };
        assert!(sees(api.clone()).await && !sees(grace.api.clone()).await);
        assert_eq!(api.post(&format!("{record}/actions/share_emails"), &json!({})).await.status, 200);
        assert!(sees(grace.api.clone()).await, "it is shared");
        let details = grace.api.get(&format!("{record}/__emails_sharing_details")).await.json();
        assert_eq!(details["__emails_sharing_details"][0]["share_from_users"].as_array().map(Vec::len), Some(1));
        // Grace has nothing of her own to take back; what she shares is hers.
        assert_eq!(outcome(&grace.api.post(&format!("{record}/actions/unshare_emails"), &json!({})).await), "400 NOT_SHARED");
        assert_eq!(api.post(&format!("{record}/actions/unshare_emails"), &json!({})).await.status, 200);
        assert!(!sees(grace.api.clone()).await, "no more");
        // What is written here is everybody's, but for blind copies and drafts.
        let body = with(mail_to("ada@example.com"), "bcc", json!([{"email": "b@example.com"}]));
        let sent = send(&api, &record, &body).await;
        let hers = grace.api.get(&format!("{record}/Emails/{sent}")).await.json()["Emails"][0].clone();
        assert_eq!((&hers["subject"], hers.get("bcc")), (&json!("Hello"), None));
        let draft = json!({"__email_drafts": [{"from": ME}]});
        assert_eq!(api.post(&format!("{record}/__email_drafts"), &draft).await.status, 201);
        assert_eq!(grace.api.get(&format!("{record}/__email_drafts")).await.status, 204);
        assert_eq!(grace.api.get(&format!("{record}/Emails?type=drafts")).await.status, 204);
        let as_admin = grace.api.post(&format!("{record}/actions/send_mail"), &data(&mail_to("ada@example.com"))).await;
        assert_eq!(outcome(&as_admin), "400 INVALID_DATA", "nobody sends in the name of another");
        let by = grace.api.get(&format!("{record}/Emails?owner_id={}", grace.id)).await;
        assert_eq!(by.status, 204);
    }

    async fn what_has_no_mails_says_so(server: TestServer) {
        let api = server.api();
        let oar = api.insert(product("Oar")).await;
        assert_answer("share_emails__module", &api.post(&format!("Products/{oar}/actions/share_emails"), &json!({})).await);
        assert_answer("share_emails__record", &api.post(&format!("Leads/{UNKNOWN}/actions/share_emails"), &json!({})).await);
        let acme = api.insert(account("Acme")).await;
        let types = api.get(&format!("Accounts/{acme}/__emails_sharing_details")).await.json();
        assert_eq!(types["__emails_sharing_details"][0]["available_types"].as_array().map(Vec::len), Some(7));
        let server = server.restart(|config| config.mail = Mail::Off).await;
        let answer = server.api().post(&format!("Accounts/{acme}/actions/share_emails"), &json!({})).await;
        assert_answer("share_emails__not_configured", &answer);
    }
}
