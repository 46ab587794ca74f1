//! `/dev/mailbox`: what a development server would have sent.

use dealwright_server::mail::Mail;
use dealwright_testkit::on_both;
use dealwright_testkit::records::lead;
use reqwest::Method;

use super::{ME, mail, send, until};

on_both! {
    async fn what_was_sent_can_be_read(server: TestServer) {
        let api = server.api();
        let record = format!("Leads/{}", api.insert(lead("Lovelace")).await);
        let id = send(&api, &record, &mail("ada@example.com")).await;
        until(&server, &record, &id, "sent").await;
        let nobody = api.without_token();
        let read = |path: String| {
            let nobody = nobody.clone();
            async move { nobody.send_to(Method::GET, &path, Vec::new()).await }
        };
        let list = read("/dev/mailbox".to_owned()).await.json();
        let first = list["messages"][0].clone();
        assert_eq!((&first["from"], &first["subject"]), (&ME.into(), &"Hello".into()));
        assert_eq!(first["to"], serde_json::json!(["ada@example.com"]));
        assert_eq!(first["message_id"], format!("<{id}@dealwright.test>"));
        let number = first["id"].as_str().unwrap();
        let one = read(format!("/dev/mailbox/{number}")).await.json();
        assert!(one["text"].as_str().unwrap().contains("How are you?"), "{one}");
        let raw = read(format!("/dev/mailbox/{number}/raw")).await;
        assert_eq!(raw.header("content-type"), Some("message/rfc822"));
        assert!(raw.text.contains("\r\nSubject: Hello\r\n"), "{}", raw.text);
        assert_eq!(read("/dev/mailbox/77".to_owned()).await.status, 404);
        assert_eq!(nobody.send_to(Method::DELETE, "/dev/mailbox", Vec::new()).await.status, 204);
        assert_eq!(read("/dev/mailbox".to_owned()).await.json()["messages"], serde_json::json!([]));
    }

    async fn a_server_that_does_not_keep_mail_has_no_mailbox(server: TestServer) {
        let server = server.restart(|config| config.mail = Mail::Off).await;
        for path in ["/dev/mailbox", "/dev/mailbox/1", "/dev/mailbox/1/raw"] {
            assert_eq!(server.api().send_to(Method::GET, path, Vec::new()).await.status, 404, "{path}");
        }
    }
}
