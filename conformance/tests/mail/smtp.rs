//! Mails through a mail server, and what becomes of those that it refuses.

use std::time::Duration;

use dealwright_testkit::records::lead;
use dealwright_testkit::{TestServer, on_both};
use serde_json::{Value, json};

use super::post_office::{PostOffice, Rules};
use super::{ME, STEP, STEPS, data, mail, ring, send, until, with};
use crate::{assert_shown, outcome};

/// The pauses between attempts, with something to spare.
const PAUSES: [Duration; 5] = [
    Duration::from_secs(61),
    Duration::from_secs(301),
    Duration::from_secs(901),
    Duration::from_secs(3601),
    Duration::from_secs(4 * 3600 + 1),
];

on_both! {
    async fn a_mail_server_gets_the_mail_and_blind_copies_stay_blind(server: TestServer) {
        let office = PostOffice::open(Rules::default());
        let server = server.restart(|config| config.mail = office.setting(None)).await;
        let api = server.api();
        let record = format!("Leads/{}", api.insert(lead("Lovelace")).await);
        let body = with(mail("ada@example.com"), "bcc", json!([{"email": "bcc@example.com"}]));
        let id = send(&api, &record, &body).await;
        until(&server, &record, &id, "sent").await;
        let [letter] = office.delivered().try_into().expect("one message");
        assert_eq!(letter.from, ME);
        assert_eq!(letter.to, ["ada@example.com", "bcc@example.com"]);
        assert!(letter.text.contains(&format!("Message-ID: <{id}@dealwright.test>")), "{}", letter.text);
        assert!(!letter.text.contains("bcc@example.com"), "{}", letter.text);
    }

    async fn an_address_that_is_refused_for_good_is_not_written_to_again(server: TestServer) {
        let refused = vec![("gone", "550 5.1.1 no such person"), ("policy", "550 5.7.1 not from you")];
        let office = PostOffice::open(Rules { refused, ..Rules::default() });
        let server = server.restart(|config| config.mail = office.setting(None)).await;
        let api = server.api();
        let record = format!("Leads/{}", api.insert(lead("Lovelace").with("Email", "gone@example.com")).await);
        let id = send(&api, &record, &mail("gone@example.com")).await;
        let bounced = until(&server, &record, &id, "bounced").await;
        assert_shown("smtp__bounced", bounced["status"].clone());
        let both = with(mail("ada@example.com"), "cc", json!([{"email": "Gone@example.com"}, {"email": "policy@example.com"}]));
        let answer = api.post(&format!("{record}/actions/send_mail"), &data(&both)).await;
        assert_eq!(
            answer.details()["blocked_email_addresses"],
            json!([{"email": "Gone@example.com", "reason": "bounced"}])
        );
        let id = answer.details()["message_id"].as_str().unwrap().to_owned();
        let sent = until(&server, &record, &id, "sent").await;
        assert_eq!((&sent["status"][1]["type"], &sent["status"][1]["count"]), (&json!("bounced"), &json!("1")));
        // What the server thinks of us says nothing about the address.
        let again = api.post(&format!("{record}/actions/send_mail"), &data(&mail("policy@example.com"))).await;
        assert_eq!(outcome(&again), "200 SUCCESS");
        let only = api.post(&format!("{record}/actions/send_mail"), &data(&mail("gone@example.com"))).await;
        assert_eq!(outcome(&only), "400 INVALID_DATA");
    }

    async fn a_server_that_is_closed_is_tried_again(server: TestServer) {
        let office = PostOffice::open(Rules { closed: true, ..Rules::default() });
        let server = server.restart(|config| config.mail = office.setting(None)).await;
        let record = format!("Leads/{}", server.api().insert(lead("Lovelace")).await);
        let id = send(&server.api(), &record, &mail("ada@example.com")).await;
        let retrying = until(&server, &record, &id, "retrying").await;
        let reason = retrying["status"][0]["bounced_reason"].as_str().unwrap();
        assert!(reason.contains("421") || reason.contains("closed"), "{reason}");
        office.rules.lock().unwrap().closed = false;
        server.advance(PAUSES[0]);
        ring(&server);
        until(&server, &record, &id, "sent").await;
        assert_eq!(office.delivered().len(), 1);
    }

    async fn only_those_who_have_not_got_it_are_tried_again(server: TestServer) {
        let office = PostOffice::open(Rules { refused: vec![("busy", "450 4.2.1 later")], ..Rules::default() });
        let server = server.restart(|config| config.mail = office.setting(None)).await;
        let record = format!("Leads/{}", server.api().insert(lead("Lovelace")).await);
        let both = with(mail("ada@example.com"), "cc", json!([{"email": "busy@example.com"}]));
        let id = send(&server.api(), &record, &both).await;
        until(&server, &record, &id, "retrying").await;
        office.rules.lock().unwrap().refused.clear();
        server.advance(PAUSES[0]);
        ring(&server);
        until(&server, &record, &id, "sent").await;
        let to: Vec<Vec<String>> = office.delivered().into_iter().map(|letter| letter.to).collect();
        assert_eq!(to, [["ada@example.com"], ["busy@example.com"]]);
    }

    async fn in_the_end_a_mail_is_given_up_and_says_why(server: TestServer) {
        let office = PostOffice::open(Rules { after_data: Some("451 4.3.0 disk full, 0".to_owned()), ..Rules::default() });
        let server = server.restart(|config| config.mail = office.setting(None)).await;
        let record = format!("Leads/{}", server.api().insert(lead("Lovelace")).await);
        let id = send(&server.api(), &record, &mail("ada@example.com")).await;
        let mut last = until_reason(&server, &record, &id, "451 4.3.0 disk full, 0").await;
        for (at, pause) in PAUSES.into_iter().enumerate() {
            assert_eq!(last["type"], "retrying");
            let reason = format!("451 4.3.0 disk full, {}", at + 1);
            office.rules.lock().unwrap().after_data = Some(reason.clone());
            server.advance(pause);
            ring(&server);
            last = until_reason(&server, &record, &id, &reason).await;
        }
        assert_eq!(last["type"], "failed");
        assert!(office.delivered().is_empty());
    }

    async fn a_server_may_ask_who_we_are(server: TestServer) {
        let office = PostOffice::open(Rules { locked: true, ..Rules::default() });
        let server = server.restart(|config| config.mail = office.setting(Some(("user", "password")))).await;
        let record = format!("Leads/{}", server.api().insert(lead("Lovelace")).await);
        let id = send(&server.api(), &record, &mail("ada@example.com")).await;
        until(&server, &record, &id, "sent").await;
        let wrong = office.clone();
        let server = server.restart(|config| config.mail = wrong.setting(Some(("user", "guess")))).await;
        let id = send(&server.api(), &record, &mail("ada@example.com")).await;
        let problem = until(&server, &record, &id, "retrying").await;
        assert!(!problem.to_string().contains("guess"), "{problem}");
        assert_eq!(office.delivered().len(), 1);
    }
}

/// Waits until the first status of a mail gives that reason, and gives the status.
async fn until_reason(server: &TestServer, record: &str, message_id: &str, reason: &str) -> Value {
    // The clock may have passed the end of the first token.
    let api = server.fresh_api().await;
    for _ in 0..STEPS {
        let mail = api.get(&format!("{record}/Emails/{message_id}")).await.json();
        let status = &mail["Emails"][0]["status"][0];
        if status["bounced_reason"] == reason {
            return status.clone();
        }
        tokio::time::sleep(STEP).await;
    }
    panic!("no attempt ends with {reason}");
}
