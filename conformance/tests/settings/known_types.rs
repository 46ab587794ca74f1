//! Which fields the versions list: of types that their clients know, of features that are in use; and that nothing else
//! in the metadata names others.

use std::collections::{BTreeMap, BTreeSet};

use dealwright_testkit::{Api, on_both};
use serde_json::{Value, json};

use crate::settings::VERSIONS;

/// Types that the clients of every version know.
const KNOWN: &[&str] = &[
    "ALARM",
    "RRULE",
    "autonumber",
    "bigint",
    "boolean",
    "consent_lookup",
    "currency",
    "date",
    "datetime",
    "double",
    "email",
    "event_reminder",
    "fileupload",
    "formula",
    "imageupload",
    "integer",
    "layout",
    "lookup",
    "multireminder",
    "multiselectlookup",
    "multiselectpicklist",
    "multiuserlookup",
    "ownerlookup",
    "percent",
    "phone",
    "picklist",
    "profileimage",
    "subform",
    "territories",
    "text",
    "textarea",
    "userlookup",
    "website",
];

/// The others, with the first version that has them.
const NEWER: [(&str, u8); 4] =
    [("linetax", 21), ("multi_module_lookup", 30), ("rollup_summary", 60), ("time_range", 60)];

async fn modules(api: &Api) -> Vec<String> {
    let all = api.get("settings/modules").await.json();
    let names = all["modules"].as_array().into_iter().flatten().filter_map(|one| one["api_name"].as_str());
    names.map(str::to_owned).chain(["Users".to_owned()]).collect()
}

/// Names and types of the fields that the calls for fields and layouts list.
async fn fields(api: &Api, module: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let listed = api.get(&format!("settings/fields?module={module}")).await;
    let layouts = api.get(&format!("settings/layouts?module={module}")).await;
    let mut all = Vec::new();
    if listed.status == 200 {
        all.extend(listed.json()["fields"].as_array().cloned().unwrap_or_default());
    }
    if layouts.status == 200 {
        for section in layouts.json()["layouts"][0]["sections"].as_array().into_iter().flatten() {
            all.extend(section["fields"].as_array().cloned().unwrap_or_default());
        }
    }
    for field in all {
        let text = |key: &str| field[key].as_str().unwrap_or_default().to_owned();
        found.insert(text("api_name"), text("data_type"));
    }
    found
}

fn names(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(|one| one.as_str().or(one["api_name"].as_str()))
}

/// Every field that the metadata of a module names outside the calls for fields: the place, the module of the field, and
/// the field.
async fn named(api: &Api, module: &str) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    let mut add = |place: &str, of: &str, list: &Value| {
        found.extend(names(list).map(|name| (format!("{module}: {place}"), of.to_owned(), name.to_owned())));
    };
    let one = api.get(&format!("settings/modules/{module}")).await;
    if one.status == 200 {
        let one = one.json()["modules"][0].clone();
        add("search_layout_fields", module, &one["search_layout_fields"]);
        add("business_card_fields", module, &one["business_card_fields"]);
        add("lookup_field_properties", module, &one["lookup_field_properties"]["fields"]);
        add("related_list_properties", module, &one["related_list_properties"]["fields"]);
        add("custom_view", module, &one["custom_view"]["fields"]);
    }
    let lists = api.get(&format!("settings/related_lists?module={module}")).await;
    if lists.status == 200 {
        for list in lists.json()["related_lists"].as_array().into_iter().flatten() {
            let of = list["module"].as_str().or(list["module"]["api_name"].as_str()).unwrap_or_default();
            add("related_lists", of, &list["fields"]);
        }
    }
    found
}

async fn furnish(api: &Api) {
    let rollup = json!({"field_label": "Number of deals", "data_type": "rollup_summary", "rollup_summary": {
        "rollup_based_on": "related_list",
        "based_on_module": {"api_name": "Deals"},
        "related_list": {"api_name": "Deals"},
        "expression": {"function": "COUNT", "function_parameters": [], "criteria": null},
    }});
    let made = api.post("settings/fields?module=Accounts", &json!({ "fields": [rollup] })).await;
    assert_eq!(made.status, 201, "{}", made.text);
}

