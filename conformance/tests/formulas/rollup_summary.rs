//! Rollup fields: sums over related records, true after every write.

use dealwright_testkit::records::{account, contact, deal};
use dealwright_testkit::{Api, on_both};
use serde_json::{Value, json};

use super::{change, eventually, formula, made, make};
use crate::{assert_answer, assert_shown, outcome};

/// A rollup over the deals of an account.
fn rollup(label: &str, function: &str, field: Option<&str>, criteria: Value) -> Value {
    let parameters: Vec<Value> = field.iter().map(|name| json!({ "api_name": name })).collect();
    json!({"field_label": label, "data_type": "rollup_summary", "rollup_summary": {
        "rollup_based_on": "related_list",
        "based_on_module": {"api_name": "Deals"},
        "related_list": {"api_name": "Deals"},
        "expression": {"function": function, "function_parameters": parameters, "criteria": criteria},
    }})
}

async fn deals_of(api: &Api, account: &str, amounts: &[f64]) -> Vec<String> {
    let deals: Vec<Value> = amounts
        .iter()
        .map(|amount| deal("d").with("Account_Name", account).with("Amount", *amount).value())
        .collect();
    api.insert_all("Deals", &deals).await
}

on_both! {
    async fn sums_follow_every_write(server: TestServer) {
        let api = server.api();
        for field in [
            rollup("Count", "COUNT", None, Value::Null),
            rollup("Sum", "SUM", Some("Amount"), Value::Null),
            rollup("Mean", "AVERAGE", Some("Amount"), Value::Null),
            rollup("Least", "MIN", Some("Amount"), Value::Null),
            rollup("Most", "MAX", Some("Probability"), Value::Null),
            rollup("Latest", "RECENT", Some("Closing_Date"), Value::Null),
            rollup("Earliest", "OLDEST", Some("Created_Time"), Value::Null),
            rollup("Won", "COUNT", None, json!({"comparator": "equal", "field": {"api_name": "Stage"}, "value": "Closed Won"})),
        ] {
            made(&api, "Accounts", field).await;
        }
        let names = "Count,Sum,Mean,Least,Most,Latest,Earliest,Won";
        let show = async |id: &str| api.get(&format!("Accounts/{id}?fields={names}")).await.rows()[0].clone();
        let first = api.insert(account("First")).await;
        let second = api.insert(account("Second")).await;
        let none = show(&first).await;
        let ids = deals_of(&api, &first, &[10.1, 20.2, 0.03]).await;
        let three = show(&first).await;
        change(&api, "Deals", &ids[0], json!({"Amount": 1000, "Stage": "Closed Won"})).await;
        let changed = show(&first).await;
        change(&api, "Deals", &ids[1], json!({"Account_Name": second, "Closing_Date": "2030-01-01"})).await;
        let moved = [show(&first).await, show(&second).await];
        assert_eq!(api.delete(&format!("Deals?ids={}", ids[0])).await.status, 200);
        let deleted = show(&first).await;
        change(&api, "Deals", &ids[2], json!({"Account_Name": null})).await;
        let emptied = show(&first).await;
        let steps = json!({"none": none, "three": three, "changed": changed, "moved": moved, "deleted": deleted, "emptied": emptied});
        let mut steps = steps;
        for step in steps.as_object_mut().unwrap().values_mut() {
            for row in if step.is_array() { step.as_array_mut().unwrap().iter_mut().collect() } else { vec![step] } {
                row.as_object_mut().unwrap().shift_remove("id");
            }
        }
        assert_shown("rollup__steps", steps);
    }

    async fn a_rollup_tells_what_it_sums_up_and_is_searched(server: TestServer) {
        let api = server.api();
        let criteria = json!({"group_operator": "OR", "group": [
            {"comparator": "greater_than", "field": {"api_name": "Amount"}, "value": 15},
            {"comparator": "in", "field": "Stage", "value": ["Closed Won", "Closed Lost"]},
        ]});
        let id = made(&api, "Accounts", rollup("Large", "SUM", Some("Amount"), criteria)).await;
        assert_answer("rollup__get", &api.get(&format!("settings/fields/{id}?module=Accounts")).await);
        let account = api.insert(account("x")).await;
        deals_of(&api, &account, &[10.0, 20.0, 30.0]).await;
        assert_eq!(api.found("Accounts", "(Large:equals:50)", "Account_Name").await, ["x"]);
        // What is sent is passed over.
        change(&api, "Accounts", &account, json!({"Large": 1, "Phone": "5"})).await;
        assert_eq!(api.record("Accounts", &account).await["Large"], 50);
        let answer = api.put(&format!("Accounts/{account}"), &json!({"data": [{"Large": null}]})).await;
        assert_eq!(answer.status, 200);
        assert_eq!(api.record("Accounts", &account).await["Large"], 50);
        let read = api.get(&format!("settings/fields/{id}?module=Accounts")).await.json()["fields"][0].clone();
        let back = api.patch(&format!("settings/fields/{id}?module=Accounts"), &json!({"fields": [read]})).await;
        assert_eq!(back.status, 200, "{}", back.text);
        let other = json!({"fields": [{"rollup_summary": {"expression": {"function": "MAX"}}}]});
        assert_eq!(outcome(&api.patch(&format!("settings/fields/{id}?module=Accounts"), &other).await), "400 NOT_ALLOWED");
    }

    async fn records_that_are_there_are_summed_up_by_a_job(server: TestServer) {
        let api = server.api();
        let account = api.insert(account("x")).await;
        deals_of(&api, &account, &[1.0, 2.0]).await;
        made(&api, "Accounts", rollup("Sum", "SUM", Some("Amount"), Value::Null)).await;
        eventually(&api, "Accounts", &account, "Sum", &json!(3)).await;
    }

    async fn formulas_read_sums_and_sums_read_formulas(server: TestServer) {
        let api = server.api();
        made(&api, "Deals", formula("Double", "currency", "Amount * 2")).await;
        let sum = made(&api, "Accounts", rollup("Sum", "SUM", Some("Double"), Value::Null)).await;
        made(&api, "Accounts", formula("Rich", "boolean", "Sum > 100")).await;
        let account = api.insert(account("x")).await;
        assert_eq!(api.record("Accounts", &account).await["Rich"], false);
        let deals = deals_of(&api, &account, &[30.0, 30.0]).await;
        assert_eq!(api.record("Accounts", &account).await["Rich"], true);
        change(&api, "Deals", &deals[0], json!({"Amount": 1})).await;
        assert_eq!(api.record("Accounts", &account).await["Rich"], false);
        let used = api.delete(&format!("settings/fields/{sum}?module=Accounts")).await;
        assert_eq!(outcome(&used), "400 NOT_ALLOWED", "{}", used.text);
    }

    async fn totals_of_documents_are_summed_up(server: TestServer) {
        let api = server.api();
        made(&api, "Accounts", json!({"field_label": "Quoted", "data_type": "rollup_summary", "rollup_summary": {
            "based_on_module": {"api_name": "Quotes"},
            "expression": {"function": "SUM", "function_parameters": [{"api_name": "Grand_Total"}]},
        }})).await;
        let account = api.insert(account("x")).await;
        let pen = api.insert(dealwright_testkit::records::product("Pen").with("Unit_Price", 3)).await;
        let quote = dealwright_testkit::records::Record::empty("Quotes").with("Subject", "x")
            .with("Account_Name", account.as_str()).with("Quoted_Items", json!([{"Product_Name": pen, "Quantity": 3}]));
        let id = api.insert(quote).await;
        assert_eq!(api.record("Accounts", &account).await["Quoted"], 9);
        change(&api, "Quotes", &id, json!({"Adjustment": 1})).await;
        assert_eq!(api.record("Accounts", &account).await["Quoted"], 10);
    }

    async fn sums_beyond_a_field_are_empty_and_no_error(server: TestServer) {
        let api = server.api();
        made(&api, "Accounts", rollup("Sum", "SUM", Some("Amount"), Value::Null)).await;
        let account = api.insert(account("x")).await;
        deals_of(&api, &account, &[9_999_999_999_999_990.0; 12]).await;
        assert_eq!(api.record("Accounts", &account).await["Sum"], Value::Null);
    }

    async fn what_comes_back_counts_again(server: TestServer) {
        let api = server.api();
        made(&api, "Accounts", rollup("Sum", "SUM", Some("Amount"), Value::Null)).await;
        let account = api.insert(account("x")).await;
        let deals = deals_of(&api, &account, &[1.0, 2.0]).await;
        let restore = async |id: &str| {
            let answer = api.post("settings/recycle_bin/actions/restore", &json!({"ids": [id]})).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
        };
        assert_eq!(api.delete(&format!("Deals/{}", deals[0])).await.status, 200);
        assert_eq!(api.record("Accounts", &account).await["Sum"], 2);
        restore(&deals[0]).await;
        assert_eq!(api.record("Accounts", &account).await["Sum"], 3);
        // What has changed while the account was away counts when it is back.
        assert_eq!(api.delete(&format!("Accounts/{account}")).await.status, 200);
        change(&api, "Deals", &deals[1], json!({"Amount": 20})).await;
        restore(&account).await;
        assert_eq!(api.record("Accounts", &account).await["Sum"], 21);
    }

    async fn a_copy_has_sums_of_its_own(server: TestServer) {
        let api = server.api();
        made(&api, "Accounts", rollup("Count", "COUNT", None, Value::Null)).await;
        let account = api.insert(account("x")).await;
        deals_of(&api, &account, &[1.0]).await;
        let copy = api.post(&format!("Accounts/{account}/actions/clone"), &json!({"data": [{}]})).await;
        assert_eq!(api.record("Accounts", &copy.ids()[0]).await["Count"], 0);
    }

    async fn many_writers_at_once_leave_a_true_sum(server: TestServer) {
        let api = server.api();
        made(&api, "Accounts", rollup("Sum", "SUM", Some("Amount"), Value::Null)).await;
        let account = api.insert(account("x")).await;
        let writers = (0..12).map(|_| {
            let (api, account) = (api.clone(), account.clone());
            tokio::spawn(async move { deals_of(&api, &account, &[1.0, 2.0]).await })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.unwrap();
        }
        assert_eq!(api.record("Accounts", &account).await["Sum"], 36);
    }

    async fn a_record_over_itself(server: TestServer) {
        let api = server.api();
        made(&api, "Accounts", json!({"field_label": "Branches", "data_type": "rollup_summary", "rollup_summary": {
            "based_on_module": {"api_name": "Accounts"},
            "expression": {"function": "COUNT"},
        }})).await;
        let head = api.insert(account("head")).await;
        let branch = api.insert(account("branch").with("Parent_Account", head.as_str())).await;
        assert_eq!(api.record("Accounts", &head).await["Branches"], 1);
        change(&api, "Accounts", &branch, json!({"Parent_Account": branch})).await;
        assert_eq!(api.record("Accounts", &head).await["Branches"], 0);
        assert_eq!(api.record("Accounts", &branch).await["Branches"], 1);
    }

    async fn what_cannot_be_summed_up_is_refused(server: TestServer) {
        let api = server.api();
        made(&api, "Accounts", rollup("Sum", "SUM", Some("Amount"), Value::Null)).await;
        api.insert(contact("x")).await;
        let mut seen = Vec::new();
        let test = |comparator: &str, field: &str, value: Value| json!({"comparator": comparator, "field": {"api_name": field}, "value": value});
        for field in [
            json!({"field_label": "x", "data_type": "rollup_summary"}),
            json!({"field_label": "x", "data_type": "rollup_summary", "rollup_summary": {"expression": {"function": "COUNT"}}}),
            json!({"field_label": "x", "data_type": "rollup_summary", "rollup_summary": {"related_list": {"api_name": "Boats"}, "expression": {"function": "COUNT"}}}),
            json!({"field_label": "x", "data_type": "rollup_summary", "rollup_summary": {"based_on_module": {"api_name": "Deals"}}}),
            rollup("x", "GUESS", None, Value::Null),
            rollup("x", "SUM", None, Value::Null),
            rollup("x", "SUM", Some("Boats"), Value::Null),
            rollup("x", "SUM", Some("Deal_Name"), Value::Null),
            rollup("x", "RECENT", Some("Amount"), Value::Null),
            rollup("x", "COUNT", None, test("equals", "Stage", json!("a"))),
            rollup("x", "COUNT", None, test("equal", "Boats", json!("a"))),
            rollup("x", "COUNT", None, test("greater_than", "Stage", json!("a"))),
            rollup("x", "COUNT", None, test("between", "Amount", json!([1]))),
            rollup("x", "COUNT", None, test("less_than", "Closing_Date", json!("${TODAY}"))),
            rollup("x", "COUNT", None, json!({"group_operator": "and", "group": [test("equal", "Amount", json!("many"))]})),
            rollup("x", "COUNT", None, json!({"group_operator": "and", "group": []})),
        ] {
            let answer = make(&api, "Accounts", field.clone()).await;
            seen.push(json!({"sent": field["rollup_summary"], "answer": outcome(&answer), "details": answer.json()["fields"][0]["details"]}));
        }
        assert_shown("rollup__refused", json!(seen));
        let of_sums = json!({"field_label": "x", "data_type": "rollup_summary", "rollup_summary": {
            "based_on_module": {"api_name": "Accounts"},
            "expression": {"function": "SUM", "function_parameters": [{"api_name": "Sum"}]},
        }});
        assert_eq!(outcome(&make(&api, "Accounts", of_sums).await), "400 INVALID_DATA");
        let amount = api.get("settings/fields?module=Accounts").await;
        assert!(amount.text.contains("\"Sum\""));
    }
}
