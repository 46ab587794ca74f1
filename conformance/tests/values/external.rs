//! `X-EXTERNAL`: records named by fields of their own in place of ids.

use dealwright_testkit::on_both;
use dealwright_testkit::records::{account, deal, lead, product};
use serde_json::json;

use super::field;
use crate::{assert_answer, outcome};

fn external(label: &str) -> serde_json::Value {
    json!({"field_label": label, "data_type": "text", "length": 40, "external": {"type": "user", "show": false}})
}

on_both! {
    async fn records_are_named_by_a_field_of_their_own(server: TestServer) {
        let api = server.api();
        field(&api, "Leads", external("Ext")).await;
        let ext = api.header("x-external", "Leads.Ext");
        let made = ext.post("Leads", &json!({"data": [{"Last_Name": "a", "Ext": "A-1"}, {"Last_Name": "b", "Ext": "B-1"}, {"Last_Name": "c"}]})).await;
        assert_eq!((made.status, &made.rows()[0]["details"]["Ext"]), (201, &json!("A-1")));
        assert!(made.rows()[2]["details"].get("Ext").is_none());
        let ids = made.ids();
        assert_eq!(ext.get("Leads/a-1").await.rows()[0]["id"], ids[0]);
        assert_eq!(ext.get("Leads/none").await.status, 400);
        // One by its path, several by their bodies: under `id` or under the field's own name.
        assert_answer("values__external_put", &ext.put("Leads/A-1", &json!({"data": [{"Company": "x"}]})).await);
        let many = json!({"data": [{"Ext": "A-1", "City": "p"}, {"id": "B-1", "City": "q"}, {"Ext": "none", "City": "r"}, {"City": "s"}]});
        assert_answer("values__external_put_many", &ext.put("Leads", &many).await);
        assert_eq!(api.record("Leads", &ids[1]).await["City"], "q");
        let upsert = ext.post("Leads/upsert", &json!({"data": [{"Ext": "A-1", "City": "t"}, {"Ext": "D-1", "Last_Name": "d"}]})).await;
        let actions: Vec<_> = upsert.rows().iter().map(|row| row["action"].clone()).collect();
        assert_eq!(actions, ["update", "insert"], "{}", upsert.text);
        assert_answer("values__external_delete", &ext.delete("Leads?ids=B-1,none,D-1").await);
        assert_eq!(ext.delete("Leads/A-1").await.status, 200);
        assert_eq!(api.count("Leads").await, 1);
    }

    async fn lookups_are_given_by_fields_of_their_targets(server: TestServer) {
        let api = server.api();
        field(&api, "Accounts", external("Key")).await;
        field(&api, "Products", external("Sku")).await;
        let acme = api.insert(account("Acme").with("Key", "ACME")).await;
        let pen = api.insert(product("Pen").with("Sku", "PEN").with("Unit_Price", 3)).await;
        let ext = api.header("x-external", "Deals.Account_Name.Key");
        for sent in [json!({"Key": "acme"}), json!({"id": "ACME"}), json!("ACME")] {
            let made = ext.post("Deals", &deal("x").with("Account_Name", sent.clone()).body()).await;
            assert_eq!(made.status, 201, "{}", made.text);
            assert_eq!(api.record("Deals", &made.ids()[0]).await["Account_Name"]["id"], acme, "{sent}");
        }
        assert_answer("values__external_lookup", &ext.post("Deals", &deal("x").with("Account_Name", json!({"Key": "none"})).body()).await);
        // Several at once, through the rows of a subform too.
        let ext = api.header("x-external", "Quotes.Account_Name.Key, Quotes.Quoted_Items.Product_Name.Sku");
        let quote = json!({"data": [{"Subject": "q", "Account_Name": {"Key": "ACME"}, "Quoted_Items": [{"Product_Name": {"Sku": "PEN"}, "Quantity": 2}]}]});
        let made = ext.post("Quotes", &quote).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let quote = api.record("Quotes", &made.ids()[0]).await;
        assert_eq!((&quote["Account_Name"]["id"], &quote["Quoted_Items"][0]["Product_Name"]["id"]), (&json!(acme), &json!(pen)));
        let bad = json!({"data": [{"Subject": "q", "Account_Name": {"Key": "ACME"}, "Quoted_Items": [{"Product_Name": {"Sku": "none"}, "Quantity": 2}]}]});
        assert_answer("values__external_row", &ext.post("Quotes", &bad).await);
    }

    async fn a_path_that_leads_nowhere_is_refused(server: TestServer) {
        let api = server.api();
        field(&api, "Leads", external("Ext")).await;
        let body = lead("x").body();
        for header in ["Leads.Last_Name", "Leads.Nothing", "Leads.Owner.Ext", "Leads.Converted_Account.Account_Name"] {
            let answer = api.header("x-external", header).post("Leads", &body).await;
            assert_eq!(outcome(&answer), "400 INVALID_DATA", "{header}");
        }
        // Another module's path is not about this call.
        assert_eq!(api.header("x-external", "Deals.Nothing").post("Leads", &body).await.status, 201);
    }
}
