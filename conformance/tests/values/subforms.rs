//! Subforms that people make, and what becomes of their rows in each version.

use dealwright_testkit::on_both;
use dealwright_testkit::records::lead;
use serde_json::{Value, json};

use super::{change, field};
use crate::{assert_answer, assert_shown, outcome};

fn boats() -> Value {
    json!({"field_label": "Boats", "data_type": "subform", "subform": {"fields": [
        {"field_label": "Boat Name", "data_type": "text", "length": 20},
        {"field_label": "Metres", "data_type": "double"},
        {"field_label": "Harbour", "data_type": "lookup", "lookup": {"module": {"api_name": "Accounts"}}},
    ]}})
}

/// Names of the boats of a lead.
fn names(lead: &Value) -> Vec<&str> {
    lead["Boats"].as_array().unwrap().iter().map(|row| row["Boat_Name"].as_str().unwrap_or("-")).collect()
}

on_both! {
    async fn a_subform_is_made_with_its_fields(server: TestServer) {
        let api = server.api();
        let made = field(&api, "Leads", boats()).await;
        assert_shown("values__subform_field", json!({"subform": made["subform"]["module"], "associated_module": made["associated_module"]["module"], "data_type": made["data_type"], "json_type": made["json_type"], "length": made["length"]}));
        let rows = api.get("settings/fields?module=Boats").await.json();
        let listed: Vec<&Value> = rows["fields"].as_array().unwrap().iter().map(|field| &field["api_name"]).collect();
        assert_eq!(listed, ["id", "Parent_Id", "Created_By", "Modified_By", "Created_Time", "Modified_Time", "Boat_Name", "Metres", "Harbour"]);
        let module = api.get("settings/modules/Boats").await.json()["modules"][0].clone();
        assert_eq!((&module["generated_type"], &module["parent_module"]["api_name"]), (&json!("subform"), &json!("Leads")));

        field(&api, "Boats", json!({"field_label": "Sold", "data_type": "boolean"})).await;
        let account = api.insert(dealwright_testkit::records::account("Port")).await;
        let lead = lead("x").with("Boats", json!([{"Boat_Name": "Argo", "Metres": 12.5, "Harbour": account, "Sold": true}, {"Boat_Name": "Beagle"}]));
        let id = api.insert(lead).await;
        assert_answer("values__subform_rows", &api.get(&format!("Leads/{id}?fields=Last_Name,Boats,$has_more")).await);
        assert_eq!(api.record("Leads", &id).await["$has_more"], json!({"Boats": false}));
        assert!(api.get(&format!("Leads?fields=Boats&ids={id}")).await.rows()[0].get("Boats").is_none());
        // It outlives a restart, and goes with its field.
        let server = server.restart(|_| {}).await;
        let api = server.api();
        assert_eq!(names(&api.record("Leads", &id).await), ["Argo", "Beagle"]);
        assert_eq!(api.delete(&format!("settings/fields/{}?module=Leads", made["id"].as_str().unwrap())).await.status, 200);
        assert!(api.record("Leads", &id).await.get("Boats").is_none());
        assert_eq!(outcome(&api.get("settings/fields?module=Boats").await), "400 INVALID_MODULE");
        field(&api, "Leads", boats()).await;
        assert_eq!(api.record("Leads", &id).await["Boats"], json!([]));
    }

    async fn rows_are_added_changed_and_taken_away(server: TestServer) {
        let api = server.api();
        field(&api, "Leads", boats()).await;
        let id = api.insert(lead("x").with("Boats", json!([{"Boat_Name": "a"}, {"Boat_Name": "b"}, {"Boat_Name": "c"}]))).await;
        let row = |record: &Value, at: usize| record["Boats"][at]["id"].clone();
        let record = api.record("Leads", &id).await;
        // From v4 on, rows that are not mentioned stay.
        change(&api, "Leads", &id, json!({"Boats": [{"id": row(&record, 0), "Boat_Name": "A"}, {"id": row(&record, 1), "_delete": null}, {"Boat_Name": "d"}]})).await;
        assert_eq!(names(&api.record("Leads", &id).await), ["A", "c", "d"]);
        change(&api, "Leads", &id, json!({"Last_Name": "y"})).await;
        let record = api.record("Leads", &id).await;
        assert_eq!(names(&record), ["A", "c", "d"]);
        // Until v3 the list is what there is.
        let old = server.version("v3");
        let sent = json!({"data": [{"id": id, "Boats": [{"id": row(&record, 1)}, {"Boat_Name": "e"}]}]});
        assert_eq!(old.put("Leads", &sent).await.status, 200);
        assert_eq!(names(&api.record("Leads", &id).await), ["c", "e"]);
        for empty in [json!([]), Value::Null] {
            change(&api, "Leads", &id, json!({"Boats": empty})).await;
            assert_eq!(api.record("Leads", &id).await["Boats"], json!([]));
            change(&api, "Leads", &id, json!({"Boats": [{"Boat_Name": "z"}]})).await;
        }
    }

    async fn bad_rows_are_refused_at_their_place(server: TestServer) {
        let api = server.api();
        field(&api, "Leads", boats()).await;
        let other = api.insert(lead("other").with("Boats", json!([{"Boat_Name": "theirs"}]))).await;
        let theirs = api.record("Leads", &other).await["Boats"][0]["id"].clone();
        let id = api.insert(lead("x").with("Boats", json!([{"Boat_Name": "mine"}]))).await;
        for (name, rows) in [
            ("long", json!([{"Boat_Name": "ok"}, {"Boat_Name": "x".repeat(21)}])),
            ("type", json!([{"Metres": "long"}])),
            ("lookup", json!([{"Harbour": "1000000000000000009"}])),
            ("theirs", json!([{"id": theirs, "Boat_Name": "stolen"}])),
            ("object", json!(["x"])),
            ("list", json!({"Boat_Name": "x"})),
            ("many", json!((0..201).map(|_| json!({})).collect::<Vec<_>>())),
        ] {
            let answer = api.put(&format!("Leads/{id}"), &json!({"data": [{"Boats": rows}]})).await;
            assert_answer(&format!("values__bad_row_{name}"), &answer);
        }
        assert_eq!(names(&api.record("Leads", &id).await), ["mine"]);
        assert_eq!(names(&api.record("Leads", &other).await), ["theirs"]);
        // A row keeps its record, and a new record has new rows.
        change(&api, "Leads", &other, json!({"Boats": [{"id": theirs, "Parent_Id": {"id": id}}]})).await;
        assert_eq!(names(&api.record("Leads", &other).await), ["theirs"]);
        let third = api.insert(lead("third").with("Boats", json!([{"id": theirs, "Boat_Name": "copy"}]))).await;
        assert!(api.record("Leads", &third).await["Boats"][0]["id"] != theirs);
    }

    async fn more_rows_than_are_shown_are_told_of(server: TestServer) {
        let api = server.api();
        field(&api, "Leads", boats()).await;
        let rows = |count: usize| json!((0..count).map(|n| json!({"Boat_Name": n.to_string()})).collect::<Vec<_>>());
        let id = api.insert(lead("x").with("Boats", rows(200))).await;
        assert_eq!(api.record("Leads", &id).await["$has_more"], json!({"Boats": false}));
        change(&api, "Leads", &id, json!({"Boats": rows(1)})).await;
        let record = api.record("Leads", &id).await;
        assert_eq!((record["Boats"].as_array().unwrap().len(), &record["$has_more"]), (200, &json!({"Boats": true})));
    }

    async fn what_cannot_be_a_subform_is_refused(server: TestServer) {
        let api = server.api();
        field(&api, "Leads", boats()).await;
        for (name, module, sent) in [
            ("nested", "Boats", boats()),
            ("unique", "Boats", json!({"field_label": "N", "data_type": "text", "unique": {"case_sensitive": false}})),
            ("inner", "Leads", json!({"field_label": "More", "data_type": "subform", "subform": {"fields": [{"field_label": "x"}]}})),
        ] {
            let answer = api.post(&format!("settings/fields?module={module}"), &json!({"fields": [sent]})).await;
            assert_answer(&format!("values__no_subform_{name}"), &answer);
        }
    }
}
