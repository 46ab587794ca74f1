//! `settings/variables` and `settings/variable_groups`.

use dealwright_testkit::{Api, on_both};
use serde_json::{Value, json};

use crate::outcome;
use crate::people::colleague;

const UNKNOWN: &str = "1234567890123456789";

/// Entry of a text in a group.
fn text(name: &str, group: &Value) -> Value {
    json!({"name": name, "api_name": name, "type": "text", "value": "one", "description": "for a test", "variable_group": group})
}

async fn create(api: &Api, entry: Value) -> String {
    let made = api.post("settings/variables", &json!({"variables": [entry]})).await;
    assert_eq!(
        (made.status, &made.json()["variables"][0]["message"]),
        (201, &json!("variable added")),
        "{}",
        made.text
    );
    made.json()["variables"][0]["details"]["id"].as_str().unwrap().to_owned()
}

async fn groups(api: &Api) -> Vec<Value> {
    api.get("settings/variable_groups").await.json()["variable_groups"]
        .as_array()
        .cloned()
        .unwrap_or_default()
}

async fn read(api: &Api, which: &str) -> Value {
    api.get(&format!("settings/variables/{which}?group=General")).await.json()["variables"][0].clone()
}

on_both! {
    async fn a_new_org_has_a_group_of_variables(server: TestServer) {
        let api = server.api();
        let all = groups(&api).await;
        let id = all[0]["id"].clone();
        assert_eq!(all, [json!({"id": id, "display_label": "General", "source": "crm", "api_name": "General", "name": "General", "description": null})]);
        for which in [id.as_str().unwrap(), "General", "general"] {
            let one = api.get(&format!("settings/variable_groups/{which}")).await;
            assert_eq!(one.json()["variable_groups"], json!(all), "{which}");
        }
        for absent in [UNKNOWN, "Special"] {
            let answer = api.get(&format!("settings/variable_groups/{absent}")).await;
            assert_eq!(outcome(&answer), "400 INVALID_DATA");
            assert_eq!(answer.details()["resource_path_index"], 2);
        }
    }

    async fn a_variable_is_made_read_changed_and_deleted(server: TestServer) {
        let api = server.api();
        let group = groups(&api).await[0].clone();
        let id = create(&api, text("Greeting", &group)).await;
        let shown = json!({
            "id": id, "variable_group": {"id": group["id"], "api_name": "General", "name": "General"}, "source": "crm",
            "read_only": false, "api_name": "Greeting", "name": "Greeting", "description": "for a test", "type": "text", "value": "one",
        });
        assert_eq!(read(&api, &id).await, shown);
        assert_eq!(read(&api, "greeting").await, shown);
        assert_eq!(outcome(&api.get(&format!("settings/variables/{id}")).await), "400 REQUIRED_PARAM_MISSING");
        assert_eq!(outcome(&api.get(&format!("settings/variables/{id}?group=Special")).await), "400 INVALID_DATA");
        let listed = api.get("settings/variables").await.json();
        assert_eq!(listed, json!({"variables": [shown]}));
        for (path, entry) in [
            (format!("settings/variables/{id}"), json!({"value": "two"})),
            ("settings/variables/Greeting?group=General".to_owned(), json!({"value": "three"})),
            ("settings/variables".to_owned(), json!({"id": id, "value": "four", "type": "text", "variable_group": group})),
        ] {
            let changed = api.put(&path, &json!({"variables": [entry]})).await;
            assert_eq!(changed.json()["variables"][0]["message"], "variable updated", "{}", changed.text);
            let now = read(&api, &id).await;
            assert_eq!((&now["value"], &now["description"]), (&entry["value"], &json!("for a test")));
        }
        let other = create(&api, text("Farewell", &json!({"name": "Special"}))).await;
        assert_eq!(groups(&api).await.len(), 2);
        let special = api.get("settings/variables?group=Special").await.json();
        assert_eq!((&special["variables"][0]["id"], special["variables"].as_array().unwrap().len()), (&json!(other), 1));
        let gone = api.delete(&format!("settings/variables?ids={id},{other}")).await;
        assert_eq!(gone.json()["variables"][1]["message"], "variable deleted", "{}", gone.text);
        assert_eq!(api.get("settings/variables").await.status, 204);
        assert_eq!(outcome(&api.delete(&format!("settings/variables/{id}")).await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.delete("settings/variables").await), "400 REQUIRED_PARAM_MISSING");
    }

    async fn what_no_variable_can_be_is_refused(server: TestServer) {
        let api = server.api();
        let group = groups(&api).await[0].clone();
        let id = create(&api, text("Greeting", &group)).await;
        let with = |key: &str, value: Value| {
            let mut entry = text("Other", &group);
            entry[key] = value;
            entry
        };
        for (entry, code, key) in [
            (text("greeting", &group), "DUPLICATE_DATA", "api_name"),
            (with("name", json!("GREETING")), "DUPLICATE_DATA", "name"),
            (with("name", Value::Null), "MANDATORY_NOT_FOUND", "name"),
            (with("type", Value::Null), "MANDATORY_NOT_FOUND", "type"),
            (with("variable_group", Value::Null), "MANDATORY_NOT_FOUND", "variable_group"),
            (with("type", json!("colour")), "INVALID_DATA", "type"),
            (with("variable_group", json!({"id": UNKNOWN})), "INVALID_DATA", "variable_group"),
            (with("variable_group", json!({"api_name": "Nowhere"})), "INVALID_DATA", "api_name"),
        ] {
            let answer = api.post("settings/variables", &json!({"variables": [entry]})).await;
            let said = &answer.json()["variables"][0];
            assert_eq!((answer.status, &said["code"], &said["details"]["api_name"]), (400, &json!(code), &json!(key)), "{}", answer.text);
        }
        for (key, value) in [("type", json!("integer")), ("api_name", json!("Hello")), ("variable_group", json!({"name": "Special"}))] {
            let answer = api.put(&format!("settings/variables/{id}"), &json!({"variables": [{key: value}]})).await;
            assert_eq!(answer.json()["variables"][0]["code"], "NOT_ALLOWED", "{}", answer.text);
        }
        assert_eq!(read(&api, &id).await["type"], "text");
        assert_eq!(groups(&api).await.len(), 1, "a group of a change that was refused");
    }

    async fn a_value_is_one_that_a_field_of_the_type_takes(server: TestServer) {
        let api = server.api();
        for (kind, good, bad) in [
            ("integer", json!(42), json!("many")), ("percent", json!(12.5), json!("x")), ("decimal", json!("1.25"), json!("x")),
            ("double", json!(1.25), json!({})), ("currency", json!(99.5), json!("x")), ("date", json!("2026-02-28"), json!("someday")),
            ("datetime", json!("2026-02-28T10:00:00+01:00"), json!("later")), ("email", json!("a@example.com"), json!("nobody")),
            ("url", json!("https://example.com"), json!("javascript:x")), ("website", json!("example.com"), json!("javascript:x")),
            ("checkbox", json!(true), json!("perhaps")), ("textarea", json!("two\nlines"), json!({})), ("long", json!(1_234_567_890_123_i64), json!("x")),
            ("phone", json!("555123"), json!({})), ("text", json!("x"), json!([])),
        ] {
            let mut entry = text(kind, &json!({"api_name": "General"}));
            (entry["type"], entry["value"]) = (json!(kind), good.clone());
            create(&api, entry.clone()).await;
            let shown = read(&api, kind).await;
            assert_eq!(shown["value"], good, "{kind}");
            let [newest, older] = match kind {
                "decimal" | "double" => ["double", "decimal"],
                "url" | "website" => ["website", "url"],
                same => [same, same],
            };
            assert_eq!(shown["type"], newest);
            for version in ["v3", "v7"] {
                assert_eq!(read(&api.version(version), kind).await["type"], older, "{version}");
            }
            let again = json!({"variables": [{"id": shown["id"], "type": kind}]});
            assert_eq!(api.put("settings/variables", &again).await.status, 200, "{kind}");
            entry["name"] = json!("Other");
            entry["api_name"] = json!("Other");
            entry["value"] = bad;
            let answer = api.post("settings/variables", &json!({"variables": [entry]})).await;
            assert_eq!(answer.json()["variables"][0]["code"], "PATTERN_NOT_MATCHED", "{kind} {}", answer.text);
        }
    }

    async fn who_may_not_customise_reads_variables_only(server: TestServer) {
        let api = server.api();
        create(&api, text("Greeting", &json!({"api_name": "General"}))).await;
        let standard = colleague(&server, "Grace", "Manager", "Standard").await.api;
        assert_eq!(standard.get("settings/variables").await.status, 200);
        let answer = standard.post("settings/variables", &json!({"variables": [text("Other", &json!({"api_name": "General"}))]})).await;
        assert_eq!(outcome(&answer), "403 NO_PERMISSION");
    }
}
