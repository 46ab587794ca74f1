//! `/{module}/actions/mass_convert`

use dealwright_testkit::on_both;
use dealwright_testkit::records::{contact, lead};
use serde_json::{Value, json};

use super::convert_inventory::quote;
use super::finished;
use crate::{assert_answer, assert_shown, outcome};

const LEADS: &str = "Leads/actions/mass_convert";

fn job(answer: &dealwright_testkit::Answer) -> String {
    answer.details()["job_id"].as_str().unwrap_or_else(|| panic!("no job: {}", answer.text)).to_owned()
}

on_both! {
    async fn leads_are_converted_one_by_one(server: TestServer) {
        let api = server.api();
        let mut ids = Vec::new();
        for n in 0..3 {
            ids.push(api.insert(lead(&format!("Lovelace {n}")).with("Tag", json!([{"name": "vip"}]))).await);
        }
        api.post(&format!("Leads/{}/actions/convert", ids[1]), &json!({"data": [{}]})).await;
        let contacts = api.get("settings/modules/Contacts").await.json()["modules"][0]["id"].clone();
        let body = json!({
            "ids": [ids[0], ids[1], ids[2], ids[0], "1234567890123456789"],
            "Deals": {"Deal_Name": "Boat", "Stage": "Qualification", "Closing_Date": "2027-06-30"},
            "carry_over_tags": [{"api_name": "Contacts", "id": contacts}],
        });
        let answer = api.post(LEADS, &body).await;
        assert_answer("mass_convert__leads", &answer);
        assert_shown("mass_convert__leads_done", finished(&api, "Leads", &job(&answer)).await);
        assert_eq!((api.count("Deals").await, api.count("Contacts").await), (2, 3));
        let made = api.record("Leads", &ids[0]).await["Converted_Contact"]["id"].clone();
        assert_eq!(api.record("Contacts", made.as_str().unwrap()).await["Tag"][0]["name"], "vip");
    }

    async fn a_lead_that_is_refused_spoils_no_other(server: TestServer) {
        let api = server.api();
        api.insert(contact("Hopper").with("Email", "hopper@example.com")).await;
        let ids = [
            api.insert(lead("Hopper").with("Email", "hopper@example.com")).await,
            api.insert(lead("Lovelace").with("Email", "lovelace@example.com")).await,
        ];
        let answer = api.post(LEADS, &json!({"ids": ids, "add_to_existing_record": false})).await;
        let status = finished(&api, "Leads", &job(&answer)).await;
        assert_eq!((&status["Converted_Count"], &status["Failed_Count"]), (&json!(1), &json!(1)));
        assert_eq!(api.record("Leads", &ids[0]).await["Converted__s"], false);
        // The account that was made for the first lead before its contact was refused is not there.
        assert_eq!((api.count("Accounts").await, api.count("Contacts").await), (1, 2));
    }

    async fn quotes_become_invoices(server: TestServer) {
        let api = server.api();
        let quote = quote(&api).await;
        let invoices = api.get("settings/modules/Invoices").await.json()["modules"][0]["id"].clone();
        let to = json!([{"module": {"api_name": "Invoices", "id": invoices}, "carry_over_tags": true}]);
        let answer = api.post("Quotes/actions/mass_convert", &json!({"ids": [quote], "convert_to": to})).await;
        assert_answer("mass_convert__quotes", &answer);
        assert_shown("mass_convert__quotes_done", finished(&api, "Quotes", &job(&answer)).await);
        assert_eq!(api.count("Invoices").await, 1);
    }

    async fn mistakes_are_found_before_the_job(server: TestServer) {
        let api = server.api();
        let id = api.insert(lead("Lovelace")).await;
        let mut shown = Vec::new();
        for body in [
            json!({}),
            json!({"ids": []}),
            json!({"ids": "x"}),
            json!({"ids": ["x"]}),
            json!({"ids": vec![id.as_str(); 51]}),
            json!({"ids": [id], "Deals": {"Stage": "Qualification"}}),
            json!({"ids": [id], "assign_to": {"id": "1234567890123456789"}}),
            json!({"ids": [id], "related_modules": [{"api_name": "Boats"}]}),
            json!({"ids": [id], "apply_assignment_threshold": 5}),
        ] {
            let answer = api.post(LEADS, &body).await;
            assert_eq!(answer.status, 400, "{body}: {}", answer.text);
            shown.push(answer.shown()["body"].clone());
        }
        assert_shown("mass_convert__mistakes", json!(shown));
        let portal = json!({"ids": [id], "portal_user_type": {"id": "1"}});
        assert_eq!(outcome(&api.post(LEADS, &portal).await), "501 NOT_SUPPORTED");
        assert_eq!(outcome(&api.post("Deals/actions/mass_convert", &json!({})).await), "400 NOT_SUPPORTED");
        let quotes = api.post("Quotes/actions/mass_convert", &json!({"ids": [id]})).await;
        assert_eq!(outcome(&quotes), "400 MANDATORY_NOT_FOUND");
        assert_eq!(api.record("Leads", &id).await["Converted__s"], Value::Bool(false));
    }

    async fn a_job_is_asked_for_by_its_id(server: TestServer) {
        let api = server.api();
        assert_eq!(outcome(&api.get(LEADS).await), "400 REQUIRED_PARAM_MISSING");
        assert_answer("mass_convert__unknown", &api.get(&format!("{LEADS}?job_id=1234567890123456789")).await);
        assert_eq!(outcome(&api.get(&format!("{LEADS}?job_id=x")).await), "400 INVALID_DATA");
    }
}
