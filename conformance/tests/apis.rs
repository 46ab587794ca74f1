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

    /// The list is kept: every version has its own, and so has an org with another module.
    async fn the_list_that_is_kept_is_the_callers_own(server: TestServer) {
        let list = async |version: &str| server.version(version).get("__apis").await.text;
        let first = list("v8").await;
        assert_eq!(list("v8").await, first);
        let other = list("v6").await;
        assert!(other.contains("\"/crm/v6/Deals\"") && !other.contains("/crm/v8/"));
        let filter = r#"{"field":{"api_name":"module"},"comparator":"equals","value":"Deals"}"#;
        let some = server.api().get_with("__apis", &[("filters", filter)]).await.json()["__apis"].clone();
        let paths: Vec<_> = some.as_array().unwrap().iter().map(|one| one["path"].as_str().unwrap().to_owned()).collect();
        assert!(paths.contains(&"/crm/v8/Deals".to_owned()) && paths.iter().all(|path| path.contains("/Deals")), "{paths:?}");
    }
}
