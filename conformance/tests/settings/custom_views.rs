//! `/settings/custom_views`

use dealwright_testkit::records::{Record, deal, lead};
use dealwright_testkit::{Answer, Api, on_both};
use serde_json::{Value, json};

use crate::people::{colleague, named};
use crate::{assert_answer, assert_shown, outcome, settings::outline};

const DEALS: &str = "settings/custom_views?module=Deals";

fn one(id: &str) -> String {
    format!("settings/custom_views/{id}?module=Deals")
}

fn id(answer: &Answer) -> String {
    let id = answer.json()["custom_views"][0]["details"]["id"].as_str().map(str::to_owned);
    id.unwrap_or_else(|| panic!("no id: {}", answer.text))
}

async fn make(api: &Api, view: Value) -> String {
    let answer = api.post(DEALS, &json!({"custom_views": [view]})).await;
    assert_eq!(outcome(&answer), "201 SUCCESS", "{}", answer.text);
    id(&answer)
}

async fn shown(api: &Api, id: &str) -> Value {
    api.get(&one(id)).await.json()["custom_views"][0].clone()
}

async fn standard(api: &Api, module: &str, name: &str) -> String {
    let all = api.get(&format!("settings/custom_views?module={module}")).await.json();
    let found =
        all["custom_views"].as_array().and_then(|all| all.iter().find(|view| view["name"] == name)).cloned();
    found.unwrap_or_else(|| panic!("no view {name}"))["id"].as_str().unwrap().to_owned()
}

/// Names of the deals of a view, in its order.
async fn deals(api: &Api, id: &str, more: &str) -> String {
    let answer = api.get(&format!("Deals?fields=Deal_Name&cvid={id}{more}")).await;
    assert!(matches!(answer.status, 200 | 204), "{}", answer.text);
    let names: Vec<String> =
        answer.rows().iter().map(|row| row["Deal_Name"].as_str().unwrap().to_owned()).collect();
    names.join(" ")
}

fn big() -> Value {
    json!({"comparator": "greater_than", "field": {"api_name": "Amount"}, "value": 10})
}

