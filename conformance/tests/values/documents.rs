//! Types whose values are small documents: reminders, rules of repetition, ranges of time and of prices, comments,
//! taxes, consents.

use dealwright_testkit::on_both;
use dealwright_testkit::records::{Record, lead, product};
use serde_json::{Value, json};

use super::change;
use crate::outcome;

fn event() -> Record {
    let event = Record::empty("Events").with("Event_Title", "x");
    event.with("Start_DateTime", "2027-06-05T12:30:00Z").with("End_DateTime", "2027-06-05T13:30:00Z")
}

fn task() -> Record {
    Record::empty("Tasks").with("Subject", "x")
}

fn rule(text: &str) -> Value {
    json!({ "RRULE": text })
}

on_both! {
    async fn documents_come_back_as_they_were_sent(server: TestServer) {
        let api = server.api();
        let repeat = json!({"RRULE": "FREQ=DAILY;INTERVAL=10;UNTIL=2027-08-14;DTSTART=2027-07-03", "EXDATE": "2027-07-13"});
        let alarm = json!({"ALARM": "FREQ=NONE;ACTION=EMAIL;TRIGGER=DATE-TIME:2027-01-18T12:45:00+05:30"});
        for (record, field, sent, shown) in [
            (event(), "Recurring_Activity", repeat.clone(), repeat),
            (event(), "Recurring_Activity", Value::Null, Value::Null),
            (task(), "Recurring_Activity", rule("FREQ=WEEKLY;BYDAY=MO,FR"), rule("FREQ=WEEKLY;BYDAY=MO,FR")),
            (task(), "Remind_At", alarm.clone(), alarm),
            (event(), "Remind_At", json!([{"unit": "15", "period": "minutes"}]), json!([{"unit": 15, "period": "minutes"}])),
            (event(), "Remind_At", json!([{"unit": 1, "period": "days", "time": "09:00"}]), json!([{"unit": 1, "period": "days", "time": "09:00"}])),
            (event(), "Remind_At", json!("2027-06-05T12:00:00Z"), json!("2027-06-05T05:00:00-07:00")),
        ] {
            let module = record.module;
            let id = api.insert(record.with(field, sent.clone())).await;
            assert_eq!(api.record(module, &id).await[field], shown, "{module}.{field}: {sent}");
        }
        let id = api.insert(event().with("Remind_At", json!([{"unit": 15, "period": "minutes"}]))).await;
        for (version, unit) in [("v2", json!("15")), ("v2.1", json!("15")), ("v3", json!(15))] {
            assert_eq!(server.version(version).record("Events", &id).await["Remind_At"][0]["unit"], unit, "{version}");
        }
    }

    async fn bad_documents_are_refused_at_their_place(server: TestServer) {
        let api = server.api();
        let fifty_one: Vec<Value> = (0..51).map(|n| json!({"type": "email", "participant": format!("a{n}@b.co")})).collect();
        for (record, field, sent, code, path) in [
            (event(), "Recurring_Activity", json!("daily"), "INVALID_DATA", ""),
            (event(), "Recurring_Activity", json!({}), "MANDATORY_NOT_FOUND", ".RRULE"),
            (event(), "Recurring_Activity", rule("FREQ=SOMETIMES"), "INVALID_DATA", ".RRULE"),
            (event(), "Recurring_Activity", json!({"RRULE": "FREQ=DAILY", "EXDATE": "soon"}), "INVALID_DATA", ".EXDATE"),
            (task(), "Remind_At", json!({"ALARM": "ACTION=SHOUT"}), "INVALID_DATA", ".ALARM"),
            (event(), "Remind_At", json!([{"unit": 5, "period": "years"}]), "INVALID_DATA", "[0].period"),
            (event(), "Remind_At", json!([{"unit": "x", "period": "days"}]), "INVALID_DATA", "[0].unit"),
            (event(), "Remind_At", json!(["x"]), "INVALID_DATA", "[0]"),
            (event(), "Participants", json!([{"type": "ghost", "participant": "1"}]), "INVALID_DATA", "[0].type"),
            (event(), "Participants", json!([{"type": "email", "participant": "nobody"}]), "INVALID_DATA", "[0].participant"),
            (event(), "Participants", json!([{"type": "contact"}]), "MANDATORY_NOT_FOUND", "[0].participant"),
            (event(), "Participants", json!([{"type": "user", "participant": "1000000000000000009"}]), "INVALID_DATA", "[0].participant"),
            (event(), "Participants", json!(fifty_one), "LIMIT_EXCEEDED", ""),
            (product("x"), "Tax", json!(["Luxury"]), "INVALID_DATA", "[0]"),
            (product("x"), "Tax", json!([{"value": "Luxury"}]), "INVALID_DATA", "[0].value"),
            (product("x"), "Tax", json!([{"id": "1000000000000000009"}]), "INVALID_DATA", "[0].id"),
            (price_book(), "Pricing_Details", json!([{"from_range": 1, "to_range": 5}]), "MANDATORY_NOT_FOUND", "[0].discount"),
            (price_book(), "Pricing_Details", json!([{"from_range": 5, "to_range": 1, "discount": 1}]), "INVALID_DATA", "[0].to_range"),
            (lead("x"), "Data_Processing_Basis_Details", json!({"Consent_Date": "soon"}), "INVALID_DATA", ".Consent_Date"),
        ] {
            let module = record.module;
            let answer = api.post(module, &record.with(field, sent.clone()).body()).await;
            assert_eq!(outcome(&answer), format!("400 {code}"), "{module}.{field}: {sent}");
            assert_eq!(answer.details()["json_path"], format!("$.data[0].{field}{path}"), "{module}.{field}: {sent}");
        }
    }

    async fn taxes_of_products_are_those_of_the_org(server: TestServer) {
        let api = server.api();
        let fields = api.get("settings/fields?module=Products").await.json()["fields"].as_array().unwrap().clone();
        let tax = fields.iter().find(|field| field["api_name"] == "Tax").unwrap();
        let vat = tax["pick_list_values"].as_array().unwrap().iter().find(|one| one["display_value"] == "Vat").unwrap()["id"].clone();
        for (at, sent) in [json!(["Vat"]), json!("Vat"), json!([{"value": "Vat"}]), json!([{"id": vat}]), json!([{"value": "Vat - 12.5 %"}])].into_iter().enumerate() {
            let id = api.insert(product(&format!("p{at}")).with("Tax", sent.clone())).await;
            assert_eq!(api.record("Products", &id).await["Tax"], json!([{"id": vat, "value": "Vat"}]), "{sent}");
            assert_eq!(server.version("v2").record("Products", &id).await["Tax"], json!(["Vat"]), "{sent}");
        }
        assert_eq!(api.found("Products", "(Tax:equals:Vat)", "Product_Name").await.len(), 5);
    }

    async fn price_ranges_have_ids_that_stay(server: TestServer) {
        let api = server.api();
        let first = json!({"from_range": 1, "to_range": 5, "discount": 2.5});
        let id = api.insert(price_book().with("Pricing_Details", json!([first]))).await;
        let mut ranges = api.record("Price_Books", &id).await["Pricing_Details"].clone();
        assert_eq!((&ranges[0]["from_range"], &ranges[0]["to_range"], &ranges[0]["discount"]), (&json!(1), &json!(5), &json!(2.5)));
        let kept = ranges[0]["id"].clone();
        assert!(kept.is_string());
        ranges[0]["to_range"] = json!(6);
        ranges.as_array_mut().unwrap().push(json!({"from_range": 7, "to_range": 9, "discount": 3, "id": "1000000000000000009"}));
        change(&api, "Price_Books", &id, json!({"Pricing_Details": ranges})).await;
        let ranges = api.record("Price_Books", &id).await["Pricing_Details"].clone();
        assert_eq!((&ranges[0]["id"], &ranges[0]["to_range"]), (&kept, &json!(6)));
        assert!(ranges[1]["id"] != json!("1000000000000000009") && ranges[1]["id"] != kept);
    }

    async fn comments_are_added_one_by_one(server: TestServer) {
        let api = server.api();
        let case = Record::empty("Cases").with("Subject", "x").with("Status", "New").with("Case_Origin", "Phone");
        let id = api.insert(case.with("Add_Comment", "first")).await;
        change(&api, "Cases", &id, json!({"Comments": "second"})).await;
        let case = api.record("Cases", &id).await;
        let texts: Vec<&Value> = case["Comments"].as_array().unwrap().iter().map(|one| &one["comment_content"]).collect();
        assert_eq!(texts, ["first", "second"]);
        let first = &case["Comments"][0];
        assert_eq!((&first["commented_by"], &first["commented_time"]), (&json!("Dev Admin"), &json!("2027-01-15T00:00:00-08:00")));
        assert_eq!((&case["Add_Comment"], &case["No_of_comments"]), (&Value::Null, &json!(2)));
        // A record that is sent back as it was read keeps its comments.
        change(&api, "Cases", &id, json!({"Comments": case["Comments"], "Add_Comment": null, "Subject": "y"})).await;
        change(&api, "Cases", &id, json!({"Comments": null})).await;
        assert_eq!(api.record("Cases", &id).await["Comments"], case["Comments"]);
    }

    async fn a_consent_shows_every_key(server: TestServer) {
        let api = server.api();
        let sent = json!({"Data_Processing_Basis": "Consent", "Contact_Through_Email": true, "Consent_Date": "2027-01-02"});
        let id = api.insert(lead("x").with("Data_Processing_Basis_Details", sent)).await;
        // The feature is not in use: it is not in the whole record, and shown where it is asked for.
        assert!(api.record("Leads", &id).await.get("Data_Processing_Basis_Details").is_none());
        let asked = api.get(&format!("Leads/{id}?fields=Data_Processing_Basis_Details")).await;
        let mut consent = asked.rows()[0]["Data_Processing_Basis_Details"].clone();
        assert!(consent["id"].is_string() && consent["Owner"]["id"].is_string());
        for key in ["id", "Owner"] {
            consent.as_object_mut().unwrap().shift_remove(key);
        }
        assert_eq!(consent, json!({
            "Data_Processing_Basis": "Consent", "Consent_Through": null, "Consent_Remarks": null, "Consent_Date": "2027-01-02",
            "Contact_Through_Email": true, "Contact_Through_Phone": false, "Contact_Through_Social": false,
            "Contact_Through_Survey": false, "Mail_Sent_Time": null,
        }));
    }
}

fn price_book() -> Record {
    Record::empty("Price_Books").with("Price_Book_Name", "x").with("Pricing_Model", "Flat")
}