on_both! {
    async fn no_version_lists_fields_of_a_type_that_it_does_not_know(server: TestServer) {
        furnish(&server.api()).await;
        for (version, order) in VERSIONS {
            let api = server.version(version);
            let mut met = BTreeSet::new();
            let mut listed = BTreeMap::new();
            for module in modules(&api).await {
                let fields = fields(&api, &module).await;
                met.extend(fields.values().cloned());
                listed.insert(module, fields);
            }
            let newer = NEWER.iter().filter(|(_, since)| *since <= order).map(|(name, _)| *name);
            let known: BTreeSet<&str> = KNOWN.iter().copied().chain(newer.clone()).collect();
            let unknown: Vec<&String> = met.iter().filter(|name| !known.contains(name.as_str())).collect();
            assert!(unknown.is_empty(), "{version}: {unknown:?}");
            for name in newer {
                assert!(met.contains(name), "{version} lists no field of the type {name}");
            }
            for module in listed.keys() {
                for (place, of, field) in named(&api, module).await {
                    let is_listed = listed.get(&of).is_some_and(|fields| fields.contains_key(&field));
                    assert!(is_listed, "{version} {place}: {of}.{field} is not listed");
                }
            }
        }
    }

    async fn what_came_later_is_told_in_older_words(server: TestServer) {
        furnish(&server.api()).await;
        let one = async |version: &str, module: &str, field: &str| {
            let answer = server.version(version).get(&format!("settings/fields/{field}?module={module}")).await;
            if answer.status == 204 { Value::Null } else { answer.json()["fields"][0].clone() }
        };
        let parent = one("v2.1", "Notes", "Parent_Id").await;
        assert_eq!((&parent["data_type"], &parent["lookup"]["module"]), (&json!("lookup"), &json!("se_module")));
        assert_eq!(parent["multi_module_lookup"], json!({}));
        assert_eq!(one("v3", "Notes", "Parent_Id").await["data_type"], "multi_module_lookup");
        let rollup = one("v5", "Accounts", "Number_of_deals").await;
        assert_eq!((&rollup["data_type"], &rollup["formula"]["return_type"]), (&json!("formula"), &rollup["rollup_summary"]["return_type"]));
        assert_eq!(one("v6", "Accounts", "Number_of_deals").await["data_type"], "rollup_summary");
        assert_eq!(one("v5", "Services__s", "Available_Timings").await, Value::Null);
        assert_eq!(one("v6", "Services__s", "Available_Timings").await["data_type"], "time_range");
        let of_type = server.version("v5").get("settings/fields?module=Accounts&data_type=rollup_summary").await;
        assert_eq!(of_type.status, 204);
    }

    async fn fields_of_a_feature_that_is_off_are_not_found(server: TestServer) {
        let api = server.api();
        let all = api.get("settings/fields?module=Leads&type=all").await.json();
        for field in ["Territories", "Data_Processing_Basis", "Data_Processing_Basis_Details"] {
            assert!(!names(&all["fields"]).any(|name| name == field), "{field}");
            assert_eq!(api.get(&format!("settings/fields/{field}?module=Leads")).await.status, 204, "{field}");
        }
        let territory = json!({"territories": [{"name": "North", "permission_type": "read_only"}]});
        assert_eq!(api.post("settings/territories", &territory).await.status, 201);
        assert_eq!(api.get("settings/fields/Territories?module=Leads").await.status, 200);
    }

    async fn users_have_a_role_and_a_profile_among_their_fields(server: TestServer) {
        for (version, order) in VERSIONS {
            let all = server.version(version).get("settings/fields?module=Users").await.json();
            for (name, target) in [("role", "Roles"), ("profile", "Profiles")] {
                let field = all["fields"].as_array().into_iter().flatten().find(|field| field["api_name"] == name);
                let field = field.unwrap_or_else(|| panic!("{version}: users have no {name}"));
                let module = &field["lookup"]["module"];
                assert_eq!(if order < 30 { module } else { &module["api_name"] }, target, "{version}");
            }
        }
    }
}
