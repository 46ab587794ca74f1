//! `PUT` and `PATCH` of `/{module}` and `/{module}/{id}`

use std::time::Duration;

use dealwright_testkit::on_both;
use dealwright_testkit::records::{account, contact, deal};
use serde_json::{Value, json};

use crate::{assert_answer, outcome};

const UNKNOWN: &str = "1234567890123456789";

on_both! {
    async fn fields_that_are_not_named_keep_their_values(server: TestServer) {
        let api = server.api();
        let acme = api.insert(account("Acme")).await;
        let id = api.insert(deal("Boat").with("Amount", 5).with("Account_Name", acme).with("Next_Step", "call")).await;
        server.advance(Duration::from_secs(90));
        let answer = api.put(&format!("Deals/{id}"), &json!({"data": [{"Amount": 7, "Next_Step": null}]})).await;
        assert_answer("update__one", &answer);
        assert_answer("update__one_after", &api.get(&format!("Deals/{id}?fields=Deal_Name,Amount,Account_Name,Next_Step,Created_Time,Modified_Time")).await);
    }

    async fn several_records_are_changed_at_once(server: TestServer) {
        let api = server.api();
        let ids = api.insert_all("Deals", &["a", "b", "c"].map(|name| deal(name).with("Amount", 1).value())).await;
        let body = json!({"data": [
            {"id": ids[0], "Amount": 10},
            {"id": UNKNOWN, "Amount": 20},
            {"Amount": 30},
            {"id": ids[2], "Next_Step": "call"},
            {"id": ids[1], "Amount": "much"},
            {"id": "abc"},
        ]});
        assert_answer("update__many", &api.put("Deals", &body).await);
        let mut rows = api.get("Deals?fields=Deal_Name,Amount,Next_Step&sort_order=asc").await.rows();
        for row in &mut rows {
            row.as_object_mut().unwrap().remove("id");
        }
        assert_eq!(json!(rows), json!([
            {"Deal_Name": "a", "Amount": 10, "Next_Step": null},
            {"Deal_Name": "b", "Amount": 1, "Next_Step": null},
            {"Deal_Name": "c", "Amount": 1, "Next_Step": "call"},
        ]));
    }

    async fn a_record_named_twice_is_changed_twice_in_order(server: TestServer) {
        let api = server.api();
        let id = api.insert(deal("Boat")).await;
        let body = json!({"data": [{"id": id, "Amount": 1, "Next_Step": "a"}, {"id": id, "Amount": 2}]});
        assert_eq!(outcome(&api.put("Deals", &body).await), "200 SUCCESS SUCCESS");
        let record = api.record("Deals", &id).await;
        assert_eq!((&record["Amount"], &record["Next_Step"]), (&json!(2), &json!("a")));
    }

    async fn an_unknown_id_is_refused_in_place(server: TestServer) {
        let answer = server.api().put(&format!("Deals/{UNKNOWN}"), &json!({"data": [{"Amount": 7}]})).await;
        assert_answer("update__unknown", &answer);
        let answer = server.api().put("Deals/abc", &json!({"data": [{"Amount": 7}]})).await;
        assert_answer("update__bad_id", &answer);
    }

    async fn a_mandatory_field_cannot_be_emptied(server: TestServer) {
        let api = server.api();
        let id = api.insert(deal("Boat")).await;
        for empty in [Value::Null, json!("")] {
            let answer = api.put(&format!("Deals/{id}"), &json!({"data": [{"Deal_Name": empty}]})).await;
            assert_eq!(outcome(&answer), "400 MANDATORY_NOT_FOUND");
        }
        assert_eq!(api.record("Deals", &id).await["Deal_Name"], "Boat");
    }

    async fn a_unique_value_of_another_record_is_refused(server: TestServer) {
        let api = server.api();
        api.insert(contact("First").with("Email", "anna@example.com")).await;
        let id = api.insert(contact("Second").with("Email", "berta@example.com")).await;
        let body = |email: &str| json!({"data": [{"id": id, "Email": email}]});
        assert_answer("update__duplicate", &api.put("Contacts", &body("Anna@example.com")).await);
        assert_eq!(outcome(&api.put("Contacts", &body("BERTA@example.com")).await), "200 SUCCESS");
    }

    async fn unique_values_cannot_be_swapped_halfway(server: TestServer) {
        let api = server.api();
        let a = api.insert(contact("A").with("Email", "a@example.com")).await;
        let b = api.insert(contact("B").with("Email", "b@example.com")).await;
        let body = json!({"data": [{"id": a, "Email": "c@example.com"}, {"id": b, "Email": "c@example.com"}]});
        assert_eq!(outcome(&api.put("Contacts", &body).await), "207 SUCCESS DUPLICATE_DATA");
        assert_eq!(api.record("Contacts", &a).await["Email"], "c@example.com");
        assert_eq!(api.record("Contacts", &b).await["Email"], "b@example.com");
    }

    async fn a_record_changed_since_is_left_alone(server: TestServer) {
        let api = server.api();
        let id = api.insert(deal("Boat")).await;
        let body = json!({"data": [{"id": id, "Amount": 7}]});
        let late = api.header("if-unmodified-since", "2027-01-15T07:59:59Z").put("Deals", &body).await;
        assert_answer("update__already_modified", &late);
        let in_time = api.header("if-unmodified-since", "2027-01-15T08:00:00Z").put("Deals", &body).await;
        assert_eq!(outcome(&in_time), "200 SUCCESS");
    }

    async fn the_stage_brings_its_probability_and_forecast(server: TestServer) {
        let api = server.api();
        let id = api.insert(deal("Boat").with("Amount", 1000)).await;
        server.advance(Duration::from_mins(1));
        api.put("Deals", &json!({"data": [{"id": id, "Stage": "Closed Won"}]})).await;
        let record = api.record("Deals", &id).await;
        assert_eq!(record["Probability"], 100);
        assert_eq!(record["Expected_Revenue"], 1000);
        assert_eq!(record["Stage_Modified_Time"], "2027-01-15T00:01:00-08:00");
        api.put("Deals", &json!({"data": [{"id": id, "Probability": 30}]})).await;
        assert_eq!(api.record("Deals", &id).await["Expected_Revenue"], 300);
    }

    async fn names_follow_their_parts(server: TestServer) {
        let api = server.api();
        let id = api.insert(contact("Lovelace").with("First_Name", "Ada")).await;
        api.put("Contacts", &json!({"data": [{"id": id, "Last_Name": "King"}]})).await;
        assert_eq!(api.record("Contacts", &id).await["Full_Name"], "Ada King");
        api.put("Contacts", &json!({"data": [{"id": id, "First_Name": null}]})).await;
        assert_eq!(api.record("Contacts", &id).await["Full_Name"], "King");
    }

    async fn more_than_100_records_are_refused(server: TestServer) {
        let api = server.api();
        let id = api.insert(deal("Boat")).await;
        let records = vec![json!({"id": id, "Amount": 1}); 101];
        let answer = api.put("Deals", &json!({"data": records})).await;
        assert_eq!(outcome(&answer), "400 LIMIT_EXCEEDED");
        assert_eq!(api.record("Deals", &id).await["Amount"], Value::Null);
    }

    async fn an_unknown_module_is_refused(server: TestServer) {
        let api = server.api();
        assert_eq!(outcome(&api.put("Boats", &deal("x").body()).await), "400 INVALID_MODULE");
        assert_eq!(outcome(&api.put(&format!("Boats/{UNKNOWN}"), &deal("x").body()).await), "400 INVALID_MODULE");
    }

    async fn bodies_that_are_no_write_are_refused(server: TestServer) {
        let api = server.api();
        let id = api.insert(deal("Boat")).await;
        for path in ["Deals".to_owned(), format!("Deals/{id}")] {
            for (body, expected) in [
                (json!({}), "400 MANDATORY_NOT_FOUND"),
                (json!({"data": []}), "400 INVALID_DATA"),
                (json!({"data": {}}), "400 INVALID_DATA"),
                (json!([]), "400 INVALID_DATA"),
            ] {
                assert_eq!(outcome(&api.put(&path, &body).await), expected, "{path}: {body}");
                assert_eq!(outcome(&api.patch(&path, &body).await), expected, "PATCH {path}: {body}");
            }
        }
    }
}
