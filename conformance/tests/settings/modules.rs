//! `/settings/modules`

use dealwright_testkit::on_both;

use crate::{assert_answer, assert_shown, outcome, settings::outline};

on_both! {
    async fn modules_are_listed_and_read(server: TestServer) {
        let api = server.api();
        let all = api.get("settings/modules").await;
        assert_shown("modules__list", outline(&all, "modules", "api_name"));
        assert_answer("modules__get", &api.get("settings/modules/Deals").await);
        let id = all.json()["modules"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(api.get(&format!("settings/modules/{id}")).await.json()["modules"][0]["id"], id.as_str());
        assert_eq!(outcome(&api.get("settings/modules?status=odd").await).split(' ').next(), Some("400"));
        assert_eq!(api.get("settings/modules/Boats").await.status, 204);
    }

    async fn every_version_lists_modules(server: TestServer) {
        for version in ["v2", "v2.1", "v3", "v4", "v5", "v6", "v7", "v8"] {
            assert_eq!(server.version(version).get("settings/modules").await.status, 200, "{version}");
        }
    }
}
