//! `GET /__apis`

use dealwright_testkit::on_both;
use serde_json::json;

use crate::{assert_shown, outcome};

on_both! {
    async fn what_is_served_is_listed(server: TestServer) {
        let api = server.api();
        let all = api.get("__apis").await.json()["__apis"].clone();
        let entry = |path: &str| all.as_array().unwrap().iter().find(|one| one["path"] == path).cloned();
        assert_shown("apis__some", json!([entry("/crm/v8/Deals/search"), entry("/crm/v8/org"), entry("/crm/v8/Leads")]));
        assert!(entry("/crm/v8/settings/automation/workflow_rules").is_none());
        let filter = r#"{"field":{"api_name":"operation_types.method"},"comparator":"equals","value":"DELETE"}"#;
        let some = api.get_with("__apis", &[("filters", filter)]).await.json()["__apis"].clone();
        let methods: Vec<_> = some.as_array().unwrap().iter().map(|one| one["operation_types"][0]["method"].clone()).collect();
        assert!(!methods.is_empty() && methods.iter().all(|method| method == "DELETE"));
        assert_eq!(outcome(&api.get("__apis?filters=nonsense").await), "400 INVALID_DATA");
    }
}
