//! `DELETE` of `/{module}` and `/{module}/{id}`

use dealwright_testkit::on_both;
use dealwright_testkit::records::{account, deal};
use serde_json::Value;

use crate::{assert_answer, outcome};

const UNKNOWN: &str = "1234567890123456789";

on_both! {
    async fn one_record_goes(server: TestServer) {
        let api = server.api();
        let id = api.insert(deal("Boat")).await;
        assert_answer("delete__one", &api.delete(&format!("Deals/{id}")).await);
        assert_eq!(api.get(&format!("Deals/{id}")).await.status, 204);
        assert_answer("delete__one_again", &api.delete(&format!("Deals/{id}")).await);
    }

    async fn several_records_go_and_unknown_ones_are_answered_in_place(server: TestServer) {
        let api = server.api();
        let ids = api.insert_all("Deals", &["a", "b", "c"].map(|name| deal(name).value())).await;
        let answer = api.delete(&format!("Deals?ids={},{UNKNOWN},{}", ids[0], ids[2])).await;
        assert_answer("delete__many", &answer);
        assert_eq!(api.found("Deals", "(Stage:equals:Qualification)", "Deal_Name").await, ["b"]);
        let twice = api.delete(&format!("Deals?ids={0},{0}", ids[1])).await;
        assert_eq!(outcome(&twice), "207 SUCCESS INVALID_DATA");
    }

    async fn ids_have_to_be_there_and_to_be_ids(server: TestServer) {
        let api = server.api();
        assert_answer("delete__no_ids", &api.delete("Deals").await);
        assert_answer("delete__bad_ids", &api.delete("Deals?ids=abc").await);
        assert_answer("delete__bad_ids_v7", &server.version("v7").delete("Deals?ids=abc").await);
        let many = vec![UNKNOWN; 101].join(",");
        assert_eq!(outcome(&api.delete(&format!("Deals?ids={many}")).await), "400 LIMIT_EXCEEDED");
        assert_eq!(outcome(&api.delete("Deals/abc").await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.delete(&format!("Boats/{UNKNOWN}")).await), "400 INVALID_MODULE");
        assert_eq!(outcome(&api.delete(&format!("Boats?ids={UNKNOWN}")).await), "400 INVALID_MODULE");
        assert_eq!(outcome(&api.delete(&format!("Deals?ids={UNKNOWN}&wf_trigger=maybe")).await).split(' ').next(), Some("400"));
    }

    async fn a_deleted_target_leaves_its_lookups(server: TestServer) {
        let api = server.api();
        let acme = api.insert(account("Acme")).await;
        let id = api.insert(deal("Boat").with("Account_Name", acme.as_str())).await;
        api.delete(&format!("Accounts/{acme}")).await;
        let answer = api.get(&format!("Deals/{id}")).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let shown = &answer.rows()[0]["Account_Name"];
        assert!(shown.is_null() || shown["name"].is_null() || shown["name"].is_string(), "{shown}");
        assert_ne!(answer.rows()[0]["Deal_Name"], Value::Null);
    }

    async fn a_unique_value_is_free_again(server: TestServer) {
        let api = server.api();
        let pen = dealwright_testkit::records::product("Pen");
        let id = api.insert(pen.clone()).await;
        api.delete(&format!("Products/{id}")).await;
        api.insert(pen).await;
    }
}
