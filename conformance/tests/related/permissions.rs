//! What a profile forbids: of the parent's module and of the related one.

use dealwright_testkit::on_both;
use dealwright_testkit::records::{contact, deal, lead, product};
use serde_json::json;

use super::{ids, to};
use crate::people::{colleague, named};
use crate::{assert_answer, outcome};

on_both! {
    async fn each_module_touched_is_asked_for(server: TestServer) {
        let api = server.api();
        let grace = colleague(&server, "Grace", "Manager", "Standard").await.api;
        let (lead, pen) = (api.insert(lead("Ray")).await, api.insert(product("Pen")).await);
        let list = format!("Leads/{lead}/Products");
        let link = json!({"data": [to(&pen)]});
        assert_eq!(outcome(&grace.put(&list, &link).await), "200 SUCCESS");

        let standard = named(&api, "profiles", "Standard").await;
        let path = format!("settings/profiles/{standard}");
        let shown = api.get(&path).await.json()["profiles"][0].clone();
        let all = shown["permissions_details"].as_array().unwrap().clone();
        let set = async |name: &str, enabled: bool| {
            let id = all.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("no {name}"))["id"].clone();
            let body = json!({"profiles": [{"permissions_details": [{"id": id, "enabled": enabled}]}]});
            assert_eq!(outcome(&api.put(&path, &body).await), "200 SUCCESS");
        };
        set("Crm_Implied_View_Products", false).await;
        assert_answer("related__no_permission", &grace.get(&format!("{list}?fields=id")).await);
        assert_eq!(outcome(&grace.get(&format!("{list}/{pen}")).await), "403 NO_PERMISSION");
        assert_eq!(outcome(&grace.put(&list, &link).await), "403 NO_PERMISSION");
        assert_eq!(outcome(&grace.delete(&format!("{list}/{pen}")).await), "403 NO_PERMISSION");
        assert_eq!(outcome(&grace.delete(&format!("{list}?ids={pen}")).await), "403 NO_PERMISSION");
        let count = json!({"get_related_records_count": [{"related_list": {"api_name": "Products"}}]});
        let counted = grace.post(&format!("Leads/{lead}/actions/get_related_records_count"), &count).await;
        assert_eq!(outcome(&counted), "400 NO_PERMISSION");
        set("Crm_Implied_View_Products", true).await;

        set("Crm_Implied_Edit_Leads", false).await;
        assert_eq!(outcome(&grace.put(&list, &link).await), "403 NO_PERMISSION");
        assert_eq!(outcome(&grace.delete(&format!("{list}/{pen}")).await), "403 NO_PERMISSION");
        assert_eq!(grace.get(&format!("{list}?fields=id")).await.status, 200);

        // The view leaves out what may not be seen.
        let task = json!({"data": [{"Subject": "x", "What_Id": to(&lead), "$se_module": "Leads"}]});
        let task = api.post("Tasks", &task).await.ids().remove(0);
        let view = format!("Leads/{lead}/Activities_Chronological_View");
        assert_eq!(ids(&grace.get(&format!("{view}?fields=id")).await), [task]);
        set("Crm_Implied_View_Tasks", false).await;
        assert_eq!(grace.get(&format!("{view}?fields=id")).await.status, 204);
        assert_eq!(outcome(&grace.get(&format!("Leads/{lead}/Tasks?fields=id")).await), "403 NO_PERMISSION");
    }

    async fn notes_follow_the_permission_for_their_parent(server: TestServer) {
        let api = server.api();
        let grace = colleague(&server, "Grace", "Manager", "Standard").await.api;
        let (lead, boat) = (api.insert(lead("Ray")).await, api.insert(deal("Boat")).await);
        let note = |module: &str, id: &str| json!({"data": [{"Note_Content": "x", "Parent_Id": {"module": {"api_name": module}, "id": id}}]});
        let on_lead = api.post("Notes", &note("Leads", &lead)).await.ids().remove(0);
        let on_boat = api.post("Notes", &note("Deals", &boat)).await.ids().remove(0);
        assert_answer("notes__list_for_all", &grace.get("Notes?fields=id").await);

        let standard = named(&api, "profiles", "Standard").await;
        let path = format!("settings/profiles/{standard}");
        let shown = api.get(&path).await.json()["profiles"][0].clone();
        let view = shown["permissions_details"].as_array().unwrap().iter().find(|one| one["name"] == "Crm_Implied_View_Leads").unwrap().clone();
        let off = json!({"profiles": [{"permissions_details": [{"id": view["id"], "enabled": false}]}]});
        assert_eq!(outcome(&api.put(&path, &off).await), "200 SUCCESS");

        assert_eq!(grace.get(&format!("Notes/{on_boat}")).await.status, 200);
        assert_eq!(grace.get(&format!("Notes/{on_lead}")).await.status, 204);
        assert_eq!(outcome(&grace.get(&format!("Leads/{lead}/Notes?fields=id")).await), "403 NO_PERMISSION");
        assert_eq!(outcome(&grace.post("Notes", &note("Leads", &lead)).await), "403 NO_PERMISSION");
        assert_eq!(outcome(&grace.post("Notes", &note("Deals", &boat)).await), "201 SUCCESS");
        let change = json!({"data": [{"id": on_lead, "Note_Content": "y"}, {"id": on_boat, "Note_Content": "y"}]});
        assert_eq!(outcome(&grace.put("Notes", &change).await), "207 INVALID_DATA SUCCESS");
        assert_eq!(outcome(&grace.delete(&format!("Notes/{on_lead}")).await), "400 INVALID_DATA");
        assert_eq!(outcome(&grace.delete(&format!("Notes?ids={on_lead},{on_boat}")).await), "207 INVALID_DATA SUCCESS");
    }

    async fn contact_roles_are_read_by_all_and_changed_by_administrators(server: TestServer) {
        let api = server.api();
        let grace = colleague(&server, "Grace", "Manager", "Standard").await.api;
        let roles = grace.get("Contacts/roles").await;
        assert_eq!(roles.status, 200);
        let id = roles.json()["contact_roles"][0]["id"].as_str().unwrap().to_owned();
        let body = json!({"contact_roles": [{"id": id, "name": "x"}]});
        for answer in [
            grace.post("Contacts/roles", &body).await,
            grace.put("Contacts/roles", &body).await,
            grace.put(&format!("Contacts/roles/{id}"), &body).await,
            grace.delete(&format!("Contacts/roles?ids={id}")).await,
            grace.delete(&format!("Contacts/roles/{id}")).await,
        ] {
            assert_eq!(outcome(&answer), "403 NO_PERMISSION");
        }
        // Using a role in a deal takes no more than the deal.
        let (boat, ray) = (api.insert(deal("Boat")).await, api.insert(contact("Ray")).await);
        let put = json!({"data": [{"Contact_Role": to(&id)}]});
        assert_eq!(outcome(&grace.put(&format!("Deals/{boat}/Contact_Roles/{ray}"), &put).await), "200 SUCCESS");
    }
}
