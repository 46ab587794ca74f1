//! `GET /{module}/deleted/{id}/{related_list}`, and what goes into the recycle bin with a record.

use dealwright_testkit::on_both;
use dealwright_testkit::records::{Record, account, contact, deal, lead, product};
use serde_json::json;

use super::{UNKNOWN, ids, related, sorted, to};
use crate::{assert_answer, outcome};

on_both! {
    async fn a_deleted_record_still_shows_what_hung_on_it(server: TestServer) {
        let api = server.api();
        let acme = api.insert(account("Acme")).await;
        let ray = api.insert(contact("Ray").with("Account_Name", to(&acme))).await;
        let task = Record::empty("Tasks").with("Subject", "x").with("What_Id", to(&acme)).with("$se_module", "Accounts");
        let task = api.insert(task).await;
        let pen = api.insert(product("Pen")).await;
        api.put(&format!("Accounts/{acme}/Products/{pen}"), &json!({"data": [{}]})).await;
        let lists = format!("Accounts/deleted/{acme}");
        assert_answer("of_deleted__not_deleted", &api.get(&format!("{lists}/Contacts?fields=id")).await);
        api.delete(&format!("Accounts/{acme}")).await;
        assert_answer("of_deleted", &api.get(&format!("{lists}/Contacts?fields=Last_Name,Account_Name")).await);
        for (list, expected) in [
            ("Contacts", &ray), ("Products", &pen), ("Tasks", &task), ("Activities_Chronological_View", &task),
        ] {
            assert_eq!(related(&api, &format!("{lists}/{list}")).await, sorted([expected]), "{list}");
        }
        for list in ["Deals", "Notes", "Tasks_History"] {
            assert_eq!(api.get(&format!("{lists}/{list}?fields=id")).await.status, 204, "{list}");
        }
        assert_answer("of_deleted__unknown_list", &api.get(&format!("{lists}/Boats?fields=id")).await);
        assert_eq!(outcome(&api.get(&format!("Accounts/deleted/{UNKNOWN}/Contacts?fields=id")).await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.get("Accounts/deleted/x/Contacts?fields=id").await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.get(&format!("Boats/deleted/{acme}/Contacts?fields=id")).await), "400 INVALID_MODULE");
    }

    async fn links_go_with_either_end(server: TestServer) {
        let api = server.api();
        let (lead, boat) = (api.insert(lead("Ray")).await, api.insert(deal("Boat")).await);
        let pens = api.insert_all("Products", &["Pen", "Ink"].map(|name| product(name).value())).await;
        for path in [format!("Leads/{lead}/Products"), format!("Deals/{boat}/Products")] {
            api.put(&path, &json!({"data": [to(&pens[0]), to(&pens[1])]})).await;
        }
        api.delete(&format!("Products/{}", pens[0])).await;
        assert_eq!(related(&api, &format!("Leads/{lead}/Products")).await, [pens[1].clone()]);
        api.delete(&format!("Leads/{lead}")).await;
        assert_eq!(api.get(&format!("Products/{}/Leads?fields=id", pens[1])).await.status, 204);
        assert_eq!(related(&api, &format!("Products/{}/Deals", pens[1])).await, [boat]);
        // Pages are cut here too.
        let lists = format!("Products/deleted/{}", pens[0]);
        let answer = api.get(&format!("{lists}/Deals?fields=Deal_Name&per_page=1")).await;
        assert_eq!(ids(&answer).len(), 1);
    }
}
