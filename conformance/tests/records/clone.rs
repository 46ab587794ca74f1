//! `POST /{module}/{id}/actions/clone`

use dealwright_testkit::on_both;
use dealwright_testkit::records::{Record, account, contact, deal, product};
use serde_json::{Value, json};

use crate::{assert_answer, outcome};

on_both! {
    async fn a_copy_has_the_values_of_its_original(server: TestServer) {
        let api = server.api();
        let acme = api.insert(account("Acme")).await;
        let id = api.insert(deal("Boat").with("Amount", 5).with("Account_Name", acme)).await;
        let answer = api.post(&format!("Deals/{id}/actions/clone"), &json!({"data": [{"Deal_Name": "Ship"}]})).await;
        assert_answer("clone__one", &answer);
        let copy = answer.ids().remove(0);
        assert_ne!(copy, id);
        assert_answer("clone__copy", &api.get(&format!("Deals/{copy}?fields=Deal_Name,Amount,Account_Name,Stage")).await);
    }

    async fn rows_of_subforms_are_copied_too(server: TestServer) {
        let api = server.api();
        let pen = api.insert(product("Pen").with("Unit_Price", 3)).await;
        let items = json!([{"Product_Name": pen, "Quantity": 2}, {"Product_Name": pen, "Quantity": 1, "Discount": 1}]);
        let id = api.insert(Record::empty("Quotes").with("Subject", "q").with("Quoted_Items", items)).await;
        let answer = api.send(reqwest::Method::POST, &format!("Quotes/{id}/actions/clone"), Vec::new()).await;
        assert_eq!(outcome(&answer), "201 SUCCESS", "{}", answer.text);
        let (old, new) = (api.record("Quotes", &id).await, api.record("Quotes", &answer.ids()[0]).await);
        let quantities = |record: &Value| -> Vec<Value> {
            record["Quoted_Items"].as_array().unwrap().iter().map(|row| row["Quantity"].clone()).collect()
        };
        assert_eq!(quantities(&new), quantities(&old));
        assert_ne!(new["Quoted_Items"][0]["id"], old["Quoted_Items"][0]["id"]);
        assert_eq!(new["Grand_Total"], old["Grand_Total"]);
        assert_ne!(new["Quote_Number"], old["Quote_Number"]);
    }

    async fn a_unique_value_has_to_be_given_anew(server: TestServer) {
        let api = server.api();
        let id = api.insert(contact("a").with("Email", "a@example.com")).await;
        let path = format!("Contacts/{id}/actions/clone");
        assert_eq!(outcome(&api.post(&path, &json!({})).await).split(' ').next(), Some("400"));
        let answer = api.send(reqwest::Method::POST, &path, Vec::new()).await;
        assert_eq!(outcome(&answer), "400 DUPLICATE_DATA");
        assert_eq!(outcome(&api.post(&path, &json!({"data": [{"Email": "b@example.com"}]})).await), "201 SUCCESS");
    }

    async fn an_unknown_original_is_refused(server: TestServer) {
        let api = server.api();
        let answer = api.send(reqwest::Method::POST, "Deals/1234567890123456789/actions/clone", Vec::new()).await;
        assert_answer("clone__unknown", &answer);
        assert_eq!(outcome(&api.post("Boats/1/actions/clone", &json!({})).await), "400 INVALID_MODULE");
    }
}
