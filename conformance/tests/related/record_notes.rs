//! `/{module}/{id}/Notes` and `…/{note}`

use dealwright_testkit::on_both;
use dealwright_testkit::records::{deal, lead};
use serde_json::{Value, json};

use super::{UNKNOWN, ids};
use crate::{assert_answer, outcome};

on_both! {
    async fn the_path_names_the_parent(server: TestServer) {
        let api = server.api();
        let (mine, other) = (api.insert(lead("Mine")).await, api.insert(deal("Other")).await);
        let list = format!("Leads/{mine}/Notes");
        assert_eq!(api.get(&format!("{list}?fields=id")).await.status, 204);
        let made = api.post(&list, &json!({"data": [
            {"Note_Title": "a", "Note_Content": "1"},
            {"Note_Title": "b", "Note_Content": "2", "Parent_Id": {"module": {"api_name": "Deals"}, "id": other}},
            {"Note_Title": "c", "Note_Content": "3", "Parent_Id": "nonsense"},
            {},
        ]})).await;
        assert_answer("record_notes__create", &made);
        assert_answer("record_notes__list", &api.get(&format!("{list}?fields=Note_Title,Parent_Id")).await);
        assert_answer("record_notes__list_v2", &server.version("v2").get(&list).await);
        assert_eq!(ids(&api.get(&format!("{list}?fields=id")).await), made.ids());
        assert_eq!(api.get(&format!("Deals/{other}/Notes?fields=id")).await.status, 204);
        let one = format!("{list}/{}", made.ids()[0]);
        assert_answer("record_notes__get", &api.get(&format!("{one}?fields=Note_Title")).await);
        assert_eq!(api.get(&format!("Deals/{other}/Notes/{}", made.ids()[0])).await.status, 204);
    }

    async fn notes_of_another_record_are_out_of_reach(server: TestServer) {
        let api = server.api();
        let (mine, other) = (api.insert(lead("Mine")).await, api.insert(lead("Other")).await);
        let text = json!({"data": [{"Note_Content": "x"}]});
        let made = api.post(&format!("Leads/{mine}/Notes"), &json!({"data": [{"Note_Content": "1"}, {"Note_Content": "2"}]})).await.ids();
        let (here, there) = (format!("Leads/{mine}/Notes"), format!("Leads/{other}/Notes"));
        assert_answer("record_notes__update_one", &api.put(&format!("{here}/{}", made[0]), &text).await);
        assert_answer("record_notes__update_other", &api.put(&format!("{there}/{}", made[0]), &text).await);
        let both = json!({"data": [{"id": made[0], "Note_Content": "y"}, {"id": UNKNOWN, "Note_Content": "y"}]});
        assert_eq!(outcome(&api.put(&here, &both).await), "207 SUCCESS INVALID_DATA");
        assert_eq!(outcome(&api.put(&there, &both).await), "400 INVALID_DATA INVALID_DATA");
        assert_eq!(outcome(&api.delete(&format!("{there}/{}", made[0])).await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.delete(&format!("{there}?ids={}", made[0])).await), "400 INVALID_DATA");
        assert_answer("record_notes__delete_one", &api.delete(&format!("{here}/{}", made[0])).await);
        assert_eq!(outcome(&api.delete(&format!("{here}?ids={},{}", made[0], made[1])).await), "207 INVALID_DATA SUCCESS");
        assert_eq!(api.get(&format!("{here}?fields=id")).await.status, 204);
    }

    async fn an_unknown_parent_is_an_error(server: TestServer) {
        let api = server.api();
        let list = format!("Leads/{UNKNOWN}/Notes");
        let text = json!({"data": [{"Note_Content": "x"}]});
        assert_answer("record_notes__unknown_parent", &api.post(&list, &text).await);
        for answer in [
            api.get(&format!("{list}?fields=id")).await,
            api.get(&format!("{list}/{UNKNOWN}")).await,
            api.put(&list, &text).await,
            api.put(&format!("{list}/{UNKNOWN}"), &text).await,
            api.delete(&format!("{list}?ids={UNKNOWN}")).await,
            api.delete(&format!("{list}/{UNKNOWN}")).await,
        ] {
            assert_eq!(outcome(&answer), "400 INVALID_DATA", "{}", answer.text);
            assert_eq!(answer.details()["resource_path_index"], 1);
        }
        assert_eq!(outcome(&api.post(&format!("Boats/{UNKNOWN}/Notes"), &text).await), "400 INVALID_MODULE");
        let lead = api.insert(lead("Ray")).await;
        assert_eq!(outcome(&api.get(&format!("Leads/{lead}/Notes/abc")).await), "400 INVALID_DATA");
    }

    async fn notes_go_with_their_record(server: TestServer) {
        let api = server.api();
        let (gone, stays) = (api.insert(lead("Gone")).await, api.insert(lead("Stays")).await);
        let text = json!({"data": [{"Note_Content": "x"}]});
        let note = api.post(&format!("Leads/{gone}/Notes"), &text).await.ids().remove(0);
        let other = api.post(&format!("Leads/{stays}/Notes"), &text).await.ids().remove(0);
        api.delete(&format!("Leads/{gone}")).await;
        assert_eq!(ids(&api.get("Notes?fields=id").await), [other]);
        let deleted: Vec<Value> = api.get("Leads/deleted").await.rows();
        assert_eq!(deleted[0]["id"], json!(gone));
        let kept = api.get(&format!("Leads/deleted/{gone}/Notes?fields=Note_Content,Parent_Id,Owner,Created_Time")).await;
        assert_answer("record_notes__of_deleted", &kept);
        assert_eq!(ids(&kept), [note]);
    }
}
