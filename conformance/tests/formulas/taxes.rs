//! Taxes, discounts and totals of inventory documents, to the cent.

use dealwright_testkit::records::{Record, product};
use dealwright_testkit::{Api, on_both};
use serde_json::{Value, json};

use super::change;
use crate::{assert_answer, assert_shown, outcome};

fn quote(items: Value) -> Record {
    Record::empty("Quotes").with("Subject", "Boats").with("Quoted_Items", items)
}

async fn pen(api: &Api) -> String {
    api.insert(product("Pen").with("Unit_Price", 3.33)).await
}

/// The numbers of a document and its rows.
fn numbers(record: &Value) -> Value {
    let row = |row: &Value| {
        json!([row["Total"], row["Discount"], row["Total_After_Discount"], row["Tax"], row["Net_Total"]])
    };
    let rows: Vec<Value> = record["Quoted_Items"].as_array().unwrap().iter().map(row).collect();
    json!({"rows": rows, "document": [record["Sub_Total"], record["Discount"], record["Tax"], record["Adjustment"], record["Grand_Total"]]})
}

on_both! {
    async fn taxes_of_rows_and_of_the_document_are_worked_out(server: TestServer) {
        let api = server.api();
        let pen = pen(&api).await;
        let items = json!([
            {"Product_Name": pen, "Quantity": 3, "Discount": "10%", "Line_Tax": [{"name": "Vat", "percentage": 12.5}, {"name": "Local", "percentage": "1"}]},
            {"Product_Name": pen, "Quantity": 1, "List_Price": 0.05, "Discount": "0.01", "Tax": 2},
        ]);
        let record = quote(items).with("$line_tax", json!([{"name": "MyTax", "percentage": 5.0}])).with("Discount", "10%").with("Adjustment", -0.01);
        let id = api.insert(record).await;
        let answer = api.get(&format!("Quotes/{id}")).await.json()["data"][0].clone();
        assert_eq!(numbers(&answer), json!({
            "rows": [[9.99, 1, 8.99, 1.21, 10.2], [0.05, 0.01, 0.04, 2, 2.04]],
            "document": [12.24, 1.22, 0.55, -0.01, 11.56],
        }));
        let taxes = |record: &Value| json!({"document": record["$line_tax"], "row": record["Quoted_Items"][0]["Line_Tax"]});
        let hidden = |mut taxes: Value| {
            for list in taxes.as_object_mut().unwrap().values_mut() {
                for tax in list.as_array_mut().unwrap() {
                    assert!(tax["id"].as_str().unwrap().len() > 15, "{tax}");
                    tax["id"] = json!("[id]");
                }
            }
            taxes
        };
        assert_shown("taxes__read", hidden(taxes(&answer)));
        // The org's own tax has the id of the list.
        let vat = api.get("settings/fields/Tax/pick_list_values?module=Products").await.json();
        let vat = vat["pick_list_values"].as_array().unwrap().iter().find(|one| one["actual_value"] == "Vat").unwrap()["id"].clone();
        assert_eq!(answer["Quoted_Items"][0]["Line_Tax"][0]["id"], vat);

        // A change of the quantity moves the taxes; by its id a tax keeps its name and percentage.
        let row = &answer["Quoted_Items"][0];
        change(&api, "Quotes", &id, json!({"Quoted_Items": [{"id": row["id"], "Quantity": 30, "Discount": 0}], "$line_tax": [{"id": answer["$line_tax"][0]["id"]}]})).await;
        let changed = api.record("Quotes", &id).await;
        assert_eq!(numbers(&changed), json!({
            "rows": [[99.9, 0, 99.9, 13.49, 113.39], [0.05, 0.01, 0.04, 2, 2.04]],
            "document": [115.43, 1.22, 5.71, -0.01, 119.91],
        }));
        assert_eq!(changed["$line_tax"][0]["name"], "MyTax");
        change(&api, "Quotes", &id, json!({"$line_tax": [], "Quoted_Items": [{"id": row["id"], "Line_Tax": []}]})).await;
        let without = api.record("Quotes", &id).await;
        assert_eq!(numbers(&without), json!({
            "rows": [[99.9, 0, 99.9, 0, 99.9], [0.05, 0.01, 0.04, 2, 2.04]],
            "document": [101.94, 1.22, 0, -0.01, 100.71],
        }));
        let listed = api.get("Quotes?fields=Subject").await;
        assert!(!listed.text.contains("$line_tax"));
        let fields = api.get("settings/fields?module=Quotes").await;
        assert!(!fields.text.contains("$line_tax"));
    }

    async fn taxes_that_are_none_are_refused(server: TestServer) {
        let api = server.api();
        let pen = pen(&api).await;
        let mut seen = Vec::new();
        for taxes in [
            json!({"name": "Vat"}),
            json!([1]),
            json!([{"percentage": 5}]),
            json!([{"name": "Vat"}]),
            json!([{"name": "Vat", "percentage": "much"}]),
            json!([{"name": "Vat", "percentage": -1}]),
            json!([{"name": 5, "percentage": 1}]),
            json!([{"id": "1234567890123456789", "percentage": 1}]),
        ] {
            let of_row = json!([{"Product_Name": pen, "Quantity": 1, "Line_Tax": taxes}]);
            let row = api.post("Quotes", &quote(of_row).body()).await;
            let of_document = quote(json!([{"Product_Name": pen, "Quantity": 1}])).with("$line_tax", taxes.clone());
            let document = api.post("Quotes", &of_document.body()).await;
            seen.push(json!({"taxes": taxes, "row": [outcome(&row), row.details()], "document": [outcome(&document), document.details()]}));
        }
        assert_shown("taxes__refused", json!(seen));
        assert_eq!(api.count("Quotes").await, 0);
    }

    async fn totals_too_large_to_keep_are_refused(server: TestServer) {
        let api = server.api();
        let pen = pen(&api).await;
        let large = 9_999_999_999_999_999_i64;
        let alone = json!([{"Product_Name": pen, "Quantity": large, "List_Price": large}]);
        assert_answer("taxes__too_large", &api.post("Quotes", &quote(alone).body()).await);
        // Each row can be kept, their sum cannot.
        let together = vec![json!({"Product_Name": pen, "Quantity": 1, "List_Price": large}); 12];
        let answer = api.post("Quotes", &quote(json!(together)).body()).await;
        assert_eq!(outcome(&answer), "400 INVALID_DATA", "{}", answer.text);
        assert_eq!(answer.details()["api_name"], "Sub_Total");
        assert_eq!(api.count("Quotes").await, 0);

        let id = api.insert(quote(json!([{"Product_Name": pen, "Quantity": 1, "List_Price": large}]))).await;
        let more = json!({"data": [{"id": id, "Subject": "more", "Quoted_Items": [{"Product_Name": pen, "Quantity": 1, "List_Price": 1}]}]});
        assert_eq!(outcome(&api.put("Quotes", &more).await), "400 INVALID_DATA");
        let record = api.record("Quotes", &id).await;
        assert_eq!((record["Quoted_Items"].as_array().unwrap().len(), &record["Subject"]), (1, &json!("Boats")));
        let answer = api.put("Quotes", &json!({"data": [{"id": id, "Adjustment": 1}]})).await;
        assert_eq!(outcome(&answer), "400 INVALID_DATA", "{}", answer.text);
        // What the server works out cannot be emptied.
        change(&api, "Quotes", &id, json!({"Grand_Total": null, "Sub_Total": 5})).await;
        assert_eq!(api.record("Quotes", &id).await["Grand_Total"], json!(large));
    }

    async fn taxes_of_products_are_objects_and_in_v2_names(server: TestServer) {
        let (api, old) = (server.api(), server.version("v2"));
        let id = api.insert(product("Pen").with("Tax", json!([{"value": "Vat"}, {"value": "Sales Tax"}]))).await;
        let taxes = api.record("Products", &id).await["Tax"].clone();
        assert_eq!((&taxes[0]["value"], taxes[0]["id"].is_string()), (&json!("Vat"), true));
        assert_eq!(old.record("Products", &id).await["Tax"], json!(["Vat", "Sales Tax"]));
        change(&old, "Products", &id, json!({"Tax": ["Vat"]})).await;
        change(&api, "Products", &id, json!({"Tax": [{"id": taxes[1]["id"]}]})).await;
        assert_eq!(old.record("Products", &id).await["Tax"], json!(["Sales Tax"]));
        assert_eq!(api.found("Products", "(Tax:equals:Sales Tax)", "Product_Name").await, ["Pen"]);
        for bad in [json!([{"value": "Window Tax"}]), json!(["Window Tax"]), json!([{"id": "1234567890123456789"}]), json!({"value": "Vat"})] {
            let answer = api.post("Products", &product("x").with("Tax", bad.clone()).body()).await;
            assert_eq!(outcome(&answer), "400 INVALID_DATA", "{bad}");
        }
        change(&api, "Products", &id, json!({"Tax": null})).await;
        assert_eq!(api.record("Products", &id).await["Tax"], Value::Null);
    }

    async fn rows_show_their_product_as_it_is(server: TestServer) {
        let api = server.api();
        let id = api.insert(product("Pen").with("Unit_Price", 3.5).with("Qty_in_Stock", 50)).await;
        let quote = api.insert(quote(json!([{"Product_Name": id, "Quantity": 1}]))).await;
        let row = api.record("Quotes", &quote).await["Quoted_Items"][0].clone();
        assert_eq!((&row["Unit_Price"], &row["Quantity_in_Stock"]), (&json!(3.5), &json!(50)));
        let flat = server.version("v2").record("Quotes", &quote).await["Product_Details"][0].clone();
        assert_eq!((&flat["unit_price"], &flat["quantity_in_stock"], &flat["list_price"]), (&json!(3.5), &json!(50), &json!(3.5)));
    }

    async fn the_oldest_version_writes_taxes_its_own_way(server: TestServer) {
        let (api, old) = (server.api(), server.version("v2"));
        let pen = pen(&api).await;
        let record = Record::empty("Invoices").with("Subject", "x").with("Product_Details", json!([
            {"product": {"id": pen}, "quantity": 2, "list_price": 10, "line_tax": [{"name": "Vat", "percentage": 10}]},
        ]));
        let id = old.insert(record).await;
        let row = old.record("Invoices", &id).await["Product_Details"][0].clone();
        assert_eq!((&row["Tax"], &row["net_total"], &row["line_tax"][0]["value"]), (&json!(2), &json!(22), &json!(2)));
        assert_eq!(api.record("Invoices", &id).await["Grand_Total"], 22);
    }
}
