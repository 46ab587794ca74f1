//! `Activities`, the module of v2 and v2.1 that stands for tasks, events and calls together.

use dealwright_testkit::records::{account, deal};
use dealwright_testkit::{Answer, Api, on_both};
use serde_json::{Value, json};

use crate::outcome;
use crate::people::{colleague, named};

const OLD: [&str; 2] = ["v2", "v2.1"];

fn task(subject: &str) -> Value {
    json!({"Activity_Type": "Tasks", "Subject": subject})
}

fn event(title: &str) -> Value {
    json!({"Activity_Type": "Events", "Event_Title": title,
        "Start_DateTime": "2027-01-10T10:00:00+00:00", "End_DateTime": "2027-01-10T11:00:00+00:00"})
}

fn call(subject: &str) -> Value {
    json!({"Activity_Type": "Calls", "Subject": subject, "Call_Type": "Inbound",
        "Call_Start_Time": "2027-01-09T10:00:00+00:00", "Call_Duration": "10:00"})
}

/// One of each kind, in the order in which they were made.
async fn three(api: &Api) -> Vec<String> {
    let answer =
        api.post("Activities", &json!({"data": [task("Write"), event("Demo"), call("Asked")]})).await;
    assert_eq!(outcome(&answer), "201 SUCCESS SUCCESS SUCCESS", "{}", answer.text);
    answer.ids()
}

fn kinds(answer: &Answer) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or("none").to_owned();
    answer.rows().iter().map(|row| (text(&row["Activity_Type"]), text(&row["id"]))).collect()
}

