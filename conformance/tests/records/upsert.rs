//! `POST /{module}/upsert`

use dealwright_testkit::on_both;
use dealwright_testkit::records::{contact, data, deal, lead};
use serde_json::json;

use crate::{assert_answer, outcome};

on_both! {
    async fn new_records_are_added_and_known_ones_changed(server: TestServer) {
        let api = server.api();
        let id = api.insert(lead("Old").with("Email", "a@example.com")).await;
        let records = [lead("New").with("Email", "A@example.com"), lead("Other").with("Email", "b@example.com")];
        assert_answer("upsert__both", &api.post("Leads/upsert", &data(&records)).await);
        assert_eq!(api.record("Leads", &id).await["Last_Name"], "New");
        assert_eq!(api.count("Leads").await, 2);
    }

    async fn a_record_is_found_again_within_the_request(server: TestServer) {
        let api = server.api();
        let records = [lead("a").with("Email", "a@example.com"), lead("b").with("Email", "a@example.com")];
        let answer = api.post("Leads/upsert", &data(&records)).await;
        assert_eq!(outcome(&answer), "200 SUCCESS SUCCESS");
        assert_eq!((answer.rows()[0]["action"].as_str(), answer.rows()[1]["action"].as_str()), (Some("insert"), Some("update")));
        assert_eq!(api.count("Leads").await, 1);
    }

    async fn the_fields_to_check_can_be_named(server: TestServer) {
        let api = server.api();
        api.insert(deal("Boat")).await;
        let mut body = deal("Boat").with("Amount", 1).body();
        body["duplicate_check_fields"] = json!(["Deal_Name"]);
        assert_eq!(api.post("Deals/upsert", &body).await.rows()[0]["duplicate_field"], "Deal_Name");
        body["duplicate_check_fields"] = json!(["Amount"]);
        assert_answer("upsert__bad_check", &api.post("Deals/upsert", &body).await);
        body["duplicate_check_fields"] = json!("Deal_Name");
        assert_eq!(outcome(&api.post("Deals/upsert", &body).await), "400 INVALID_DATA");
    }

    async fn an_id_names_the_record(server: TestServer) {
        let api = server.api();
        let id = api.insert(deal("Boat")).await;
        let answer = api.post("Deals/upsert", &deal("Ship").with("id", id.as_str()).body()).await;
        assert_eq!(answer.rows()[0]["action"], "update", "{}", answer.text);
        assert_eq!(api.record("Deals", &id).await["Deal_Name"], "Ship");
    }

    async fn an_empty_value_matches_nothing(server: TestServer) {
        let api = server.api();
        api.insert(lead("a")).await;
        api.post("Leads/upsert", &lead("b").with("Email", "").body()).await;
        assert_eq!(api.count("Leads").await, 2);
    }

    async fn good_records_are_kept_beside_bad_ones(server: TestServer) {
        let api = server.api();
        let records = [contact("a").with("Email", "a@example.com"), contact("b").without("Last_Name").with("Email", "b@example.com")];
        let answer = api.post("Contacts/upsert", &data(&records)).await;
        assert_eq!(outcome(&answer), "207 SUCCESS MANDATORY_NOT_FOUND", "{}", answer.text);
    }

    async fn limits_and_bodies_are_those_of_an_insert(server: TestServer) {
        let api = server.api();
        let records: Vec<_> = (0..101).map(|n| lead(&format!("{n}"))).collect();
        assert_eq!(outcome(&api.post("Leads/upsert", &data(&records)).await), "400 LIMIT_EXCEEDED");
        assert_eq!(api.count("Leads").await, 0);
        assert_eq!(outcome(&api.post("Leads/upsert", &json!({})).await), "400 MANDATORY_NOT_FOUND");
        assert_eq!(outcome(&api.post("Boats/upsert", &lead("x").body()).await), "400 INVALID_MODULE");
    }
}
