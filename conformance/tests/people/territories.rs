//! `/settings/territories`, `/users/{id}/territories`

use dealwright_testkit::on_both;
use dealwright_testkit::records::lead;
use serde_json::json;

use crate::people::{colleague, create};
use crate::{assert_answer, outcome};

const PATH: &str = "settings/territories";

on_both! {
    async fn a_territory_is_made_changed_and_deleted(server: TestServer) {
        let api = server.api();
        assert_eq!(api.get(PATH).await.status, 204);
        let made = api.post(PATH, &json!({"territories": [{"name": "North", "description": "first"}]})).await;
        assert_answer("territory__create", &made);
        let id = made.json()["territories"][0]["details"]["id"].as_str().unwrap().to_owned();
        let one = format!("{PATH}/{id}");
        assert_answer("territory__list", &api.get(PATH).await);
        assert_answer("territory__update", &api.put(&one, &json!({"territories": [{"description": "second", "permission_type": "read_write_delete"}]})).await);
        assert_eq!(outcome(&api.put(PATH, &json!({"territories": [{"id": id, "name": "Far North"}]})).await), "200 SUCCESS");
        assert_answer("territory__get", &api.get(&one).await);
        let child = create(&api, PATH, "territories", json!({"name": "Pole", "reporting_to": {"id": id}})).await;
        let children = api.get(&format!("{one}/__child_territories")).await.json();
        assert_eq!(children["territories"][0]["id"], json!(child));
        assert_answer("territory__counts", &api.get(&format!("{PATH}/actions/associated_users_count")).await);
        assert_answer("territory__has_child", &api.delete(&one).await);
        assert_eq!(outcome(&api.delete(&format!("{PATH}?ids={child},1234567890123456789")).await), "207 SUCCESS INVALID_DATA");
        assert_answer("territory__delete", &api.delete(&one).await);
        assert_eq!(outcome(&api.get(&one).await), "400 INVALID_DATA");
        let gone = api.get(&format!("{PATH}/actions/deleted_associated_territories")).await;
        assert_eq!(gone.json()["territories"].as_array().map(Vec::len), Some(2), "{}", gone.text);
    }

    async fn the_root_stands_for_the_org(server: TestServer) {
        let api = server.api();
        let north = create(&api, PATH, "territories", json!({"name": "North"})).await;
        let root = api.get(&format!("{PATH}/{north}")).await.json()["territories"][0]["reporting_to"]["id"].as_str().unwrap().to_owned();
        let one = format!("{PATH}/{root}");
        assert_eq!(outcome(&api.put(&one, &json!({"territories": [{"name": "World"}]})).await), "200 SUCCESS");
        assert_eq!(outcome(&api.put(&one, &json!({"territories": [{"description": "x"}]})).await), "400 NOT_ALLOWED");
        assert_eq!(outcome(&api.put(&format!("{PATH}/{north}"), &json!({"territories": [{"reporting_to": north}]})).await), "400 INVALID_DATA");
        assert_answer("territory__delete_root", &api.delete(&one).await);
    }

    async fn records_and_users_are_handed_on(server: TestServer) {
        let api = server.api();
        let grace = colleague(&server, "Grace", "Manager", "Standard").await;
        let (gone, heir) = (create(&api, PATH, "territories", json!({"name": "North"})).await, create(&api, PATH, "territories", json!({"name": "South"})).await);
        let child = create(&api, PATH, "territories", json!({"name": "Pole", "reporting_to": gone})).await;
        assert_eq!(api.put(&format!("{PATH}/{gone}/users"), &json!({"users": [{"id": grace.id}]})).await.status, 200);
        let record = api.insert(lead("Amundsen")).await;
        let body = json!({"data": [{"Territories": [{"id": gone}, {"id": heir}]}]});
        assert_eq!(api.post(&format!("Leads/{record}/actions/assign_territories"), &body).await.status, 200);
        let to = |heir: &str| json!({"territories": [{"transfer_to_id": heir, "delete_previous_forecasts": false}]});
        let path = format!("{PATH}/{gone}/actions/transfer_and_delete");
        assert_answer("territory__transfer_to_child", &api.post(&path, &to(&child)).await);
        assert_answer("territory__transfer", &api.post(&path, &to(&heir)).await);
        assert_eq!(api.get(&format!("{PATH}/{heir}/users")).await.json()["users"][0]["id"], json!(grace.id));
        assert_eq!(api.get(&format!("Leads?fields=id&territory_id={heir}")).await.rows().len(), 1);
        let many = json!({"territories": [{"id": child, "transfer_to_id": heir}]});
        assert_eq!(outcome(&api.post(&format!("{PATH}/actions/transfer_and_delete"), &many).await), "200 SUCCESS");
    }

    async fn users_come_and_go(server: TestServer) {
        let api = server.api();
        let grace = colleague(&server, "Grace", "Manager", "Standard").await;
        let (north, south) = (create(&api, PATH, "territories", json!({"name": "North"})).await, create(&api, PATH, "territories", json!({"name": "South", "manager": grace.id})).await);
        let of_user = format!("users/{}/territories", grace.id);
        let of_territory = format!("{PATH}/{north}/users");
        assert_eq!(api.get(&of_user).await.status, 204);
        assert_answer("territory_users__give", &api.put(&of_user, &json!({"territories": [{"id": north}, {"id": "1234567890123456789"}]})).await);
        assert_answer("territory_users__of_user", &api.get(&of_user).await);
        assert_eq!(api.get(&format!("{of_user}/{north}")).await.json()["territories"][0]["id"], json!(north));
        assert_eq!(api.get(&format!("{of_user}/{south}")).await.status, 204);
        assert_eq!(api.get(&of_territory).await.json()["users"][0]["id"], json!(grace.id));
        assert_eq!(api.get(&format!("{of_territory}/{}", grace.id)).await.status, 200);
        assert_answer("territory_users__take", &api.delete(&format!("{of_user}/{north}")).await);
        assert_eq!(api.get(&of_territory).await.status, 204);
        assert_eq!(outcome(&api.delete(&format!("{of_user}?ids={north}")).await), "400 INVALID_DATA");

        assert_eq!(outcome(&api.put(&format!("{of_territory}/{}", grace.id), &json!({})).await), "200 SUCCESS");
        assert_eq!(outcome(&api.delete(&format!("{of_territory}?ids={}", grace.id)).await), "200 SUCCESS");
        assert_eq!(outcome(&api.put(&format!("{of_user}/{north}"), &json!({})).await), "200 SUCCESS");
        assert_eq!(outcome(&api.delete(&format!("{of_territory}/{}", grace.id)).await), "200 SUCCESS");
        assert_eq!(outcome(&api.put(&of_territory, &json!({"users": [{"id": "1234567890123456789"}]})).await), "400 INVALID_DATA");
        assert_answer("territory_users__manager_stays", &api.delete(&format!("{PATH}/{south}/users/{}", grace.id)).await);
        assert_eq!(outcome(&api.get(&format!("{PATH}/1234567890123456789/users")).await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.put("users/1234567890123456789/territories", &json!({"territories": [{"id": north}]})).await), "400 INVALID_DATA");
        assert_eq!(outcome(&grace.api.put(&of_user, &json!({"territories": [{"id": north}]})).await), "403 NO_PERMISSION");
    }

    async fn what_cannot_be_a_territory_is_refused(server: TestServer) {
        let api = server.api();
        create(&api, PATH, "territories", json!({"name": "North"})).await;
        for (name, territory) in [
            ("no_name", json!({})),
            ("same_name", json!({"name": "north"})),
            ("odd_name", json!({"name": "a;b"})),
            ("odd_permission", json!({"name": "x", "permission_type": "all"})),
            ("unknown_superior", json!({"name": "x", "reporting_to": {"id": "1234567890123456789"}})),
            ("unknown_manager", json!({"name": "x", "manager": "1234567890123456789"})),
            ("rules", json!({"name": "x", "lead_rule_criteria": {"group_operator": "and", "group": []}})),
        ] {
            assert_answer(&format!("territory__bad_{name}"), &api.post(PATH, &json!({"territories": [territory]})).await);
        }
        let grace = colleague(&server, "Grace", "Manager", "Standard").await;
        assert_eq!(outcome(&grace.api.post(PATH, &json!({"territories": [{"name": "x"}]})).await), "403 NO_PERMISSION");
    }
}
