//! `GET /Leads/{id}/__conversion_options`

use dealwright_testkit::on_both;
use dealwright_testkit::records::{account, contact, deal, lead};
use serde_json::json;

use crate::{assert_answer, outcome};

on_both! {
    async fn the_matches_of_a_lead_are_shown_with_why(server: TestServer) {
        let api = server.api();
        let acme = api.insert(account("acme")).await;
        api.insert(account("Other")).await;
        let ada = api.insert(contact("Byron").with("Email", "ada@example.com").with("Account_Name", acme.as_str())).await;
        api.insert(deal("Boat").with("Contact_Name", ada.as_str())).await;
        api.insert(deal("Elsewhere")).await;
        let id = api.insert(lead("Lovelace").with("Email", "ADA@example.com")).await;
        assert_answer("conversion_options__matches", &api.get(&format!("Leads/{id}/__conversion_options")).await);
    }

    async fn a_lead_without_matches_has_empty_options(server: TestServer) {
        let api = server.api();
        let id = api.insert(lead("Lovelace")).await;
        assert_answer("conversion_options__none", &api.get(&format!("Leads/{id}/__conversion_options")).await);
    }

    async fn what_cannot_be_converted_has_no_options(server: TestServer) {
        let api = server.api();
        assert_eq!(api.get("Leads/1234567890123456789/__conversion_options").await.status, 204);
        assert_eq!(outcome(&api.get("Leads/abc/__conversion_options").await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.get("Deals/1/__conversion_options").await), "400 NOT_SUPPORTED");
        let id = api.insert(lead("Lovelace")).await;
        api.post(&format!("Leads/{id}/actions/convert"), &json!({"data": [{}]})).await;
        assert_eq!(api.get(&format!("Leads/{id}/__conversion_options")).await.status, 204);
    }
}
