//! `/{module}/{id}/actions/blueprint` and `settings/blueprints`

use dealwright_testkit::records::lead;
use dealwright_testkit::{Api, on_both};
use serde_json::{Value, json};

use crate::{assert_answer, outcome};

/// A process of leads from `Not Contacted` over `Contacted` to `Junk Lead`, for leads of companies that begin with A.
async fn process(api: &Api) -> Value {
    let phone = json!({ "api_name": "Phone", "mandatory": true });
    let rich =
        json!({ "comparator": "greater_than", "field": { "api_name": "Annual_Revenue" }, "value": 100 });
    let process = json!({
        "name": "Qualify",
        "module": { "api_name": "Leads" },
        "field": { "api_name": "Lead_Status" },
        "criteria": { "comparator": "starts_with", "field": { "api_name": "Company" }, "value": "a'" },
        "transitions": [
            { "name": "Call", "from": ["Not Contacted"], "to": "Contacted", "fields": [phone, { "api_name": "City" }] },
            { "name": "Drop", "from": ["Not Contacted", "Contacted"], "to": "Junk Lead", "color_code": "#ff0000" },
            {
                "name": "Hot", "from": ["Contacted"], "to": "Pre-Qualified",
                "criteria": rich, "criteria_message": "not rich enough",
            },
        ],
    });
    let made = api.post("settings/blueprints", &json!({ "blueprints": [process] })).await;
    assert_eq!(outcome(&made), "201 SUCCESS", "{}", made.text);
    let id = made.json()["blueprints"][0]["details"]["id"].as_str().unwrap_or_default().to_owned();
    let shown = api.get(&format!("settings/blueprints/{id}")).await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    shown.json()["blueprints"][0].clone()
}

/// A lead that is in the process.
async fn inside(api: &Api) -> String {
    let lead = lead("Lovelace").with("Company", "A'cme {1}?").with("Lead_Status", "Not Contacted");
    api.insert(lead).await
}

async fn transition(api: &Api, id: &str, name: &str, data: Value) -> dealwright_testkit::Answer {
    let path = format!("Leads/{id}/actions/blueprint");
    let open = api.get(&path).await.json()["blueprint"]["transitions"].clone();
    let open = open.as_array().cloned().unwrap_or_default();
    let found = open.iter().find(|one| one["name"] == name).map_or(json!("1"), |one| one["id"].clone());
    api.put(&path, &json!({ "blueprint": [{ "transition_id": found, "data": data }] })).await
}

