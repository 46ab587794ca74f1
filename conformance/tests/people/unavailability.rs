//! `/settings/users_unavailability`

use dealwright_testkit::on_both;
use serde_json::{Value, json};

use crate::people::{colleague, named};
use crate::{assert_answer, outcome};

const PATH: &str = "settings/users_unavailability";

on_both! {
    async fn an_absence_is_made_read_changed_and_deleted(server: TestServer) {
        let api = server.api();
        let grace = colleague(&server, "Grace", "Manager", "Standard").await;
        let body = json!({"comments": "Out", "from": "2027-02-01T09:00:00+01:00", "to": "2027-02-02T09:00:00+01:00", "user": {"id": grace.id}});
        let made = api.post(PATH, &json!({"users_unavailability": [body]})).await;
        assert_answer("unavailability__create", &made);
        let id = made.json()["users_unavailability"][0]["details"]["id"].as_str().unwrap().to_owned();
        let one = format!("{PATH}/{id}");
        assert_answer("unavailability__get", &api.get(&one).await);
        let manager = named(&api, "roles", "Manager").await;
        assert_eq!(api.get(&format!("{PATH}?role_ids={manager}")).await.status, 200);
        assert_eq!(api.get(&format!("{PATH}?role_ids=1234567890123456789")).await.status, 204);
        assert_answer("unavailability__update", &api.put(&one, &json!({"users_unavailability": [{"comments": "changed"}]})).await);
        assert_eq!(outcome(&api.put(PATH, &json!({"users_unavailability": [{"id": id, "title": "again"}]})).await), "200 SUCCESS");
        assert_answer("unavailability__delete", &api.delete(&one).await);
        assert_eq!(outcome(&api.get(&one).await), "400 INVALID_DATA");
        assert_eq!(api.get(PATH).await.status, 204);
    }

    async fn what_cannot_be_an_absence_is_refused(server: TestServer) {
        let api = server.api();
        let grace = colleague(&server, "Grace", "Manager", "Standard").await;
        let good = json!({"from": "2027-02-01T09:00:00+01:00", "to": "2027-02-02T09:00:00+01:00", "user": {"id": grace.id}});
        for (name, key, value) in [
            ("no_user", "user", Value::Null),
            ("unknown_user", "user", json!("1234567890123456789")),
            ("no_end", "to", Value::Null),
            ("odd_time", "from", json!("tomorrow")),
            ("backwards", "to", json!("2027-01-01T09:00:00+01:00")),
        ] {
            let mut bad = good.clone();
            bad[key] = value;
            assert_answer(&format!("unavailability__bad_{name}"), &api.post(PATH, &json!({"users_unavailability": [bad]})).await);
        }
        assert_eq!(outcome(&grace.api.post(PATH, &json!({"users_unavailability": [good]})).await), "403 NO_PERMISSION");
    }
}
