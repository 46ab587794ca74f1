//! `/settings/roles`

use dealwright_testkit::on_both;

use crate::{assert_answer, assert_shown, settings::outline};

on_both! {
    async fn they_are_listed_and_read(server: TestServer) {
        let api = server.api();
        let all = api.get("settings/roles").await;
        assert_shown("roles__list", outline(&all, "roles", "name"));
        let id = all.json()["roles"][0]["id"].as_str().unwrap().to_owned();
        let one = api.get(&format!("settings/roles/{id}")).await;
        assert_shown("roles__get", outline(&one, "roles", "name"));
        assert_answer("roles__unknown", &api.get("settings/roles/1234567890123456789").await);
        assert_answer("roles__bad_id", &api.get("settings/roles/abc").await);
    }
}
