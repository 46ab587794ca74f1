//! Options that are called otherwise than they are stored, and the limits of numbers.

use dealwright_testkit::on_both;
use dealwright_testkit::records::lead;
use serde_json::json;

use super::{change, field};
use crate::outcome;

on_both! {
    async fn options_are_taken_by_either_name_and_shown_by_one(server: TestServer) {
        let api = server.api();
        let options = json!([{"display_value": "Red", "actual_value": "r"}, {"display_value": "Blue", "actual_value": "b"}]);
        let one = field(&api, "Leads", json!({"field_label": "Colour", "data_type": "picklist", "pick_list_values": options})).await;
        field(&api, "Leads", json!({"field_label": "Colours", "data_type": "multiselectpicklist", "pick_list_values": options})).await;
        let a = api.insert(lead("a").with("Colour", "Red").with("Colours", json!(["Blue", "r", "odd"]))).await;
        let b = api.insert(lead("b").with("Colour", "r").with("Colours", "b")).await;
        for id in [&a, &b] {
            assert_eq!(api.record("Leads", id).await["Colour"], "Red");
        }
        assert_eq!(api.record("Leads", &a).await["Colours"], json!(["Blue", "Red", "odd"]));
        assert_eq!(api.get(&format!("Leads?fields=Colours&ids={b}")).await.rows()[0]["Colours"], json!(["Blue"]));
        for criteria in ["(Colour:equals:Red)", "(Colour:equals:r)", "(Colours:equals:Blue)"] {
            assert_eq!(api.found("Leads", criteria, "Last_Name").await, ["a", "b"], "{criteria}");
        }
        // What an option is called now is what its records show.
        let red = one["pick_list_values"].as_array().unwrap().iter().find(|option| option["actual_value"] == "r").unwrap();
        let path = format!("settings/fields/{}?module=Leads", one["id"].as_str().unwrap());
        api.patch(&path, &json!({"fields": [{"pick_list_values": [{"id": red["id"], "display_value": "Crimson"}]}]})).await;
        assert_eq!(api.record("Leads", &a).await["Colour"], "Crimson");
    }

    async fn options_joined_to_a_text_are_taken_apart_and_empty_ones_are_none(server: TestServer) {
        let api = server.api();
        let options = json!([{"display_value": "English"}, {"display_value": "German"}, {"display_value": "a;b"}]);
        field(&api, "Leads", json!({"field_label": "Langs", "data_type": "multiselectpicklist", "pick_list_values": options})).await;
        for (sent, kept) in [
            (json!("English;German"), json!(["English", "German"])), (json!("English; German ;"), json!(["English", "German"])),
            (json!("a;b"), json!(["a;b"])), (json!([""]), json!(null)), (json!([null, " "]), json!(null)), (json!(";"), json!(null)),
            (json!(["", "German"]), json!(["German"])), (json!("-None-"), json!(null)),
        ] {
            for version in ["v2", "v8"] {
                let id = server.version(version).insert(lead("x").with("Langs", sent.clone())).await;
                assert_eq!(api.record("Leads", &id).await["Langs"], kept, "{sent}");
                change(&api, "Leads", &id, json!({"Langs": ["English"]})).await;
                change(&server.version(version), "Leads", &id, json!({"Langs": sent})).await;
                assert_eq!(api.record("Leads", &id).await["Langs"], kept, "{sent}");
            }
        }
        let id = api.insert(lead("x").with("Industry", " ")).await;
        assert_eq!(api.record("Leads", &id).await["Industry"], json!(null));
        let server = server.strict().await;
        let answer = server.api().post("Leads", &lead("x").with("Langs", "English;German").body()).await;
        assert_eq!(outcome(&answer), "400 INVALID_DATA");
        assert_eq!((&answer.details()["expected_data_type"], &answer.details()["api_name"]), (&json!("jsonarray"), &json!("Langs")));
    }

    async fn many_options_and_long_numbers_have_a_bound(server: TestServer) {
        let api = server.api();
        field(&api, "Leads", json!({"field_label": "Many", "data_type": "multiselectpicklist", "pick_list_values": [{"display_value": "x"}]})).await;
        field(&api, "Leads", json!({"field_label": "Length", "data_type": "double", "length": 6, "decimal_place": 3})).await;
        field(&api, "Leads", json!({"field_label": "Share", "data_type": "percent"})).await;
        field(&api, "Leads", json!({"field_label": "Price", "data_type": "currency", "length": 4, "decimal_place": 2})).await;
        let options: Vec<String> = (0..101).map(|n| n.to_string()).collect();
        assert_eq!(api.post("Leads", &lead("x").with("Many", options.clone()).body()).await.details()["maximum_length"], 100);
        api.insert(lead("x").with("Many", options[1..].to_vec())).await;
        for (name, value, fits) in [
            ("Length", json!(123.456), true), ("Length", json!(1234.5), true), ("Length", json!(1234.567), false), ("Length", json!(123_456), true),
            ("Length", json!(1_234_567), false), ("Share", json!("12.5"), true), ("Share", json!("12.5%"), false), ("Share", json!(123_456), false),
            ("Price", json!(9999.99), true), ("Price", json!(10_000), false),
        ] {
            let answer = api.post("Leads", &lead("x").with(name, value.clone()).body()).await;
            assert_eq!(outcome(&answer), if fits { "201 SUCCESS" } else { "400 INVALID_DATA" }, "{name}: {value}");
        }
        let id = api.insert(lead("x").with("Length", json!("1.25"))).await;
        change(&api, "Leads", &id, json!({"Length": null})).await;
        assert!(api.record("Leads", &id).await["Length"].is_null());
    }
}
