//! Letters of every script are compared without case wherever ASCII letters are, and keep their accents.

use dealwright_testkit::on_both;
use dealwright_testkit::records::{account, contact, lead};
use serde_json::json;

use super::field;
use crate::outcome;

/// Texts that are the same, then one that is not.
const ALIKE: [(&str, &str, &str); 6] = [
    ("ÄRGER Straße", "ärger STRASSE", "arger strasse"),
    ("ООО Мир", "ооо мир", "ооо мйр"),
    ("ΣΊΣΥΦΟΣ", "σίσυφος", "σισυφος"),
    ("Ｔｏｋｙｏ 商事", "tokyo 商事", "tokyo 商亊"),
    ("Cafe\u{301}", "CAFÉ", "Cafe"),
    ("ԲԱՐԵ", "բարե", "բարէ"),
];

on_both! {
    async fn searches_find_letters_of_every_script(server: TestServer) {
        let api = server.api();
        field(&api, "Leads", json!({"field_label": "Words", "data_type": "multiselectpicklist", "pick_list_values": [{"display_value": "x"}]})).await;
        for (one, ..) in ALIKE {
            api.insert(lead(one).with("Company", one).with("Industry", one).with("Words", json!(["x", one]))).await;
        }
        for (one, other, no) in ALIKE {
            let (first, last) = (other.chars().take(3).collect::<String>(), other.chars().skip(1).collect::<String>());
            for (criteria, text) in [
                ("equals", other), ("in", other), ("starts_with", &first), ("contains", &last), ("ends_with", &last),
            ] {
                for name in ["Last_Name", "Industry"] {
                    let criteria = format!("({name}:{criteria}:{text})");
                    assert_eq!(api.found("Leads", &criteria, "Last_Name").await, [one], "{criteria}");
                }
            }
            assert_eq!(api.found("Leads", &format!("(Words:equals:{other})"), "Last_Name").await, [one]);
            assert_eq!(api.found("Leads", &format!("(Last_Name:equals:{no})"), "Last_Name").await, [""; 0], "{no}");
            for condition in [
                format!("Last_Name = '{other}'"), format!("Last_Name in ('{other}')"), format!("Last_Name like '{first}%'"),
                format!("Last_Name like '%{last}'"), format!("Industry = '{other}'"), format!("Words like '%{other}%'"),
            ] {
                let query = format!("select Last_Name from Leads where {condition} and id is not null");
                let answer = api.post("coql", &json!({"select_query": query})).await;
                assert_eq!(answer.rows()[0]["Last_Name"], *one, "{query}: {}", answer.text);
                assert_eq!(answer.rows().len(), 1, "{query}");
            }
        }
    }

    async fn upserts_and_names_of_lookups_know_letters_of_every_script(server: TestServer) {
        let api = server.api();
        for (one, other, no) in ALIKE {
            let id = api.insert(account(one)).await;
            let known = api.post("Accounts/upsert", &account(other).body()).await;
            assert_eq!((&known.rows()[0]["action"], &known.details()["id"]), (&json!("update"), &json!(id)), "{other}");
            let new = api.post("Accounts/upsert", &account(no).body()).await;
            assert_eq!(new.rows()[0]["action"], "insert", "{no}");
            let who = api.insert(contact("x").with("Account_Name", json!({"name": one}))).await;
            assert_eq!(api.record("Contacts", &who).await["Account_Name"]["id"], *id);
            let found = api.found("Contacts", &format!("(Account_Name:equals:{one})"), "id").await;
            assert_eq!(found, [who]);
        }
    }

    async fn unique_fields_know_letters_of_every_script(server: TestServer) {
        let api = server.api();
        field(&api, "Leads", json!({"field_label": "Code", "data_type": "text", "length": 50, "unique": {"case_sensitive": false}})).await;
        field(&api, "Leads", json!({"field_label": "Exact", "data_type": "text", "length": 50, "unique": {"case_sensitive": true}})).await;
        for (one, other, no) in ALIKE {
            let id = api.insert(lead("x").with("Code", one).with("Exact", one)).await;
            let answer = api.post("Leads", &lead("y").with("Code", other).body()).await;
            assert_eq!(outcome(&answer), "400 DUPLICATE_DATA");
            assert_eq!((&answer.details()["id"], &answer.details()["duplicate_record"]["id"]), (&json!(id), &json!(id)));
            api.insert(lead("z").with("Code", no).with("Exact", other)).await;
        }
    }

    async fn a_value_that_is_twice_in_one_request_is_told_of_both(server: TestServer) {
        let api = server.api();
        field(&api, "Leads", json!({"field_label": "Code", "data_type": "text", "length": 50, "unique": {"case_sensitive": false}})).await;
        let me = api.get("users?type=CurrentUser").await.json()["users"][0]["id"].clone();
        let records = [lead("a").with("Code", "МИР"), lead("b").with("Code", "мир"), lead("c").with("Code", "")];
        let body = dealwright_testkit::records::data(&records);
        let answer = api.post("Leads", &body).await;
        assert_eq!(outcome(&answer), "207 SUCCESS DUPLICATE_DATA SUCCESS");
        let (first, second) = (answer.rows()[0]["details"].clone(), answer.rows()[1]["details"].clone());
        assert_eq!((&second["id"], &second["duplicate_record"]["id"]), (&first["id"], &first["id"]));
        assert_eq!((&second["duplicate_record"]["Owner"]["id"], &second["json_path"]), (&me, &json!("$.data[1].Code")));
        let (a, c) = (first["id"].clone(), answer.rows()[2]["details"]["id"].clone());
        let changed = api.put("Leads", &json!({"data": [{"id": a, "Code": "Ä"}, {"id": c, "Code": "ä"}]})).await;
        assert_eq!(outcome(&changed), "207 SUCCESS DUPLICATE_DATA");
        assert_eq!(changed.rows()[1]["details"]["duplicate_record"]["id"], a);
    }
}
