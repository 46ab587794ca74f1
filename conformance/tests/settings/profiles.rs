//! `/settings/profiles`

use dealwright_testkit::on_both;

use crate::{assert_answer, assert_shown, settings::outline};

on_both! {
    async fn they_are_listed_and_read(server: TestServer) {
        let api = server.api();
        let all = api.get("settings/profiles").await;
        assert_shown("profiles__list", outline(&all, "profiles", "name"));
        let id = all.json()["profiles"][0]["id"].as_str().unwrap().to_owned();
        let one = api.get(&format!("settings/profiles/{id}")).await;
        assert_shown("profiles__get", outline(&one, "profiles", "name"));
        assert_answer("profiles__unknown", &api.get("settings/profiles/1234567890123456789").await);
        assert_answer("profiles__bad_id", &api.get("settings/profiles/abc").await);
    }
}
