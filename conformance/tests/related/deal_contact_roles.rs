//! `/Deals/{id}/Contact_Roles`: the contacts of a deal with their parts.

use dealwright_testkit::on_both;
use dealwright_testkit::records::{contact, deal};
use serde_json::{Value, json};

use super::{UNKNOWN, related, to};
use crate::{assert_answer, outcome};

on_both! {
    async fn a_contact_plays_a_part_in_a_deal(server: TestServer) {
        let api = server.api();
        let (boat, ray) = (api.insert(deal("Boat")).await, api.insert(contact("Ray")).await);
        let roles = api.get("Contacts/roles").await.json()["contact_roles"].clone();
        let role = |at: usize| roles[at]["id"].as_str().unwrap();
        let list = format!("Deals/{boat}/Contact_Roles");
        let put = |role: Value| json!({"data": [{"Contact_Role": role}]});
        assert_eq!(api.get(&format!("{list}?fields=Full_Name")).await.status, 204);
        assert_answer("deal_roles__add", &api.put(&format!("{list}/{ray}"), &put(to(role(0)))).await);
        assert_answer("deal_roles__list", &api.get(&format!("{list}?fields=Full_Name")).await);
        assert_answer("deal_roles__list_v3", &server.version("v3").get(&format!("{list}?fields=Full_Name")).await);
        assert_answer("deal_roles__one", &api.get(&format!("{list}/{ray}?fields=Last_Name")).await);
        let many = json!({"data": [{"id": ray, "Contact_Role": {"id": role(1), "name": "whatever"}}]});
        assert_answer("deal_roles__update", &api.put(&list, &many).await);
        let shown = api.get(&format!("{list}/{ray}")).await.rows().remove(0);
        assert_eq!(shown["Contact_Role"], json!({"name": roles[1]["name"], "id": role(1)}));
        assert_answer("deal_roles__remove", &api.delete(&format!("{list}/{ray}")).await);
        assert_eq!(related(&api, &list).await, Vec::<String>::new());
        assert_eq!(api.get(&format!("Contacts/{ray}")).await.status, 200);
    }

    async fn older_versions_name_the_role(server: TestServer) {
        let api = server.version("v2");
        let (boat, ray) = (api.insert(deal("Boat")).await, api.insert(contact("Ray")).await);
        let list = format!("Deals/{boat}/Contact_Roles");
        let put = json!({"data": [{"Contact_Role": "purchasing"}]});
        assert_eq!(outcome(&api.put(&format!("{list}/{ray}"), &put).await), "200 SUCCESS");
        assert_eq!(api.get(&list).await.rows()[0]["Contact_Role"], "Purchasing");
        assert_eq!(api.get(&format!("{list}/{ray}")).await.rows()[0]["Contact_Role"], "Purchasing");
        assert_eq!(outcome(&api.delete(&format!("{list}?ids={ray}")).await), "200 SUCCESS");
    }

    async fn a_role_must_be_given_and_known(server: TestServer) {
        let api = server.api();
        let (boat, ray) = (api.insert(deal("Boat")).await, api.insert(contact("Ray")).await);
        let list = format!("Deals/{boat}/Contact_Roles");
        let body = json!({"data": [
            {"id": ray}, {"id": ray, "Contact_Role": to(UNKNOWN)}, {"id": ray, "Contact_Role": "Captain"},
            {"id": ray, "Contact_Role": true}, {"id": UNKNOWN, "Contact_Role": "Purchasing"},
        ]});
        assert_answer("deal_roles__refused", &api.put(&list, &body).await);
        assert_eq!(related(&api, &list).await, Vec::<String>::new());
    }

    async fn a_deleted_role_leaves_the_contact(server: TestServer) {
        let api = server.api();
        let (boat, ray) = (api.insert(deal("Boat")).await, api.insert(contact("Ray")).await);
        let made = api.post("Contacts/roles", &json!({"contact_roles": [{"name": "Captain"}]})).await;
        let role = made.json()["contact_roles"][0]["details"]["id"].as_str().unwrap().to_owned();
        let list = format!("Deals/{boat}/Contact_Roles");
        api.put(&format!("{list}/{ray}"), &json!({"data": [{"Contact_Role": to(&role)}]})).await;
        api.delete(&format!("Contacts/roles/{role}")).await;
        let rows = api.get(&format!("{list}?fields=Last_Name")).await.rows();
        assert_eq!((rows.len(), &rows[0]["Contact_Role"]), (1, &Value::Null));
    }
}
