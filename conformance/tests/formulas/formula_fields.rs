//! Formula fields: made through `/settings/fields`, computed with every write.

use dealwright_testkit::on_both;
use dealwright_testkit::records::{deal, lead};
use serde_json::{Value, json};

use super::{change, eventually, formula, made, make};
use crate::{assert_answer, assert_shown, outcome};

on_both! {
    async fn a_formula_is_computed_searched_and_sorted(server: TestServer) {
        let api = server.api();
        let id = made(&api, "Deals", formula("Share", "currency", "${Deals.Amount} * ${Probability} / 100 - 0.005")).await;
        assert_answer("formula__get", &api.get(&format!("settings/fields/{id}?module=Deals")).await);
        let first = api.insert(deal("a").with("Amount", 1000.1)).await;
        let second = api.insert(deal("b").with("Amount", 50)).await;
        assert_eq!(api.record("Deals", &first).await["Share"], 100.01);
        assert_eq!(api.found("Deals", "(Share:greater_than:90)", "Deal_Name").await, ["a"]);
        assert_eq!(api.found("Deals", "(Share:between:4.99,5)", "Deal_Name").await, ["b"]);
        let old = server.version("v2").get("Deals?sort_by=Share&sort_order=asc&fields=Share").await;
        let order: Vec<Value> = old.rows().iter().map(|row| row["id"].clone()).collect();
        assert_eq!(order, [json!(second), json!(first)]);

        change(&api, "Deals", &first, json!({"Probability": 50})).await;
        assert_eq!(api.record("Deals", &first).await["Share"], 500.05);
        change(&api, "Deals", &first, json!({"Amount": null})).await;
        assert_eq!(api.record("Deals", &first).await["Share"], Value::Null);
        let timeline = api.get(&format!("Deals/{first}/__timeline")).await;
        assert!(timeline.text.contains("Share"), "{}", timeline.text);
    }

    async fn each_return_type_has_its_json_type(server: TestServer) {
        let api = server.api();
        for field in [
            formula("Sum", "double", "1 / 3"),
            formula("Text", "text", "Concat(Upper(Last_Name), ' of ', Company)"),
            formula("Day", "date", "Adddate(Created_Time, 1, 'DAY')"),
            formula("Moment", "datetime", "Newdate(2024, 2, 29, 6, 30, 'AM')"),
            formula("Test", "boolean", "Annual_Revenue > 5"),
        ] {
            made(&api, "Leads", field).await;
        }
        let id = api.insert(lead("Ash").with("Annual_Revenue", 5)).await;
        let shown = api.get(&format!("Leads/{id}?fields=Sum,Text,Day,Moment,Test")).await;
        assert_answer("formula__types", &shown);
        for (criteria, found) in [
            ("(Text:equals:ash)", 1),
            ("(Text:starts_with:ASH of)", 1),
            ("(Day:equals:2027-01-16)", 1),
            ("(Moment:less_than:2024-03-01T00:00:00Z)", 1),
            ("(Test:equals:false)", 1),
            ("(Test:equals:true)", 0),
            ("(Sum:equals:0.33)", 1),
        ] {
            assert_eq!(api.found("Leads", criteria, "Last_Name").await.len(), found, "{criteria}");
        }
        // What cannot be told is neither true nor false.
        let unknown = api.insert(lead("Oak")).await;
        let unknown = api.record("Leads", &unknown).await;
        assert_eq!((&unknown["Test"], &unknown["Text"]), (&Value::Null, &json!("OAK of Acme")));
    }

    async fn formulas_follow_each_other_in_their_order(server: TestServer) {
        let api = server.api();
        let first = made(&api, "Leads", formula("Base", "double", "Annual_Revenue * 2")).await;
        made(&api, "Leads", formula("Above", "double", "Base + 1")).await;
        let id = api.insert(lead("x").with("Annual_Revenue", 4)).await;
        assert_eq!(api.record("Leads", &id).await["Above"], 9);
        let path = format!("settings/fields/{first}?module=Leads");
        let cycle = api.patch(&path, &json!({"fields": [{"formula": {"expression": "Above * 2"}}]})).await;
        assert_answer("formula__cycle", &cycle);
        let itself = api.patch(&path, &json!({"fields": [{"formula": {"expression": "Base * 2"}}]})).await;
        assert_eq!(outcome(&itself), "400 INVALID_DATA", "{}", itself.text);
        assert_answer("formula__used_elsewhere", &api.delete(&path).await);
    }

    async fn what_is_sent_for_a_formula_is_passed_over(server: TestServer) {
        let api = server.api();
        made(&api, "Leads", formula("Twice", "double", "Annual_Revenue * 2")).await;
        let id = api.insert(lead("x").with("Annual_Revenue", 4).with("Twice", 1)).await;
        assert_eq!(api.record("Leads", &id).await["Twice"], 8);
        for sent in [json!(1), Value::Null, json!("many")] {
            change(&api, "Leads", &id, json!({"Twice": sent})).await;
            assert_eq!(api.record("Leads", &id).await["Twice"], 8);
        }
    }

    async fn records_that_are_there_are_computed_by_a_job(server: TestServer) {
        let api = server.api();
        let rows: Vec<Value> = (0..450).map(|n| lead("x").with("Annual_Revenue", n).value()).collect();
        let ids = api.insert_all("Leads", &rows).await;
        let field = made(&api, "Leads", formula("Twice", "double", "Annual_Revenue * 2")).await;
        eventually(&api, "Leads", &ids[449], "Twice", &json!(898)).await;
        assert_eq!(api.record("Leads", &ids[0]).await["Twice"], 0);
        assert_eq!(api.record("Leads", &ids[250]).await["Twice"], 500);
        let before = api.record("Leads", &ids[0]).await["Modified_Time"].clone();
        assert_eq!(before, "2027-01-15T00:00:00-08:00");

        let path = format!("settings/fields/{field}?module=Leads");
        let changed = api.patch(&path, &json!({"fields": [{"formula": {"expression": "Annual_Revenue * 3"}}]})).await;
        assert_eq!(changed.status, 200, "{}", changed.text);
        eventually(&api, "Leads", &ids[449], "Twice", &json!(1347)).await;
    }

    async fn a_formula_outlives_a_restart(server: TestServer) {
        made(&server.api(), "Leads", formula("Shout", "text", "Upper(Last_Name)")).await;
        let server = server.restart(|_| {}).await;
        let id = server.api().insert(lead("ash")).await;
        assert_eq!(server.api().record("Leads", &id).await["Shout"], "ASH");
    }

    async fn empty_numbers_count_as_nothing_if_wished(server: TestServer) {
        let api = server.api();
        let mut field = formula("Sure", "double", "Annual_Revenue + 1");
        field["formula"]["assume_default"] = json!(true);
        made(&api, "Leads", field).await;
        let id = api.insert(lead("x")).await;
        assert_eq!(api.record("Leads", &id).await["Sure"], 1);
    }

    async fn what_has_no_value_is_empty(server: TestServer) {
        let api = server.api();
        for field in [
            formula("By Zero", "double", "1 / (Annual_Revenue - 1)"),
            formula("Too Large", "double", "10 ^ 16 * Annual_Revenue"),
            formula("Too Long", "text", "Replace(Last_Name, 'x', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx')"),
        ] {
            made(&api, "Leads", field).await;
        }
        let id = api.insert(lead(&"x".repeat(20)).with("Annual_Revenue", 1)).await;
        let record = api.record("Leads", &id).await;
        assert_eq!([&record["By_Zero"], &record["Too_Large"], &record["Too_Long"]], [&Value::Null; 3]);
    }

    async fn what_is_no_formula_is_refused(server: TestServer) {
        let api = server.api();
        let mut seen = Vec::new();
        for (return_type, expression) in [
            ("double", "1 +"),
            ("double", "Boat(1)"),
            ("double", "${Deals.Amount}"),
            ("double", "Owner + 1"),
            ("double", "id + 1"),
            ("double", "Annual_Revenue + Last_Name"),
            ("double", "Round(1, 2, 3)"),
            ("text", "1 + 1"),
            ("date", "true"),
            ("money", "1"),
        ] {
            let answer = make(&api, "Leads", formula("x", return_type, expression)).await;
            let error = answer.json()["fields"][0].clone();
            seen.push(json!({"formula": [return_type, expression], "answer": outcome(&answer), "message": error["message"], "details": error["details"]}));
        }
        assert_shown("formula__refused", json!(seen));
        for (body, code) in [
            (json!({"field_label": "x", "data_type": "formula"}), "400 MANDATORY_NOT_FOUND"),
            (json!({"field_label": "x", "data_type": "formula", "formula": {"expression": "1"}}), "400 MANDATORY_NOT_FOUND"),
            (json!({"field_label": "x", "data_type": "formula", "formula": {"return_type": "double"}}), "400 MANDATORY_NOT_FOUND"),
            (json!({"field_label": "x", "data_type": "formula", "formula": {"return_type": "double", "expression": "1+".repeat(3000)}}), "400 INVALID_DATA"),
            (json!({"field_label": "x", "data_type": "formula", "formula": {"return_type": "double", "expression": "(".repeat(3000)}}), "400 INVALID_DATA"),
            (json!({"field_label": "x", "data_type": "formula", "decimal_place": 12, "formula": {"return_type": "double", "expression": "1"}}), "400 DEPENDENT_MISMATCH"),
            (json!({"field_label": "x", "data_type": "formula", "unique": {"case_sensitive": false}, "formula": {"return_type": "double", "expression": "1"}}), "400 DEPENDENT_MISMATCH"),
        ] {
            assert_eq!(outcome(&make(&api, "Leads", body.clone()).await), code, "{body}");
        }
        let id = made(&api, "Leads", formula("y", "double", "1")).await;
        let path = format!("settings/fields/{id}?module=Leads");
        let other_type = json!({"fields": [{"formula": {"return_type": "text", "expression": "'a'"}}]});
        assert_eq!(outcome(&api.patch(&path, &other_type).await), "400 NOT_ALLOWED");
        let read = api.get(&path).await.json()["fields"][0].clone();
        let back = api.patch(&path, &json!({"fields": [read]})).await;
        assert_eq!(back.status, 200, "{}", back.text);
    }

    async fn a_formula_in_a_subform_sees_its_row(server: TestServer) {
        let api = server.api();
        made(&api, "Quoted_Items", formula("Half", "currency", "Net_Total / 2")).await;
        let pen = api.insert(dealwright_testkit::records::product("Pen").with("Unit_Price", 3)).await;
        let quote = dealwright_testkit::records::Record::empty("Quotes").with("Subject", "x")
            .with("Quoted_Items", json!([{"Product_Name": pen, "Quantity": 3}]));
        let id = api.insert(quote).await;
        let rows = api.record("Quotes", &id).await["Quoted_Items"].clone();
        assert_eq!(rows[0]["Half"], 4.5);
        change(&api, "Quotes", &id, json!({"Quoted_Items": [{"id": rows[0]["id"], "Quantity": 5}]})).await;
        assert_eq!(api.record("Quotes", &id).await["Quoted_Items"][0]["Half"], 7.5);
    }
}
