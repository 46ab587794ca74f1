//! `/settings/related_lists`

use dealwright_testkit::on_both;

use crate::{assert_answer, assert_shown, outcome, settings::outline};

on_both! {
    async fn they_are_listed_and_read(server: TestServer) {
        let api = server.api();
        let all = api.get("settings/related_lists?module=Deals").await;
        assert_shown("related_lists__list", outline(&all, "related_lists", "api_name"));
        let id = all.json()["related_lists"][0]["id"].as_str().unwrap().to_owned();
        let one = api.get(&format!("settings/related_lists/{id}?module=Deals")).await;
        assert_shown("related_lists__get", outline(&one, "related_lists", "api_name"));
        assert_eq!(one.json()["related_lists"][0]["id"], id.as_str());
    }

    async fn they_need_a_module_and_an_id_that_is_there(server: TestServer) {
        let api = server.api();
        assert_answer("related_lists__no_module", &api.get("settings/related_lists").await);
        assert_eq!(outcome(&api.get("settings/related_lists?module=Boats").await), "400 INVALID_MODULE");
        assert_answer("related_lists__unknown", &api.get("settings/related_lists/1234567890123456789?module=Deals").await);
        assert_answer("related_lists__bad_id", &api.get("settings/related_lists/abc?module=Deals").await);
    }
}
