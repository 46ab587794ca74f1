//! Fields of features that an org does not use: hidden wherever metadata or whole records show fields.

use dealwright_testkit::records::{Record, account, contact, deal, lead};
use dealwright_testkit::{Api, on_both};
use serde_json::{Value, json};

/// Fields of territories and of consents.
const HIDDEN: [&str; 4] =
    ["Territories", "Territory", "Data_Processing_Basis", "Data_Processing_Basis_Details"];

/// Where a document shows one of the fields: as the name of a field, or as the key of a record.
fn shown(value: &Value, hidden: &[&str], way: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(keys) => {
            for (key, value) in keys {
                let names = key == "api_name" && value.as_str().is_some_and(|name| hidden.contains(&name));
                if names || hidden.contains(&key.as_str()) {
                    found.push(format!("{way}.{key}: {value}"));
                }
                shown(value, hidden, &format!("{way}.{key}"), found);
            }
        }
        Value::Array(all) => {
            all.iter().enumerate().for_each(|(at, one)| shown(one, hidden, &format!("{way}[{at}]"), found));
        }
        Value::String(text) if hidden.contains(&text.as_str()) => found.push(format!("{way}: {text}")),
        _ => {}
    }
}

/// All places that show fields, of every module that has records.
async fn everywhere(api: &Api, hidden: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for module in api.get("settings/modules").await.json()["modules"].as_array().unwrap() {
        let name = module["api_name"].as_str().unwrap();
        let mut paths: Vec<String> = ["fields", "layouts", "related_lists", "custom_views"]
            .iter()
            .map(|list| format!("settings/{list}?module={name}"))
            .collect();
        paths.push(format!("settings/fields?module={name}&type=all"));
        paths.push(format!("settings/modules/{name}"));
        paths.extend(hidden.iter().map(|field| format!("settings/fields/{field}?module={name}")));
        for path in paths {
            let answer = api.get(&path).await;
            if answer.status == 200 {
                shown(&answer.json(), hidden, &path, &mut found);
            }
        }
        let views = api.get(&format!("settings/custom_views?module={name}")).await;
        for view in views.json()["custom_views"].as_array().into_iter().flatten() {
            let path = format!("settings/custom_views/{}?module={name}", view["id"].as_str().unwrap());
            shown(&api.get(&path).await.json(), hidden, &path, &mut found);
        }
    }
    found
}

on_both! {
    async fn fields_of_features_that_are_off_are_nowhere(server: TestServer) {
        let api = server.api();
        let records: [(&str, Record); 4] =
            [("Leads", lead("Ada")), ("Contacts", contact("Ray")), ("Accounts", account("Acme")), ("Deals", deal("Boat"))];
        let mut made = Vec::new();
        for (module, record) in records {
            made.push((module, api.insert(record).await));
        }
        for version in ["v2", "v2.1", "v3", "v6", "v8"] {
            let api = server.version(version);
            let mut found = everywhere(&api, &HIDDEN).await;
            for (module, id) in &made {
                shown(&api.record(module, id).await, &HIDDEN, &format!("{module}/{id}"), &mut found);
                shown(&api.get(module).await.json(), &HIDDEN, module, &mut found);
            }
            assert!(found.is_empty(), "{version}: {}", found.join("\n"));
        }
        // With the first territory its fields come, everywhere.
        let body = json!({"territories": [{"name": "North"}]});
        let answer = api.post("settings/territories", &body).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        let fields = api.get("settings/fields?module=Leads").await.json()["fields"].clone();
        assert!(fields.as_array().unwrap().iter().any(|field| field["api_name"] == "Territories"));
        assert!(api.record("Leads", &made[0].1).await.get("Territories").is_some());
    }
}
