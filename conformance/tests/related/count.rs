//! `POST /{module}/{id}/actions/get_related_records_count`

use dealwright_testkit::on_both;
use dealwright_testkit::records::{Record, account, contact, deal};
use serde_json::{Value, json};

use super::{UNKNOWN, to};
use crate::{assert_answer, outcome};

fn body(lists: &[Value]) -> Value {
    let asked: Vec<Value> = lists.iter().map(|list| json!({"related_list": list})).collect();
    json!({ "get_related_records_count": asked })
}

on_both! {
    async fn several_lists_are_counted_at_once(server: TestServer) {
        let api = server.api();
        let acme = api.insert(account("Acme")).await;
        let contacts = ["a", "b", "c"].map(|name| contact(name).with("Account_Name", to(&acme)).value());
        api.insert_all("Contacts", &contacts).await;
        api.insert(Record::empty("Tasks").with("Subject", "x").with("What_Id", to(&acme)).with("$se_module", "Accounts")).await;
        api.post(&format!("Accounts/{acme}/Notes"), &json!({"data": [{"Note_Content": "x"}]})).await;
        let lists = api.get("settings/related_lists?module=Accounts").await.json();
        let lists = lists["related_lists"].as_array().unwrap();
        let deals = lists.iter().find(|list| list["api_name"] == "Deals").unwrap()["id"].clone();
        let asked = [
            json!({"api_name": "Contacts"}), json!({"id": deals}), json!({"api_name": "Notes"}),
            json!({"api_name": "Activities_Chronological_View"}), json!({"api_name": "Tasks"}), json!({"api_name": "Products"}),
        ];
        let path = format!("Accounts/{acme}/actions/get_related_records_count");
        assert_answer("related_count", &api.post(&path, &body(&asked)).await);
        let refused = [
            json!({"api_name": "Contacts"}), json!({"api_name": "Boats"}), json!({"id": UNKNOWN}), json!({"id": "x"}),
            json!({}), json!({"api_name": "CheckLists"}),
        ];
        assert_answer("related_count__refused", &api.post(&path, &body(&refused)).await);
    }

    async fn the_request_as_a_whole_can_be_wrong(server: TestServer) {
        let api = server.api();
        let boat = api.insert(deal("Boat")).await;
        let path = format!("Deals/{boat}/actions/get_related_records_count");
        let one = body(&[json!({"api_name": "Products"})]);
        let unknown = format!("Deals/{UNKNOWN}/actions/get_related_records_count");
        assert_answer("related_count__unknown_parent", &api.post(&unknown, &one).await);
        assert_answer("related_count__too_many", &api.post(&path, &body(&vec![json!({"api_name": "Products"}); 21])).await);
        assert_eq!(outcome(&api.post(&path, &body(&vec![json!({"api_name": "Products"}); 20])).await), "200");
        assert_eq!(outcome(&api.post(&path, &json!({})).await), "400 MANDATORY_NOT_FOUND");
        assert_eq!(outcome(&api.post(&path, &json!([])).await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.post(&path, &body(&[])).await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.post(&path, &json!({"get_related_records_count": {}})).await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.post("Boats/1/actions/get_related_records_count", &one).await), "400 INVALID_MODULE");
        // What is counted is asked of the token, too.
        for (scopes, counted) in [("deals.READ,ZohoCRM.modules.products.READ", "200"), ("deals.READ", "400 OAUTH_SCOPE_MISMATCH")] {
            let reads = server.api_with_scopes(&format!("ZohoCRM.modules.{scopes}")).await;
            assert_eq!(outcome(&reads.post(&path, &one).await), counted);
        }
    }
}
