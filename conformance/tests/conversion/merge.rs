//! `/{module}/{id}/actions/merge`

use std::time::Duration;

use dealwright_testkit::records::{Record, account, contact, deal, lead, product};
use dealwright_testkit::{Answer, Api, on_both};
use serde_json::{Value, json};

use crate::{assert_answer, assert_shown, outcome};

async fn merge(api: &Api, module: &str, master: &str, wanted: Value) -> Answer {
    api.post(&format!("{module}/{master}/actions/merge"), &json!({ "merge": [wanted] })).await
}

on_both! {
    async fn the_master_takes_values_and_what_hung_on_the_children(server: TestServer) {
        let api = server.api();
        let master = api.insert(account("Acme").with("Phone", "1")).await;
        let first = api.insert(account("Acme Ltd").with("Phone", "2").with("Website", "acme.example")).await;
        let second = api.insert(account("Acme Inc").with("Parent_Account", first.as_str())).await;
        let ada = api.insert(contact("Byron").with("Account_Name", first.as_str())).await;
        let task = Record::empty("Tasks").with("Subject", "call").with("What_Id", second.as_str()).with("$se_module", "Accounts");
        let task = api.insert(task).await;
        server.advance(Duration::from_mins(1));
        let answer = merge(&api, "Accounts", &master, json!({
            "data": [{"id": first, "_fields": [{"api_name": "Website"}]}, {"id": second}],
            "master_record_fields": [{"api_name": "Phone"}],
        })).await;
        assert_answer("merge__done", &answer);
        let record = api.record("Accounts", &master).await;
        assert_eq!((&record["Account_Name"], &record["Phone"], &record["Website"]), (&json!("Acme"), &json!("1"), &json!("acme.example")));
        assert_eq!(api.record("Contacts", &ada).await["Account_Name"]["id"], master);
        assert_eq!(api.record("Contacts", &ada).await["Modified_Time"], "2027-01-15T00:01:00-08:00");
        assert_eq!(api.record("Tasks", &task).await["What_Id"]["id"], master);
        assert_eq!(api.count("Accounts").await, 1);
        let deleted = api.get("Accounts/deleted").await;
        assert_eq!(deleted.rows().len(), 2, "{}", deleted.text);
        let timeline = api.get(&format!("Accounts/{master}/__timeline")).await;
        assert_eq!(timeline.json()["__timeline"][0]["action"], "merged");
        assert_answer("merge__status", &api.get(&format!("Accounts/{master}/actions/merge")).await);
    }

    async fn links_and_notes_of_a_child_become_the_masters(server: TestServer) {
        let api = server.api();
        let (master, child) = (api.insert(lead("a")).await, api.insert(lead("b")).await);
        let (pen, ink) = (api.insert(product("Pen")).await, api.insert(product("Ink")).await);
        for (lead, product) in [(&master, &pen), (&child, &pen), (&child, &ink)] {
            let answer = api.put(&format!("Leads/{lead}/Products/{product}"), &json!({"data": [{}]})).await;
            assert_eq!(outcome(&answer), "200 SUCCESS");
        }
        let parent = json!({"id": child, "module": {"api_name": "Leads"}});
        api.insert(Record::empty("Notes").with("Note_Content", "hello").with("Parent_Id", parent)).await;
        assert_eq!(outcome(&merge(&api, "Leads", &master, json!({"data": [{"id": child}]})).await), "201 SUCCESS");
        assert_eq!(api.get(&format!("Leads/{master}/Products?fields=Product_Name")).await.rows().len(), 2);
        let notes = api.get(&format!("Leads/{master}/Notes?fields=Note_Content,Parent_Id")).await;
        assert_eq!(notes.rows()[0]["Note_Content"], "hello", "{}", notes.text);
    }

    async fn invitations_of_a_child_are_the_masters_once(server: TestServer) {
        let api = server.api();
        let (master, child) = (api.insert(contact("Lovelace")).await, api.insert(contact("Byron")).await);
        let event = |guests: Value| Record::empty("Events").with("Event_Title", "Tea").with("Participants", guests)
            .with("Start_DateTime", "2027-06-05T12:30:00Z").with("End_DateTime", "2027-06-05T13:30:00Z");
        let guest = |id: &str| json!({"type": "contact", "participant": id});
        let alone = api.insert(event(json!([guest(&child)]))).await;
        let both = api.insert(event(json!([guest(&master), guest(&child)]))).await;
        assert_eq!(outcome(&merge(&api, "Contacts", &master, json!({"data": [{"id": child}]})).await), "201 SUCCESS");
        for event in [alone, both] {
            let guests = api.record("Events", &event).await["Participants"].clone();
            assert_eq!(guests.as_array().map(Vec::len), Some(1), "{guests}");
            assert_eq!(guests[0]["participant"], master, "{guests}");
        }
    }

    async fn rows_of_documents_name_the_master(server: TestServer) {
        let api = server.api();
        let (master, child) = (api.insert(product("Pen")).await, api.insert(product("Pencil")).await);
        let rows = json!([{"Product_Name": child, "Quantity": 1}]);
        let quote = api.insert(Record::empty("Quotes").with("Subject", "q").with("Quoted_Items", rows)).await;
        assert_eq!(outcome(&merge(&api, "Products", &master, json!({"data": [{"id": child}]})).await), "201 SUCCESS");
        assert_eq!(api.record("Quotes", &quote).await["Quoted_Items"][0]["Product_Name"]["id"], master);
    }

    async fn a_master_does_not_become_its_own_parent(server: TestServer) {
        let api = server.api();
        let child = api.insert(account("Acme Ltd")).await;
        let master = api.insert(account("Acme").with("Parent_Account", child.as_str())).await;
        assert_eq!(outcome(&merge(&api, "Accounts", &master, json!({"data": [{"id": child}]})).await), "201 SUCCESS");
        assert_eq!(api.record("Accounts", &master).await["Parent_Account"], Value::Null);
    }

    async fn a_unique_value_moves_with_the_merge(server: TestServer) {
        let api = server.api();
        let master = api.insert(contact("Lovelace")).await;
        let child = api.insert(contact("Byron").with("Email", "ada@example.com")).await;
        let wanted = json!({"data": [{"id": child, "_fields": [{"api_name": "Email"}, {"api_name": "Last_Name"}]}]});
        assert_eq!(outcome(&merge(&api, "Contacts", &master, wanted).await), "201 SUCCESS");
        let record = api.record("Contacts", &master).await;
        assert_eq!((&record["Email"], &record["Full_Name"]), (&json!("ada@example.com"), &json!("Byron")));
    }

    async fn a_merge_is_asked_for_by_its_job(server: TestServer) {
        let api = server.api();
        let master = api.insert(lead("Lovelace")).await;
        let path = format!("Leads/{master}/actions/merge");
        assert_eq!(api.get(&path).await.status, 204);
        let child = api.insert(lead("Byron")).await;
        merge(&api, "Leads", &master, json!({"data": [{"id": child}]})).await;
        let job = api.get(&path).await.json()["merge"][0]["job_id"].as_str().unwrap().to_owned();
        assert_eq!(api.get(&format!("{path}?job_id={job}")).await.json()["merge"][0]["status"], "COMPLETED");
        assert_eq!(api.get(&format!("{path}?job_id=1234567890123456789")).await.status, 204);
        assert_eq!(outcome(&api.get(&format!("{path}?job_id=x")).await), "400 INVALID_DATA");
    }

    async fn children_and_fields_have_to_be_named_well(server: TestServer) {
        let api = server.api();
        let ids = [api.insert(lead("a")).await, api.insert(lead("b")).await, api.insert(lead("c")).await];
        let converted = api.insert(lead("d")).await;
        api.post(&format!("Leads/{converted}/actions/convert"), &json!({"data": [{}]})).await;
        let child = &ids[1];
        let field = |name: &str| json!([{"api_name": name}]);
        let mut shown = Vec::new();
        for wanted in [
            json!({}),
            json!({"data": []}),
            json!({"data": [{"id": child}, {"id": ids[2]}, {"id": converted}]}),
            json!({"data": [{}]}),
            json!({"data": [{"id": "x"}]}),
            json!({"data": [{"id": ids[0]}]}),
            json!({"data": [{"id": child}, {"id": child}]}),
            json!({"data": [{"id": "1234567890123456789"}]}),
            json!({"data": [{"id": converted}]}),
            json!({"data": [{"id": child, "_fields": [{}]}]}),
            json!({"data": [{"id": child}], "master_record_fields": [{}]}),
            json!({"data": [{"id": child, "_fields": field("Boats")}]}),
            json!({"data": [{"id": child, "_fields": field("Created_Time")}]}),
            json!({"data": [{"id": child, "_fields": field("City")}], "master_record_fields": field("City")}),
            json!({"data": [{"id": child, "_fields": field("Record_Image")}]}),
            json!({"data": [{"id": child}], "master_record_fields": field("Record_Image")}),
        ] {
            let answer = merge(&api, "Leads", &ids[0], wanted.clone()).await;
            assert_eq!(answer.status, 400, "{wanted}: {}", answer.text);
            shown.push(answer.shown()["body"]["merge"][0].clone());
        }
        assert_shown("merge__mistakes", json!(shown));
        assert_answer("merge__no_master", &merge(&api, "Leads", "1234567890123456789", json!({"data": [{"id": child}]})).await);
        assert_eq!(outcome(&api.post(&format!("Leads/{}/actions/merge", ids[0]), &json!({})).await), "400 MANDATORY_NOT_FOUND");
        assert_eq!(api.count("Leads").await, 3);
    }

    async fn open_deals_are_merged_and_some_of_their_fields_follow(server: TestServer) {
        let api = server.api();
        let master = api.insert(deal("Boat").with("Amount", 10)).await;
        let won = api.insert(deal("Ship").with("Stage", "Closed Won")).await;
        let other = api.insert(deal("Raft").with("Stage", "Needs Analysis").with("Amount", 100)).await;
        let mut shown = Vec::new();
        for wanted in [
            json!({"data": [{"id": won}]}),
            json!({"data": [{"id": other, "_fields": [{"api_name": "Closing_Date"}]}]}),
            json!({"data": [{"id": other, "_fields": [{"api_name": "Stage"}]}]}),
            json!({"data": [{"id": other, "_fields": [{"api_name": "Probability"}]}]}),
            json!({"data": [{"id": other, "_fields": [{"api_name": "Expected_Revenue"}]}]}),
        ] {
            shown.push(merge(&api, "Deals", &master, wanted).await.shown()["body"]["merge"][0].clone());
        }
        assert_shown("merge__deals", json!(shown));
        assert_eq!(outcome(&merge(&api, "Deals", &won, json!({"data": [{"id": other}]})).await), "400 NOT_ALLOWED");
        let wanted = json!({"data": [{"id": other, "_fields": [{"api_name": "Pipeline"}, {"api_name": "Amount"}]}]});
        assert_eq!(outcome(&merge(&api, "Deals", &master, wanted).await), "201 SUCCESS");
        let record = api.record("Deals", &master).await;
        assert_eq!((&record["Stage"], &record["Probability"], &record["Expected_Revenue"]), (&json!("Needs Analysis"), &json!(20), &json!(20)));
    }

    async fn a_contact_is_not_torn_between_two(server: TestServer) {
        let api = server.api();
        let (master, child) = (api.insert(contact("a")).await, api.insert(contact("b")).await);
        let wanted = json!({"data": [{"id": child, "_fields": [{"api_name": "Reporting_To"}]}]});
        assert_answer("merge__torn", &merge(&api, "Contacts", &master, wanted).await);
    }

    async fn the_picture_of_a_child_becomes_the_masters(server: TestServer) {
        let api = server.api();
        let (master, child) = (api.insert(contact("a")).await, api.insert(contact("b")).await);
        let picture = b"\x89PNG\r\n\x1a\n of b";
        assert_eq!(api.upload(&format!("Contacts/{child}/photo"), "file", "b.png", picture).await.status, 200);
        let wanted = json!({"data": [{"id": child, "_fields": [{"api_name": "Record_Image", "_data": null}]}]});
        assert_eq!(outcome(&merge(&api, "Contacts", &master, wanted).await), "201 SUCCESS");
        assert_eq!(api.get(&format!("Contacts/{master}/photo")).await.bytes, picture);
    }

    async fn some_modules_have_nothing_to_merge(server: TestServer) {
        let api = server.api();
        for module in ["Tasks", "Quotes", "Notes"] {
            let answer = merge(&api, module, "1234567890123456789", json!({})).await;
            assert_eq!(outcome(&answer), "400 NOT_SUPPORTED", "{module}");
        }
        assert_eq!(outcome(&merge(&api, "Boats", "1", json!({})).await), "400 INVALID_MODULE");
        let (pen, other) = (api.insert(product("Pen")).await, api.insert(product("Pencil")).await);
        assert_eq!(outcome(&merge(&api, "Products", &pen, json!({"data": [{"id": other}]})).await), "201 SUCCESS");
    }
}
