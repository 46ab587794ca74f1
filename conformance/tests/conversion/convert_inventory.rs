//! `POST /Quotes/{id}/actions/convert`, `POST /Sales_Orders/{id}/actions/convert`

use dealwright_testkit::records::{Record, account, contact, deal, product};
use dealwright_testkit::{Answer, Api, on_both};
use serde_json::{Value, json};

use crate::{assert_answer, assert_shown, outcome};

/// A quote with two rows and something in what is carried over.
pub(super) async fn quote(api: &Api) -> String {
    let pen = api.insert(product("Pen").with("Unit_Price", 3.5)).await;
    let acme = api.insert(account("Acme")).await;
    let ada = api.insert(contact("Byron")).await;
    let boat = api.insert(deal("Boat")).await;
    let rows = json!([
        {"Product_Name": pen, "Quantity": 2, "Description": "blue"},
        {"Product_Name": pen, "Quantity": 10, "List_Price": 1, "Discount": "5%", "Tax": 1},
    ]);
    let quote = Record::empty("Quotes")
        .with("Subject", "Boats")
        .with("Quoted_Items", rows)
        .with("Account_Name", acme)
        .with("Contact_Name", ada)
        .with("Deal_Name", boat)
        .with("Discount", 1)
        .with("Adjustment", 0.5)
        .with("Billing_City", "Aarhus")
        .with("Shipping_City", "Oslo")
        .with("Terms_and_Conditions", "cash")
        .with("Carrier", "FedEX")
        .with("Tag", json!([{"name": "vip"}]));
    api.insert(quote).await
}

async fn convert(api: &Api, module: &str, id: &str, to: Value) -> Answer {
    let body = json!({ "data": [{ "convert_to": to }] });
    api.post(&format!("{module}/{id}/actions/convert"), &body).await
}

async fn module_id(api: &Api, name: &str) -> String {
    let body = api.get(&format!("settings/modules/{name}")).await.json();
    body["modules"][0]["id"].as_str().expect("an id").to_owned()
}

fn to(name: &str) -> Value {
    json!([{ "module": { "api_name": name }, "carry_over_tags": true }])
}

const SHOWN: &str = "Subject,Account_Name,Contact_Name,Discount,Adjustment,Sub_Total,Grand_Total,Billing_City,\
    Shipping_City,Terms_and_Conditions,Carrier,Owner,Tag,Quote_Name,Sales_Order,Deal_Name,Deal_Name__s,Status";

on_both! {
    async fn a_quote_becomes_an_order_and_the_order_an_invoice(server: TestServer) {
        let api = server.api();
        let quote = quote(&api).await;
        let answer = convert(&api, "Quotes", &quote, to("Sales_Orders")).await;
        assert_answer("convert_inventory__order", &answer);
        let order = answer.details()["Sales_Orders"]["id"].as_str().unwrap().to_owned();
        assert_answer("convert_inventory__order_shown", &api.get(&format!("Sales_Orders/{order}?fields={SHOWN}")).await);
        let record = api.record("Sales_Orders", &order).await;
        assert_eq!(record["Quote_Name"]["id"], quote);
        let rows = record["Ordered_Items"].as_array().unwrap();
        let rows: Vec<Value> = rows.iter().map(|row| json!([row["Product_Name"]["name"], row["Quantity"], row["List_Price"], row["Discount"], row["Net_Total"], row["Description"]])).collect();
        assert_shown("convert_inventory__rows", json!(rows));
        let answer = convert(&api, "Sales_Orders", &order, to("Invoices")).await;
        assert_eq!(outcome(&answer), "200 SUCCESS", "{}", answer.text);
        let invoice = answer.details()["Invoices"]["id"].as_str().unwrap().to_owned();
        let record = api.record("Invoices", &invoice).await;
        assert_eq!((&record["Sales_Order"]["id"], &record["Deal_Name__s"]["name"]), (&json!(order), &json!("Boat")));
        assert_eq!(record["Grand_Total"], api.record("Quotes", &quote).await["Grand_Total"]);
        let timeline = api.get(&format!("Quotes/{quote}/__timeline")).await;
        assert_eq!(timeline.json()["__timeline"][0]["action"], "converted");
    }

    async fn a_quote_becomes_an_invoice_at_once(server: TestServer) {
        let api = server.api();
        let quote = quote(&api).await;
        let target = json!([{ "module": { "id": module_id(&api, "Invoices").await } }]);
        let answer = convert(&api, "Quotes", &quote, target).await;
        assert_eq!(outcome(&answer), "200 SUCCESS", "{}", answer.text);
        let id = answer.details()["Invoices"]["id"].as_str().unwrap().to_owned();
        assert_eq!(api.record("Invoices", &id).await["Tag"], json!([]));
    }

    async fn a_document_is_converted_once(server: TestServer) {
        let api = server.api();
        let quote = quote(&api).await;
        convert(&api, "Quotes", &quote, to("Invoices")).await;
        assert_answer("convert_inventory__twice", &convert(&api, "Quotes", &quote, to("Sales_Orders")).await);
        assert_answer("convert_inventory__unknown", &convert(&api, "Quotes", "1234567890123456789", to("Invoices")).await);
        assert_eq!(api.count("Sales_Orders").await, 0);
    }

    async fn the_target_has_to_be_named_well(server: TestServer) {
        let api = server.api();
        let quote = quote(&api).await;
        let mut shown = Vec::new();
        for to in [
            json!(null),
            json!([]),
            json!("Invoices"),
            json!([{"module": {"api_name": "Invoices"}}, {"module": {"api_name": "Sales_Orders"}}]),
            json!([{}]),
            json!([{"module": {}}]),
            json!([{"module": {"api_name": "Boats"}}]),
            json!([{"module": {"api_name": "Leads"}}]),
            json!([{"module": {"api_name": "Invoices", "id": "1234567890123456789"}}]),
            json!([{"module": {"api_name": "Invoices"}, "carry_over_tags": "maybe"}]),
        ] {
            let answer = convert(&api, "Quotes", &quote, to.clone()).await;
            assert_eq!(answer.status, 400, "{to}: {}", answer.text);
            shown.push(json!({"convert_to": to, "error": answer.shown()["body"]["data"][0]}));
        }
        assert_shown("convert_inventory__mistakes", json!(shown));
        assert_eq!(api.count("Invoices").await, 0);
    }

    async fn strictly_tags_are_carried_over_or_not_mentioned(server: TestServer) {
        let quote = quote(&server.api()).await;
        let server = server.strict().await;
        let api = server.api();
        let without = json!([{ "module": { "api_name": "Invoices" }, "carry_over_tags": false }]);
        assert_answer("convert_inventory__tags", &convert(&api, "Quotes", &quote, without).await);
    }

    async fn a_document_without_tags_can_say_so(server: TestServer) {
        let api = server.api();
        let quote = quote(&api).await;
        let without = json!([{ "module": { "api_name": "Invoices" }, "carry_over_tags": false }]);
        assert_eq!(outcome(&convert(&api, "Quotes", &quote, without).await), "200 SUCCESS");
    }
}
