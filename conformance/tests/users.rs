//! `/users`

use dealwright_testkit::on_both;

use crate::{assert_answer, outcome};

on_both! {
    async fn users_are_listed_read_and_counted(server: TestServer) {
        let api = server.api();
        let all = api.get("users?type=AllUsers").await;
        assert_answer("users__list", &all);
        let id = all.json()["users"][0]["id"].as_str().unwrap().to_owned();
        assert_answer("users__get", &api.get(&format!("users/{id}")).await);
        assert_answer("users__count", &api.get("users/actions/count").await);
        for kind in ["ActiveUsers", "AdminUsers", "CurrentUser", "ActiveConfirmedUsers"] {
            let answer = api.get(&format!("users?type={kind}")).await;
            assert_eq!(answer.json()["users"].as_array().map(Vec::len), Some(1), "{kind}: {}", answer.text);
        }
        assert_eq!(api.get("users?type=DeactiveUsers").await.status, 204);
    }

    async fn users_that_nobody_changed_since_are_not_sent(server: TestServer) {
        let api = server.api();
        let id = api.get("users?type=CurrentUser").await.json()["users"][0]["id"].as_str().unwrap().to_owned();
        for version in ["v2", "v8"] {
            let api = server.version(version);
            for path in ["users?type=AllUsers".to_owned(), "users?type=CurrentUser".to_owned(), format!("users/{id}")] {
                let past = api.header("if-modified-since", "2001-01-01T00:00:00+00:00").get(&path).await;
                assert_eq!((past.status, past.json()["users"].as_array().map(Vec::len)), (200, Some(1)), "{path}");
                let future = api.header("if-modified-since", "2099-01-01T00:00:00+00:00").get(&path).await;
                assert_eq!((future.status, future.text.as_str()), (304, ""), "{path}");
            }
        }
        let unknown = api.header("if-modified-since", "2099-01-01T00:00:00+00:00").get("users/1234567890123456789").await;
        assert!(outcome(&unknown).starts_with("400"));
    }

    async fn what_is_no_user_is_refused(server: TestServer) {
        let api = server.api();
        assert_answer("users__unknown", &api.get("users/1234567890123456789").await);
        assert_answer("users__bad_id", &api.get("users/abc").await);
        assert_answer("users__bad_type", &api.get("users?type=Nobodies").await);
        assert!(outcome(&api.get("users?page=0").await).starts_with("400"));
    }
}
