//! Where versions differ.

use dealwright_testkit::on_both;
use dealwright_testkit::records::{deal, lead};
use serde_json::{Value, json};

use crate::assert_shown;

const VERSIONS: [&str; 8] = ["v2", "v2.1", "v3", "v4", "v5", "v6", "v7", "v8"];

on_both! {
    async fn error_details_show_the_place_from_v3_on(server: TestServer) {
        for version in VERSIONS {
            let api = server.version(version);
            let has_place = !version.starts_with("v2");
            let inside = api.post("Deals", &deal("x").without("Deal_Name").body()).await;
            assert_eq!(inside.details().get("json_path").is_some(), has_place, "{version}");
            let above = api.post("Deals", &json!({})).await;
            assert_eq!(above.details().get("json_path").is_some(), has_place, "{version}");
        }
    }

    async fn the_keys_of_info_by_version(server: TestServer) {
        server.api().insert_all("Deals", &["a", "b"].map(|name| deal(name).value())).await;
        let mut shown = serde_json::Map::new();
        for version in VERSIONS {
            let info = server.version(version).get("Deals?fields=id&per_page=1").await.json()["info"].clone();
            shown.insert(version.to_owned(), json!(info.as_object().unwrap().keys().collect::<Vec<_>>()));
        }
        assert_shown("versions__info", Value::Object(shown));
    }

    async fn the_system_keys_of_a_lead_by_version(server: TestServer) {
        let id = server.api().insert(lead("x")).await;
        let mut shown = serde_json::Map::new();
        for version in VERSIONS {
            let record = server.version(version).record("Leads", &id).await;
            let keys = record.as_object().unwrap().keys().filter(|key| key.starts_with('$'));
            shown.insert(version.to_owned(), json!(keys.collect::<Vec<_>>()));
        }
        assert_shown("versions__system_keys", Value::Object(shown));
    }

    async fn the_answer_to_a_write_by_version(server: TestServer) {
        for version in VERSIONS {
            let answer = server.version(version).post("Deals", &deal("x").body()).await;
            let details = answer.details();
            assert_eq!(details.get("$approval_state").is_some(), !["v2", "v2.1", "v3"].contains(&version), "{version}");
        }
    }

    async fn lists_are_sorted_by_any_field_before_v3(server: TestServer) {
        let api = server.api();
        let deals = [("b", 2), ("C", 1), ("a", 3)].map(|(name, amount)| deal(name).with("Amount", amount).value());
        api.insert_all("Deals", &deals).await;
        api.insert(deal("d")).await;
        for (order, expected) in [
            ("sort_by=Deal_Name&sort_order=asc", "a b C d"),
            ("sort_by=Deal_Name&sort_order=desc", "d C b a"),
        ] {
            let rows = server.version("v2.1").get(&format!("Deals?fields=Deal_Name&{order}")).await.rows();
            let names: Vec<&str> = rows.iter().filter_map(|row| row["Deal_Name"].as_str()).collect();
            assert_eq!(names.join(" "), expected, "{order}");
        }
        let rows = server.version("v2").get("Deals?fields=Amount&sort_by=Amount&sort_order=asc").await.rows();
        let amounts: Vec<&Value> = rows.iter().map(|row| &row["Amount"]).filter(|amount| !amount.is_null()).collect();
        assert_eq!(amounts, [1, 2, 3]);
        for version in ["v3", "v8"] {
            assert_eq!(server.version(version).get("Deals?fields=id&sort_by=Amount").await.status, 400, "{version}");
        }
    }

    async fn tags_have_a_colour_from_v2_1_on(server: TestServer) {
        let id = server.api().insert(deal("x").with("Tag", json!([{"name": "Hot"}]))).await;
        for version in VERSIONS {
            let tag = server.version(version).record("Deals", &id).await["Tag"][0].clone();
            assert_eq!(tag.get("color_code").is_some(), version != "v2", "{version}: {tag}");
        }
    }

    async fn long_numbers_are_text_in_every_version(server: TestServer) {
        let id = server.api().insert(dealwright_testkit::records::account("x").with("Account_Number", 42)).await;
        for version in VERSIONS {
            assert_eq!(server.version(version).record("Accounts", &id).await["Account_Number"], "42", "{version}");
        }
    }
}
