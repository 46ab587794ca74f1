//! `/settings/layouts`

use dealwright_testkit::on_both;

use crate::{assert_answer, assert_shown, outcome, settings::outline};

on_both! {
    async fn they_are_listed_and_read(server: TestServer) {
        let api = server.api();
        let all = api.get("settings/layouts?module=Deals").await;
        assert_shown("layouts__list", outline(&all, "layouts", "name"));
        let id = all.json()["layouts"][0]["id"].as_str().unwrap().to_owned();
        let one = api.get(&format!("settings/layouts/{id}?module=Deals")).await;
        assert_shown("layouts__get", outline(&one, "layouts", "name"));
        assert_eq!(one.json()["layouts"][0]["id"], id.as_str());
    }

    async fn they_need_a_module_and_an_id_that_is_there(server: TestServer) {
        let api = server.api();
        assert_answer("layouts__no_module", &api.get("settings/layouts").await);
        assert_eq!(outcome(&api.get("settings/layouts?module=Boats").await), "400 INVALID_MODULE");
        assert_answer("layouts__unknown", &api.get("settings/layouts/1234567890123456789?module=Deals").await);
        assert_answer("layouts__bad_id", &api.get("settings/layouts/abc?module=Deals").await);
    }
}
