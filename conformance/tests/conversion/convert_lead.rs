//! `POST /Leads/{id}/actions/convert`

use std::time::Duration;

use dealwright_testkit::records::{Record, account, contact, lead, product};
use dealwright_testkit::{Answer, Api, on_both};
use serde_json::{Value, json};

use crate::{assert_answer, assert_shown, outcome};

/// A lead with something in most fields that are mapped.
fn rich(last_name: &str) -> Record {
    lead(last_name)
        .with("First_Name", "Ada")
        .with("Email", format!("{last_name}@example.com"))
        .with("Phone", "555 1")
        .with("Designation", "Chair")
        .with("Industry", "Service Provider")
        .with("No_of_Employees", 12)
        .with("Annual_Revenue", 1_000.5)
        .with("Lead_Source", "Chat")
        .with("City", "Aarhus")
        .with("Description", "met at sea")
        .with("Tag", json!([{"name": "vip"}, {"name": "boats"}]))
}

async fn convert(api: &Api, id: &str, converter: Value) -> Answer {
    api.post(&format!("Leads/{id}/actions/convert"), &json!({ "data": [converter] })).await
}

fn new_id(answer: &Answer, module: &str) -> String {
    let id = &answer.details()[module]["id"];
    id.as_str().unwrap_or_else(|| panic!("no {module}: {}", answer.text)).to_owned()
}

fn deal() -> Value {
    json!({"Deal_Name": "Boat", "Stage": "Qualification", "Closing_Date": "2027-06-30", "Amount": 50})
}

