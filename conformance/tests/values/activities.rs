//! Tasks, events and calls: whom they are about, who takes part, how long they took.

use dealwright_testkit::on_both;
use dealwright_testkit::records::{Record, contact, deal, lead};
use serde_json::{Value, json};

use super::change;
use crate::{assert_answer, outcome};

fn call(kind: &str, duration: &str) -> Record {
    let call = Record::empty("Calls").with("Subject", "x").with("Call_Start_Time", "2027-01-10T12:00:00Z");
    call.with("Call_Type", kind).with("Call_Duration", duration)
}

on_both! {
    async fn participants_are_found_and_named(server: TestServer) {
        let api = server.api();
        let user = api.get("users?type=AllUsers").await.json()["users"][0]["id"].clone();
        let contact = api.insert(contact("Fox").with("First_Name", "Alice").with("Email", "alice@example.com")).await;
        let lead = api.insert(lead("Bear")).await;
        let event = Record::empty("Events").with("Event_Title", "x").with("Start_DateTime", "2027-06-05T12:30:00Z");
        let event = event.with("End_DateTime", "2027-06-05T13:30:00Z").with("Participants", json!([
            {"type": "contact", "participant": contact}, {"type": "lead", "participant": lead},
            {"type": "user", "participant": user}, {"type": "email", "participant": "x@y.zz"},
            {"type": "email", "participant": "x@y.zz"},
        ]));
        let id = api.insert(event).await;
        let shown = api.record("Events", &id).await["Participants"].clone();
        let of = |kind: &str, who: &Value, name: Value, email: Value| json!({
            "Email": email, "name": name, "invited": false, "type": kind, "participant": who, "status": "not_known",
        });
        assert_eq!(shown, json!([
            of("contact", &json!(contact), json!("Alice Fox"), json!("alice@example.com")),
            of("lead", &json!(lead), json!("Bear"), Value::Null),
            of("user", &user, json!("Dev Admin"), json!("admin@dealwright.test")),
            of("email", &json!("x@y.zz"), Value::Null, json!("x@y.zz")),
        ]));
        // As it was read, it can be sent back.
        change(&api, "Events", &id, json!({"Participants": shown})).await;
        assert_eq!(api.record("Events", &id).await["Participants"], shown);
        change(&api, "Events", &id, json!({"Participants": []})).await;
        assert_eq!(api.record("Events", &id).await["Participants"], json!([]));
    }

    async fn a_task_is_about_a_contact_or_a_lead(server: TestServer) {
        let api = server.api();
        let (contact, lead, deal) = (api.insert(contact("Fox")).await, api.insert(lead("Bear")).await, api.insert(deal("Boat")).await);
        let task = Record::empty("Tasks").with("Subject", "x");
        let shown = |name: &str, id: &str| json!({"name": name, "id": id});
        for (sent, who, what, module) in [
            (json!({"Who_Id": contact}), shown("Fox", &contact), Value::Null, Value::Null),
            (json!({"Who_Id": lead, "$se_module": "Leads"}), shown("Bear", &lead), Value::Null, json!("Leads")),
            (json!({"Who_Id": {"id": lead, "module": {"api_name": "Leads"}}}), shown("Bear", &lead), Value::Null, json!("Leads")),
            (json!({"Who_Id": contact, "What_Id": deal, "$se_module": "Deals"}), shown("Fox", &contact), shown("Boat", &deal), json!("Deals")),
        ] {
            let mut task = task.clone();
            for (key, value) in sent.as_object().unwrap() {
                task = task.with(key, value.clone());
            }
            let id = api.insert(task).await;
            let task = api.record("Tasks", &id).await;
            assert_eq!((&task["Who_Id"], &task["What_Id"], &task["$se_module"]), (&who, &what, &module), "{sent}");
            let row = api.get(&format!("Tasks?fields=Who_Id,$se_module&ids={id}")).await.rows()[0].clone();
            assert_eq!((&row["Who_Id"], &row["$se_module"]), (&who, &module), "{sent}");
        }
        // A lead is no contact, and a module has to exist.
        assert_eq!(outcome(&api.post("Tasks", &task.clone().with("Who_Id", lead.as_str()).body()).await), "400 INVALID_DATA");
        let answer = api.post("Tasks", &task.clone().with("What_Id", deal.as_str()).body()).await;
        assert_answer("values__no_se_module", &answer);
        let answer = api.post("Tasks", &task.with("What_Id", deal.as_str()).with("$se_module", "Boats").body()).await;
        assert_answer("values__odd_se_module", &answer);
    }

    async fn activities_of_a_lead_follow_it_to_its_contact(server: TestServer) {
        let api = server.api();
        let lead = api.insert(lead("Bear")).await;
        let task = Record::empty("Tasks").with("Subject", "x").with("Who_Id", lead.as_str()).with("$se_module", "Leads");
        let task = api.insert(task).await;
        let rows = api.get(&format!("Leads/{lead}/Tasks?fields=Subject")).await.rows();
        assert_eq!((rows.len(), &rows[0]["id"]), (1, &json!(task)));
        let converted = api.post(&format!("Leads/{lead}/actions/convert"), &json!({"data": [{}]})).await;
        assert_eq!(converted.status, 200, "{}", converted.text);
        let contact = converted.rows()[0]["details"]["Contacts"]["id"].clone();
        let task = api.record("Tasks", &task).await;
        assert_eq!((&task["Who_Id"], &task["$se_module"]), (&json!({"name": "Bear", "id": contact}), &Value::Null));
    }

    async fn calls_take_time(server: TestServer) {
        let api = server.api();
        let seconds = |duration: &'static str| {
            let api = &api;
            async move {
                let id = api.insert(call("Outbound", duration)).await;
                api.record("Calls", &id).await["Call_Duration_in_seconds"].clone()
            }
        };
        assert_eq!(seconds("05:30").await, 330);
        assert_eq!(seconds("1:00:01").await, 3601);
        assert_answer("values__call_zero", &api.post("Calls", &call("Inbound", "00:00").body()).await);
        assert_answer("values__call_odd", &api.post("Calls", &call("Inbound", "long").body()).await);
        let missed = api.insert(call("Missed", "00:00")).await;
        assert_eq!(outcome(&api.put(&format!("Calls/{missed}"), &json!({"data": [{"Call_Type": "Inbound"}]})).await), "400 DEPENDENT_MISMATCH");
        change(&api, "Calls", &missed, json!({"Call_Type": "Inbound", "Call_Duration": "00:01"})).await;
        // The seconds alone will do.
        let id = api.insert(call("Inbound", "").without("Call_Duration").with("Call_Duration_in_seconds", 75)).await;
        assert_eq!(api.record("Calls", &id).await["Call_Duration"], "01:15");
    }

    async fn only_calls_that_took_place_have_a_length(server: TestServer) {
        let api = server.api();
        let (past, ahead) = ("2020-01-10T12:00:00Z", "2099-01-10T12:00:00Z");
        let call = |kind: &str, start: &str| {
            let call = Record::empty("Calls").with("Subject", "x").with("Call_Start_Time", start);
            call.with("Call_Type", kind)
        };
        for version in ["v2", "v8"] {
            let api = server.version(version);
            for (call, answer) in [
                (call("Missed", past), "201 SUCCESS"), (call("Missed", past).with("Call_Duration", ""), "201 SUCCESS"),
                (call("Outbound", ahead), "201 SUCCESS"), (call("Inbound", ahead).with("Call_Duration", Value::Null), "201 SUCCESS"),
                (call("Outbound", past).with("Outgoing_Call_Status", "Scheduled"), "201 SUCCESS"),
                (call("Outbound", past).with("Outbound_Call_Status", "Scheduled").with("Call_Duration", "00:00"), "201 SUCCESS"),
                (call("Outbound", past).with("Outgoing_Call_Status", "Cancelled"), "201 SUCCESS"),
                (call("Outbound", past), "400 MANDATORY_NOT_FOUND"), (call("Inbound", past), "400 MANDATORY_NOT_FOUND"),
                (call("Outbound", ahead).with("Outbound_Call_Status", "Completed"), "400 MANDATORY_NOT_FOUND"),
            ] {
                let sent = call.body();
                // The oldest version accepts what then fails.
                let answer = if version == "v2" { answer.replace("400", "202") } else { answer.to_owned() };
                assert_eq!(outcome(&api.post("Calls", &sent).await), answer, "{sent}");
                let upserted = answer.replace("201", "200");
                assert_eq!(outcome(&api.post("Calls/upsert", &sent).await), upserted, "{sent}");
            }
        }
        // What lies ahead takes place.
        let id = api.insert(call("Outbound", ahead)).await;
        change(&api, "Calls", &id, json!({"Description": "ring twice"})).await;
        let done = |more: Value| {
            let mut record = json!({"Outgoing_Call_Status": "Completed"});
            record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({"data": [record]})
        };
        assert_eq!(outcome(&api.put(&format!("Calls/{id}"), &done(json!({}))).await), "400 MANDATORY_NOT_FOUND");
        assert_eq!(outcome(&api.put(&format!("Calls/{id}"), &done(json!({"Call_Duration": "300"}))).await), "200 SUCCESS");
        let record = api.record("Calls", &id).await;
        let shown = ["Call_Duration", "Call_Duration_in_seconds", "Outgoing_Call_Status", "Outbound_Call_Status"].map(|name| record[name].clone());
        assert_eq!(shown, [json!("05:00"), json!(300), json!("Completed"), json!("Completed")]);
        let emptied = json!({"data": [{"Call_Duration": null}]});
        assert_eq!(outcome(&api.put(&format!("Calls/{id}"), &emptied).await), "400 MANDATORY_NOT_FOUND");
    }

    async fn lengths_may_be_bare_numbers(server: TestServer) {
        let api = server.api();
        for (sent, text, seconds) in [
            (json!("12"), "00:12", 12), (json!("300"), "05:00", 300), (json!(145), "02:25", 145), (json!("7200"), "120:00", 7200),
        ] {
            for version in ["v2", "v8"] {
                let api = server.version(version);
                let id = api.insert(call("Outbound", "10:00")).await;
                change(&api, "Calls", &id, json!({"Call_Duration": sent})).await;
                let record = api.record("Calls", &id).await;
                assert_eq!((&record["Call_Duration"], &record["Call_Duration_in_seconds"]), (&json!(text), &json!(seconds)));
            }
        }
        for odd in [json!("-5"), json!("12.5"), json!("a"), json!("1:2:3:4"), json!(-1)] {
            let answer = api.post("Calls", &call("Outbound", "").with("Call_Duration", odd.clone()).body()).await;
            assert_eq!(outcome(&answer), "400 INVALID_DATA", "{odd}");
        }
    }

    async fn the_state_of_an_outgoing_call_has_two_names(server: TestServer) {
        let api = server.api();
        for (sent, older, newer) in [
            (json!({"Outbound_Call_Status": "Scheduled"}), json!("Scheduled"), json!("Scheduled")),
            (json!({"Outgoing_Call_Status": "Overdue"}), json!("Overdue"), json!("Scheduled")),
            (json!({"Outgoing_Call_Status": "Cancelled"}), json!("Cancelled"), Value::Null),
            (json!({"Outbound_Call_Status": "Completed"}), json!("Completed"), json!("Completed")),
        ] {
            let id = api.insert(call("Outbound", "10:00")).await;
            change(&api, "Calls", &id, sent.clone()).await;
            let record = api.record("Calls", &id).await;
            assert_eq!((&record["Outgoing_Call_Status"], &record["Outbound_Call_Status"]), (&older, &newer), "{sent}");
        }
    }
}
