//! Records that name their layout.

use dealwright_testkit::on_both;
use dealwright_testkit::records::lead;
use serde_json::json;

use crate::{assert_answer, outcome};

on_both! {
    async fn a_layout_that_is_named_demands_its_own_fields(server: TestServer) {
        let api = server.api();
        let layout = api.get("settings/layouts?module=Leads").await.json()["layouts"][0]["id"].clone();
        let bare = lead("x").without("Company");
        api.insert(bare.clone()).await;
        let answer = api.post("Leads", &bare.clone().with("Layout", json!({"id": layout})).body()).await;
        assert_answer("values__layout_mandatory", &answer);
        let id = api.insert(lead("x").with("Layout", json!({"id": layout})).with("Change_Log_Time__s", "2027-01-01T00:00:00Z")).await;
        let record = api.record("Leads", &id).await;
        assert_eq!((&record["Layout"]["id"], record["Change_Log_Time__s"].is_null()), (&layout, true));
        let answer = api.post("Leads", &lead("x").with("Layout", json!({"id": "1000000000000000009"})).body()).await;
        assert_answer("values__layout_unknown", &answer);
        assert_eq!(outcome(&api.put(&format!("Leads/{id}"), &json!({"data": [{"Layout": {"id": id}}]})).await), "400 INVALID_DATA");
    }
}