on_both! {
    async fn a_record_goes_through_its_process(server: TestServer) {
        let api = server.api();
        process(&api).await;
        let id = inside(&api).await;
        assert_eq!(api.record("Leads", &id).await["$process_flow"], true);
        let shown = api.get(&format!("Leads/{id}/actions/blueprint")).await.json()["blueprint"].clone();
        assert_eq!(shown["process_info"]["name"], "Qualify");
        assert_eq!(shown["process_info"]["api_name"], "Lead_Status");
        assert_eq!(shown["process_info"]["field_value"], "Not Contacted");
        let call = &shown["transitions"][0];
        assert_eq!((&call["name"], &call["next_field_value"]), (&json!("Call"), &json!("Contacted")));
        assert_eq!(call["data"], json!({ "Phone": null, "City": null }));
        assert_eq!(call["fields"][0]["api_name"], "Phone");
        assert_eq!(call["fields"][0]["mandatory"], true);
        let next: Vec<_> = call["next_transitions"].as_array().expect("a list").iter().map(|one| &one["name"]).collect();
        assert_eq!(next, [&json!("Drop"), &json!("Hot")]);

        // What is there of the mandatory fields is kept, and the state stays.
        let part = transition(&api, &id, "Call", json!({ "City": "Bern" })).await;
        assert_eq!(part.json()["message"], "transition saved partially");
        assert_eq!(api.record("Leads", &id).await["Lead_Status"], "Not Contacted");
        let done = transition(&api, &id, "Call", json!({ "Phone": "+41 31 1", "Notes": "called twice" })).await;
        assert_eq!(done.text, r#"{"code":"SUCCESS","details":{},"message":"transition updated successfully","status":"success"}"#);
        let lead = api.record("Leads", &id).await;
        assert_eq!((&lead["Lead_Status"], &lead["City"], &lead["Phone"]), (&json!("Contacted"), &json!("Bern"), &json!("+41 31 1")));
        let notes = api.get(&format!("Leads/{id}/Notes?fields=Note_Content")).await;
        assert_eq!(notes.rows()[0]["Note_Content"], "called twice");
        let history = api.get(&format!("Leads/{id}/__timeline")).await.text;
        assert!(history.contains("transition_executed") && history.contains("blueprint"), "{history}");

        let poor = transition(&api, &id, "Hot", json!({})).await;
        assert_eq!(poor.json()["message"], "invalid transition");
        assert_eq!(poor.details()["info_message"], "not rich enough");
        assert_eq!(transition(&api, &id, "Call", json!({})).await.json()["message"], "invalid transition");
        assert_eq!(outcome(&transition(&api, &id, "Drop", json!({ "City": "x" })).await), "400 INVALID_DATA");
        assert_eq!(outcome(&transition(&api, &id, "Drop", json!({})).await), "200 SUCCESS");
        // No transition starts from the last state, so the process is over.
        assert_eq!(outcome(&api.get(&format!("Leads/{id}/actions/blueprint")).await), "400 RECORD_NOT_IN_PROCESS");
        assert_eq!(api.record("Leads", &id).await["$process_flow"], false);
    }

    async fn the_state_of_a_record_in_a_process_changes_by_transitions_only(server: TestServer) {
        let api = server.api();
        let process = process(&api).await;
        let id = inside(&api).await;
        let path = format!("Leads/{id}");
        let refused = api.put(&path, &json!({ "data": [{ "Lead_Status": "Contacted", "City": "Bern" }] })).await;
        assert_eq!(outcome(&refused), "400 RECORD_IN_BLUEPRINT");
        assert_eq!(refused.details()["api_name"], "Lead_Status");
        assert_eq!(api.record("Leads", &id).await["City"], Value::Null);
        let same = api.put(&path, &json!({ "data": [{ "Lead_Status": "Not Contacted", "City": "Bern" }] })).await;
        assert_eq!(outcome(&same), "200 SUCCESS", "{}", same.text);
        let other = api.insert(lead("Other").with("Company", "Zeta").with("Lead_Status", "Not Contacted")).await;
        let changed = api.put(&format!("Leads/{other}"), &json!({ "data": [{ "Lead_Status": "Contacted" }] })).await;
        assert_eq!(outcome(&changed), "200 SUCCESS");
        let body = json!({ "blueprints": [{ "active": false }] });
        let off = api.put(&format!("settings/blueprints/{}", process["id"].as_str().unwrap_or_default()), &body).await;
        assert_eq!(outcome(&off), "200 SUCCESS", "{}", off.text);
        let free = api.put(&path, &json!({ "data": [{ "Lead_Status": "Contacted" }] })).await;
        assert_eq!(outcome(&free), "200 SUCCESS");
        assert_eq!(api.record("Leads", &id).await["$process_flow"], false);
    }

    async fn processes_are_checked_when_they_are_made(server: TestServer) {
        let api = server.api();
        let good = process(&api).await;
        let step = json!([{ "name": "a", "from": ["Not Contacted"], "to": "Contacted" }]);
        let base = json!({ "name": "x", "module": "Leads", "field": "Lead_Status", "transitions": step });
        let make = async |key: &str, value: Value| {
            let mut body = base.clone();
            body[key] = value;
            let answer = api.post("settings/blueprints", &json!({ "blueprints": [body] })).await;
            let details = &answer.json()["blueprints"][0]["details"];
            (outcome(&answer), details["json_path"].as_str().unwrap_or_default().to_owned())
        };
        let refused = |code: &str, path: &str| (format!("400 {code}"), format!("$.blueprints[0].{path}"));
        assert_eq!(make("name", json!("Qualify")).await, refused("DUPLICATE_DATA", "name"));
        assert_eq!(make("name", Value::Null).await, refused("MANDATORY_NOT_FOUND", "name"));
        assert_eq!(make("module", json!("Notes")).await, refused("INVALID_MODULE", "module"));
        assert_eq!(make("field", json!("City")).await, refused("INVALID_DATA", "field"));
        assert_eq!(make("transitions", json!([])).await, refused("MANDATORY_NOT_FOUND", "transitions"));
        let wrong = json!([{ "name": "a", "from": ["Nowhere"], "to": "Contacted" }]);
        assert_eq!(make("transitions", wrong).await, refused("INVALID_DATA", "transitions[0].from"));
        let wrong = json!([{ "name": "a", "to": "Contacted", "fields": [{ "api_name": "Nothing" }] }]);
        assert_eq!(make("transitions", wrong).await, refused("INVALID_DATA", "transitions[0].fields[0].api_name"));
        let wrong = json!({ "comparator": "equal", "field": { "api_name": "Nothing" }, "value": 1 });
        assert_eq!(make("criteria", wrong).await, refused("INVALID_DATA", "criteria.field"));
        let id = good["id"].as_str().unwrap_or_default();
        // Transitions keep their ids when they are sent with them.
        let body = json!({ "blueprints": [{ "id": id, "transitions": [good["transitions"][1]] }] });
        assert_eq!(outcome(&api.put("settings/blueprints", &body).await), "200 SUCCESS");
        let shown = api.get("settings/blueprints?module=Leads").await.json()["blueprints"][0]["transitions"].clone();
        assert_eq!(shown, json!([good["transitions"][1]]));
        assert_eq!(outcome(&api.delete(&format!("settings/blueprints?ids={id}")).await), "200 SUCCESS");
        assert_eq!(api.get("settings/blueprints").await.status, 204);
        assert_eq!(outcome(&api.delete(&format!("settings/blueprints/{id}")).await), "400 INVALID_DATA");
    }

    async fn a_record_is_in_no_process(server: TestServer) {
        let api = server.api();
        let id = api.insert(lead("Lovelace")).await;
        let path = format!("Leads/{id}/actions/blueprint");
        assert_answer("blueprint__none", &api.get(&path).await);
        let wanted = json!({"blueprint": [{"transition_id": "1234567890123456789", "data": {"Phone": "1"}}]});
        assert_eq!(outcome(&api.put(&path, &wanted).await), "400 RECORD_NOT_IN_PROCESS");
        assert_eq!(api.record("Leads", &id).await["$process_flow"], false);
    }

    async fn a_transition_has_to_be_named(server: TestServer) {
        let api = server.api();
        let id = api.insert(lead("Lovelace")).await;
        let path = format!("Leads/{id}/actions/blueprint");
        assert_answer("blueprint__no_transition", &api.put(&path, &json!({"blueprint": [{}]})).await);
        assert_eq!(outcome(&api.put(&path, &json!({})).await), "400 MANDATORY_NOT_FOUND");
        assert_eq!(outcome(&api.put(&path, &json!({"blueprint": [{"transition_id": "x"}]})).await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.put(&path, &json!({"blueprint": [{"transition_id": "1", "data": 5}]})).await), "400 INVALID_DATA");
    }

    async fn there_is_no_process_of_nothing(server: TestServer) {
        let api = server.api();
        assert_answer("blueprint__unknown", &api.get("Leads/1234567890123456789/actions/blueprint").await);
        assert_eq!(outcome(&api.get("Leads/x/actions/blueprint").await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.get("Boats/1/actions/blueprint").await), "400 INVALID_MODULE");
        assert_eq!(outcome(&api.get("Notes/1/actions/blueprint").await), "400 NOT_SUPPORTED");
    }
}
