//! Who reaches which records: `/settings/data_sharing`, roles, shares and territories together.

use dealwright_testkit::records::{account, contact, deal, lead};
use dealwright_testkit::{Api, on_both};
use serde_json::json;

use crate::people::{colleague, create, named};
use crate::sharing::make;
use crate::{assert_answer, assert_shown, outcome};

/// Last names of the leads that a list shows, sorted.
async fn listed(api: &Api) -> Vec<String> {
    let answer = api.get("Leads?fields=Last_Name").await;
    let mut names: Vec<String> =
        answer.rows().iter().map(|row| row["Last_Name"].as_str().expect("a name").to_owned()).collect();
    names.sort();
    names
}

async fn share(api: &Api, record: &str, with: &str, permission: &str) {
    let body = json!({"share": [{"shared_with": {"id": with, "type": "users"}, "permission": permission}]});
    assert_eq!(api.post(&format!("Leads/{record}/actions/share"), &body).await.status, 201);
}

on_both! {
    async fn data_sharing_is_read_and_set(server: TestServer) {
        let api = server.api();
        let all = api.get("settings/data_sharing").await.json()["data_sharing"].clone();
        let row = |name: &str| all.as_array().unwrap().iter().find(|row| row["module"]["api_name"] == name).cloned();
        assert_eq!(row("Leads").unwrap()["share_type"], "public");
        assert!(row("Notes").is_none() && row("Quoted_Items").is_none());
        let vendors = row("Vendors").unwrap()["module"]["id"].as_str().unwrap().to_owned();
        let set = json!({"data_sharing": [{"share_type": "public_read_only", "module": {"api_name": "Vendors", "id": vendors}}]});
        assert_answer("data_sharing__update", &api.put("settings/data_sharing", &set).await);
        assert_eq!(api.put("settings/data_sharing", &set).await.status, 200);
        let all = api.get("settings/data_sharing").await.json()["data_sharing"].clone();
        let mine: Vec<_> = all.as_array().unwrap().iter().filter(|row| row["module"]["id"] == vendors.as_str()).collect();
        assert_shown("data_sharing__row", json!({"status": 200, "rows": mine.len(), "share_type": mine[0]["share_type"]}));
        let bad = json!({"data_sharing": [
            {"share_type": "secret", "module": {"api_name": "Leads"}}, {"share_type": "private", "module": {"api_name": "Notes"}},
            {"share_type": "private"}, {"module": {"api_name": "Leads"}},
        ]});
        assert_answer("data_sharing__bad", &api.put("settings/data_sharing", &bad).await);
        let grace = colleague(&server, "Grace", "Manager", "Standard").await;
        assert_eq!(outcome(&grace.api.put("settings/data_sharing", &set).await), "403 NO_PERMISSION");
    }

    async fn in_a_private_module_people_reach_their_own(server: TestServer) {
        let api = server.api();
        let manager = named(&api, "roles", "Manager").await;
        create(&api, "settings/roles", "roles", json!({"name": "Sales", "reporting_to": manager})).await;
        let boss = colleague(&server, "Boss", "Manager", "Standard").await;
        let (grace, ada) = (colleague(&server, "Grace", "Sales", "Standard").await, colleague(&server, "Ada", "Sales", "Standard").await);
        api.insert(lead("admins")).await;
        let hers = grace.api.insert(lead("graces")).await;
        ada.api.insert(lead("adas")).await;
        assert_eq!(listed(&grace.api).await.len(), 3);
        make(&api, "Leads", "private").await;
        assert_eq!(listed(&grace.api).await, ["graces"]);
        assert_eq!(listed(&ada.api).await, ["adas"]);
        assert_eq!(listed(&boss.api).await, ["adas", "graces"]);
        assert_eq!(listed(&api).await.len(), 3);

        let path = format!("Leads/{hers}");
        let change = json!({"data": [{"City": "x"}]});
        assert_eq!(ada.api.get(&path).await.status, 204);
        assert_eq!(outcome(&ada.api.put(&path, &change).await), "400 INVALID_DATA");
        assert_eq!(outcome(&ada.api.delete(&path).await), "400 INVALID_DATA");
        assert_eq!(ada.api.count("Leads").await, 1);
        assert_eq!(ada.api.found("Leads", "(Company:equals:Acme)", "Last_Name").await, ["adas"]);
        assert_eq!(ada.api.get(&format!("{path}/__timeline")).await.status, 204);
        assert_eq!(ada.api.get(&format!("{path}/photo")).await.status, 204);
        assert_eq!(outcome(&ada.api.post(&format!("{path}/actions/clone"), &json!({"data": [{}]})).await), "400 INVALID_DATA");
        assert_eq!(outcome(&boss.api.put(&path, &change).await), "200 SUCCESS");
        let whole = boss.api.record("Leads", &hers).await;
        assert_eq!((&whole["$editable"], &whole["$sharing_permission"]), (&json!(true), &json!("full_access")));
        let many = json!({"data": [{"id": hers, "City": "y"}]});
        assert_eq!(outcome(&ada.api.put("Leads", &many).await), "400 INVALID_DATA");
        assert_eq!(outcome(&grace.api.delete(&path).await), "200 SUCCESS");
    }

    async fn peers_share_where_their_role_does(server: TestServer) {
        let api = server.api();
        create(&api, "settings/roles", "roles", json!({"name": "Sales", "share_with_peers": true})).await;
        let (grace, ada) = (colleague(&server, "Grace", "Sales", "Standard").await, colleague(&server, "Ada", "Sales", "Standard").await);
        grace.api.insert(lead("graces")).await;
        make(&api, "Leads", "private").await;
        assert_eq!(listed(&ada.api).await, ["graces"]);
    }

    async fn a_module_can_be_open_to_read_or_to_write(server: TestServer) {
        let api = server.api();
        let grace = colleague(&server, "Grace", "Manager", "Standard").await;
        let id = api.insert(lead("admins")).await;
        let own = grace.api.insert(lead("graces")).await;
        let path = format!("Leads/{id}");
        let change = json!({"data": [{"City": "x"}]});
        make(&api, "Leads", "public_read_only").await;
        assert_eq!(listed(&grace.api).await, ["admins", "graces"]);
        let shown = grace.api.record("Leads", &id).await;
        assert_eq!((&shown["$editable"], &shown["$sharing_permission"]), (&json!(false), &json!("read_only")));
        assert_eq!(grace.api.record("Leads", &own).await["$sharing_permission"], "full_access");
        assert_answer("reach__no_update", &grace.api.put(&path, &change).await);
        assert_answer("reach__no_delete", &grace.api.delete(&path).await);
        let both = json!({"data": [{"id": id, "City": "x"}, {"id": own, "City": "x"}]});
        assert_eq!(outcome(&grace.api.put("Leads", &both).await), "207 NO_PERMISSION SUCCESS");
        assert_eq!(outcome(&grace.api.post(&format!("{path}/Locking_Information__s"), &json!({"data": [{"Locked_Reason__s": "x"}]})).await), "403 NO_PERMISSION");

        make(&api, "Leads", "public_read_write").await;
        assert_eq!(outcome(&grace.api.put(&path, &change).await), "200 SUCCESS");
        let shown = grace.api.record("Leads", &id).await;
        assert_eq!((&shown["$editable"], &shown["$sharing_permission"]), (&json!(true), &json!("read_write")));
        assert_eq!(outcome(&grace.api.delete(&path).await), "403 NO_PERMISSION");
        make(&api, "Leads", "public").await;
        assert_eq!(grace.api.record("Leads", &id).await["$sharing_permission"], "full_access");
        assert_eq!(outcome(&grace.api.delete(&path).await), "200 SUCCESS");
    }

    async fn a_share_opens_a_record_as_far_as_it_says(server: TestServer) {
        let api = server.api();
        make(&api, "Leads", "private").await;
        let grace = colleague(&server, "Grace", "Manager", "Standard").await;
        let change = json!({"data": [{"City": "x"}]});
        for (permission, updated, deleted) in [
            ("read_only", "403 NO_PERMISSION", "403 NO_PERMISSION"),
            ("read_write", "200 SUCCESS", "403 NO_PERMISSION"),
            ("full_access", "200 SUCCESS", "200 SUCCESS"),
        ] {
            let id = api.insert(lead(permission)).await;
            share(&api, &id, &grace.id, permission).await;
            let path = format!("Leads/{id}");
            let row = grace.api.get("Leads?fields=$sharing_permission,$editable").await.rows()[0].clone();
            assert_eq!(row["$sharing_permission"], permission);
            assert_eq!(row["$editable"], permission != "read_only");
            assert_eq!(outcome(&grace.api.put(&path, &change).await), updated, "{permission}");
            assert_eq!(outcome(&grace.api.delete(&path).await), deleted, "{permission}");
        }
        assert_eq!(listed(&grace.api).await, ["read_only", "read_write"]);
        let everybody = api.insert(lead("public")).await;
        let body = json!({"share": [{"type": "public", "permission": "read_only"}]});
        assert_eq!(api.post(&format!("Leads/{everybody}/actions/share"), &body).await.status, 201);
        assert_eq!(listed(&grace.api).await, ["public", "read_only", "read_write"]);
        assert_eq!(api.delete(&format!("Leads/{everybody}/actions/share")).await.status, 200);
        assert_eq!(listed(&grace.api).await, ["read_only", "read_write"]);
    }

    async fn what_hangs_on_a_shared_record_can_come_along(server: TestServer) {
        let api = server.api();
        make(&api, "Accounts", "private").await;
        make(&api, "Contacts", "private").await;
        let grace = colleague(&server, "Grace", "Manager", "Standard").await;
        let acme = api.insert(account("Acme")).await;
        let person = api.insert(contact("Hopper").with("Account_Name", json!({"id": acme}))).await;
        for (related, seen) in [(false, 204), (true, 200)] {
            let body = json!({"share": [{"shared_with": {"id": grace.id, "type": "users"}, "permission": "read_only", "share_related_records": related}]});
            assert_eq!(api.put(&format!("Accounts/{acme}/actions/share"), &body).await.status, 200);
            assert_eq!(grace.api.get(&format!("Accounts/{acme}")).await.status, 200);
            assert_eq!(grace.api.get(&format!("Contacts/{person}")).await.status, seen);
        }
        // Fields of a target that is out of reach are not to be asked for.
        let other = api.insert(account("Hidden")).await;
        let own = contact("Own").with("Account_Name", json!({"id": other})).with("Owner", json!({"id": grace.id}));
        api.insert(own).await;
        assert!(grace.api.found("Contacts", "(Account_Name.Account_Name:equals:Hidden)", "Last_Name").await.is_empty());
    }

    async fn territories_open_their_records(server: TestServer) {
        let api = server.api();
        make(&api, "Leads", "private").await;
        let (grace, boss) = (colleague(&server, "Grace", "Manager", "Standard").await, colleague(&server, "Boss", "Manager", "Standard").await);
        let north = create(&api, "settings/territories", "territories", json!({"name": "North", "permission_type": "read_write_delete", "manager": boss.id})).await;
        let far = create(&api, "settings/territories", "territories", json!({"name": "Far North", "permission_type": "read_only", "reporting_to": north})).await;
        let id = api.insert(lead("Amundsen")).await;
        let into = |territory: &str| json!({"data": [{"Territories": [{"id": territory}]}]});
        assert_eq!(api.post(&format!("Leads/{id}/actions/assign_territories"), &into(&far)).await.status, 200);
        assert_eq!(api.put(&format!("settings/territories/{far}/users/{}", grace.id), &json!({})).await.status, 200);
        assert_eq!(listed(&grace.api).await, ["Amundsen"]);
        assert_eq!(listed(&boss.api).await, ["Amundsen"], "who is above sees what is below");
        assert_eq!(outcome(&grace.api.put(&format!("Leads/{id}"), &json!({"data": [{"City": "x"}]})).await), "403 NO_PERMISSION");
        assert_eq!(api.post(&format!("Leads/{id}/actions/assign_territories"), &into(&north)).await.status, 200);
        assert_eq!(outcome(&boss.api.put(&format!("Leads/{id}"), &json!({"data": [{"City": "x"}]})).await), "200 SUCCESS");
        assert_eq!(api.delete(&format!("settings/territories/{far}/users/{}", grace.id)).await.status, 200);
        assert!(listed(&grace.api).await.is_empty());
    }

    async fn related_lists_keep_to_the_reach(server: TestServer) {
        let api = server.api();
        for module in ["Accounts", "Contacts", "Tasks"] {
            make(&api, module, "private").await;
        }
        let grace = colleague(&server, "Grace", "Manager", "Standard").await;
        let (hers, other) = (grace.api.insert(account("Acme")).await, api.insert(account("Hidden")).await);
        grace.api.insert(contact("Own").with("Account_Name", json!({"id": hers}))).await;
        api.insert(contact("Theirs").with("Account_Name", json!({"id": hers}))).await;
        let task = |subject: &str| json!({"data": [{"Subject": subject, "$se_module": "Accounts", "What_Id": {"id": hers}}]});
        assert_eq!(grace.api.post("Tasks", &task("own")).await.status, 201);
        assert_eq!(api.post("Tasks", &task("theirs")).await.status, 201);
        let contacts = grace.api.get(&format!("Accounts/{hers}/Contacts?fields=Last_Name,$sharing_permission")).await;
        let rows = contacts.rows();
        assert_eq!((rows.len(), &rows[0]["Last_Name"]), (1, &json!("Own")), "{}", contacts.text);
        assert_eq!(rows[0]["$sharing_permission"], "full_access");
        assert_eq!(outcome(&grace.api.get(&format!("Accounts/{other}/Contacts?fields=Last_Name")).await), "400 INVALID_DATA");
        let view = grace.api.get(&format!("Accounts/{hers}/Activities_Chronological?fields=Subject")).await;
        assert!(view.status < 500, "{}", view.text);
        let counted = json!({"get_related_records_count": [{"related_list": {"api_name": "Contacts"}}]});
        let counted = grace.api.post(&format!("Accounts/{hers}/actions/get_related_records_count"), &counted).await;
        assert_eq!(counted.json()["get_related_records_count"][0]["count"], 1, "{}", counted.text);
    }

    async fn a_lead_out_of_reach_is_not_converted(server: TestServer) {
        let api = server.api();
        let grace = colleague(&server, "Grace", "Manager", "Standard").await;
        let id = api.insert(lead("Hopper")).await;
        let convert = |api: Api| {
            let path = format!("Leads/{id}/actions/convert");
            async move { api.post(&path, &json!({"data": [{}]})).await }
        };
        make(&api, "Leads", "private").await;
        assert_eq!(convert(grace.api.clone()).await.code(), "INVALID_DATA");
        assert_eq!(grace.api.get(&format!("Leads/{id}/__conversion_options")).await.status, 204);
        assert!(grace.api.get(&format!("Leads/{id}/actions/blueprint")).await.status < 500);
        make(&api, "Leads", "public_read_only").await;
        assert_eq!(convert(grace.api.clone()).await.code(), "NO_PERMISSION");
        assert_eq!(grace.api.get(&format!("Leads/{id}/__conversion_options")).await.status, 200);
        crate::sharing::lock(&api, "Leads", &id).await;
        assert_eq!(convert(api.clone()).await.code(), "RECORD_LOCKED");
        assert_eq!(api.record("Leads", &id).await["Converted__s"], false);
    }

    async fn pages_and_orders_keep_to_the_reach(server: TestServer) {
        let api = server.api();
        make(&api, "Deals", "private").await;
        let grace = colleague(&server, "Grace", "Manager", "Standard").await;
        for number in 0..5 {
            api.insert(deal(&format!("theirs {number}"))).await;
            grace.api.insert(deal(&format!("own {number}"))).await;
        }
        let first = grace.api.get("Deals?fields=Deal_Name&per_page=3&sort_by=Modified_Time").await.json();
        assert_eq!((&first["info"]["count"], &first["info"]["more_records"]), (&json!(3), &json!(true)));
        let token = first["info"]["next_page_token"].as_str().unwrap();
        let rest = grace.api.get(&format!("Deals?fields=Deal_Name&per_page=3&sort_by=Modified_Time&page_token={token}")).await.json();
        assert_eq!((&rest["info"]["count"], &rest["info"]["more_records"]), (&json!(2), &json!(false)));
        let sorted = grace.api.version("v2").get("Deals/search?criteria=(Deal_Name:starts_with:own)&sort_by=Deal_Name&sort_order=asc").await;
        assert_eq!(sorted.rows().len(), 5, "{}", sorted.text);
        assert_eq!(grace.api.get("Deals/search?criteria=(Deal_Name:starts_with:theirs)").await.status, 204);
    }
}
