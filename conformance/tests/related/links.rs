//! Records linked many to many.

use std::time::Duration;

use dealwright_testkit::on_both;
use dealwright_testkit::records::{Record, account, contact, deal, lead, product};
use serde_json::{Value, json};

use super::{UNKNOWN, related, sorted, to};
use crate::{assert_answer, outcome};

fn campaign(name: &str) -> Record {
    Record::empty("Campaigns").with("Campaign_Name", name)
}

fn price_book(name: &str) -> Record {
    Record::empty("Price_Books").with("Price_Book_Name", name)
}

on_both! {
    async fn products_are_linked_listed_from_both_ends_and_taken_off(server: TestServer) {
        let api = server.api();
        let lead = api.insert(lead("Ray")).await;
        let pens = api.insert_all("Products", &["Pen", "Ink", "Pad"].map(|name| product(name).value())).await;
        let list = format!("Leads/{lead}/Products");
        let linked = api.put(&list, &json!({"data": [to(&pens[0]), {"id": pens[1].parse::<i64>().unwrap()}]})).await;
        assert_answer("links__put_many", &linked);
        assert_eq!(related(&api, &list).await, sorted([&pens[0], &pens[1]]));
        assert_eq!(related(&api, &format!("Products/{}/Leads", pens[0])).await, sorted([&lead]));
        assert_answer("links__put_one", &api.put(&format!("{list}/{}", pens[2]), &json!({"data": [{}]})).await);
        // Once more changes nothing.
        assert_eq!(outcome(&api.put(&format!("{list}/{}", pens[2]), &json!({"data": [{}]})).await), "200 SUCCESS");
        assert_eq!(related(&api, &list).await.len(), 3);
        assert_answer("links__one", &api.get(&format!("{list}/{}?fields=Product_Name", pens[2])).await);
        assert_answer("links__delete_one", &api.delete(&format!("{list}/{}", pens[2])).await);
        assert_answer("links__delete_one_again", &api.delete(&format!("{list}/{}", pens[2])).await);
        let some = api.delete(&format!("{list}?ids={},{UNKNOWN}", pens[0])).await;
        assert_answer("links__delete_many", &some);
        assert_eq!(related(&api, &list).await, [pens[1].clone()]);
        assert_eq!(api.get(&format!("Products/{}", pens[0])).await.status, 200);
    }

    async fn every_kind_of_link_works_from_both_ends(server: TestServer) {
        let api = server.api();
        let pen = api.insert(product("Pen")).await;
        let fair = api.insert(campaign("Fair")).await;
        let case = Record::empty("Cases").with("Subject", "Broken").with("Status", "New").with("Case_Origin", "Web");
        let case = api.insert(case).await;
        let solution = api.insert(Record::empty("Solutions").with("Solution_Title", "Repair")).await;
        let contact = api.insert(contact("Ray")).await;
        let ends = [
            ("Accounts", api.insert(account("Acme")).await, "Products", "Products", pen.clone(), "Accounts"),
            ("Contacts", contact.clone(), "Products", "Products", pen.clone(), "Contacts"),
            ("Deals", api.insert(deal("Boat")).await, "Products", "Products", pen, "Deals"),
            ("Contacts", contact, "Campaigns", "Campaigns", fair, "Contacts"),
            ("Cases", case, "Solutions", "Solutions", solution, "Cases"),
        ];
        for (module, id, list, other_module, other, other_list) in ends {
            let there = format!("{module}/{id}/{list}");
            let back = format!("{other_module}/{other}/{other_list}");
            assert_eq!(outcome(&api.put(&there, &json!({"data": [to(&other)]})).await), "200 SUCCESS", "{there}");
            assert_eq!(related(&api, &there).await, sorted([&other]));
            assert_eq!(related(&api, &back).await, sorted([&id]));
            assert_eq!(outcome(&api.delete(&format!("{back}/{id}")).await), "200 SUCCESS");
            assert_eq!(related(&api, &there).await, Vec::<String>::new());
        }
    }

    async fn a_price_book_needs_a_price(server: TestServer) {
        let api = server.api();
        let book = api.insert(price_book("Trade")).await;
        let pens = api.insert_all("Products", &["Pen", "Ink"].map(|name| product(name).value())).await;
        let list = format!("Price_Books/{book}/Products");
        let answer = api.put(&list, &json!({"data": [{"id": pens[0], "list_price": 12.5}, to(&pens[1])]})).await;
        assert_answer("links__price", &answer);
        assert_answer("links__price_v2", &server.version("v2").put(&list, &json!({"data": [to(&pens[1])]})).await);
        assert_answer("links__prices", &api.get(&format!("{list}?fields=Product_Name,list_price")).await);
        let back = format!("Products/{}/Price_Books/{book}", pens[0]);
        assert_eq!(outcome(&api.put(&back, &json!({"data": [{"list_price": "99"}]})).await), "200 SUCCESS");
        assert_eq!(api.get(&format!("{list}/{}", pens[0])).await.rows()[0]["list_price"], 99);
        assert_eq!(outcome(&api.put(&back, &json!({"data": [{"list_price": "dear"}]})).await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.put(&back, &json!({"data": [{"list_price": null}]})).await), "400 MANDATORY_NOT_FOUND");
    }

    async fn members_of_a_campaign_have_a_status(server: TestServer) {
        let api = server.api();
        let (fair, lead) = (api.insert(campaign("Fair")).await, api.insert(lead("Ray")).await);
        let list = format!("Campaigns/{fair}/Leads");
        let put = |status: Value| json!({"data": [{"id": lead, "Member_Status": status}]});
        assert_eq!(outcome(&api.put(&list, &put(json!("Planned"))).await), "200 SUCCESS");
        assert_answer("links__members", &api.get(&format!("{list}?fields=Last_Name,Member_Status")).await);
        assert_eq!(api.get(&format!("{list}?fields=Last_Name")).await.rows()[0].get("Member_Status"), None);
        // What is not sent stays.
        api.put(&format!("Leads/{lead}/Campaigns/{fair}"), &json!({"data": [{}]})).await;
        let status = |answer: dealwright_testkit::Answer| answer.rows()[0]["Member_Status"].clone();
        assert_eq!(status(api.get(&format!("Leads/{lead}/Campaigns?fields=Member_Status")).await), "Planned");
        api.put(&list, &put(json!("-None-"))).await;
        assert_eq!(status(api.get(&format!("{list}/{lead}")).await), Value::Null);
        assert_answer("links__bad_status", &api.put(&list, &put(json!(["Planned"]))).await);
        assert_eq!(outcome(&api.put(&list, &put(json!("x".repeat(121)))).await), "400 INVALID_DATA");
    }

    async fn what_cannot_be_linked_is_refused(server: TestServer) {
        let api = server.api();
        let (lead, pen) = (api.insert(lead("Ray")).await, api.insert(product("Pen")).await);
        let list = format!("Leads/{lead}/Products");
        let answer = api.put(&list, &json!({"data": [to(UNKNOWN), to(&pen), {"id": "x"}, {}, []]})).await;
        assert_answer("links__refused", &answer);
        assert_answer("links__unknown_one", &api.put(&format!("{list}/{UNKNOWN}"), &json!({"data": [{}]})).await);
        assert_answer("links__bad_one", &api.put(&format!("{list}/x"), &json!({"data": [{}]})).await);
        assert_answer("links__unknown_parent", &api.put(&format!("Leads/{UNKNOWN}/Products"), &json!({"data": [to(&pen)]})).await);
        assert_eq!(outcome(&api.put(&list, &json!({})).await), "400 MANDATORY_NOT_FOUND");
        assert_eq!(outcome(&api.put(&list, &json!({"data": []})).await), "400 INVALID_DATA");
        let many = vec![to(&pen); 101];
        assert_answer("links__too_many", &api.put(&list, &json!({"data": many})).await);
        assert_answer("links__not_a_link", &api.put(&format!("Leads/{lead}/Tasks"), &json!({"data": [to(&pen)]})).await);
        assert_eq!(outcome(&api.put(&format!("Leads/{lead}/Boats"), &json!({"data": [to(&pen)]})).await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.delete(&list).await), "400 REQUIRED_PARAM_MISSING");
        assert_eq!(outcome(&api.delete(&format!("{list}?ids=x")).await), "400 INVALID_DATA");
        assert_eq!(outcome(&server.version("v7").delete(&format!("{list}?ids=x")).await), "400 UNABLE_TO_PARSE_DATA_TYPE");
        assert_eq!(outcome(&api.delete(&format!("{list}?ids={}", vec![UNKNOWN; 101].join(","))).await), "400 LIMIT_EXCEEDED");
        assert_eq!(outcome(&api.delete(&format!("{list}/x")).await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.delete(&format!("Leads/{UNKNOWN}/Products/{pen}")).await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.delete(&format!("Leads/{lead}/Tasks/{pen}")).await), "400 CANNOT_BE_UPDATED");
    }

    async fn linking_changes_the_record_that_the_path_names(server: TestServer) {
        let api = server.api();
        let (lead, pen) = (api.insert(lead("Ray")).await, api.insert(product("Pen")).await);
        let (before, product_before) = (api.record("Leads", &lead).await, api.record("Products", &pen).await);
        server.advance(Duration::from_secs(5));
        api.put(&format!("Leads/{lead}/Products/{pen}"), &json!({"data": [{}]})).await;
        assert_ne!(api.record("Leads", &lead).await["Modified_Time"], before["Modified_Time"]);
        assert_eq!(api.record("Products", &pen).await["Modified_Time"], product_before["Modified_Time"]);
        let timeline = api.get(&format!("Leads/{lead}/__timeline")).await.json();
        assert_eq!(timeline["__timeline"].as_array().unwrap().len(), 2, "{timeline}");
    }

    async fn external_values_name_linked_records(server: TestServer) {
        let api = server.api();
        let field = json!({"fields": [{
            "field_label": "Shelf", "data_type": "text", "length": 50, "external": {"type": "org", "show": true},
        }]});
        api.post("settings/fields?module=Products", &field).await;
        let lead = api.insert(lead("Ray")).await;
        let pens = api.insert_all("Products", &[
            product("Pen").with("Shelf", "S-1").value(), product("Ink").with("Shelf", "S-2").value(),
        ]).await;
        let by = api.header("x-external", "Products.Shelf");
        let list = format!("Leads/{lead}/Products");
        let many = by.put(&list, &json!({"data": [{"Shelf": "S-1"}, {"id": "s-2"}, {"Shelf": "S-3"}, {}]})).await;
        assert_answer("links__external", &many);
        assert_eq!(related(&api, &list).await, sorted([&pens[0], &pens[1]]));
        assert_answer("links__external_delete", &by.delete(&format!("{list}?ids=S-1,S-3")).await);
        assert_eq!(outcome(&by.delete(&format!("{list}/S-2")).await), "200 SUCCESS");
        assert_eq!(outcome(&by.put(&format!("{list}/S-2"), &json!({"data": [{}]})).await), "200 SUCCESS");
    }

    async fn an_appointment_is_given_to_a_service(server: TestServer) {
        let api = server.api();
        let service = |name: &str| {
            Record::empty("Services__s")
                .with("Service_Name", name)
                .with("Duration", 30)
                .with("Location", "Business Address")
                .with("Price", 10)
                .with("Availability_Type", "Every Business Days")
        };
        let user = api.get("users").await.json()["users"][0]["id"].clone();
        let service = |name: &str| service(name).with("Members", json!([{"id": user}]));
        let [wash, dry] = [api.insert(service("Wash")).await, api.insert(service("Dry")).await];
        let lead = api.insert(lead("Ray")).await;
        let appointment = Record::empty("Appointments__s")
            .with("Appointment_Name", "Monday")
            .with("Appointment_For", json!({"module": {"api_name": "Leads"}, "id": lead}))
            .with("Location", "Business Address")
            .with("Service_Name", to(&wash))
            .with("Appointment_Start_Time", "2027-02-01T10:00:00+00:00");
        let appointment = api.insert(appointment).await;
        assert_eq!(related(&api, &format!("Services__s/{wash}/Appointments__s")).await, sorted([&appointment]));
        let moved = api.put(&format!("Services__s/{dry}/Appointments__s"), &json!({"data": [to(&appointment)]})).await;
        assert_eq!(outcome(&moved), "200 SUCCESS");
        assert_eq!(moved.rows()[0]["message"], "relation added");
        assert_eq!(related(&api, &format!("Services__s/{dry}/Appointments__s")).await, sorted([&appointment]));
        let off = api.delete(&format!("Services__s/{dry}/Appointments__s/{appointment}")).await;
        assert_eq!(outcome(&off), "400 CANNOT_BE_UPDATED");
    }
}