on_both! {
    async fn they_are_listed_and_read(server: TestServer) {
        let api = server.api();
        let all = api.get("settings/custom_views?module=Deals").await;
        assert_shown("custom_views__list", outline(&all, "custom_views", "system_name"));
        let id = all.json()["custom_views"][0]["id"].as_str().unwrap().to_owned();
        let one = api.get(&format!("settings/custom_views/{id}?module=Deals")).await;
        assert_shown("custom_views__get", outline(&one, "custom_views", "system_name"));
        assert_eq!(one.json()["custom_views"][0]["id"], id.as_str());
    }

    async fn they_need_a_module_and_an_id_that_is_there(server: TestServer) {
        let api = server.api();
        assert_answer("custom_views__no_module", &api.get("settings/custom_views").await);
        assert_eq!(outcome(&api.get("settings/custom_views?module=Boats").await), "400 INVALID_MODULE");
        assert_answer("custom_views__unknown", &api.get("settings/custom_views/1234567890123456789?module=Deals").await);
        assert_answer("custom_views__bad_id", &api.get("settings/custom_views/abc?module=Deals").await);
    }

    async fn a_view_is_made_read_changed_and_deleted(server: TestServer) {
        let api = server.api();
        for (name, amount) in [("a", 5), ("b", 30), ("c", 20)] {
            api.insert(deal(name).with("Amount", amount)).await;
        }
        let view = json!({
            "name": "Big deals", "access_type": "public", "criteria": big(), "sort_by": {"api_name": "Amount"}, "sort_order": "asc",
            "fields": [{"api_name": "Amount", "_pin": true}, {"api_name": "Deal_Name"}],
        });
        let made = api.post(DEALS, &json!({"custom_views": [view]})).await;
        assert_answer("custom_views__create", &made);
        let id = id(&made);
        assert_answer("custom_views__made", &api.get(&one(&id)).await);
        assert!(api.get(DEALS).await.text.contains(&id));
        assert_eq!(deals(&api, &id, "").await, "c b");
        assert_eq!(deals(&api, &id, "&sort_order=desc").await, "b c");
        let filters = json!({"comparator": "equal", "field": "Deal_Name", "value": "b"});
        assert_eq!(deals(&api, &id, &format!("&filters={filters}")).await, "b");
        let search = format!("Deals/search?criteria=(Deal_Name:in:a,b)&cvid={id}");
        assert_eq!(api.get(&search).await.rows().len(), 1);
        let body = json!({"custom_views": [{"name": "Small deals", "criteria": {"comparator": "less_than", "field": "Amount", "value": 10}}]});
        assert_answer("custom_views__update", &api.put(&one(&id), &body).await);
        assert_eq!(deals(&api, &id, "").await, "a");
        let both = json!({"custom_views": [{"id": id, "criteria": null, "sort_by": null}, {"id": "1234567890123456789", "name": "x"}, {"name": "y"}]});
        assert_answer("custom_views__update_many", &api.put(DEALS, &both).await);
        assert_eq!(deals(&api, &id, "").await, "c b a");
        assert_answer("custom_views__delete", &api.delete(&format!("{DEALS}&ids={id},{id}")).await);
        assert_answer("custom_views__deleted", &api.get(&one(&id)).await);
        assert_eq!(outcome(&api.get(&format!("Deals?fields=id&cvid={id}")).await), "400 INVALID_DATA");
        let again = make(&api, json!({"name": "Again"})).await;
        assert_eq!(outcome(&api.delete(&one(&again)).await), "200 SUCCESS");
    }

    async fn what_a_view_cannot_be_is_refused_with_its_place(server: TestServer) {
        let api = server.api();
        make(&api, json!({"name": "Mine"})).await;
        let refused: Vec<Value> = vec![
            json!({}),
            json!({"name": ""}),
            json!({"name": 5}),
            json!({"name": "x".repeat(101)}),
            json!({"name": "mine"}),
            json!({"name": "n", "access_type": "secret"}),
            json!({"name": "n", "access_type": "shared"}),
            json!({"name": "n", "access_type": "shared", "shared_to": [{"type": "users", "id": "1234567890123456789"}]}),
            json!({"name": "n", "access_type": "shared", "shared_to": [{"type": "friends", "id": "1234567890123456789"}]}),
            json!({"name": "n", "fields": [{"api_name": "Amount"}, {"api_name": "Nothing"}]}),
            json!({"name": "n", "fields": "Amount"}),
            json!({"name": "n", "sort_by": {"api_name": "Nothing"}}),
            json!({"name": "n", "sort_by": {"api_name": "Tag"}}),
            json!({"name": "n", "sort_order": "up"}),
            json!({"name": "n", "criteria": {"comparator": "near", "field": {"api_name": "Amount"}, "value": 1}}),
            json!({"name": "n", "criteria": {"group_operator": "and", "group": [big(), {"comparator": "equal", "field": {"api_name": "Nothing"}, "value": 1}]}}),
            json!({"name": "n", "criteria": {"comparator": "contains", "field": {"api_name": "Amount"}, "value": 1}}),
            json!({"name": "n", "cross_filters": [{}]}),
        ];
        let answer = api.post(DEALS, &json!({"custom_views": refused})).await;
        assert_answer("custom_views__refused", &answer);
        assert_eq!(answer.json()["custom_views"].as_array().map(Vec::len), Some(18));
        assert_answer("custom_views__empty", &api.post(DEALS, &json!({"custom_views": []})).await);
        let many: Vec<Value> = (0..101).map(|n| json!({"name": format!("{n}")})).collect();
        assert_eq!(outcome(&api.post(DEALS, &json!({"custom_views": many})).await), "400 LIMIT_EXCEEDED");
        assert_eq!(outcome(&api.post("settings/custom_views", &json!({"custom_views": [{"name": "n"}]})).await), "400 REQUIRED_PARAM_MISSING");
        assert_eq!(outcome(&api.delete(DEALS).await), "400 REQUIRED_PARAM_MISSING");
    }

    async fn standard_views_stay_as_they_are(server: TestServer) {
        let api = server.api();
        let all = standard(&api, "Deals", "All Deals").await;
        assert_answer("custom_views__standard_delete", &api.delete(&one(&all)).await);
        assert_answer("custom_views__standard_update", &api.put(&one(&all), &json!({"custom_views": [{"name": "Mine"}]})).await);
        assert_eq!(outcome(&api.put(&one(&all), &json!({"custom_views": [{"favorite": 1}]})).await), "200 SUCCESS");
        assert_eq!(shown(&api, &all).await["favorite"], 1);
        assert_eq!(shown(&api, &all).await["name"], "All Deals");
    }

    async fn each_user_sorts_a_view_for_themself(server: TestServer) {
        let api = server.api();
        let grace = colleague(&server, "Grace", "Manager", "Standard").await;
        for name in ["b", "c", "a"] {
            api.insert(deal(name)).await;
        }
        let all = standard(&api, "Deals", "All Deals").await;
        assert_eq!(deals(&api, &all, "").await, "a c b");
        let sort = json!({"custom_views": [{"sort_by": {"api_name": "Deal_Name"}, "sort_order": "asc"}]});
        let path = format!("settings/custom_views/{all}/actions/change_sort?module=Deals");
        assert_answer("custom_views__change_sort", &api.put(&path, &sort).await);
        assert_eq!(deals(&api, &all, "").await, "a b c");
        let view = shown(&api, &all).await;
        assert_eq!((&view["sort_by"]["api_name"], &view["sort_order"]), (&json!("Deal_Name"), &json!("asc")));
        assert_eq!(shown(&grace.api, &all).await["sort_by"], Value::Null);
        let many = json!({"custom_views": [{"id": all, "sort_order": "desc"}, {"id": "1234567890123456789", "sort_order": "desc"}]});
        let path = "settings/custom_views/actions/change_sort?module=Deals";
        assert_answer("custom_views__change_sorts", &server.version("v2.1").put(path, &many).await);
        assert_eq!(deals(&api, &all, "").await, "c b a");
        for (body, expected) in [
            (json!({"id": all}), "400 MANDATORY_NOT_FOUND"),
            (json!({"id": all, "sort_by": {"api_name": "Tag"}}), "400 INVALID_DATA"),
            (json!({"id": all, "sort_by": {"api_name": "Amount"}, "sort_order": "up"}), "400 INVALID_DATA"),
            (json!({"sort_order": "asc"}), "400 MANDATORY_NOT_FOUND"),
        ] {
            assert_eq!(outcome(&api.put(path, &json!({"custom_views": [body]})).await), expected, "{body}");
        }
        let mine = make(&api, json!({"name": "Mine", "sort_by": {"api_name": "Deal_Name"}, "sort_order": "asc"})).await;
        assert_eq!(outcome(&api.put(path, &json!({"custom_views": [{"id": mine, "sort_order": "desc"}]})).await), "200 SUCCESS");
        assert_eq!(deals(&api, &mine, "").await, "c b a");
        assert_eq!(outcome(&api.put(&one(&mine), &json!({"custom_views": [{"sort_by": {"api_name": "Deal_Name"}}]})).await), "200 SUCCESS");
        assert_eq!(deals(&api, &mine, "").await, "a b c");
    }

    async fn a_view_is_for_those_it_is_shared_with(server: TestServer) {
        let api = server.api();
        let grace = colleague(&server, "Grace", "Manager", "Standard").await;
        let other = colleague(&server, "Other", "CEO", "Standard").await;
        let private = make(&grace.api, json!({"name": "Private"})).await;
        let public = make(&grace.api, json!({"name": "Public", "access_type": "public"})).await;
        let role = named(&api, "roles", "Manager").await;
        let shared = json!({"name": "Shared", "access_type": "shared", "shared_to": [{"type": "roles", "id": role}]});
        let shared = make(&other.api, shared).await;
        let category = async |api: &Api, id: &str| {
            let list = api.get(DEALS).await.json();
            let found = list["custom_views"].as_array().unwrap().iter().find(|view| view["id"] == id).cloned();
            found.map(|view| view["category"].as_str().unwrap().to_owned())
        };
        for (id, mine, theirs, admins) in [
            (&private, Some("created_by_me"), None, None),
            (&public, Some("created_by_me"), Some("public_views"), Some("public_views")),
            (&shared, Some("shared_with_me"), Some("created_by_me"), Some("other_users_views")),
        ] {
            assert_eq!(category(&grace.api, id).await.as_deref(), mine);
            assert_eq!(category(&other.api, id).await.as_deref(), theirs);
            assert_eq!(category(&api, id).await.as_deref(), admins);
        }
        // Nobody else uses, sees, changes or removes a private view, not even by its id.
        for api in [&api, &other.api] {
            let body = json!({"custom_views": [{"name": "Taken"}]});
            for answer in [
                api.get(&one(&private)).await,
                api.put(&one(&private), &body).await,
                api.delete(&one(&private)).await,
                api.get(&format!("Deals?fields=id&cvid={private}")).await,
                api.get(&format!("Deals/search?word=abc&cvid={private}")).await,
                api.get(&format!("Deals/actions/count?cvid={private}")).await,
                api.post("Deals/actions/mass_delete", &json!({"cvid": private})).await,
            ] {
                assert_eq!(outcome(&answer), "400 INVALID_DATA", "{}", answer.text);
            }
        }
        assert_eq!(grace.api.get(&format!("Deals?fields=id&cvid={private}")).await.status, 204);
        assert_answer("custom_views__not_mine", &other.api.put(&one(&public), &json!({"custom_views": [{"name": "Taken"}]})).await);
        assert_eq!(outcome(&api.put(&one(&public), &json!({"custom_views": [{"name": "Renamed"}]})).await), "200 SUCCESS");
        assert_answer("custom_views__shared", &grace.api.get(&one(&shared)).await);
        assert_eq!(make(&other.api, json!({"name": "Private"})).await.len(), 19);
    }

    async fn views_need_their_scopes(server: TestServer) {
        let read = server.api_with_scopes("ZohoCRM.settings.custom_views.READ").await;
        let body = json!({"custom_views": [{"name": "n"}]});
        assert_eq!(outcome(&read.post(DEALS, &body).await), "401 OAUTH_SCOPE_MISMATCH");
        assert_eq!(outcome(&read.put(&one("1"), &body).await), "401 OAUTH_SCOPE_MISMATCH");
        assert_eq!(outcome(&read.delete(&one("1")).await), "401 OAUTH_SCOPE_MISMATCH");
        assert_eq!(outcome(&server.api().without_token().post(DEALS, &body).await), "401 AUTHENTICATION_FAILURE");
    }

    async fn standard_views_list_what_they_say(server: TestServer) {
        let api = server.api();
        let grace = colleague(&server, "Grace", "Manager", "Standard").await;
        crate::sharing::make(&api, "Leads", "private").await;
        let opened = api.insert(lead("opened")).await;
        api.insert(lead("closed")).await;
        let share = json!({"share": [{"shared_with": {"id": grace.id, "type": "users"}, "permission": "read_only"}]});
        assert_eq!(outcome(&api.post(&format!("Leads/{opened}/actions/share"), &share).await), "201 SUCCESS");
        let by_me = standard(&api, "Leads", "Module Shared by Me").await;
        let to_me = standard(&api, "Leads", "Module Shared to Me").await;
        for (api, view, expected) in [(&api, &by_me, 1), (&api, &to_me, 0), (&grace.api, &to_me, 1), (&grace.api, &by_me, 0)] {
            let answer = api.get(&format!("Leads?fields=Last_Name&cvid={view}")).await;
            assert_eq!(answer.rows().len(), expected, "{}", answer.text);
        }
        let event = Record::empty("Events")
            .with("Event_Title", "off")
            .with("Start_DateTime", "2027-01-20T10:00:00-08:00")
            .with("End_DateTime", "2027-01-20T11:00:00-08:00");
        let off = api.insert(event.clone()).await;
        api.insert(event).await;
        let view = standard(&api, "Events", "Cancelled Meetings").await;
        let path = format!("Events?fields=Event_Title&cvid={view}");
        assert_eq!(api.get(&path).await.status, 204);
        let cancel = json!({"data": [{"send_cancelling_mail": false}]});
        let answer = api.post(&format!("Events/{off}/actions/cancel"), &cancel).await;
        assert_eq!(outcome(&answer), "200 SUCCESS", "{}", answer.text);
        assert_eq!(api.get(&path).await.rows()[0]["id"], off.as_str());
    }
}
