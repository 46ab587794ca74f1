//! Stages and pipelines of deals, in `POST` and `PUT` of `/Deals` and in conversions

use dealwright_testkit::records::{deal, lead};
use dealwright_testkit::{Api, on_both};
use serde_json::json;

use crate::{assert_answer, outcome};

/// Adds a stage that no pipeline has.
async fn add_stage(api: &Api) {
    let fields = api.get("settings/fields?module=Deals").await.json();
    let stage = fields["fields"].as_array().unwrap().iter().find(|one| one["api_name"] == "Stage").unwrap();
    let change =
        json!({"fields": [{"id": stage["id"], "pick_list_values": [{"display_value": "Boarding"}]}]});
    let answer = api.patch("settings/fields?module=Deals", &change).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

on_both! {
    async fn strictly_a_stage_belongs_to_the_pipeline(server: TestServer) {
        let server = server.strict().await;
        let api = server.api();
        add_stage(&api).await;
        let answer = api.post("Deals", &deal("Boat").with("Stage", "Boarding").body()).await;
        assert_answer("pipeline__insert", &answer);
        let id = api.insert(deal("Boat")).await;
        let change = json!({"data": [{"id": id, "Stage": "Boarding"}, {"id": id, "Stage": "Closed Won"}]});
        assert_eq!(outcome(&api.put("Deals", &change).await), "207 MAPPING_MISMATCH SUCCESS");
        assert_eq!(api.record("Deals", &id).await["Stage"], "Closed Won");
        let id = api.insert(lead("Lovelace")).await;
        let converter = json!({"data": [{"Deals": {"Deal_Name": "Boat", "Stage": "Boarding"}}]});
        assert_answer("pipeline__convert", &api.post(&format!("Leads/{id}/actions/convert"), &converter).await);
    }

    async fn leniently_a_stage_that_no_pipeline_has_is_kept(server: TestServer) {
        let api = server.api();
        add_stage(&api).await;
        let id = api.insert(deal("Boat").with("Stage", "Boarding")).await;
        assert_eq!(api.record("Deals", &id).await["Stage"], "Boarding");
    }
}
