//! Lists against the calls of one: the same thing, but for what only the call of one shows.

use std::collections::BTreeSet;

use dealwright_server::ops::{Method, Operation, Root, operations};
use dealwright_testkit::records::lead;
use dealwright_testkit::{Api, on_both};
use serde_json::{Map, Value, json};

use crate::people::create;
use crate::settings::VERSIONS;

/// Keys that only the call of one shows, by the operation of that call.
const ONLY_SINGLE: &[(&str, &[&str])] = &[
    (
        "modules.get",
        &[
            "$field_states",
            "$on_demand_properties",
            "$properties",
            "activity_badge",
            "business_card_fields",
            "chart_view",
            "chart_view_supported",
            "custom_view",
            "default_mapping_fields",
            "display_field",
            "fields",
            "filter_status",
            "kanban_view",
            "layout_associations",
            "layouts",
            "lookup_field_properties",
            "masked_fields_count",
            "per_page",
            "related_list_properties",
            "related_lists",
            "search_layout_fields",
            "territory",
            "track_current_data",
            "zia_view",
        ],
    ),
    (
        "custom_views.get",
        &["$modified_criteria", "criteria", "cross_filters", "fields", "shared_to", "sort_by", "sort_order"],
    ),
    ("profiles.get", &["permissions_details", "sections"]),
    ("user_groups.get", &["sources"]),
    ("email_templates.get", &["content", "mail_content"]),
];

/// Calls of one whose answer has `info`: where it is published, and rules, whose answers are not.
const WITH_INFO: [&str; 9] = [
    "custom_views.get",
    "email_templates.get",
    "profiles.get",
    "recycle_bin.get",
    "sharing_rules.get",
    "territories.get",
    "user_groups.get",
    "users.get",
    "users_unavailability.get",
];

/// Lists of a new org that nothing can be put into.
const EMPTY: [&str; 1] = ["inventory_templates.list"];

/// The lists of settings and people that have a call of one beside them: both operations.
fn pairs() -> Vec<(&'static Operation, &'static Operation)> {
    let reads =
        || operations().filter(|one| one.is_served() && one.method == Method::Get && one.root == Root::Crm);
    let lists = reads().filter(|one| !one.path.contains('{'));
    let lists = lists.filter(|one| one.path == "users" || one.path.starts_with("settings/"));
    let single = |list: &Operation| {
        reads().find(|one| {
            let rest = one.path.strip_prefix(list.path).and_then(|rest| rest.strip_prefix("/{"));
            rest.is_some_and(|rest| rest.ends_with('}') && !rest.contains('/'))
        })
    };
    lists.filter_map(|list| Some((list, single(list)?))).collect()
}

fn keys(row: &Value) -> BTreeSet<String> {
    row.as_object().map(Map::keys).into_iter().flatten().cloned().collect()
}

/// The first row under the only key that holds a list.
fn first(body: &Value) -> Value {
    let lists = body.as_object().into_iter().flat_map(Map::values).filter_map(Value::as_array);
    lists.flatten().next().cloned().unwrap_or_default()
}

/// One of everything that a new org does not have.
async fn furnish(api: &Api) {
    let me = first(&api.get("users?type=CurrentUser").await.json())["id"].clone();
    let role = first(&api.get("settings/roles").await.json())["id"].clone();
    create(
        api,
        "settings/territories",
        "territories",
        json!({"name": "North", "permission_type": "read_only"}),
    )
    .await;
    let source =
        json!({"type": "users", "source": {"id": me}, "subordinates": false, "sub_territories": false});
    create(api, "settings/user_groups", "user_groups", json!({"name": "Explorers", "sources": [source]}))
        .await;
    let absence = json!({"comments": "Out", "from": "2027-02-01T09:00:00+01:00", "to": "2027-02-02T09:00:00+01:00", "user": {"id": me}});
    create(api, "settings/users_unavailability", "users_unavailability", absence).await;
    let side = json!({"type": "roles", "resource": {"id": role}, "subordinates": false});
    let rule = json!({"name": "To the top", "type": "Record_Owner_Based", "permission_type": "read", "shared_from": side, "shared_to": side, "superiors_allowed": false});
    create(api, "settings/data_sharing/rules?module=Leads", "sharing_rules", rule).await;
    let manual = json!({"lock_type": "manual", "locked_for": "all_profiles"});
    let path = "settings/record_locking_configurations?module=Leads";
    create(api, path, "record_locking_configurations", manual).await;
    let step = json!([{"name": "Call", "from": ["Not Contacted"], "to": "Contacted"}]);
    let process = json!({"name": "Qualify", "module": "Leads", "field": "Lead_Status", "transitions": step});
    create(api, "settings/blueprints", "blueprints", process).await;
    let variable = json!({"name": "Rate", "api_name": "Rate", "type": "percent", "value": 5, "variable_group": {"api_name": "General"}});
    create(api, "settings/variables", "variables", variable).await;
    let gone = api.insert(lead("gone")).await;
    api.delete(&format!("Leads/{gone}")).await;
}

on_both! {
    async fn lists_leave_out_what_only_the_call_of_one_shows(server: TestServer) {
        furnish(&server.api()).await;
        let pairs = pairs();
        for (version, order) in VERSIONS {
            let api = server.version(version);
            for (list, single) in &pairs {
                let known = |operation: &Operation| operation.since.profile().order <= order;
                if !known(list) || !known(single) {
                    continue;
                }
                let place = format!("{version} {}", list.id);
                let listed = api.get(&format!("{}?module=Leads", list.path)).await;
                if EMPTY.contains(&list.id) {
                    assert_eq!(listed.status, 204, "{place}");
                    continue;
                }
                assert_eq!(listed.status, 200, "{place}: {}", listed.text);
                let row = first(&listed.json());
                let id = row["id"].as_str().unwrap_or_else(|| panic!("{place}: {row}"));
                let answer = api.get(&format!("{}/{id}?module=Leads&group=General", list.path)).await;
                assert_eq!(answer.status, 200, "{place}: {}", answer.text);
                let whole = answer.json();
                let only = ONLY_SINGLE.iter().find(|(id, _)| *id == single.id).map_or(&[][..], |(_, keys)| *keys);
                let missing: Vec<String> = keys(&first(&whole)).difference(&keys(&row)).cloned().collect();
                let wanted: Vec<&str> = only.to_vec();
                assert_eq!(missing, wanted, "{place}: keys that the list does not have");
                let more: Vec<String> = keys(&row).difference(&keys(&first(&whole))).cloned().collect();
                assert!(more.is_empty(), "{place}: keys that only the list has: {more:?}");
                assert_eq!(whole["info"].is_object(), WITH_INFO.contains(&single.id), "{place}: info");
            }
        }
        for (id, _) in ONLY_SINGLE {
            assert!(pairs.iter().any(|(_, single)| single.id == *id), "{id} is no call of one");
        }
    }
}
