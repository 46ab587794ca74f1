//! `POST /Events/{id}/actions/cancel`

use std::time::Duration;

use dealwright_server::mail::Mail;
use dealwright_testkit::on_both;
use dealwright_testkit::records::{Record, lead};
use reqwest::Method;
use serde_json::{Value, json};

use super::until;
use crate::{assert_answer, outcome};

const UNKNOWN: &str = "1234567890123456789";

fn meeting() -> Record {
    Record::empty("Events")
        .with("Event_Title", "Launch")
        .with("Start_DateTime", "2027-01-20T10:00:00-08:00")
        .with("End_DateTime", "2027-01-20T11:00:00-08:00")
}

fn tell(yes: impl Into<Value>) -> Value {
    json!({"data": [{"send_cancelling_mail": yes.into()}]})
}

on_both! {
    async fn a_meeting_is_called_off_once(server: TestServer) {
        let api = server.api();
        let id = api.insert(meeting()).await;
        assert_eq!(api.record("Events", &id).await["$event_cancelled"], false);
        server.advance(Duration::from_mins(1));
        let path = format!("Events/{id}/actions/cancel");
        assert_answer("cancel__done", &api.post(&path, &tell(false)).await);
        let event = api.record("Events", &id).await;
        assert_eq!((&event["$event_cancelled"], &event["Modified_Time"]), (&json!(true), &json!("2027-01-15T00:01:00-08:00")));
        assert!(server.version("v2").record("Events", &id).await.get("$event_cancelled").is_none());
        assert_answer("cancel__already", &api.post(&path, &tell(false)).await);
        let timeline = api.get(&format!("Events/{id}/__timeline")).await.json();
        assert_eq!(timeline["__timeline"][0]["action"], "updated");
        assert_eq!(api.get(&format!("Events/{id}/Emails")).await.status, 204);
    }

    async fn participants_are_told(server: TestServer) {
        let api = server.api();
        let ada = api.insert(lead("Lovelace").with("Email", "ada@example.com")).await;
        let participants = json!([{"type": "email", "participant": "guest@example.com"}, {"type": "lead", "participant": ada}]);
        let id = api.insert(meeting().with("Participants", participants).with("Venue", "Pier 7")).await;
        assert_eq!(outcome(&api.post(&format!("Events/{id}/actions/cancel"), &tell(true)).await), "200 SUCCESS");
        let record = format!("Events/{id}");
        let mail = api.get(&format!("{record}/Emails")).await.json()["Emails"][0].clone();
        let mail = until(&server, &record, mail["message_id"].as_str().unwrap(), "sent").await;
        assert_eq!(mail["subject"], "Cancelled: Launch");
        assert!(mail["content"].as_str().unwrap().contains("Pier 7"), "{mail}");
        let list = api.send_to(Method::GET, "/dev/mailbox", Vec::new()).await.json();
        let mut to: Vec<&str> = list["messages"][0]["to"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        to.sort_unstable();
        assert_eq!(to, ["ada@example.com", "guest@example.com"]);
    }

    async fn what_cannot_be_called_off_stays(server: TestServer) {
        let api = server.api();
        let id = api.insert(meeting()).await;
        let path = format!("Events/{id}/actions/cancel");
        assert_answer("cancel__no_flag", &api.post(&path, &json!({"data": [{}]})).await);
        assert_answer("cancel__bad_flag", &api.post(&path, &tell("perhaps")).await);
        assert_eq!(outcome(&api.post(&path, &json!({})).await), "400 MANDATORY_NOT_FOUND");
        assert_answer("cancel__unknown", &api.post(&format!("Events/{UNKNOWN}/actions/cancel"), &tell(false)).await);
        let lead = api.insert(lead("Lovelace")).await;
        assert_eq!(outcome(&api.post(&format!("Leads/{lead}/actions/cancel"), &tell(false)).await), "400 NOT_SUPPORTED");
        let server = server.restart(|config| config.mail = Mail::Off).await;
        let api = server.api();
        assert_eq!(outcome(&api.post(&path, &tell(true)).await), "400 NOT_ALLOWED");
        assert_eq!(api.record("Events", &id).await["$event_cancelled"], false);
        assert_eq!(outcome(&api.post(&path, &tell(false)).await), "200 SUCCESS");
    }
}
