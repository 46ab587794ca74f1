//! `assign_territories`, `remove_territories`, and lists by `territory_id`

use dealwright_testkit::on_both;
use dealwright_testkit::records::{account, deal, lead};
use serde_json::{Value, json};

use crate::people::{colleague, create};
use crate::{assert_answer, outcome};

fn into(ids: &[&str]) -> Value {
    json!({"data": [{"Territories": ids.iter().map(|id| json!({"id": id})).collect::<Vec<_>>()}]})
}

on_both! {
    async fn records_are_put_into_territories_and_taken_out(server: TestServer) {
        let api = server.api();
        let (a, b) = (api.insert(account("a")).await, api.insert(account("b")).await);
        let (assign, remove) = (format!("Accounts/{a}/actions/assign_territories"), format!("Accounts/{a}/actions/remove_territories"));
        assert_answer("territories__not_enabled", &api.post(&assign, &into(&["1"])).await);
        let north = create(&api, "settings/territories", "territories", json!({"name": "North"})).await;
        let far = create(&api, "settings/territories", "territories", json!({"name": "Far North", "reporting_to": {"id": north}})).await;
        assert_answer("territories__assign_one", &api.post(&assign, &into(&[&north])).await);
        let many = json!({"data": [{"id": a, "Territories": [{"id": north}]}, {"id": b, "Territories": [{"id": far}]}]});
        assert_answer("territories__assign_many", &api.post("Accounts/actions/assign_territories", &many).await);
        assert_answer("territories__on_a_record", &api.get(&format!("Accounts/{a}?fields=Territories")).await);

        let names = |answer: dealwright_testkit::Answer| answer.rows().iter().map(|row| row["Account_Name"].clone()).collect::<Vec<_>>();
        let list = |parameters: &str| format!("Accounts?fields=Account_Name&territory_id={parameters}");
        assert_eq!(names(api.get(&list(&north)).await), ["a"]);
        assert_eq!(names(api.get(&list(&format!("{north}&include_child=true&sort_order=asc"))).await), ["a", "b"]);
        assert_eq!(outcome(&api.get(&list("1234567890123456789")).await), "400 INVALID_DATA");

        assert_answer("territories__remove_one", &api.post(&remove, &into(&[&north])).await);
        let rest = json!({"data": [{"id": b, "Territories": [{"id": far}]}]});
        assert_eq!(outcome(&api.post("Accounts/actions/remove_territories", &rest).await), "200 SUCCESS");
        assert_eq!(api.get(&list(&format!("{north}&include_child=true"))).await.status, 204);
        assert_eq!(api.record("Accounts", &a).await["Territories"], json!([]));
        assert_eq!(outcome(&api.post(&remove, &into(&[&north])).await), "400 INVALID_DATA");
    }

    async fn what_cannot_be_assigned_is_refused(server: TestServer) {
        let api = server.api();
        let north = create(&api, "settings/territories", "territories", json!({"name": "North"})).await;
        let south = create(&api, "settings/territories", "territories", json!({"name": "South"})).await;
        let id = api.insert(lead("Amundsen")).await;
        let path = format!("Leads/{id}/actions/assign_territories");
        assert_answer("territories__duplicate", &api.post(&path, &into(&[&north, &north])).await);
        assert_answer("territories__unknown", &api.post(&path, &into(&["1234567890123456789"])).await);
        assert_answer("territories__none", &api.post(&path, &json!({"data": [{}]})).await);
        assert_eq!(outcome(&api.post("Leads/actions/assign_territories", &into(&[&north])).await), "400 MANDATORY_NOT_FOUND");
        assert_eq!(outcome(&api.post("Leads/1234567890123456789/actions/assign_territories", &into(&[&north])).await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.post("Products/1234567890123456789/actions/assign_territories", &into(&[&north])).await), "400 NOT_SUPPORTED");
        let sale = api.insert(deal("Boat")).await;
        assert_answer("territories__too_many", &api.post(&format!("Deals/{sale}/actions/assign_territories"), &into(&[&north, &south])).await);
        let grace = colleague(&server, "Grace", "Manager", "Standard").await;
        assert_answer("territories__no_permission", &grace.api.post(&path, &into(&[&north])).await);
        crate::sharing::lock(&api, "Leads", &id).await;
        assert_eq!(outcome(&api.post(&path, &into(&[&north])).await), "400 RECORD_LOCKED");
    }

    async fn strict_mode_refuses_what_is_there_already(server: TestServer) {
        let server = server.strict().await;
        let api = server.api();
        let north = create(&api, "settings/territories", "territories", json!({"name": "North"})).await;
        let path = format!("Leads/{}/actions/assign_territories", api.insert(lead("Amundsen")).await);
        assert_eq!(outcome(&api.post(&path, &into(&[&north])).await), "200 SUCCESS");
        assert_answer("territories__already", &api.post(&path, &into(&[&north])).await);
    }
}
