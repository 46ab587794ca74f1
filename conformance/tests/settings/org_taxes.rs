//! `org/taxes`: the taxes of the organisation, and what products and line items make of them.

use dealwright_testkit::records::{Record, product};
use dealwright_testkit::{Api, on_both};
use serde_json::{Value, json};

use crate::outcome;
use crate::people::colleague;

const UNKNOWN: &str = "1234567890123456789";

async fn taxes(api: &Api) -> Vec<Value> {
    api.get("org/taxes").await.json()["org_taxes"]["taxes"].as_array().cloned().unwrap_or_default()
}

/// The taxes and preferences, without the ids.
async fn shown(api: &Api) -> Value {
    let mut whole = api.get("org/taxes").await.json()["org_taxes"].clone();
    for tax in whole["taxes"].as_array_mut().expect("taxes") {
        let id = tax.as_object_mut().expect("a tax").shift_remove("id");
        assert!(id.is_some_and(|id| id.as_str().is_some_and(|id| id.len() == 19)));
    }
    whole
}

async fn id_of(api: &Api, name: &str) -> Value {
    taxes(api).await.into_iter().find(|tax| tax["name"] == name).unwrap_or_else(|| panic!("no tax {name}"))["id"].clone()
}

on_both! {
    async fn taxes_are_one_object_from_v5_on(server: TestServer) {
        let api = server.api();
        let new = shown(&api).await;
        assert_eq!(new["taxes"], json!([
            {"name": "Sales Tax", "display_label": "Sales Tax", "value": 0.0, "sequence_number": 1},
            {"name": "Vat", "display_label": "Vat", "value": 0.0, "sequence_number": 2},
        ]));
        assert_eq!(new["preference"], json!({"auto_populate_tax": false, "modify_tax_rates": true}));
        let vat = id_of(&api, "Vat").await;
        let change = json!({"org_taxes": {
            "taxes": [{"id": vat, "value": 12.5}, {"name": "Harbour", "value": "3", "display_label": "Harbour dues", "sequence_number": 1}],
            "preference": {"auto_populate_tax": true},
        }});
        let changed = api.put("org/taxes", &change).await;
        assert_eq!(changed.status, 200, "{}", changed.text);
        let said = changed.json()["org_taxes"].clone();
        assert_eq!((&said["code"], &said["message"], &said["details"]["name"]), (&json!("SUCCESS"), &json!("tax added"), &json!("Harbour")));
        let now = shown(&api).await;
        assert_eq!(now["taxes"], json!([
            {"name": "Harbour", "display_label": "Harbour dues", "value": 3.0, "sequence_number": 1},
            {"name": "Sales Tax", "display_label": "Sales Tax", "value": 0.0, "sequence_number": 2},
            {"name": "Vat", "display_label": "Vat", "value": 12.5, "sequence_number": 3},
        ]));
        assert_eq!(now["preference"], json!({"auto_populate_tax": true, "modify_tax_rates": true}));
        let harbour = id_of(&api, "Harbour").await;
        let one = api.get(&format!("org/taxes/{}", harbour.as_str().unwrap())).await.json();
        assert_eq!((&one["org_taxes"]["taxes"][0]["name"], one["org_taxes"]["taxes"].as_array().unwrap().len()), (&json!("Harbour"), 1));
        assert_eq!(outcome(&api.get(&format!("org/taxes/{UNKNOWN}")).await), "400 INVALID_DATA");
        // It changes as a whole: nothing stays of what fails.
        let half = json!({"org_taxes": {"taxes": [{"id": vat, "value": 99}, {"id": UNKNOWN, "value": 1}]}});
        assert_eq!(outcome(&api.put("org/taxes", &half).await), "400 INVALID_DATA");
        assert_eq!(taxes(&api).await.iter().find(|tax| tax["id"] == vat).unwrap()["value"], 12.5);
        let removed = json!({"org_taxes": {"taxes": [{"id": harbour, "_delete": true}]}});
        assert_eq!(api.put("org/taxes", &removed).await.status, 200);
        let all = taxes(&api).await;
        assert_eq!(all.iter().map(|tax| tax["name"].as_str().unwrap()).collect::<Vec<_>>(), ["Sales Tax", "Vat"]);
    }

    async fn taxes_are_a_list_up_to_v4(server: TestServer) {
        for version in ["v2", "v2.1", "v3", "v4"] {
            let api = server.version(version);
            let made = api.post("org/taxes", &json!({"taxes": [{"name": "Port", "value": 5}, {"name": "port", "value": 6}, {"name": "Quay"}]})).await;
            assert_eq!(made.status, 207, "{version} {}", made.text);
            let codes: Vec<Value> = made.json()["taxes"].as_array().unwrap().iter().map(|one| one["code"].clone()).collect();
            assert_eq!(codes, ["SUCCESS", "DUPLICATE_DATA", "MANDATORY_NOT_FOUND"]);
            let id = made.json()["taxes"][0]["details"]["id"].as_str().unwrap().to_owned();
            let changed = api.put("org/taxes", &json!({"taxes": [{"id": id, "value": 5.25}]})).await;
            assert_eq!(changed.json()["taxes"][0]["code"], "SUCCESS", "{}", changed.text);
            let all = api.get("org/taxes").await.json();
            let port = all["taxes"].as_array().unwrap().iter().find(|tax| tax["id"] == json!(id)).unwrap().clone();
            assert_eq!((port["value"].clone(), port["display_label"].clone()), (json!(5.25), json!("Port")));
            assert!(all["preference"]["modify_tax_rates"].is_boolean());
            let many = api.delete(&format!("org/taxes?ids={id},{UNKNOWN}")).await;
            assert_eq!(many.status, 207, "{}", many.text);
            assert_eq!(outcome(&api.delete(&format!("org/taxes/{id}")).await), "400 INVALID_DATA");
        }
    }

    async fn rates_names_and_places_are_checked(server: TestServer) {
        let api = server.api();
        let vat = id_of(&api, "Vat").await;
        let try_one = async |tax: Value| {
            let answer = api.put("org/taxes", &json!({"org_taxes": {"taxes": [tax]}})).await;
            (outcome(&answer), answer.details())
        };
        for (tax, key, code) in [
            (json!({"name": "x", "value": -1}), "value", "INVALID_DATA"),
            (json!({"name": "x", "value": 100.5}), "value", "INVALID_DATA"),
            (json!({"name": "x", "value": "much"}), "value", "INVALID_DATA"),
            (json!({"name": "x", "value": [1]}), "value", "INVALID_DATA"),
            (json!({"name": "x"}), "value", "MANDATORY_NOT_FOUND"),
            (json!({"value": 1}), "name", "MANDATORY_NOT_FOUND"),
            (json!({"name": " ", "value": 1}), "name", "MANDATORY_NOT_FOUND"),
            (json!({"name": "n".repeat(101), "value": 1}), "name", "INVALID_DATA"),
            (json!({"name": "VAT", "value": 1}), "name", "DUPLICATE_DATA"),
            (json!({"name": 5, "value": 1}), "name", "INVALID_DATA"),
            (json!({"id": vat, "name": null}), "name", "MANDATORY_NOT_FOUND"),
            (json!({"id": vat, "sequence_number": 0}), "sequence_number", "INVALID_DATA"),
            (json!({"id": vat, "sequence_number": 9}), "sequence_number", "INVALID_DATA"),
            (json!({"id": "x", "value": 1}), "id", "INVALID_DATA"),
        ] {
            let (outcome, details) = try_one(tax.clone()).await;
            assert_eq!(outcome, format!("400 {code}"), "{tax}");
            assert_eq!(details["api_name"], key, "{tax}");
        }
        let twice = json!({"org_taxes": {"taxes": [{"name": "a", "value": 1, "sequence_number": 1}, {"name": "b", "value": 1, "sequence_number": 1}]}});
        assert_eq!(outcome(&api.put("org/taxes", &twice).await), "400 INVALID_DATA");
        for body in [json!({}), json!({"org_taxes": []}), json!({"org_taxes": {}}), json!({"org_taxes": {"taxes": {}}}), json!([])] {
            assert_eq!(api.put("org/taxes", &body).await.status, 400, "{body}");
        }
        let many: Vec<Value> = (0..98).map(|at| json!({"name": format!("Tax {at}"), "value": 1})).collect();
        assert_eq!(api.put("org/taxes", &json!({"org_taxes": {"taxes": many}})).await.status, 200);
        assert_eq!(try_one(json!({"name": "one more", "value": 1})).await.0, "400 LIMIT_REACHED");
    }

    async fn taxes_are_read_by_all_and_changed_by_administrators(server: TestServer) {
        let grace = colleague(&server, "Grace", "Manager", "Standard").await.api;
        assert_eq!(grace.get("org/taxes").await.status, 200);
        let body = json!({"org_taxes": {"taxes": [{"name": "x", "value": 1}]}});
        for answer in [grace.put("org/taxes", &body).await, grace.post("org/taxes", &body).await, grace.delete("org/taxes?ids=1").await, grace.delete("org/taxes/1").await] {
            assert_eq!(outcome(&answer), "403 NO_PERMISSION");
        }
        let reader = server.api_with_scopes("ZohoCRM.settings.taxes.READ").await;
        assert_eq!(reader.get("org/taxes").await.status, 200);
        assert_eq!(outcome(&reader.put("org/taxes", &body).await), "401 OAUTH_SCOPE_MISMATCH");
    }

    async fn products_and_line_items_know_the_taxes_of_the_organisation(server: TestServer) {
        let api = server.api();
        let answer = api.put("org/taxes", &json!({"org_taxes": {"taxes": [{"name": "Harbour", "value": 12.5}]}})).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let harbour = id_of(&api, "Harbour").await;
        let boat = api.insert(product("Boat").with("Unit_Price", 100).with("Tax", json!([{"id": harbour}]))).await;
        assert_eq!(api.record("Products", &boat).await["Tax"], json!([{"id": harbour, "value": "Harbour - 12.5 %"}]));
        assert_eq!(server.version("v2").record("Products", &boat).await["Tax"], json!(["Harbour"]));
        // What is read is taken back.
        let back = api.put(&format!("Products/{boat}"), &json!({"data": [{"Tax": [{"value": "Harbour - 12.5 %"}]}]})).await;
        assert_eq!(outcome(&back), "200 SUCCESS");
        let quote = |tax: Value| {
            Record::empty("Quotes").with("Subject", "Boats").with("Quoted_Items", json!([{"Product_Name": boat, "Quantity": 1, "Line_Tax": [tax]}]))
        };
        // A tax of the organisation needs no percentage: it has its rate.
        let id = api.insert(quote(json!({"id": harbour}))).await;
        let row = api.record("Quotes", &id).await["Quoted_Items"][0].clone();
        assert_eq!((row["Tax"].clone(), row["Line_Tax"][0]["name"].clone()), (json!(12.5), json!("Harbour")));
        // Another rate is taken unless the organisation says otherwise.
        api.insert(quote(json!({"id": harbour, "percentage": 3}))).await;
        let kept = json!({"org_taxes": {"preference": {"modify_tax_rates": false}}});
        assert_eq!(api.put("org/taxes", &kept).await.status, 200);
        let refused = api.post("Quotes", &quote(json!({"id": harbour, "percentage": 3})).body()).await;
        assert_eq!(outcome(&refused), "400 NOT_ALLOWED", "{}", refused.text);
        assert_eq!(refused.details()["json_path"], "$.data[0].Quoted_Items[0].Line_Tax[0].percentage");
        api.insert(quote(json!({"id": harbour, "percentage": 12.5}))).await;
        // Under a new name it is the same tax, also where it was used.
        let renamed = json!({"org_taxes": {"taxes": [{"id": harbour, "name": "Dues"}]}});
        assert_eq!(api.put("org/taxes", &renamed).await.status, 200);
        assert_eq!(api.record("Products", &boat).await["Tax"][0]["value"], "Dues - 12.5 %");
        assert_eq!(server.version("v2").record("Products", &boat).await["Tax"], json!(["Dues"]));
        assert_eq!(outcome(&api.put("org/taxes", &json!({"org_taxes": {"taxes": [{"name": "Harbour", "value": 1}]}})).await), "400 DUPLICATE_DATA");
        // A tax that is gone is not taken any more; records keep what they were taxed.
        assert_eq!(api.delete(&format!("org/taxes/{}", harbour.as_str().unwrap())).await.status, 200);
        let gone = api.post("Products", &product("Oar").with("Tax", json!([{"id": harbour}])).body()).await;
        assert_eq!(outcome(&gone), "400 INVALID_DATA");
        assert_eq!(api.record("Quotes", &id).await["Quoted_Items"][0]["Tax"], 12.5);
    }

    async fn removed_taxes_do_not_come_back_with_a_restart(server: TestServer) {
        let vat = id_of(&server.api(), "Vat").await;
        assert_eq!(server.api().delete(&format!("org/taxes/{}", vat.as_str().unwrap())).await.status, 200);
        let server = server.restart(|_| {}).await;
        let names: Vec<Value> = taxes(&server.api()).await.iter().map(|tax| tax["name"].clone()).collect();
        assert_eq!(names, ["Sales Tax"]);
    }
}
