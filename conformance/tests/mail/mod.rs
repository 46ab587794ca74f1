//! E-mails of records.
//!
//! `post_office` is a mail server of the tests' own, for what a mailbox of a development server cannot show.

mod associate_email;
mod cancel_meeting;
mod drafts;
mod emails;
mod from_addresses;
mod mail_merge;
mod mailbox;
mod post_office;
mod send_mail;
mod share_emails;
mod smtp;
mod templates;
mod unblock_email;

use std::time::Duration;

use dealwright_testkit::{Api, TestServer};
use serde_json::{Value, json};

/// Operations tested here: id, and the file below `tests/`.
pub(crate) const TESTED: &[(&str, &str)] = &[
    ("send_mail.run", "mail/send_mail.rs"),
    ("emails.list", "mail/emails.rs"),
    ("emails.get", "mail/emails.rs"),
    ("email_attachments.get", "mail/emails.rs"),
    ("email_inline_images.get", "mail/emails.rs"),
    ("email_drafts.list", "mail/drafts.rs"),
    ("email_drafts.create", "mail/drafts.rs"),
    ("email_drafts.update_many", "mail/drafts.rs"),
    ("email_drafts.get", "mail/drafts.rs"),
    ("email_drafts.update_one", "mail/drafts.rs"),
    ("email_drafts.delete_one", "mail/drafts.rs"),
    ("emails_sharing_details.get", "mail/share_emails.rs"),
    ("associate_email.run", "mail/associate_email.rs"),
    ("email_available.get", "mail/associate_email.rs"),
    ("unblock_email.run", "mail/unblock_email.rs"),
    ("unblock_emails.run", "mail/unblock_email.rs"),
    ("share_emails_one.run", "mail/share_emails.rs"),
    ("unshare_emails_one.run", "mail/share_emails.rs"),
    ("share_emails.run", "mail/share_emails.rs"),
    ("unshare_emails.run", "mail/share_emails.rs"),
    ("send_mail_merge.run", "mail/mail_merge.rs"),
    ("download_mail_merge.run", "mail/mail_merge.rs"),
    ("cancel_meeting.run", "mail/cancel_meeting.rs"),
    ("email_from_addresses.list", "mail/from_addresses.rs"),
    ("email_templates.list", "mail/templates.rs"),
    ("email_templates.get", "mail/templates.rs"),
    ("inventory_templates.list", "mail/templates.rs"),
    ("inventory_templates.get", "mail/templates.rs"),
];

/// The administrator of the development org.
const ME: &str = "admin@dealwright.test";
/// How long a test waits for a mail to get where it shall be, in steps of [`STEP`].
const STEPS: u32 = 500;
const STEP: Duration = Duration::from_millis(20);

/// A mail to one person, ready for a body.
fn mail(to: &str) -> Value {
    json!({
        "from": {"user_name": "Dev", "email": ME},
        "to": [{"user_name": "Ada", "email": to}],
        "subject": "Hello",
        "content": "<p>How are you?</p>",
        "mail_format": "html",
    })
}

/// `mail` with one key set.
fn with(mut mail: Value, key: &str, value: Value) -> Value {
    mail[key] = value;
    mail
}

/// The body that sends a mail.
fn data(mail: &Value) -> Value {
    json!({ "data": [mail] })
}

/// Sends a mail of a record, which has to be taken in, and gives its `message_id`.
async fn send(api: &Api, record: &str, mail: &Value) -> String {
    let answer = api.post(&format!("{record}/actions/send_mail"), &data(mail)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["data"][0]["details"]["message_id"].as_str().expect("a mail has a name").to_owned()
}

/// Waits until the first status of a mail is of that type, and gives the mail.
async fn until(server: &TestServer, record: &str, message_id: &str, kind: &str) -> Value {
    let path = format!("{record}/Emails/{message_id}");
    let mut last = Value::Null;
    for _ in 0..STEPS {
        last = server.api().get(&path).await.json()["Emails"][0].take();
        if last["status"][0]["type"] == kind {
            return last;
        }
        tokio::time::sleep(STEP).await;
    }
    panic!("the mail does not become {kind}: {last}");
}

/// Lets the sender look for mails whose time has come since the clock was moved.
fn ring(server: &TestServer) {
    let org = server.state.orgs.opened(server.development.org).expect("the development org is open");
    org.post.bell.notify_one();
}