on_both! {
    async fn activities_are_listed_counted_and_read_together(server: TestServer) {
        for version in OLD {
            let api = server.version(version);
            let made = three(&api).await;
            let of = |at: usize| (["Tasks", "Events", "Calls"][at].to_owned(), made[at].clone());
            let page = api.get("Activities?per_page=2&page=1").await;
            assert_eq!(kinds(&page), [of(2), of(1)], "{}", page.text);
            assert_eq!(page.json()["info"]["more_records"], true);
            assert_eq!(kinds(&api.get("Activities?per_page=2&page=2").await)[0], of(0));
            let rising = api.get(&format!("Activities?sort_by=Created_Time&sort_order=asc&fields=Subject&ids={}", made.join(","))).await;
            assert_eq!(kinds(&rising), [of(0), of(1), of(2)]);
            let one = api.get(&format!("Activities/{}", made[1])).await;
            assert_eq!((&one.rows()[0]["Event_Title"], &one.rows()[0]["Activity_Type"]), (&json!("Demo"), &json!("Events")));
            assert_eq!(api.get("Activities/1234567890123456789").await.status, 204);
            let before = api.get("Activities/actions/count").await.json()["count"].as_i64().unwrap();
            assert_eq!(before, if version == "v2" { 3 } else { 6 });
        }
    }

    async fn the_module_ends_with_v2_1(server: TestServer) {
        for version in ["v3", "v4", "v5", "v6", "v7", "v8"] {
            let api = server.version(version);
            for path in ["Activities?fields=Subject", "Activities/search?word=some", "settings/fields?module=Activities"] {
                assert_eq!(outcome(&api.get(path).await), "400 INVALID_MODULE", "{version} {path}");
            }
            assert_eq!(outcome(&api.post("Activities", &json!({"data": [task("x")]})).await), "400 INVALID_MODULE");
            assert_eq!(api.get("settings/modules/Activities").await.status, 204);
        }
    }

    async fn each_activity_is_written_to_its_own_module(server: TestServer) {
        let api = server.version("v2.1");
        let made = three(&api).await;
        assert_eq!(api.record("Events", &made[1]).await["Event_Title"], "Demo");
        let mixed = json!({"data": [{"Subject": "no kind"}, {"Activity_Type": "Visits", "Subject": "x"}, task("Good"), {"Activity_Type": "Calls"}, 5]});
        let answer = api.post("Activities", &mixed).await;
        assert_eq!(outcome(&answer), "207 MANDATORY_NOT_FOUND INVALID_DATA SUCCESS MANDATORY_NOT_FOUND MANDATORY_NOT_FOUND", "{}", answer.text);
        assert_eq!(answer.details()["api_name"], "Activity_Type");
        let change = json!({"data": [
            {"id": made[2], "Description": "a"}, {"id": "1234567890123456789", "Description": "b"}, {"id": made[0], "Description": "c"},
        ]});
        let answer = api.put("Activities", &change).await;
        assert_eq!(outcome(&answer), "207 SUCCESS INVALID_DATA SUCCESS", "{}", answer.text);
        assert_eq!(api.record("Calls", &made[2]).await["Description"], "a");
        let one = api.put(&format!("Activities/{}", made[1]), &json!({"data": [{"Venue": "Quay"}]})).await;
        assert_eq!(outcome(&one), "200 SUCCESS");
        assert_eq!(api.record("Events", &made[1]).await["Venue"], "Quay");
        let upsert = json!({"data": [{"id": made[0], "Subject": "Written"}, call("New")]});
        let answer = api.post("Activities/upsert", &upsert).await;
        assert_eq!(outcome(&answer), "200 SUCCESS SUCCESS", "{}", answer.text);
        assert_eq!(api.record("Tasks", &made[0]).await["Subject"], "Written");
        let gone = api.delete(&format!("Activities?ids={},1234567890123456789,{}", made[0], made[2])).await;
        assert_eq!(outcome(&gone), "207 SUCCESS INVALID_DATA SUCCESS", "{}", gone.text);
        assert_eq!(outcome(&api.delete(&format!("Activities/{}", made[1])).await), "200 SUCCESS");
        let mut deleted = api.get("Activities/deleted").await.ids();
        let mut expected = made.clone();
        deleted.sort_unstable();
        expected.sort_unstable();
        assert_eq!(deleted, expected);
    }

    async fn what_hangs_on_an_activity_is_asked_of_its_module(server: TestServer) {
        let api = server.version("v2.1");
        let made = three(&api).await;
        let note = json!({"data": [{"Note_Title": "n", "Note_Content": "c"}]});
        assert_eq!(outcome(&api.post(&format!("Activities/{}/Notes", made[2]), &note).await), "201 SUCCESS");
        assert_eq!(api.get(&format!("Activities/{}/Notes", made[2])).await.rows().len(), 1);
        assert_eq!(api.get(&format!("Calls/{}/Notes", made[2])).await.rows().len(), 1);
        assert_eq!(outcome(&api.get("Activities/1234567890123456789/Notes").await), "400 INVALID_DATA");
    }

    async fn activities_are_not_searched_and_have_no_views(server: TestServer) {
        for version in OLD {
            let body = json!({"data": [{"Subject": "x"}], "ids": ["1"]});
            let mass = server.version(version).post("Activities/actions/mass_update", &body).await;
            assert_eq!(outcome(&mass), "400 NOT_SUPPORTED");
        }
        let strict = server.strict().await;
        for version in OLD {
            let api = strict.version(version);
            for path in ["search?criteria=(Subject:equals:x)", "search?word=some", "search"] {
                let answer = api.get(&format!("Activities/{path}")).await;
                assert_eq!(outcome(&answer), "400 NOT_SUPPORTED", "{}", answer.text);
                assert_eq!(answer.json()["message"], "module not suppoted for search");
                assert_eq!(answer.details(), json!({"module": "Activities"}));
            }
            assert_eq!(outcome(&api.get("Activities?cvid=1234567890123456789").await), "400 INVALID_DATA");
            assert_eq!(outcome(&api.get("Activities?sort_by=Subject").await), "400 INVALID_DATA");
        }
    }

    async fn every_activity_is_reached_by_the_grant_of_its_own_module(server: TestServer) {
        let api = server.api();
        let grace = colleague(&server, "Grace", "Manager", "Standard").await;
        let made = three(&server.version("v2")).await;
        let old = grace.api.version("v2");
        assert_eq!(old.get("Activities").await.ids().len(), 3);

        // A profile that may not see calls.
        let standard = named(&api, "profiles", "Standard").await;
        let path = format!("settings/profiles/{standard}");
        let shown = api.get(&path).await.json()["profiles"][0].clone();
        let id = |name: &str| shown["permissions_details"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap()["id"].clone();
        let set = async |name: &str, enabled: bool| {
            let body = json!({"profiles": [{"permissions_details": [{"id": id(name), "enabled": enabled}]}]});
            assert_eq!(outcome(&api.put(&path, &body).await), "200 SUCCESS");
        };
        set("Crm_Implied_View_Calls", false).await;
        assert_eq!(old.get("Activities").await.ids(), [made[1].clone(), made[0].clone()]);
        assert_eq!(old.get(&format!("Activities/{}", made[2])).await.status, 204);
        assert_eq!(outcome(&old.put(&format!("Activities/{}", made[2]), &json!({"data": [{"Subject": "taken"}]})).await), "400 INVALID_DATA");
        assert_eq!(old.get("Activities/actions/count").await.json()["count"], 2);
        set("Crm_Implied_Create_Tasks", false).await;
        let mixed = old.post("Activities", &json!({"data": [task("x"), event("y")]})).await;
        assert_eq!(outcome(&mixed), "207 NO_PERMISSION SUCCESS", "{}", mixed.text);
        set("Crm_Implied_View_Tasks", false).await;
        set("Crm_Implied_View_Meetings", false).await;
        assert_eq!(outcome(&old.get("Activities").await), "403 NO_PERMISSION");
        assert_eq!(old.get("settings/modules/Activities").await.status, 204);
        set("Crm_Implied_View_Tasks", true).await;
        assert_eq!(old.get("settings/modules/Activities").await.status, 200);

        // A module whose records are private.
        let private = json!({"data_sharing": [{"module": {"api_name": "Tasks"}, "share_type": "private"}]});
        let answer = api.put("settings/data_sharing", &private).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(old.get("Activities").await.status, 204);
        assert_eq!(old.get(&format!("Activities/{}", made[0])).await.status, 204);
    }

    async fn the_scope_of_activities_stands_for_its_three_modules(server: TestServer) {
        let made = three(&server.version("v2")).await;
        let only = server.api_with_scopes("ZohoCRM.modules.activities.READ").await.version("v2");
        assert_eq!(only.get("Activities").await.ids().len(), 3);
        assert_eq!(only.get(&format!("Activities/{}", made[0])).await.status, 200);
        assert_eq!(outcome(&only.get("Tasks").await), "401 OAUTH_SCOPE_MISMATCH");
        assert_eq!(outcome(&only.post("Activities", &json!({"data": [task("x")]})).await), "401 OAUTH_SCOPE_MISMATCH");
        let tasks = server.api_with_scopes("ZohoCRM.modules.tasks.ALL").await.version("v2");
        assert_eq!(outcome(&tasks.get("Activities").await), "401 OAUTH_SCOPE_MISMATCH");
        let three = "ZohoCRM.modules.tasks.READ,ZohoCRM.modules.events.READ,ZohoCRM.modules.calls.READ";
        assert_eq!(server.api_with_scopes(three).await.version("v2").get("Activities").await.ids().len(), 3);
    }

    async fn the_metadata_of_old_versions_knows_activities(server: TestServer) {
        let newest = server.api().get("settings/modules").await.json();
        let names = |all: &Value| -> Vec<String> {
            all["modules"].as_array().unwrap().iter().map(|one| one["api_name"].as_str().unwrap().to_owned()).collect()
        };
        assert!(!names(&newest).contains(&"Activities".to_owned()));
        for version in OLD {
            let api = server.version(version);
            let modules = api.get("settings/modules").await.json();
            assert_eq!(names(&modules).iter().filter(|name| *name == "Activities").count(), 1);
            let whole = api.get("settings/modules/activities").await.json()["modules"][0].clone();
            assert_eq!(whole["plural_label"], "Activities");
            assert_eq!(api.get(&format!("settings/modules/{}", whole["id"].as_str().unwrap())).await.json()["modules"][0]["id"], whole["id"]);
            for name in ["Tasks", "Events", "Calls"] {
                let parent = api.get(&format!("settings/modules/{name}")).await.json()["modules"][0]["parent_module"].clone();
                assert_eq!(parent, json!({"api_name": "Activities", "id": whole["id"]}), "{version} {name}");
                assert_eq!(server.api().get(&format!("settings/modules/{name}")).await.json()["modules"][0]["parent_module"], json!({}));
            }
            let fields = api.get("settings/fields?module=Activities").await.json()["fields"].as_array().unwrap().clone();
            let names: Vec<&str> = fields.iter().map(|field| field["api_name"].as_str().unwrap()).collect();
            for name in ["Activity_Type", "Subject", "Due_Date", "Event_Title", "Start_DateTime", "Call_Type", "What_Id", "Owner"] {
                assert_eq!(names.iter().filter(|one| **one == name).count(), 1, "{version} {name}");
            }
            let kind = fields.iter().find(|field| field["api_name"] == "Activity_Type").unwrap();
            let options: Vec<&Value> = kind["pick_list_values"].as_array().unwrap().iter().map(|one| &one["actual_value"]).collect();
            assert_eq!(options, ["Tasks", "Events", "Calls"]);
            let one = api.get(&format!("settings/fields/{}?module=Activities", kind["id"].as_str().unwrap())).await;
            assert_eq!(one.json()["fields"][0]["api_name"], "Activity_Type");
            for list in ["layouts", "related_lists", "custom_views"] {
                assert_eq!(api.get(&format!("settings/{list}?module=Activities")).await.status, 204, "{list}");
            }
            let of_deals = api.get("settings/related_lists?module=Deals").await.json();
            let of_activities: Vec<Value> = of_deals["related_lists"].as_array().unwrap().iter()
                .filter(|list| list["module"] == "Activities")
                .map(|list| json!([list["api_name"], list["module"]])).collect();
            assert_eq!(of_activities, [json!(["Activities", "Activities"]), json!(["Activities_History", "Activities"])]);
            let body = json!({"fields": [{"field_label": "Boat", "data_type": "text", "length": 20}]});
            assert_eq!(outcome(&api.post("settings/fields?module=Activities", &body).await), "400 INVALID_MODULE");
        }
    }

    async fn activities_about_a_record_are_listed_with_it(server: TestServer) {
        let api = server.version("v2.1");
        let acme = api.insert(account("Acme")).await;
        let boat = api.insert(deal("Boat")).await;
        let about = |mut record: Value, module: &str, id: &str| {
            record["What_Id"] = json!({"id": id});
            record["$se_module"] = json!(module);
            record
        };
        let made = api.post("Activities", &json!({"data": [about(task("a"), "Accounts", &acme), about(call("b"), "Deals", &boat)]})).await.ids();
        assert_eq!(kinds(&api.get(&format!("Accounts/{acme}/Activities")).await), [("Tasks".to_owned(), made[0].clone())]);
        assert_eq!(kinds(&api.get(&format!("Deals/{boat}/Activities_History")).await), [("Calls".to_owned(), made[1].clone())]);
    }
}
