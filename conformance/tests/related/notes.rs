//! `/Notes` and `/Notes/{id}`

use std::time::Duration;

use dealwright_testkit::records::{account, lead};
use dealwright_testkit::{Api, on_both};
use serde_json::{Value, json};

use super::{UNKNOWN, ids};
use crate::{assert_answer, outcome};

fn note(module: &str, id: &str, title: &str) -> Value {
    json!({
        "Note_Title": title, "Note_Content": format!("{title} at length"),
        "Parent_Id": {"module": {"api_name": module}, "id": id},
    })
}

async fn add(api: &Api, notes: &[Value]) -> Vec<String> {
    let answer = api.post("Notes", &json!({"data": notes})).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.ids()
}

on_both! {
    async fn a_note_is_made_and_read_back_in_every_version(server: TestServer) {
        let api = server.api();
        let lead = api.insert(lead("Ray")).await;
        let made = api.post("Notes", &json!({"data": [note("Leads", &lead, "Met")]})).await;
        assert_answer("notes__create", &made);
        let id = made.ids().remove(0);
        assert_answer("notes__get", &api.get(&format!("Notes/{id}?fields=Note_Title")).await);
        for version in ["v2", "v5", "v6"] {
            assert_answer(&format!("notes__get_{version}"), &server.version(version).get(&format!("Notes/{id}")).await);
        }
        assert_eq!(api.get(&format!("Notes/{UNKNOWN}")).await.status, 204);
        assert_eq!(outcome(&api.get("Notes/abc").await), "400 INVALID_DATA");
        let later = api.header("if-modified-since", "2027-02-01T00:00:00+00:00");
        assert_eq!(later.get(&format!("Notes/{id}")).await.status, 304);
        assert_eq!(later.get(&format!("Notes/{UNKNOWN}")).await.status, 204);
        let earlier = api.header("if-modified-since", "2027-01-01T00:00:00+00:00");
        assert_eq!(earlier.get(&format!("Notes/{id}")).await.status, 200);
    }

    async fn the_parent_comes_in_any_form(server: TestServer) {
        let api = server.api();
        let lead = api.insert(lead("Ray")).await;
        for (at, (version, parent)) in [
            ("v8", json!({"Parent_Id": {"module": {"api_name": "Leads", "id": "1"}, "id": lead}})),
            ("v2", json!({"Parent_Id": {"module": "Leads", "id": lead}})),
            ("v2", json!({"Parent_Id": lead, "se_module": "Leads"})),
            ("v8", json!({"Parent_Id": {"id": lead}, "$se_module": "Leads"})),
            ("v5", json!({"Parent_Id": lead.parse::<i64>().unwrap(), "se_module": "Leads"})),
        ].into_iter().enumerate() {
            let mut note = parent;
            note["Note_Content"] = json!("x");
            let made = server.version(version).post("Notes", &json!({"data": [note]})).await;
            assert_eq!(outcome(&made), "201 SUCCESS", "{at}: {}", made.text);
        }
        let parents: Vec<Value> = api.get("Notes?fields=Parent_Id").await.rows().iter().map(|row| row["Parent_Id"]["id"].clone()).collect();
        assert_eq!(parents, vec![json!(lead); 5]);
    }

    async fn administrators_list_all_notes_oldest_first(server: TestServer) {
        let api = server.api();
        let (lead, acme) = (api.insert(lead("Ray")).await, api.insert(account("Acme")).await);
        assert_eq!(api.get("Notes?fields=Note_Title").await.status, 204);
        let made = add(&api, &[note("Leads", &lead, "a"), note("Accounts", &acme, "b"), note("Leads", &lead, "c")]).await;
        let first = api.get("Notes?fields=Note_Title&per_page=2").await;
        assert_answer("notes__list", &first);
        assert_answer("notes__list_v3", &server.version("v3").get("Notes?fields=Note_Title&per_page=2").await);
        assert_eq!(ids(&first), made[..2]);
        let token = first.json()["info"]["next_page_token"].as_str().unwrap().to_owned();
        let second = api.get(&format!("Notes?fields=Note_Title&per_page=2&page_token={token}")).await;
        assert_eq!(ids(&second), made[2..]);
        let newest = api.get("Notes?fields=id&sort_by=Created_Time&sort_order=desc").await;
        assert_eq!(ids(&newest)[0], made[2]);
        assert_eq!(ids(&api.get(&format!("Notes?fields=id&ids={}", made[1])).await), [made[1].clone()]);
        assert_eq!(outcome(&api.get("Notes?fields=id&sort_by=Note_Title").await), "400 INVALID_DATA");
        let later = api.header("if-modified-since", "2027-02-01T00:00:00+00:00");
        assert_eq!(later.get("Notes?fields=id").await.status, 304);
    }

    async fn a_note_says_something_about_a_record(server: TestServer) {
        let api = server.api();
        let lead = api.insert(lead("Ray")).await;
        let parent = json!({"module": {"api_name": "Leads"}, "id": lead});
        let body = json!({"data": [
            {"Parent_Id": parent, "Note_Title": "only a title"},
            {"Parent_Id": parent, "Note_Title": "", "Note_Content": null},
            {"Note_Content": "about nothing"},
            {"Parent_Id": {"module": {"api_name": "Leads"}, "id": UNKNOWN}, "Note_Content": "about nobody"},
            {"Parent_Id": {"module": {"api_name": "Boats"}, "id": lead}, "Note_Content": "no module"},
            {"Parent_Id": {"id": lead}, "Note_Content": "no module named"},
            {"Parent_Id": parent, "Note_Title": "x".repeat(121), "Note_Content": "x"},
            {"Parent_Id": parent, "Note_Content": "x".repeat(65_536)},
            {"Parent_Id": parent, "Note_Content": 5},
            "note",
        ]});
        assert_answer("notes__refused", &api.post("Notes", &body).await);
        let long = json!({"data": [{"Parent_Id": parent, "Note_Title": "y".repeat(120), "Note_Content": "x".repeat(65_535)}]});
        assert_eq!(outcome(&api.post("Notes", &long).await), "201 SUCCESS");
        let title = json!({"data": [{"Parent_Id": parent, "Note_Title": "only a title"}]});
        assert_answer("notes__refused_v5", &server.version("v5").post("Notes", &title).await);
        assert_answer("notes__refused_v2", &server.version("v2").post("Notes", &title).await);
        assert_eq!(outcome(&api.post("Notes", &json!({"data": vec![note("Leads", &lead, "x"); 101]})).await), "400 LIMIT_EXCEEDED");
        assert_eq!(outcome(&api.post("Notes", &json!({})).await), "400 MANDATORY_NOT_FOUND");
    }

    async fn a_change_names_what_changes(server: TestServer) {
        let api = server.api();
        let lead = api.insert(lead("Ray")).await;
        let other = api.insert(account("Acme")).await;
        let made = add(&api, &[note("Leads", &lead, "a"), note("Leads", &lead, "b")]).await;
        server.advance(Duration::from_secs(5));
        let path = format!("Notes/{}", made[0]);
        let change = json!({"data": [{"Note_Title": "new", "Parent_Id": {"module": {"api_name": "Accounts"}, "id": other}}]});
        assert_answer("notes__update_one", &api.put(&path, &change).await);
        let note = api.get(&path).await.rows().remove(0);
        assert_eq!((&note["Note_Title"], &note["Note_Content"]), (&json!("new"), &json!("a at length")));
        // A note stays where it is.
        assert_eq!(note["Parent_Id"]["id"], json!(lead));
        let many = json!({"data": [
            {"id": made[0], "Note_Content": "x"}, {"id": made[1].parse::<i64>().unwrap(), "Note_Title": null},
            {"id": UNKNOWN, "Note_Content": "x"}, {"Note_Content": "x"},
        ]});
        assert_answer("notes__update_many", &api.put("Notes", &many).await);
        let empty = json!({"data": [{"Note_Title": null, "Note_Content": ""}]});
        assert_answer("notes__update_empty", &api.put(&path, &empty).await);
        assert_eq!(outcome(&server.version("v4").put(&path, &json!({"data": [{"Note_Content": null}]})).await), "400 MANDATORY_NOT_FOUND");
        assert_eq!(outcome(&api.put(&format!("Notes/{UNKNOWN}"), &change).await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.put("Notes/abc", &change).await), "400 INVALID_DATA");
    }

    async fn notes_are_deleted_one_by_one_or_together(server: TestServer) {
        let api = server.api();
        let lead = api.insert(lead("Ray")).await;
        let made = add(&api, &["a", "b", "c"].map(|title| note("Leads", &lead, title))).await;
        assert_answer("notes__delete_one", &api.delete(&format!("Notes/{}", made[0])).await);
        assert_answer("notes__delete_one_again", &api.delete(&format!("Notes/{}", made[0])).await);
        assert_answer("notes__delete_many", &api.delete(&format!("Notes?ids={},{UNKNOWN},{}", made[1], made[2])).await);
        assert_eq!(api.get("Notes?fields=id").await.status, 204);
        assert_answer("notes__delete_no_ids", &api.delete("Notes").await);
        assert_eq!(outcome(&api.delete("Notes?ids=x").await), "400 INVALID_DATA");
        assert_eq!(outcome(&server.version("v6").delete("Notes?ids=x").await), "400 UNABLE_TO_PARSE_DATA_TYPE");
        assert_eq!(outcome(&api.delete(&format!("Notes?ids={}", vec![UNKNOWN; 101].join(","))).await), "400 LIMIT_EXCEEDED");
        assert_eq!(outcome(&api.delete("Notes/abc").await), "400 INVALID_DATA");
    }

    async fn notes_have_a_scope_of_their_own(server: TestServer) {
        let reads = server.api_with_scopes("ZohoCRM.modules.notes.READ").await;
        assert_eq!(reads.get("Notes?fields=id").await.status, 204);
        assert_eq!(outcome(&reads.post("Notes", &json!({})).await), "401 OAUTH_SCOPE_MISMATCH");
        let leads = server.api_with_scopes("ZohoCRM.modules.leads.ALL").await;
        assert_eq!(outcome(&leads.get("Notes?fields=id").await), "401 OAUTH_SCOPE_MISMATCH");
    }
}
