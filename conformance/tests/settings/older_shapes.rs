//! Values of the metadata that older clients read in another form than newer ones. Source: the models of the official
//! client libraries of each version.

use dealwright_testkit::{Api, on_both};
use serde_json::{Value, json};

use crate::settings::VERSIONS;

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// What is read, the first version that reads it in the newer form, and both forms.
const FORMS: [(&str, u8, &str, &str); 7] = [
    ("forecast category of a stage", 30, "a number", "an object"),
    ("status of a layout", 30, "a number", "a text"),
    ("module of a related list", 30, "a text", "an object"),
    ("module of a lookup", 30, "a text", "an object"),
    ("field that a view is sorted by", 40, "a text", "an object"),
    ("tabulator of a section", 60, "a number", "a text"),
    ("display field of a module", 80, "a text", "an object"),
];

/// The values of [`FORMS`], in their order.
async fn read(api: &Api, view: &str) -> Vec<Value> {
    let stage = api.get("settings/fields/Stage?module=Deals").await.json();
    let layout = api.get("settings/layouts?module=Deals").await.json();
    let lists = api.get("settings/related_lists?module=Accounts").await.json();
    let lists = lists["related_lists"].as_array().cloned().unwrap_or_default();
    let contacts = lists.into_iter().find(|list| list["api_name"] == "Contacts").unwrap_or_default();
    let account = api.get("settings/fields/Account_Name?module=Deals").await.json();
    let view = api.get(&format!("settings/custom_views/{view}?module=Deals")).await.json();
    let module = api.get("settings/modules/Deals").await.json();
    vec![
        stage["fields"][0]["pick_list_values"][0]["forecast_category"].clone(),
        layout["layouts"][0]["status"].clone(),
        contacts["module"].clone(),
        account["fields"][0]["lookup"]["module"].clone(),
        view["custom_views"][0]["sort_by"].clone(),
        layout["layouts"][0]["sections"][0]["tab_traversal"].clone(),
        module["modules"][0]["display_field"].clone(),
    ]
}

on_both! {
    async fn each_version_reads_the_forms_that_its_clients_know(server: TestServer) {
        let body = json!({"custom_views": [{
            "name": "By amount",
            "criteria": {"comparator": "greater_than", "field": {"api_name": "Amount"}, "value": "1"},
            "fields": [{"api_name": "Deal_Name"}],
            "sort_by": {"api_name": "Amount"},
            "sort_order": "asc",
        }]});
        let made = server.api().post("settings/custom_views?module=Deals", &body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let view = made.json()["custom_views"][0]["details"]["id"].as_str().unwrap().to_owned();
        for (version, order) in VERSIONS {
            let values = read(&server.version(version), &view).await;
            for ((what, since, older, newer), value) in FORMS.iter().zip(&values) {
                let wanted = if order < *since { older } else { newer };
                assert_eq!(kind(value), *wanted, "{version}: {what} is {value}");
            }
        }
    }
}
