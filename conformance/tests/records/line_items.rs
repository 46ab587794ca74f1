//! Line items of quotes and their kin, in `POST`, `PUT` and `GET` of `/{module}/{id}`

use dealwright_testkit::records::{Record, product};
use dealwright_testkit::{Api, on_both};
use serde_json::{Value, json};

use crate::{assert_answer, assert_shown, outcome};

fn quote(items: Value) -> Record {
    Record::empty("Quotes").with("Subject", "Boats").with("Quoted_Items", items)
}

async fn pen(api: &Api) -> String {
    api.insert(product("Pen").with("Unit_Price", 3.5)).await
}

on_both! {
    async fn rows_are_priced_and_summed(server: TestServer) {
        let api = server.api();
        let pen = pen(&api).await;
        let items = json!([
            {"Product_Name": {"id": pen}, "Quantity": 2},
            {"Product_Name": pen, "Quantity": 10, "List_Price": 1, "Discount": "5%", "Tax": 1},
        ]);
        let id = api.insert(quote(items).with("Discount", 1).with("Adjustment", 0.5)).await;
        let answer = api.get(&format!("Quotes/{id}?fields=Subject,Quoted_Items,Sub_Total,Discount,Adjustment,Grand_Total")).await;
        assert_answer("line_items__quote", &answer);
    }

    async fn the_oldest_version_has_its_own_form(server: TestServer) {
        let (old, api) = (server.version("v2"), server.api());
        let pen = pen(&api).await;
        let record = Record::empty("Quotes").with("Subject", "Boats").with("Product_Details", json!([
            {"product": {"id": pen}, "quantity": 2},
        ]));
        let id = old.insert(record).await;
        let flat = old.record("Quotes", &id).await;
        assert!(flat.get("Quoted_Items").is_none());
        assert_shown("line_items__v2", json!({"rows": flat["Product_Details"].as_array().unwrap().len(), "row": {
            "keys": flat["Product_Details"][0].as_object().unwrap().keys().collect::<Vec<_>>(),
            "quantity": flat["Product_Details"][0]["quantity"],
            "total": flat["Product_Details"][0]["total"],
        }}));
        let record = api.record("Quotes", &id).await;
        assert!(record.get("Product_Details").is_none());
        assert_eq!(record["Quoted_Items"][0]["Quantity"], 2);
    }

    async fn the_product_of_the_oldest_form_counts_and_its_name_is_passed_over(server: TestServer) {
        let (old, api) = (server.version("v2"), server.api());
        let pen = pen(&api).await;
        for (module, more) in [("Quotes", json!({})), ("Sales_Orders", json!({})), ("Invoices", json!({}))] {
            let row = json!({"product": {"id": pen}, "Product_Name": "shown name", "quantity": 2, "list_price": 0, "Description": ""});
            let mut record = Record::empty(module).with("Subject", "Boats").with("Product_Details", json!([row]));
            for (key, value) in more.as_object().unwrap() {
                record = record.with(key, value.clone());
            }
            let id = old.insert(record).await;
            let row = old.record(module, &id).await["Product_Details"][0].clone();
            assert_eq!((&row["product"]["id"], &row["quantity"]), (&json!(pen), &json!(2)), "{module}");
            let change = json!({"data": [{"Product_Details": [{"id": row["id"], "product": {"id": pen}, "Product_Name": "x", "quantity": 3}]}]});
            assert_eq!(outcome(&old.put(&format!("{module}/{id}"), &change).await), "200 SUCCESS", "{module}");
            assert_eq!(old.record(module, &id).await["Product_Details"][0]["quantity"], 3, "{module}");
        }
    }

    async fn no_discount_is_a_discount_of_nothing(server: TestServer) {
        let api = server.api();
        let pen = pen(&api).await;
        let items = json!([{"Product_Name": {"id": pen}, "Quantity": 2, "Discount": null}]);
        let id = api.insert(quote(items).with("Discount", Value::Null)).await;
        let record = api.record("Quotes", &id).await;
        assert_eq!((&record["Discount"], &record["Quoted_Items"][0]["Discount"]), (&json!(0), &json!(0)));
        assert_eq!(record["Grand_Total"], 7);
    }

    async fn a_quote_needs_rows_and_a_row_its_product(server: TestServer) {
        let api = server.api();
        let pen = pen(&api).await;
        assert_answer("line_items__none", &api.post("Quotes", &Record::empty("Quotes").with("Subject", "x").body()).await);
        for bad in [json!([]), json!([{"Quantity": 1}]), json!([{"Product_Name": pen}])] {
            let answer = api.post("Quotes", &quote(bad.clone()).body()).await;
            assert_eq!(outcome(&answer), "400 MANDATORY_NOT_FOUND", "{bad}: {}", answer.text);
        }
        for bad in [json!({"a": 1}), json!([1]), json!([{"Product_Name": pen, "Quantity": "few"}])] {
            let answer = api.post("Quotes", &quote(bad.clone()).body()).await;
            assert_eq!(outcome(&answer), "400 INVALID_DATA", "{bad}: {}", answer.text);
        }
        assert_eq!(api.count("Quotes").await, 0);
    }

    async fn rows_are_changed_added_and_removed(server: TestServer) {
        let api = server.api();
        let pen = pen(&api).await;
        let rows = json!([{"Product_Name": pen, "Quantity": 1}, {"Product_Name": pen, "Quantity": 2}]);
        let id = api.insert(quote(rows)).await;
        let rows = api.record("Quotes", &id).await["Quoted_Items"].clone();
        let change = json!([
            {"id": rows[0]["id"], "Quantity": 5},
            {"id": rows[1]["id"], "_delete": null},
            {"Product_Name": pen, "Quantity": 7},
        ]);
        let answer = api.put("Quotes", &json!({"data": [{"id": id, "Quoted_Items": change}]})).await;
        assert_eq!(outcome(&answer), "200 SUCCESS", "{}", answer.text);
        let record = api.record("Quotes", &id).await;
        let quantities: Vec<&Value> = record["Quoted_Items"].as_array().unwrap().iter().map(|row| &row["Quantity"]).collect();
        assert_eq!(quantities, [5, 7]);
        assert_eq!(record["Grand_Total"], 42);

        let foreign = json!([{"id": "1234567890123456789", "Quantity": 5}]);
        let answer = api.put("Quotes", &json!({"data": [{"id": id, "Quoted_Items": foreign}]})).await;
        assert_eq!(outcome(&answer), "400 INVALID_DATA", "{}", answer.text);
    }

    async fn up_to_v3_the_rows_sent_are_all_rows(server: TestServer) {
        let api = server.api();
        let pen = pen(&api).await;
        for (version, left) in [("v2.1", 1), ("v8", 3)] {
            let rows = json!([{"Product_Name": pen, "Quantity": 1}, {"Product_Name": pen, "Quantity": 2}]);
            let id = api.insert(quote(rows)).await;
            let body = json!({"data": [{"id": id, "Quoted_Items": [{"Product_Name": pen, "Quantity": 9}]}]});
            assert_eq!(server.version(version).put("Quotes", &body).await.status, 200);
            let rows = api.record("Quotes", &id).await["Quoted_Items"].as_array().unwrap().len();
            assert_eq!(rows, left, "{version}");
        }
    }

    async fn numbers_of_documents_count_up(server: TestServer) {
        let api = server.api();
        let pen = pen(&api).await;
        let record = quote(json!([{"Product_Name": pen, "Quantity": 1}])).value();
        let ids = api.insert_all("Quotes", &[record.clone(), record.clone()]).await;
        let third = api.insert_all("Quotes", &[record]).await;
        let mut numbers = Vec::new();
        for id in ids.iter().chain(&third) {
            numbers.push(api.record("Quotes", id).await["Quote_Number"].as_str().unwrap().parse::<u64>().unwrap());
        }
        assert_eq!(numbers[1], numbers[0] + 1);
        assert_eq!(numbers[2], numbers[0] + 2);
    }
}
