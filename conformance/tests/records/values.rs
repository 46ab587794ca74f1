//! Values of each type, in the forms they may be sent in and the one in which they come back.

use dealwright_testkit::on_both;
use dealwright_testkit::records::{Record, account, contact, deal, lead, product};
use serde_json::{Value, json};

fn event() -> Record {
    let event = Record::empty("Events").with("Event_Title", "x");
    event.with("Start_DateTime", "2026-06-05T12:30:00Z").with("End_DateTime", "2027-06-05T13:30:00Z")
}

/// What is sent for a field, and what comes back.
fn cases() -> Vec<(Record, &'static str, Value, Value)> {
    let (deal, lead, account) = (deal("x"), lead("x"), account("x"));
    let product = product("x");
    vec![
        (deal.clone(), "Next_Step", json!("call"), json!("call")),
        (deal.clone(), "Next_Step", json!(" two  spaces "), json!(" two  spaces ")),
        (
            deal.clone(),
            "Next_Step",
            json!("Ünïcödé ✓ \u{1f600} \"quoted\" \\ / \n\t"),
            json!("Ünïcödé ✓ \u{1f600} \"quoted\" \\ / \n\t"),
        ),
        (deal.clone(), "Next_Step", json!(""), Value::Null),
        (deal.clone(), "Next_Step", Value::Null, Value::Null),
        (deal.clone(), "Next_Step", json!(12), json!("12")),
        (deal.clone(), "Next_Step", json!(true), json!("true")),
        (deal.clone(), "Amount", json!(24000), json!(24000)),
        (deal.clone(), "Amount", json!(0.1), json!(0.1)),
        (deal.clone(), "Amount", json!("1234.50"), json!(1234.5)),
        (deal.clone(), "Amount", json!(-5.25), json!(-5.25)),
        (deal.clone(), "Amount", json!(0), json!(0)),
        (deal.clone(), "Amount", json!(1e3), json!(1000)),
        (deal.clone(), "Probability", json!(55), json!(55)),
        (deal.clone(), "Probability", json!("55"), json!(55)),
        (deal.clone(), "Closing_Date", json!("2028-02-29"), json!("2028-02-29")),
        (deal.clone(), "Description", json!("line\nline"), json!("line\nline")),
        (deal.clone(), "Type", json!("New Business"), json!("New Business")),
        (deal.clone(), "Type", json!("-None-"), Value::Null),
        (deal, "Type", json!("Not in the list"), json!("Not in the list")),
        (lead.clone(), "Email", json!("a.b+c@example.com"), json!("a.b+c@example.com")),
        (lead.clone(), "Phone", json!("+1 (555) 010-99"), json!("+1 (555) 010-99")),
        (lead.clone(), "Website", json!("example.com"), json!("example.com")),
        (lead.clone(), "Email_Opt_Out", json!(true), json!(true)),
        (lead.clone(), "Email_Opt_Out", json!("true"), json!(true)),
        (lead.clone(), "Email_Opt_Out", Value::Null, json!(false)),
        (lead.clone(), "No_of_Employees", json!(-7), json!(-7)),
        (lead, "No_of_Employees", json!(999_999_999), json!(999_999_999)),
        (event(), "Start_DateTime", json!("2026-06-05T12:30:00Z"), json!("2026-06-05T05:30:00-07:00")),
        (
            event(),
            "Start_DateTime",
            json!("2026-06-05T12:30:00.999+02:00"),
            json!("2026-06-05T03:30:00-07:00"),
        ),
        (event(), "Start_DateTime", json!("2026-12-05T12:30:00"), json!("2026-12-05T12:30:00-08:00")),
        (account.clone(), "Account_Number", json!("123456789012345678"), json!("123456789012345678")),
        (account, "Account_Number", json!(42), json!("42")),
        (product.clone(), "Qty_in_Stock", json!(2.5), json!(2.5)),
        // More decimal places than the field has are rounded.
        (product, "Qty_in_Stock", json!(2.125), json!(2.13)),
    ]
}

/// What is refused, and the details that say why.
fn refusals() -> Vec<(Record, &'static str, Value, Value)> {
    let (deal, lead, account, product) = (deal("x"), lead("x"), account("x"), product("x"));
    let expected = |name: &str| json!({"expected_data_type": name});
    vec![
        (deal.clone(), "Next_Step", json!({"a": 1}), expected("text")),
        (deal.clone(), "Next_Step", json!("x".repeat(101)), json!({"maximum_length": 100})),
        (deal.clone(), "Deal_Name", json!(["x"]), expected("text")),
        (deal.clone(), "Amount", json!("plenty"), expected("currency")),
        (deal.clone(), "Amount", json!(true), expected("currency")),
        (deal.clone(), "Amount", json!(1e17), json!({"maximum_length": 16})),
        (deal.clone(), "Probability", json!(1.5), expected("integer")),
        (deal.clone(), "Probability", json!(1000), json!({"maximum_length": 3})),
        (deal.clone(), "Closing_Date", json!("30.06.2026"), expected("date")),
        (deal.clone(), "Closing_Date", json!("2027-02-29"), expected("date")),
        (deal.clone(), "Closing_Date", json!(20_270_101), expected("date")),
        (deal.clone(), "Type", json!(["New Business"]), expected("text")),
        (deal, "Owner", json!({"id": "1234567890123456789"}), json!({})),
        (lead.clone(), "Email", json!("nobody"), expected("email")),
        (lead.clone(), "Email_Opt_Out", json!("perhaps"), expected("boolean")),
        (lead.clone(), "No_of_Employees", json!(1_000_000_000), json!({"maximum_length": 9})),
        (lead, "No_of_Employees", json!("many"), expected("integer")),
        (event(), "Start_DateTime", json!("yesterday"), expected("datetime")),
        (account, "Account_Number", json!("12a"), expected("bigint")),
        (product, "Tax", json!({"a": 1}), expected("jsonarray")),
    ]
}

