//! `POST /{module}/upsert` with records that have to do with each other: as if written one after the other.

use dealwright_testkit::records::{account, contact, data, lead};
use dealwright_testkit::{Answer, Api, on_both};
use serde_json::{Value, json};

use crate::outcome;

/// What became of each record: the action and the field it was found by, or the code of its error.
fn became(answer: &Answer) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let one = |row: &Value| match row["code"].as_str() {
        Some("SUCCESS") => format!("{} {}", text(&row["action"]), text(&row["duplicate_field"])),
        _ => text(&row["code"]),
    };
    answer.rows().iter().map(one).collect()
}

async fn unique(api: &Api, module: &str, label: &str, case_sensitive: bool) {
    let field = json!({"field_label": label, "data_type": "text", "length": 50, "unique": {"case_sensitive": case_sensitive}});
    let made = api.post(&format!("settings/fields?module={module}"), &json!({ "fields": [field] })).await;
    assert_eq!(made.status, 201, "{}", made.text);
}

on_both! {
    async fn equal_new_records_become_one_whatever_the_case_of_their_letters(server: TestServer) {
        let api = server.api();
        let records = [
            lead("a").with("Email", "strasse@example.com").with("Phone", "+1-555-0100"),
            lead("b").with("Email", "other@example.com"),
            lead("c").with("Email", "STRASSE@example.com"),
            lead("d").with("Email", "Other@Example.com").with("Phone", "+1-555-0104"),
            lead("e").with("Email", "third@example.com"),
            lead("f").with("Email", "Strasse@example.com"),
        ];
        let answer = api.post("Leads/upsert", &data(&records)).await;
        assert_eq!(became(&answer), ["insert -", "insert -", "update Email", "update Email", "insert -", "update Email"]);
        let ids = answer.ids();
        assert_eq!((&ids[0], &ids[0], &ids[1]), (&ids[2], &ids[5], &ids[3]));
        let (first, second) = (api.record("Leads", &ids[0]).await, api.record("Leads", &ids[1]).await);
        assert_eq!((&first["Last_Name"], &first["Phone"]), (&json!("f"), &json!("+1-555-0100")));
        assert_eq!((&second["Last_Name"], &second["Phone"]), (&json!("d"), &json!("+1-555-0104")));
        assert_eq!(api.count("Leads").await, 3);
    }

    async fn letters_that_fold_to_the_same_are_the_same_record(server: TestServer) {
        let api = server.api();
        let records = [account("Straße МИР"), account("STRASSE мир"), account("Strase МИР")];
        let answer = api.post("Accounts/upsert", &data(&records)).await;
        assert_eq!(became(&answer), ["insert -", "update Account_Name", "insert -"]);
        assert_eq!(api.count("Accounts").await, 2);
    }

    async fn a_known_record_is_changed_as_often_as_it_is_sent(server: TestServer) {
        let api = server.api();
        let id = api.insert(lead("old").with("Email", "a@example.com")).await;
        let records = [
            lead("one").with("Email", "a@example.com").with("Phone", "+1-555-0101"),
            lead("new").with("Email", "b@example.com"),
            lead("two").with("Email", "A@example.com"),
            lead("three").with("id", id.as_str()),
        ];
        let answer = api.post("Leads/upsert", &data(&records)).await;
        assert_eq!(became(&answer), ["update Email", "insert -", "update Email", "update -"]);
        let record = api.record("Leads", &id).await;
        assert_eq!((&record["Last_Name"], &record["Phone"]), (&json!("three"), &json!("+1-555-0101")));
    }

    async fn a_record_is_found_by_what_an_earlier_one_gave_it_in_another_field(server: TestServer) {
        let api = server.api();
        unique(&api, "Leads", "Code", false).await;
        let id = api.insert(lead("old").with("Email", "a@example.com")).await;
        let records = [
            lead("one").with("Email", "a@example.com").with("Code", "x"),
            lead("two").with("Email", "z@example.com").with("Code", "X"),
            lead("three").with("Email", "a@example.com"),
            lead("four").with("Email", "Z@example.com"),
        ];
        let answer = api.post("Leads/upsert", &data(&records)).await;
        assert_eq!(became(&answer), ["update Email", "update Code", "insert -", "update Email"]);
        assert_eq!((&answer.ids()[1], &answer.ids()[3]), (&id, &id));
        assert_eq!(api.record("Leads", &id).await["Last_Name"], "four");
    }

    async fn a_value_that_moved_away_finds_nothing_any_more(server: TestServer) {
        let api = server.api();
        let id = api.insert(lead("old").with("Email", "a@example.com")).await;
        let records = [
            lead("moved").with("id", id.as_str()).with("Email", "b@example.com"),
            lead("new").with("Email", "a@example.com"),
            lead("again").with("Email", "b@example.com"),
            lead("emptied").with("id", id.as_str()).with("Email", Value::Null),
            lead("another").with("Email", "b@example.com"),
        ];
        let answer = api.post("Leads/upsert", &data(&records)).await;
        assert_eq!(became(&answer), ["update -", "insert -", "update Email", "update -", "insert -"]);
        assert_eq!(api.count("Leads").await, 3);
        assert_eq!(api.record("Leads", &id).await["Last_Name"], "emptied");
    }

    async fn fields_to_check_count_in_the_order_they_are_named(server: TestServer) {
        let api = server.api();
        unique(&api, "Leads", "Code", false).await;
        let first = api.insert(lead("p").with("Email", "p@example.com").with("Code", "c1")).await;
        let second = api.insert(lead("q").with("Email", "q@example.com")).await;
        let records = [
            lead("one").with("Email", "q@example.com").with("Code", "c2"),
            lead("two").with("Email", "p@example.com").with("Code", "C2"),
            lead("three").with("Email", "q@example.com").with("Code", "c9"),
            lead("four").with("Email", "p@example.com"),
            lead("five").with("Email", "n@example.com").with("Code", "c1"),
            lead("six").with("Email", "N@example.com").with("Code", "c10"),
        ];
        let mut body = data(&records);
        body["duplicate_check_fields"] = json!(["Code", "Email"]);
        let answer = api.post("Leads/upsert", &body).await;
        let expected = ["update Email", "update Code", "insert -", "update Email", "update Code", "update Email"];
        assert_eq!(became(&answer), expected);
        let ids = answer.ids();
        assert_eq!((&ids[0], &ids[1], &ids[3], &ids[4], &ids[5]), (&second, &second, &first, &first, &first));
        assert_eq!(api.record("Leads", &first).await["Code"], "c10");
    }

    async fn a_unique_value_is_free_once_an_earlier_record_gave_it_up(server: TestServer) {
        let api = server.api();
        unique(&api, "Contacts", "Code", false).await;
        let p = api.insert(contact("p").with("Email", "p@example.com").with("Code", "1")).await;
        let q = api.insert(contact("q").with("Email", "q@example.com").with("Code", "2")).await;
        let records = [
            contact("taken").with("Email", "q@example.com").with("Code", "1"),
            contact("p").with("Email", "p@example.com").with("Code", "3"),
            contact("free").with("Email", "q@example.com").with("Code", "1"),
            contact("new").with("Email", "r@example.com").with("Code", "2"),
        ];
        let answer = api.post("Contacts/upsert", &data(&records)).await;
        assert_eq!(became(&answer), ["DUPLICATE_DATA", "update Email", "update Email", "insert -"]);
        assert_eq!(answer.rows()[0]["details"]["duplicate_record"]["id"], p);
        assert_eq!(answer.rows()[0]["details"]["json_path"], "$.data[0].Code");
        assert_eq!((&api.record("Contacts", &q).await["Code"], api.count("Contacts").await), (&json!("1"), 3));
    }

    async fn a_record_that_was_refused_is_not_found(server: TestServer) {
        let api = server.api();
        let records = [
            contact("x").without("Last_Name").with("Email", "a@example.com"),
            contact("one").with("Email", "a@example.com"),
            contact("two").with("Email", "A@example.com"),
        ];
        let answer = api.post("Contacts/upsert", &data(&records)).await;
        assert_eq!(became(&answer), ["MANDATORY_NOT_FOUND", "insert -", "update Email"]);
    }

    async fn a_name_may_be_that_of_a_record_before_it(server: TestServer) {
        let api = server.api();
        let records = [
            account("Alpha"),
            account("Beta").with("Parent_Account", json!({"name": "alpha"})),
            account("Gamma").with("Parent_Account", json!({"name": "Delta"})),
            account("delta").with("Website", "delta.example"),
        ];
        let answer = api.post("Accounts/upsert", &data(&records)).await;
        assert_eq!(became(&answer), ["insert -", "insert -", "insert -", "update Account_Name"]);
        let (ids, count) = (answer.ids(), api.count("Accounts").await);
        assert_eq!(api.record("Accounts", &ids[1]).await["Parent_Account"]["id"], ids[0]);
        assert_eq!((&api.record("Accounts", &ids[2]).await["Parent_Account"]["id"], count), (&json!(ids[3]), 4));
    }

    async fn a_field_that_regards_case_tells_records_apart_by_it(server: TestServer) {
        let api = server.api();
        unique(&api, "Leads", "Exact", true).await;
        let records = [lead("a").with("Exact", "k"), lead("b").with("Exact", "K"), lead("c").with("Exact", "k")];
        let answer = api.post("Leads/upsert", &data(&records)).await;
        assert_eq!(became(&answer), ["insert -", "insert -", "update Exact"]);
        let ids = answer.ids();
        // One that is refused takes no other with it.
        let records = [
            lead("d").with("id", ids[0].as_str()).with("Exact", "K"),
            lead("e").with("id", ids[1].as_str()).with("Company", "E"),
            lead("f").with("Exact", "other"),
        ];
        let answer = api.post("Leads/upsert", &data(&records)).await;
        assert_eq!(became(&answer), ["DUPLICATE_DATA", "update -", "insert -"]);
        let changed = api.put("Leads", &json!({"data": [{"id": ids[0], "Exact": "K"}, {"id": ids[1], "Company": "F"}]})).await;
        assert_eq!(outcome(&changed), "207 DUPLICATE_DATA SUCCESS");
    }

    async fn unique_numbers_find_records_too(server: TestServer) {
        let api = server.api();
        let field = json!({"field_label": "Number", "data_type": "bigint", "length": 18, "unique": {"case_sensitive": false}});
        let made = api.post("settings/fields?module=Leads", &json!({ "fields": [field] })).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let id = api.insert(lead("old").with("Number", "7")).await;
        let records = [lead("a").with("Number", "7"), lead("b").with("Number", "8"), lead("c").with("Number", "8")];
        let answer = api.post("Leads/upsert", &data(&records)).await;
        assert_eq!(became(&answer), ["update Number", "insert -", "update Number"]);
        assert_eq!((&answer.ids()[0], &answer.ids()[1]), (&id, &answer.ids()[2]));
        let taken = api.put("Leads", &json!({"data": [{"id": id, "Number": "8"}, {"id": answer.ids()[1], "Number": "8"}]})).await;
        assert_eq!(outcome(&taken), "207 DUPLICATE_DATA SUCCESS");
    }
}
