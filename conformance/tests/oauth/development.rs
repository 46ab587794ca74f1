//! Tokens that are the same on every development server, and those that one makes and another takes.

use std::time::Duration;

use dealwright_accounts::bootstrap::{ACCESS_TOKEN, EXPIRED_TOKEN};
use dealwright_testkit::TestServer;
use dealwright_testkit::database::TestDatabase;
use dealwright_testkit::on_both;
use dealwright_testkit::records::lead;
use serde_json::json;

use crate::outcome;

on_both! {
    async fn a_fixed_access_token_is_good_for_ever_and_a_fixed_one_has_ended(server: TestServer) {
        let (fixed, expired) = (server.api().with_token(ACCESS_TOKEN), server.api().with_token(EXPIRED_TOKEN));
        fixed.insert(lead("Ada")).await;
        for path in ["Leads?fields=id", "users", "settings/modules", "org", "__apis"] {
            assert_eq!(fixed.get(path).await.status, 200, "{path}");
            assert_eq!(outcome(&expired.get(path).await), "401 INVALID_TOKEN", "{path}");
        }
        // As one that has ended: the whole answer.
        let made = server.fresh_api().await;
        server.advance(Duration::from_hours(24 * 365 * 30));
        assert_eq!(expired.get("org").await.text, made.get("org").await.text);
        assert_eq!(fixed.get("org").await.status, 200);

        let revoked = fixed.form("/oauth/v2/token/revoke", &[("token", ACCESS_TOKEN)]).await;
        assert_eq!(revoked.text, "{\"status\":\"success\"}");
        assert_eq!(outcome(&fixed.get("org").await), "401 INVALID_TOKEN");
        let server = server.restart(|_| {}).await;
        assert_eq!(server.api().with_token(ACCESS_TOKEN).get("org").await.status, 200, "a start brings it back");
    }

    async fn a_token_made_on_another_folder_is_taken_until_its_hour_is_over(server: TestServer) {
        let Some(other) = TestDatabase::empty(server.engine()) else { return };
        let other = TestServer::start(other.place()).await;
        let stored = other.api().token().to_owned();
        let api = server.api().with_token(&stored);
        api.insert(lead("Ada")).await;
        assert_eq!(api.count("Leads").await, 1, "it is this server that answers");
        let path = format!("/oauth/v2/token/info?token={stored}");
        let info = api.send_to(reqwest::Method::GET, &path, Vec::new()).await.json();
        assert_eq!(info["expires_in"], json!(3600), "{info}");
        // Made on the other, it is no secret of this one: it goes by itself.
        server.advance(Duration::from_secs(3599));
        assert_eq!(api.get("org").await.status, 200);
        server.advance(Duration::from_secs(1));
        assert_eq!(outcome(&api.get("org").await), "401 INVALID_TOKEN");
        other.stop().await;
    }

    async fn it_can_be_revoked_here_alone(server: TestServer) {
        let Some(other) = TestDatabase::empty(server.engine()) else { return };
        let other = TestServer::start(other.place()).await;
        let api = server.api().with_token(other.api().token());
        assert_eq!(api.get("org").await.status, 200);
        let revoked = api.form("/oauth/v2/token/revoke", &[("token", api.token())]).await;
        assert_eq!(revoked.text, "{\"status\":\"success\"}");
        assert_eq!(outcome(&api.get("org").await), "401 INVALID_TOKEN");
        assert_eq!(other.api().get("org").await.status, 200);
        let third = server.api().with_token(other.fresh_api().await.token());
        assert_eq!(third.get("org").await.status, 200);
        let refresh = server.development.credentials.refresh_token;
        server.api().form("/oauth/v2/token/revoke", &[("token", refresh)]).await;
        assert_eq!(outcome(&third.get("org").await), "401 INVALID_TOKEN", "they end with the refresh token");
        other.stop().await;
    }

    async fn changed_by_a_digit_it_is_nothing(server: TestServer) {
        let Some(other) = TestDatabase::empty(server.engine()) else { return };
        let other = TestServer::start(other.place()).await;
        let token = other.api().token().to_owned();
        for at in [5, 20, 36, 38, 50, 69] {
            let mut forged = token.clone();
            forged.replace_range(at..=at, if &token[at..=at] == "0" { "1" } else { "0" });
            assert_eq!(outcome(&server.api().with_token(&forged).get("org").await), "401 INVALID_TOKEN", "{at}");
        }
        assert_eq!(outcome(&server.api().with_token(&token.to_uppercase()).get("org").await), "401 INVALID_TOKEN");
        other.stop().await;
    }
}
