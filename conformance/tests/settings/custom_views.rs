//! `/settings/custom_views`

use dealwright_testkit::on_both;

use crate::{assert_answer, assert_shown, outcome, settings::outline};

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
}