on_both! {
    async fn a_lead_becomes_a_contact_an_account_and_a_deal(server: TestServer) {
        let api = server.api();
        let id = api.insert(rich("Lovelace")).await;
        server.advance(Duration::from_hours(49));
        let api = server.fresh_api().await;
        let answer = convert(&api, &id, json!({"Deals": deal(), "carry_over_tags": {"Contacts": ["VIP"], "Deals": ["boats"]}})).await;
        assert_answer("convert_lead__all", &answer);
        let shown = |module: &str, fields: &str| format!("{module}/{}?fields={fields}", new_id(&answer, module));
        let contact = "First_Name,Last_Name,Email,Phone,Title,Mailing_City,Lead_Source,Description,Account_Name,Owner,Tag";
        assert_answer("convert_lead__contact", &api.get(&shown("Contacts", contact)).await);
        let account = "Account_Name,Phone,Industry,Employees,Annual_Revenue,Billing_City,Owner,Tag";
        assert_answer("convert_lead__account", &api.get(&shown("Accounts", account)).await);
        let deal = "Deal_Name,Stage,Pipeline,Amount,Expected_Revenue,Lead_Source,Account_Name,Contact_Name,Lead_Conversion_Time,Owner,Tag";
        assert_answer("convert_lead__deal", &api.get(&shown("Deals", deal)).await);
    }

    async fn a_converted_lead_remembers_and_stays_as_it_is(server: TestServer) {
        let api = server.api();
        let id = api.insert(rich("Lovelace")).await;
        let answer = convert(&api, &id, json!({})).await;
        assert_eq!(outcome(&answer), "200 SUCCESS", "{}", answer.text);
        let fields = "Converted__s,Converted_Date_Time,Converted_Account,Converted_Contact,Converted_Deal,Lead_Conversion_Time,$converted_detail";
        assert_answer("convert_lead__lead", &api.get(&format!("Leads/{id}?fields={fields}")).await);
        let old = server.version("v3").record("Leads", &id).await;
        assert_eq!(old["$converted"], true);
        assert_eq!(old["$converted_detail"]["contact"], new_id(&answer, "Contacts"));
        assert!(api.record("Leads", &id).await.get("$converted").is_none());
        assert_eq!(api.get("Leads?fields=Last_Name").await.status, 204);
        assert_eq!(api.get("Leads/search?word=Lovelace").await.status, 204);
        assert_eq!(api.get("Leads?fields=Last_Name&converted=true").await.rows().len(), 1);
        let change = json!({"data": [{"id": id, "City": "Oslo"}]});
        assert_answer("convert_lead__update", &api.put("Leads", &change).await);
        let timeline = api.get(&format!("Leads/{id}/__timeline")).await;
        assert_eq!(timeline.json()["__timeline"][0]["action"], "converted");
    }

    async fn a_lead_that_is_not_converted_says_so_too(server: TestServer) {
        let old = server.version("v2");
        let id = old.insert(lead("Lovelace")).await;
        let record = old.record("Leads", &id).await;
        assert_eq!((&record["$converted"], &record["$converted_detail"]), (&json!(false), &json!({})));
    }

    async fn the_oldest_versions_answer_with_ids(server: TestServer) {
        let api = server.api();
        for version in ["v2", "v2.1"] {
            let id = api.insert(rich(version)).await;
            assert_answer("convert_lead__bare", &convert(&server.version(version), &id, json!({})).await);
        }
        let id = api.insert(rich("three")).await;
        assert_eq!(outcome(&convert(&server.version("v3"), &id, json!({})).await), "200 SUCCESS");
    }

    async fn records_are_named_by_id_in_every_form(server: TestServer) {
        let api = server.api();
        let user = api.get("users?type=CurrentUser").await.json()["users"][0]["id"].clone();
        for (n, version) in ["v2", "v3", "v8"].into_iter().enumerate() {
            let acme = api.insert(account(&format!("Acme {n}"))).await;
            let ada = api.insert(contact(&format!("Byron {n}"))).await;
            let id = api.insert(lead(&format!("Lovelace {n}"))).await;
            let converter = if version == "v2" {
                json!({"Accounts": acme, "Contacts": ada, "assign_to": user})
            } else {
                json!({"Accounts": {"id": acme}, "Contacts": {"id": ada}, "assign_to": {"id": user}})
            };
            let answer = convert(&server.version(version), &id, converter).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            let lead = api.record("Leads", &id).await;
            assert_eq!((&lead["Converted_Account"]["id"], &lead["Converted_Contact"]["id"]), (&json!(acme), &json!(ada)));
            assert_eq!(api.record("Contacts", &ada).await["Account_Name"]["id"], acme);
        }
    }

    async fn a_lead_joins_what_it_matches(server: TestServer) {
        let api = server.api();
        let acme = api.insert(account("ACME")).await;
        let ada = api.insert(contact("Byron").with("Email", "LOVELACE@example.com").with("Mailing_City", "London")).await;
        let id = api.insert(rich("lovelace")).await;
        let answer = convert(&api, &id, json!({})).await;
        assert_eq!((new_id(&answer, "Contacts"), new_id(&answer, "Accounts")), (ada.clone(), acme.clone()), "{}", answer.text);
        // What the contact had stays, what was empty is filled.
        let contact = api.record("Contacts", &ada).await;
        assert_eq!((&contact["Last_Name"], &contact["Mailing_City"]), (&json!("Byron"), &json!("London")));
        assert_eq!((&contact["First_Name"], &contact["Account_Name"]["id"]), (&json!("Ada"), &json!(acme)));
        assert_eq!((api.count("Contacts").await, api.count("Accounts").await), (1, 1));
    }

    async fn a_name_alone_matches_when_addresses_do_not_differ(server: TestServer) {
        let api = server.api();
        let without = api.insert(contact("Lovelace").with("First_Name", "Ada")).await;
        let other = api.insert(contact("Hopper").with("First_Name", "Ada").with("Email", "h@example.com")).await;
        let first = api.insert(rich("lovelace")).await;
        assert_eq!(new_id(&convert(&api, &first, json!({})).await, "Contacts"), without);
        assert_eq!(api.record("Contacts", &without).await["Email"], "lovelace@example.com");
        let second = api.insert(rich("hopper")).await;
        assert_ne!(new_id(&convert(&api, &second, json!({})).await, "Contacts"), other);
    }

    async fn a_match_can_be_declined(server: TestServer) {
        let api = server.api();
        let acme = api.insert(account("Acme")).await;
        let id = api.insert(lead("Lovelace")).await;
        let answer = convert(&api, &id, json!({"add_to_existing_record": false})).await;
        assert_ne!(new_id(&answer, "Accounts"), acme);
        api.insert(contact("Hopper").with("Email", "hopper@example.com")).await;
        let id = api.insert(rich("hopper")).await;
        assert_answer("convert_lead__duplicate", &convert(&api, &id, json!({"add_to_existing_record": false})).await);
        assert_eq!(api.record("Leads", &id).await["Converted__s"], false);
    }

    async fn the_account_of_a_contact_is_overwritten_when_asked(server: TestServer) {
        let api = server.api();
        let old = api.insert(account("Old")).await;
        for (overwrite, company) in [(false, "Old"), (true, "Acme")] {
            let ada = api.insert(contact("Byron").with("Account_Name", old.as_str())).await;
            let id = api.insert(lead(&format!("Lovelace {overwrite}"))).await;
            let answer = convert(&api, &id, json!({"overwrite": overwrite, "Contacts": {"id": ada}})).await;
            assert_eq!(answer.details()["Accounts"]["name"], company, "{}", answer.text);
            assert_eq!(api.record("Contacts", &ada).await["Account_Name"]["name"], company);
        }
    }

    async fn a_lead_without_a_company_gets_no_account(server: TestServer) {
        let api = server.api();
        let id = api.insert(lead("Lovelace").without("Company")).await;
        let answer = convert(&api, &id, json!({})).await;
        assert_eq!((&answer.details()["Accounts"], &answer.details()["Deals"]), (&Value::Null, &Value::Null));
        assert_eq!(api.count("Accounts").await, 0);
    }

    async fn a_deal_that_is_there_can_be_used(server: TestServer) {
        let api = server.api();
        let boat = api.insert(dealwright_testkit::records::deal("Boat")).await;
        let id = api.insert(rich("Lovelace")).await;
        let answer = convert(&api, &id, json!({"Deals": {"id": boat, "Amount": 7}})).await;
        assert_eq!(new_id(&answer, "Deals"), boat);
        let record = api.record("Deals", &boat).await;
        assert_eq!((&record["Amount"], &record["Contact_Name"]["id"]), (&json!(7), &json!(new_id(&answer, "Contacts"))));
    }

    async fn what_hangs_on_the_lead_goes_along(server: TestServer) {
        let api = server.api();
        let id = api.insert(lead("Lovelace")).await;
        let parent = json!({"id": id, "module": {"api_name": "Leads"}});
        let note = api.insert(Record::empty("Notes").with("Note_Content", "hello").with("Parent_Id", parent)).await;
        let task = Record::empty("Tasks").with("Subject", "call back").with("What_Id", id.as_str()).with("$se_module", "Leads");
        let task = api.insert(task).await;
        let fair = api.insert(Record::empty("Campaigns").with("Campaign_Name", "Fair")).await;
        let member = json!({"data": [{"Member_Status": "Invited"}]});
        assert_eq!(outcome(&api.put(&format!("Leads/{id}/Campaigns/{fair}"), &member).await), "200 SUCCESS");
        let pen = api.insert(product("Pen")).await;
        assert_eq!(outcome(&api.put(&format!("Leads/{id}/Products/{pen}"), &json!({"data": [{}]})).await), "200 SUCCESS");
        server.advance(Duration::from_mins(1));
        let answer = convert(&api, &id, json!({"Deals": deal()})).await;
        let contact = new_id(&answer, "Contacts");
        let note = api.record("Notes", &note).await;
        assert_eq!(note["Parent_Id"]["id"], contact, "{note}");
        let task = api.record("Tasks", &task).await;
        assert_eq!((&task["What_Id"]["id"], &task["$se_module"]), (&json!(new_id(&answer, "Deals")), &json!("Deals")));
        assert_eq!(task["Who_Id"]["id"], contact);
        assert_eq!(task["Modified_Time"], "2027-01-15T00:01:00-08:00");
        let campaigns = api.get(&format!("Contacts/{contact}/Campaigns?fields=Campaign_Name,Member_Status")).await;
        assert_eq!((&campaigns.rows()[0]["id"], &campaigns.rows()[0]["Member_Status"]), (&json!(fair), &json!("Invited")), "{}", campaigns.text);
        assert_eq!(api.get(&format!("Contacts/{contact}/Products?fields=Product_Name")).await.rows()[0]["id"], pen);
        assert_eq!(api.get(&format!("Leads/{id}/Products?fields=Product_Name")).await.status, 204);
    }

    async fn an_invited_lead_takes_part_as_the_contact(server: TestServer) {
        let api = server.api();
        let (id, other) = (api.insert(lead("Lovelace").with("Email", "ada@example.com")).await, api.insert(lead("Byron")).await);
        let guests = json!([{"type": "lead", "participant": id}, {"type": "lead", "participant": other}]);
        let event = |title: &str| Record::empty("Events").with("Event_Title", title)
            .with("Start_DateTime", "2027-06-05T12:30:00Z").with("End_DateTime", "2027-06-05T13:30:00Z");
        let both = api.insert(event("Both").with("Participants", guests)).await;
        let one = api.insert(event("One").with("Participants", json!([{"type": "lead", "participant": other}]))).await;
        server.advance(Duration::from_mins(1));
        let contact = new_id(&convert(&api, &id, json!({})).await, "Contacts");
        let shown = api.record("Events", &both).await;
        let guests = &shown["Participants"];
        assert_eq!((&guests[0]["type"], &guests[0]["participant"]), (&json!("contact"), &json!(contact)), "{guests}");
        assert_eq!(guests[0]["Email"], "ada@example.com");
        assert_eq!((&guests[1]["type"], &guests[1]["participant"]), (&json!("lead"), &json!(other)));
        assert_eq!(shown["Modified_Time"], "2027-01-15T00:01:00-08:00");
        assert_eq!(api.record("Events", &one).await["Modified_Time"], "2027-01-15T00:00:00-08:00");
        let invited = api.get(&format!("Contacts/{contact}/Invited_Events?fields=Event_Title")).await;
        assert_eq!(invited.rows()[0]["id"], both, "{}", invited.text);
        assert_eq!(api.get(&format!("Leads/{id}/Invited_Events?fields=Event_Title")).await.status, 204);
    }

    async fn the_contact_gets_its_part_in_the_deal(server: TestServer) {
        let api = server.api();
        let role = api.get("Contacts/roles").await.json()["contact_roles"][0].clone();
        let id = api.insert(lead("Lovelace")).await;
        let mut wanted = deal();
        wanted["Contact_Role"] = json!("1234567890123456789");
        assert_answer("convert_lead__role", &convert(&api, &id, json!({"Deals": wanted})).await);
        wanted["Contact_Role"] = role["id"].clone();
        let answer = convert(&api, &id, json!({"Deals": wanted})).await;
        let roles = api.get(&format!("Deals/{}/Contact_Roles?fields=Last_Name", new_id(&answer, "Deals"))).await;
        assert_eq!((&roles.rows()[0]["id"], &roles.rows()[0]["Contact_Role"]["id"]), (&json!(new_id(&answer, "Contacts")), &role["id"]), "{}", roles.text);
    }

    async fn custom_fields_go_to_their_namesakes_or_where_they_are_mapped(server: TestServer) {
        let api = server.api();
        let field = json!({"fields": [{"field_label": "Boat Length", "data_type": "integer"}]});
        for module in ["Leads", "Contacts"] {
            assert!(api.post(&format!("settings/fields?module={module}"), &field).await.status < 300);
        }
        let id = api.insert(lead("Lovelace").with("Boat_Length", 9)).await;
        let contact = new_id(&convert(&api, &id, json!({})).await, "Contacts");
        assert_eq!(api.record("Contacts", &contact).await["Boat_Length"], 9);
    }

    async fn the_mapping_can_be_changed(server: TestServer) {
        let api = server.api();
        let fields = api.get("settings/fields?module=Leads").await.json();
        let field = |name: &str| fields["fields"].as_array().unwrap().iter().find(|one| one["api_name"] == name).unwrap().clone();
        assert_eq!(field("Phone")["convert_mapping"], json!({"Contacts": "Phone", "Deals": null, "Accounts": "Phone"}));
        let path = format!("settings/fields/{}?module=Leads", field("Phone")["id"].as_str().unwrap());
        let change = |to: Value| json!({"fields": [{"convert_mapping": to}]});
        assert_answer("convert_lead__mapping", &api.patch(&path, &change(json!({"Contacts": "Account_Name"}))).await);
        assert_eq!(api.patch(&path, &change(json!({"Contacts": "Home_Phone"}))).await.status, 200);
        let id = api.insert(rich("Lovelace")).await;
        let answer = convert(&api, &id, json!({})).await;
        let contact = api.record("Contacts", &new_id(&answer, "Contacts")).await;
        assert_eq!((&contact["Phone"], &contact["Home_Phone"]), (&Value::Null, &json!("555 1")));
        assert_eq!(api.record("Accounts", &new_id(&answer, "Accounts")).await["Phone"], "555 1");
    }

    async fn a_mistake_in_the_deal_is_named_by_its_place(server: TestServer) {
        let api = server.api();
        let id = api.insert(rich("Lovelace")).await;
        for (name, deal) in [
            ("no_name", json!({"Stage": "Qualification"})),
            ("no_stage", json!({"Deal_Name": "Boat"})),
            ("wrong_amount", json!({"Deal_Name": "Boat", "Stage": "Qualification", "Amount": "much"})),
            ("too_long", json!({"Deal_Name": "Boat", "Stage": "Qualification", "Next_Step": "x".repeat(101)})),
            ("unknown", json!({"id": "1234567890123456789"})),
        ] {
            let answer = convert(&api, &id, json!({"Deals": deal})).await;
            assert_answer(&format!("convert_lead__deal_{name}"), &answer);
        }
        // Nothing is left of the attempts.
        assert_eq!((api.count("Contacts").await, api.count("Accounts").await, api.count("Deals").await), (0, 0, 0));
        assert_eq!(api.record("Leads", &id).await["Converted__s"], false);
        let old = convert(&server.version("v2"), &id, json!({"Deals": {"Stage": "Qualification"}})).await;
        assert!(old.details().get("json_path").is_none(), "{}", old.text);
    }

    async fn mistakes_beside_the_deal_are_refused(server: TestServer) {
        let api = server.api();
        let id = api.insert(rich("Lovelace")).await;
        let nobody = "1234567890123456789";
        let mut shown = Vec::new();
        for converter in [
            json!({"Contacts": {"id": nobody}}),
            json!({"Accounts": {"id": nobody}}),
            json!({"Contacts": {}}),
            json!({"Accounts": true}),
            json!({"assign_to": {"id": nobody}}),
            json!({"overwrite": "maybe"}),
            json!({"carry_over_tags": {"Contacts": ["unknown"]}}),
            json!({"carry_over_tags": {"Contacts": "vip"}}),
            json!({"move_attachments_to": {"api_name": "Tasks"}}),
            json!({"move_attachments_to": {"api_name": "Deals"}}),
            json!("x"),
        ] {
            let answer = convert(&api, &id, converter.clone()).await;
            assert_eq!(answer.status, 400, "{converter}: {}", answer.text);
            shown.push(json!({"sent": converter, "error": answer.shown()["body"]["data"][0]}));
        }
        assert_shown("convert_lead__mistakes", json!(shown));
        let path = format!("Leads/{id}/actions/convert");
        assert_eq!(outcome(&api.post(&path, &json!({})).await), "400 MANDATORY_NOT_FOUND");
        assert_eq!(outcome(&api.post(&path, &json!({"data": []})).await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.post(&path, &json!({"data": [{}, {}]})).await), "400 INVALID_DATA");
        assert_eq!(api.count("Contacts").await, 0);
    }

    async fn a_record_that_another_contradicts_is_mismatched(server: TestServer) {
        let api = server.api();
        api.insert(contact("Lovelace").with("Email", "lovelace@example.com")).await;
        let other = api.insert(contact("Byron")).await;
        let id = api.insert(rich("lovelace")).await;
        assert_answer("convert_lead__mismatch", &convert(&api, &id, json!({"Contacts": {"id": other}})).await);
    }

    async fn a_lead_is_converted_once(server: TestServer) {
        let api = server.api();
        let id = api.insert(rich("Lovelace")).await;
        convert(&api, &id, json!({})).await;
        assert_answer("convert_lead__twice", &convert(&api, &id, json!({})).await);
        assert_answer("convert_lead__unknown", &convert(&api, "1234567890123456789", json!({})).await);
        assert_eq!(outcome(&convert(&api, "abc", json!({})).await), "400 INVALID_DATA");
        let boat = api.insert(dealwright_testkit::records::deal("Boat")).await;
        let answer = api.post(&format!("Deals/{boat}/actions/convert"), &json!({"data": [{}]})).await;
        assert_eq!(outcome(&answer), "400 NOT_SUPPORTED");
    }
}