on_both! {
    async fn values_come_back_in_the_documented_form(server: TestServer) {
        let api = server.api();
        for (at, (record, field, sent, expected)) in cases().into_iter().enumerate() {
            let record = if record.module == "Products" { record.with("Product_Name", format!("x{at}")) } else { record };
            let module = record.module;
            let id = api.insert(record.with(field, sent.clone())).await;
            assert_eq!(api.record(module, &id).await[field], expected, "{module}.{field} sent as {sent}");
            let rows = api.get(&format!("{module}?fields={field}&ids={id}")).await.rows();
            assert_eq!(rows[0][field], expected, "{module}.{field} in a list, sent as {sent}");
        }
    }

    async fn bad_values_are_refused_with_what_was_expected(server: TestServer) {
        let api = server.api();
        for (record, field, sent, expected) in refusals() {
            let module = record.module;
            let answer = api.post(module, &record.with(field, sent.clone()).body()).await;
            assert_eq!((answer.status, answer.code().as_str()), (400, "INVALID_DATA"), "{module}.{field}: {sent}");
            let mut details = expected;
            details["api_name"] = json!(field);
            details["json_path"] = json!(format!("$.data[0].{field}"));
            assert_eq!(answer.details(), details, "{module}.{field}: {sent}");
            assert_eq!(api.count(module).await, 0);
        }
    }

    async fn a_lookup_of_the_wrong_shape_is_refused(server: TestServer) {
        let api = server.api();
        for sent in [json!({"id": "abc"}), json!([1]), json!(true), json!({})] {
            let answer = api.post("Deals", &deal("x").with("Account_Name", sent.clone()).body()).await;
            assert_eq!((answer.status, answer.code().as_str()), (400, "INVALID_DATA"), "{sent}: {}", answer.text);
        }
    }

    async fn owners_are_found_by_id_and_by_address(server: TestServer) {
        let api = server.api();
        let users = api.get("users?type=AllUsers").await.json()["users"].clone();
        let (id, email) = (users[0]["id"].clone(), users[0]["email"].clone());
        for sent in [json!({"id": id}), id.clone(), json!({"email": email})] {
            let deal = api.insert(deal("x").with("Owner", sent)).await;
            let owner = api.record("Deals", &deal).await["Owner"].clone();
            assert_eq!(owner, json!({"name": "Dev Admin", "id": id, "email": email}));
        }
    }

    async fn options_are_added_with_append_values(server: TestServer) {
        let api = server.api();
        let field = json!({"field_label": "Sizes", "data_type": "multiselectpicklist", "pick_list_values": [{"display_value": "S", "actual_value": "S"}]});
        api.post("settings/fields?module=Products", &json!({"fields": [field]})).await;
        let id = api.insert(product("Pen").with("Sizes", json!(["S"]))).await;
        let body = json!({"data": [{"id": id, "Sizes": ["L", "S"], "$append_values": {"Sizes": true}}]});
        assert_eq!(api.put("Products", &body).await.status, 200);
        assert_eq!(api.record("Products", &id).await["Sizes"], json!(["S", "L"]));
        let body = json!({"data": [{"id": id, "Sizes": ["Other"]}]});
        api.put("Products", &body).await;
        assert_eq!(api.record("Products", &id).await["Sizes"], json!(["Other"]));
    }

    async fn a_parent_of_any_module_needs_its_module(server: TestServer) {
        let api = server.api();
        let id = api.insert(deal("Boat")).await;
        let task = Record::empty("Tasks").with("Subject", "Call").with("What_Id", id.as_str());
        let answer = api.post("Tasks", &task.body()).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "DEPENDENT_FIELD_MISSING"), "{}", answer.text);
        let task = api.insert(task.with("$se_module", "Deals")).await;
        let task = api.record("Tasks", &task).await;
        assert_eq!((&task["What_Id"], &task["$se_module"]), (&json!({"name": "Boat", "id": id}), &json!("Deals")));
    }

    async fn people_point_to_each_other(server: TestServer) {
        let api = server.api();
        let boss = api.insert(contact("Boss").with("First_Name", "The")).await;
        let id = api.insert(contact("Other").with("Reporting_To", json!({"id": boss}))).await;
        assert_eq!(api.record("Contacts", &id).await["Reporting_To"], json!({"name": "The Boss", "id": boss}));
    }
}
