//! Lookups of several records and of several users.

use dealwright_testkit::on_both;
use dealwright_testkit::records::{Record, lead, product};
use serde_json::{Value, json};

use super::{change, field};
use crate::{assert_answer, assert_shown, outcome};

fn wishes() -> Value {
    json!({"field_label": "Wishes", "data_type": "multiselectlookup", "multiselectlookup": {"connected_module": {"api_name": "Products"}}})
}

on_both! {
    async fn a_lookup_of_several_records_has_a_module_of_links(server: TestServer) {
        let api = server.api();
        let made = field(&api, "Leads", wishes()).await;
        let shown = api.get(&format!("settings/fields/{}?module=Leads", made["id"].as_str().unwrap())).await;
        assert_shown("values__links_field", json!({"multiselectlookup": made["multiselectlookup"].clone(), "data_type": made["data_type"], "associated_module": made["associated_module"], "status": shown.status}).to_string().split('"').map(|part| if part.len() == 19 && part.bytes().all(|b| b.is_ascii_digit()) { "id" } else { part }).collect::<Vec<_>>().join("\"").parse::<Value>().unwrap());
        let module = api.get("settings/modules/Leads_X_Products").await.json()["modules"][0].clone();
        assert_eq!(module["generated_type"], "linking");
        for (side, name, other) in [("Leads", "Wishes", "Products"), ("Products", "Leads_Wishes", "Leads")] {
            let lists = api.get(&format!("settings/related_lists?module={side}")).await.json()["related_lists"].clone();
            let list = lists.as_array().unwrap().iter().find(|list| list["api_name"] == name).unwrap().clone();
            assert_eq!((&list["type"], &list["connectedmodule"], &list["linkingmodule"]), (&json!("multiselectlookup"), &json!(other), &json!("Leads_X_Products")));
        }
    }

    async fn records_are_linked_and_let_go(server: TestServer) {
        let api = server.api();
        field(&api, "Leads", wishes()).await;
        let (a, b, c) = (api.insert(product("a")).await, api.insert(product("b")).await, api.insert(product("c")).await);
        let id = api.insert(lead("x").with("Wishes", json!([{"Products": {"id": a}}, {"Products": b}]))).await;
        assert_answer("values__links_rows", &api.get(&format!("Leads/{id}?fields=Last_Name,Wishes,$has_more")).await);
        let row = api.record("Leads", &id).await["Wishes"][0]["id"].clone();
        // Each side has a list of the other.
        let lists = api.get(&format!("Leads/{id}/Wishes?fields=Product_Name&sort_order=asc")).await.rows();
        assert_eq!(lists.iter().map(|row| row["Product_Name"].as_str().unwrap()).collect::<Vec<_>>(), ["a", "b"]);
        let lists = api.get(&format!("Products/{a}/Leads_Wishes?fields=Last_Name")).await.rows();
        assert_eq!((lists.len(), &lists[0]["id"]), (1, &json!(id)));
        assert_eq!(api.get(&format!("Products/{c}/Leads_Wishes?fields=Last_Name")).await.status, 204);
        let shown = |record: &Value| -> Vec<String> {
            record["Wishes"].as_array().unwrap().iter().map(|row| row["Products"]["name"].as_str().unwrap().to_owned()).collect()
        };
        // Links that are not mentioned stay, in every version.
        for version in ["v2", "v8"] {
            let api = server.version(version);
            change(&api, "Leads", &id, json!({"Wishes": [{"id": row, "_delete": null}, {"Products": {"id": c}}]})).await;
            assert_eq!(shown(&api.record("Leads", &id).await), ["b", "c"]);
            change(&api, "Leads", &id, json!({"Wishes": []})).await;
            let again = json!({"Wishes": [{"Products": {"id": a}}, {"Products": {"id": b}}]});
            change(&api, "Leads", &id, again).await;
            let row = api.record("Leads", &id).await["Wishes"][0]["id"].clone();
            change(&api, "Leads", &id, json!({"Wishes": [{"id": row}]})).await;
            assert_eq!(shown(&api.record("Leads", &id).await), ["a", "b"]);
            if version == "v2" {
                let row = api.record("Leads", &id).await["Wishes"][0]["id"].clone();
                change(&api, "Leads", &id, json!({"Wishes": [{"id": row, "_delete": null}, {"Products": c}]})).await;
                change(&api, "Leads", &id, json!({"Wishes": []})).await;
                change(&api, "Leads", &id, json!({"Wishes": [{"Products": b}]})).await;
                break;
            }
        }
        // A product that is deleted is not shown.
        api.delete(&format!("Products/{b}")).await;
        assert_eq!(api.record("Leads", &id).await["Wishes"], json!([]));
        // The links go with their record.
        api.delete(&format!("Leads/{id}")).await;
    }

    async fn nothing_is_linked_twice(server: TestServer) {
        let api = server.api();
        field(&api, "Leads", wishes()).await;
        let a = api.insert(product("a")).await;
        let twice = lead("x").with("Wishes", json!([{"Products": {"id": a}}, {"Products": {"id": a}}]));
        assert_answer("values__linked_twice", &api.post("Leads", &twice.body()).await);
        let id = api.insert(lead("x").with("Wishes", json!([{"Products": {"id": a}}]))).await;
        let again = json!({"data": [{"Wishes": [{"Products": {"id": a}}]}]});
        assert_answer("values__linked_again", &api.put(&format!("Leads/{id}"), &again).await);
        let row = api.record("Leads", &id).await["Wishes"][0]["id"].clone();
        change(&api, "Leads", &id, json!({"Wishes": [{"id": row, "_delete": null}, {"Products": {"id": a}}]})).await;
        for (name, rows) in [
            ("unknown", json!([{"Products": {"id": "1000000000000000009"}}])),
            ("empty", json!([{}])),
            ("row", json!([{"id": "1000000000000000009", "_delete": null}])),
        ] {
            assert_answer(&format!("values__bad_link_{name}"), &api.put(&format!("Leads/{id}"), &json!({"data": [{"Wishes": rows}]})).await);
        }
    }

    async fn several_users_are_linked_the_same_way(server: TestServer) {
        let api = server.api();
        let user = api.get("users?type=AllUsers").await.json()["users"][0]["id"].clone();
        let made = field(&api, "Leads", json!({"field_label": "Team", "data_type": "multiuserlookup"})).await;
        assert_eq!(made["multiuserlookup"]["linking_module"]["api_name"], "Leads_X_Users");
        let id = api.insert(lead("x").with("Team", json!([{"Users": {"id": user}}]))).await;
        let team = api.record("Leads", &id).await["Team"].clone();
        assert_eq!(team[0]["Users"], json!({"name": "Dev Admin", "id": user, "email": "admin@dealwright.test"}));
        assert_eq!(outcome(&api.put(&format!("Leads/{id}"), &json!({"data": [{"Team": [{"Users": {"id": user}}]}]})).await), "400 DUPLICATE_LINKING_DATA");
        change(&api, "Leads", &id, json!({"Team": [{"id": team[0]["id"], "_delete": null}]})).await;
        assert_eq!(api.record("Leads", &id).await["Team"], json!([]));
        // Services come with such a field.
        let service = Record::empty("Services__s").with("Service_Name", "s").with("Members", json!([{"Members": {"id": user}}]));
        let answer = api.post("Services__s", &service.body()).await;
        if answer.status == 201 {
            let id = answer.ids()[0].clone();
            assert_eq!(api.record("Services__s", &id).await["Members"][0]["Members"]["id"], user);
        } else {
            assert_eq!(answer.code(), "MANDATORY_NOT_FOUND", "{}", answer.text);
            assert!(answer.details()["api_name"] != "Members");
        }
    }

    async fn what_cannot_be_linked_is_refused(server: TestServer) {
        let api = server.api();
        for (name, sent) in [
            ("no_target", json!({"field_label": "x", "data_type": "multiselectlookup"})),
            ("empty", json!({"field_label": "x", "data_type": "multiselectlookup", "multiselectlookup": {}})),
            ("odd_module", json!({"field_label": "x", "data_type": "multiselectlookup", "multiselectlookup": {"connected_module": {"api_name": "Boats"}}})),
        ] {
            let answer = api.post("settings/fields?module=Leads", &json!({"fields": [sent]})).await;
            assert_answer(&format!("values__no_link_{name}"), &answer);
        }
    }
}
