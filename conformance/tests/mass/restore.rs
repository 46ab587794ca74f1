//! `/settings/recycle_bin/actions/restore`: records come back as they were.

use std::time::Duration;

use dealwright_testkit::records::{Record, account, contact, deal, lead, product};
use dealwright_testkit::{Answer, Api, on_both};
use serde_json::{Value, json};

use super::UNKNOWN;
use crate::{assert_answer, outcome};

const RESTORE: &str = "settings/recycle_bin/actions/restore";

async fn restore(api: &Api, id: &str) -> Answer {
    api.post(&format!("settings/recycle_bin/{id}/actions/restore"), &json!({})).await
}

/// A record without what restoring it changes.
fn kept(mut record: Value) -> Value {
    let fields = record.as_object_mut().expect("a record is an object");
    fields.remove("Modified_Time");
    record
}

on_both! {
    async fn a_record_comes_back_with_every_value(server: TestServer) {
        let api = server.api();
        let acme = api.insert(account("Acme")).await;
        let full = deal("Boat \"quoted\" é")
            .with("Amount", 24_000.55)
            .with("Account_Name", acme.as_str())
            .with("Description", "two\nlines")
            .with("Lead_Source", "Advertisement")
            .with("Tag", json!([{"name": "hot"}]));
        let task = Record::empty("Tasks")
            .with("Subject", "t")
            .with("What_Id", acme.as_str())
            .with("$se_module", "Accounts")
            .with("Due_Date", "2027-02-28");
        for (module, record) in [("Deals", full), ("Tasks", task)] {
            let id = api.insert(record).await;
            let before = api.record(module, &id).await;
            api.delete(&format!("{module}/{id}")).await;
            assert_eq!(api.get(&format!("{module}/{id}")).await.status, 204);
            server.advance(Duration::from_mins(1));
            let answer = restore(&api, &id).await;
            assert_answer("restore__one", &answer);
            let after = api.record(module, &id).await;
            // Clients that keep a copy learn of it by this time.
            assert_ne!(after["Modified_Time"], before["Modified_Time"]);
            assert_eq!(kept(after), kept(before), "{module}");
            assert_eq!(api.get(&format!("settings/recycle_bin/{id}")).await.status, 204);
            assert_eq!(api.get(&format!("{module}/deleted")).await.status, 204);
        }
        assert_eq!(api.found("Deals", "(Amount:equals:24000.55)", "Amount").await, ["24000.55"]);
    }

    async fn rows_of_subforms_come_back_in_their_order(server: TestServer) {
        let api = server.api();
        let pen = api.insert(product("Pen").with("Unit_Price", 3)).await;
        let items = json!([{"Product_Name": pen, "Quantity": 2}, {"Product_Name": pen, "Quantity": 5, "Discount": 1.5}]);
        let id = api.insert(Record::empty("Quotes").with("Subject", "q").with("Quoted_Items", items)).await;
        let before = api.record("Quotes", &id).await;
        api.delete(&format!("Quotes/{id}")).await;
        restore(&api, &id).await;
        assert_eq!(kept(api.record("Quotes", &id).await), kept(before));
    }

    async fn its_history_goes_on(server: TestServer) {
        let api = server.api();
        let id = api.insert(deal("a")).await;
        api.put("Deals", &json!({"data": [{"id": id, "Amount": 1}]})).await;
        api.delete(&format!("Deals/{id}")).await;
        restore(&api, &id).await;
        api.put("Deals", &json!({"data": [{"id": id, "Amount": 2}]})).await;
        let timeline = api.get(&format!("Deals/{id}/__timeline")).await.json();
        let actions: Vec<&str> =
            timeline["__timeline"].as_array().unwrap().iter().filter_map(|entry| entry["action"].as_str()).collect();
        assert_eq!(actions, ["updated", "restored", "deleted", "updated", "added"]);
        // A second time around.
        api.delete(&format!("Deals/{id}")).await;
        assert_eq!(outcome(&restore(&api, &id).await), "200 SUCCESS");
        assert_eq!(api.record("Deals", &id).await["Amount"], 2);
    }

    async fn fields_may_have_come_and_gone_since(server: TestServer) {
        let api = server.api();
        let make = |label: &str, kind: &str| json!({"fields": [{"field_label": label, "data_type": kind, "length": 50}]});
        let made = api.post("settings/fields?module=Deals", &make("Old Field", "text")).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let field = made.json()["fields"][0]["details"]["id"].as_str().unwrap().to_owned();
        let id = api.insert(deal("a").with("Old_Field", "kept nowhere").with("Amount", 7)).await;
        api.delete(&format!("Deals/{id}")).await;
        let gone = api.delete(&format!("settings/fields/{field}?module=Deals")).await;
        assert_eq!(gone.status, 200, "{}", gone.text);
        assert_eq!(api.post("settings/fields?module=Deals", &make("New Field", "text")).await.status, 201);
        assert_eq!(outcome(&restore(&api, &id).await), "200 SUCCESS");
        let record = api.record("Deals", &id).await;
        assert_eq!((&record["Amount"], &record["New_Field"], record.get("Old_Field")), (&json!(7), &Value::Null, None));
    }

    async fn what_is_taken_meanwhile_keeps_it_in_the_bin(server: TestServer) {
        let api = server.api();
        let id = api.insert(product("Pen")).await;
        api.delete(&format!("Products/{id}")).await;
        let other = api.insert(product("pen")).await;
        let answer = restore(&api, &id).await;
        assert_answer("restore__duplicate", &answer);
        api.delete(&format!("Products/{other}")).await;
        // Of two that want the same value the first gets it.
        let answer = api.post(RESTORE, &json!({"ids": [id, other]})).await;
        assert_eq!(outcome(&answer), "207 SUCCESS DUPLICATE_DATA", "{}", answer.text);
    }

    async fn several_records_come_back_by_ids_or_filters_or_all(server: TestServer) {
        let api = server.api();
        let ids = api.insert_all("Deals", &["a", "b", "c", "d"].map(|name| deal(name).value())).await;
        let junk = api.insert(lead("junk")).await;
        api.delete(&format!("Deals?ids={}", ids.join(","))).await;
        api.delete(&format!("Leads/{junk}")).await;
        let answer = api.post(RESTORE, &json!({"ids": [ids[0], UNKNOWN, ids[1], "abc"]})).await;
        assert_answer("restore__ids", &answer);
        let filters = json!({"group_operator": "and", "group": [
            {"field": {"api_name": "module"}, "comparator": "equal", "value": "Deals"},
            {"field": {"api_name": "display_name"}, "comparator": "equal", "value": "c"},
        ]});
        assert_eq!(outcome(&api.post(RESTORE, &json!({"filters": filters})).await), "200 SUCCESS");
        assert_eq!(api.count("Deals").await, 3);
        assert_eq!(outcome(&api.post(RESTORE, &json!({"restore_all_records": true})).await), "200 SUCCESS SUCCESS");
        assert_eq!((api.count("Deals").await, api.count("Leads").await), (4, 1));
        assert_eq!(api.get("settings/recycle_bin").await.status, 204);
        assert_eq!(api.post(RESTORE, &json!({"restore_all_records": true})).await.status, 204);
    }

    async fn what_is_to_come_back_has_to_be_said_once(server: TestServer) {
        let api = server.api();
        for (name, body) in [
            ("nothing", json!({})),
            ("two", json!({"ids": [UNKNOWN], "restore_all_records": true})),
            ("not_all", json!({"restore_all_records": false})),
            ("no_ids", json!({"ids": []})),
            ("many_ids", json!({"ids": vec![UNKNOWN; 201]})),
            ("comparator", json!({"filters": {"field": "module", "comparator": "like", "value": "Deals"}})),
        ] {
            assert_answer(&format!("restore__{name}"), &api.post(RESTORE, &body).await);
        }
        assert_eq!(outcome(&restore(&api, UNKNOWN).await), "400 INVALID_DATA");
        assert_eq!(outcome(&restore(&api, "abc").await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.send(reqwest::Method::POST, RESTORE, Vec::new()).await), "400 INVALID_DATA");
    }

    async fn more_than_200_come_back_by_a_job(server: TestServer) {
        let api = server.api();
        let records: Vec<Value> = (0..230).map(|n| deal(&format!("{n}")).value()).collect();
        let ids = api.insert_all("Deals", &records).await;
        for part in ids.chunks(100) {
            api.delete(&format!("Deals?ids={}", part.join(","))).await;
        }
        let filters = json!({"field": "module", "comparator": "equal", "value": "Deals"});
        assert_answer("restore__scheduled", &api.post(RESTORE, &json!({"filters": filters})).await);
        for _ in 0..600 {
            if api.count("Deals").await == 230 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(api.get("settings/recycle_bin").await.status, 204);
    }

    async fn notes_and_links_come_back_with_their_record(server: TestServer) {
        let api = server.api();
        let (boat, pen) = (api.insert(deal("Boat")).await, api.insert(product("Pen")).await);
        let person = api.insert(contact("Ada")).await;
        let note = json!({"data": [{"Note_Title": "Call", "Note_Content": "Monday"}]});
        let made = api.post(&format!("Deals/{boat}/Notes"), &note).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let note = made.ids().remove(0);
        let linked = api.put(&format!("Deals/{boat}/Products/{pen}"), &json!({"data": [{}]})).await;
        assert_eq!(linked.status, 200, "{}", linked.text);
        let before = api.record("Notes", &note).await;
        // Both ends of the link go, one after the other.
        api.delete(&format!("Deals/{boat}")).await;
        assert_eq!(api.get(&format!("Notes/{note}")).await.status, 204);
        // A note has no place without its record.
        assert_answer("restore__orphan", &restore(&api, &note).await);
        // Named beside its record, it comes back once.
        let answer = api.post(RESTORE, &json!({"ids": [note, boat]})).await;
        assert_eq!(outcome(&answer), "200 SUCCESS SUCCESS", "{}", answer.text);
        assert_eq!(kept(api.record("Notes", &note).await), kept(before));
        assert_eq!(api.get(&format!("Deals/{boat}/Products?fields=Product_Name")).await.rows()[0]["id"], pen.as_str());
        assert_eq!(api.get(&format!("Deals/{boat}/Notes?fields=Note_Title")).await.rows()[0]["id"], note.as_str());
        assert_eq!(api.get("settings/recycle_bin").await.status, 204);
        // Whatever ends now, the note ends with it.
        api.delete(&format!("Deals/{boat}")).await;
        assert_eq!(api.get("settings/recycle_bin/actions/count").await.text, "{\"count\":2}");
        assert_eq!(outcome(&api.delete(&format!("settings/recycle_bin/{boat}")).await), "200 SUCCESS");
        assert_eq!(api.get("settings/recycle_bin").await.status, 204);
        assert_eq!(api.get("Notes/deleted?type=permanent").await.rows()[0]["id"], note.as_str());
        assert_eq!(api.record("Contacts", &person).await["Last_Name"], "Ada");
    }

    async fn lookups_of_several_records_come_back(server: TestServer) {
        let api = server.api();
        let field = json!({"fields": [{"field_label": "Wishes", "data_type": "multiselectlookup",
            "multiselectlookup": {"connected_module": {"api_name": "Products"}}}]});
        let made = api.post("settings/fields?module=Leads", &field).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let (a, b) = (api.insert(product("a")).await, api.insert(product("b")).await);
        let wishes = json!([{"Products": {"id": a}}, {"Products": {"id": b}}]);
        let id = api.insert(lead("x").with("Wishes", wishes)).await;
        let before = api.record("Leads", &id).await;
        api.delete(&format!("Leads/{id}")).await;
        assert_eq!(api.get(&format!("Products/{a}/Leads_Wishes?fields=Last_Name")).await.status, 204);
        assert_eq!(outcome(&restore(&api, &id).await), "200 SUCCESS");
        assert_eq!(before["Wishes"].as_array().map(Vec::len), Some(2));
        assert_eq!(kept(api.record("Leads", &id).await), kept(before));
    }
}
