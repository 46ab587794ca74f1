//! `GET /{module}/{id}/__history`, `…/__history/{entry}`, `POST …/__history/{entry}/actions/restore`

use std::time::Duration;

use dealwright_testkit::records::{Record, account, contact, deal, product};
use dealwright_testkit::{Api, on_both};
use serde_json::{Value, json};

use crate::{assert_answer, outcome};

/// Ids of the entries of a record, newest first.
async fn entries(api: &Api, module: &str, id: &str) -> Vec<String> {
    let answer = api.get(&format!("{module}/{id}/__history")).await;
    let list = answer.json()["__history"].as_array().cloned().unwrap_or_default();
    list.iter().map(|entry| entry["id"].as_str().expect("an id").to_owned()).collect()
}

async fn restore(api: &Api, module: &str, id: &str, entry: &str) -> dealwright_testkit::Answer {
    api.post(&format!("{module}/{id}/__history/{entry}/actions/restore"), &json!({})).await
}

on_both! {
    async fn every_change_is_shown_with_the_values_before_and_after(server: TestServer) {
        let api = server.api();
        let (acme, zylker) = (api.insert(account("Acme")).await, api.insert(account("Zylker")).await);
        let id = api.insert(deal("Boat").with("Amount", 5).with("Account_Name", acme.as_str())).await;
        server.advance(Duration::from_mins(1));
        let change = json!({"id": id, "Amount": 7.5, "Account_Name": zylker, "Description": "larger"});
        api.put("Deals", &json!({"data": [change]})).await;
        server.advance(Duration::from_mins(1));
        api.put("Deals", &json!({"data": [{"id": id, "Description": null, "Tag": [{"name": "Hot"}]}]})).await;
        assert_answer("history__list", &api.get(&format!("Deals/{id}/__history")).await);
        let first = entries(&api, "Deals", &id).await.pop().unwrap();
        let then = api.get(&format!("Deals/{id}/__history/{first}")).await;
        let record = then.rows().remove(0);
        assert_eq!((&record["Amount"], &record["Account_Name"]["id"]), (&json!(5), &json!(acme)), "{}", then.text);
        assert_eq!((&record["Description"], &record["Tag"]), (&Value::Null, &Value::Null), "{}", then.text);
    }

    async fn an_earlier_state_comes_back_and_is_a_change_of_its_own(server: TestServer) {
        let api = server.api();
        let acme = api.insert(account("Acme")).await;
        let id = api.insert(deal("Boat").with("Amount", 5).with("Account_Name", acme.as_str()).with("Tag", json!([{"name": "Hot"}]))).await;
        let before = api.record("Deals", &id).await;
        server.advance(Duration::from_mins(1));
        let change = json!({"id": id, "Deal_Name": "Ship", "Amount": null, "Account_Name": null, "Stage": "Closed Won", "Tag": []});
        api.put("Deals", &json!({"data": [change]})).await;
        server.advance(Duration::from_mins(1));
        let first = entries(&api, "Deals", &id).await.pop().unwrap();
        let answer = restore(&api, "Deals", &id, &first).await;
        assert_answer("history__restore", &answer);
        let after = api.record("Deals", &id).await;
        for name in ["Deal_Name", "Amount", "Account_Name", "Stage", "Probability", "Expected_Revenue", "Tag"] {
            assert_eq!(after[name], before[name], "{name}");
        }
        assert_ne!(after["Modified_Time"], before["Modified_Time"]);
        let history = api.get(&format!("Deals/{id}/__history")).await.json()["__history"].clone();
        assert_eq!((&history[0]["action"], &history[0]["source"]), (&json!("updated"), &json!("history")));
        // And back again to what it was before that.
        let second = entries(&api, "Deals", &id).await.remove(1);
        assert_eq!(outcome(&restore(&api, "Deals", &id, &second).await), "200 SUCCESS");
        assert_eq!(api.record("Deals", &id).await["Deal_Name"], "Ship");
    }

    async fn rows_of_subforms_come_back_with_their_record(server: TestServer) {
        let api = server.api();
        let pen = api.insert(product("Pen").with("Unit_Price", 3)).await;
        let items = json!([
            {"Product_Name": pen, "Quantity": 2, "Description": "blue"},
            {"Product_Name": pen, "Quantity": 1, "Description": "red"},
        ]);
        let id = api.insert(Record::empty("Quotes").with("Subject", "q").with("Quoted_Items", items)).await;
        let before = api.record("Quotes", &id).await;
        let rows = before["Quoted_Items"].as_array().unwrap().clone();
        let change = json!([
            {"id": rows[0]["id"], "Quantity": 20},
            {"id": rows[1]["id"], "_delete": null},
            {"Product_Name": pen, "Quantity": 5, "Description": "green"},
        ]);
        let answer = api.put("Quotes", &json!({"data": [{"id": id, "Quoted_Items": change}]})).await;
        assert_eq!(outcome(&answer), "200 SUCCESS", "{}", answer.text);
        assert_ne!(api.record("Quotes", &id).await["Grand_Total"], before["Grand_Total"]);
        let first = entries(&api, "Quotes", &id).await.pop().unwrap();
        let answer = restore(&api, "Quotes", &id, &first).await;
        assert_eq!(outcome(&answer), "200 SUCCESS", "{}", answer.text);
        let after = api.record("Quotes", &id).await;
        let shown = |record: &Value| -> Vec<(Value, Value)> {
            let rows = record["Quoted_Items"].as_array().unwrap().iter();
            let mut rows: Vec<_> = rows.map(|row| (row["Quantity"].clone(), row["Description"].clone())).collect();
            rows.sort_by_key(|(quantity, _)| quantity.as_i64());
            rows
        };
        assert_eq!(shown(&after), shown(&before));
        assert_eq!(after["Grand_Total"], before["Grand_Total"]);
    }

    async fn what_cannot_come_back_is_refused(server: TestServer) {
        let api = server.api();
        let id = api.insert(contact("a").with("Email", "a@example.com")).await;
        let first = entries(&api, "Contacts", &id).await.pop().unwrap();
        api.put("Contacts", &json!({"data": [{"id": id, "Email": "b@example.com"}]})).await;
        // Somebody else has the address now.
        api.insert(contact("c").with("Email", "a@example.com")).await;
        assert_eq!(outcome(&restore(&api, "Contacts", &id, &first).await), "400 DUPLICATE_DATA");
        assert_eq!(api.record("Contacts", &id).await["Email"], "b@example.com");

        let unknown = "1234567890123456789";
        assert_answer("history__unknown_entry", &restore(&api, "Contacts", &id, unknown).await);
        assert_answer("history__unknown_record", &restore(&api, "Contacts", unknown, &first).await);
        assert_eq!(outcome(&restore(&api, "Contacts", &id, "x").await), "400 INVALID_DATA");
        assert_eq!(outcome(&restore(&api, "Boats", &id, &first).await), "400 INVALID_MODULE");
        assert_eq!(api.get(&format!("Contacts/{unknown}/__history")).await.status, 204);
        assert_eq!(api.get(&format!("Contacts/{id}/__history/{unknown}")).await.status, 204);
        api.delete(&format!("Contacts/{id}")).await;
        assert_eq!(outcome(&restore(&api, "Contacts", &id, &first).await), "400 INVALID_DATA");
        assert_eq!(api.get(&format!("Contacts/{id}/__history")).await.status, 200);
    }
}
