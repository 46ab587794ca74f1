//! `POST /oauth/v2/token/revoke`

use dealwright_testkit::on_both;
use serde_json::json;

on_both! {
    async fn a_refresh_token_takes_its_access_tokens_along(server: TestServer) {
        let dev = &server.development.credentials;
        let api = server.api();
        let revoked = api.form("/oauth/v2/token/revoke", &[("token", dev.refresh_token)]).await;
        assert_eq!((revoked.status, revoked.text.as_str()), (200, "{\"status\":\"success\"}"));
        assert_eq!(api.get("org").await.code(), "INVALID_TOKEN");
        let again = api.form("/oauth/v2/token/revoke", &[("token", dev.refresh_token)]).await;
        assert_eq!(again.json(), json!({"error": "invalid_token"}));
        let server = server.restart(|_| {}).await;
        assert_eq!(server.api().get("org").await.status, 200, "a development server brings its token back");
    }

    async fn what_is_no_token_cannot_be_revoked(server: TestServer) {
        for fields in [&[][..], &[("token", "nonsense")], &[("token", "1000.a.b")]] {
            let answer = server.api().form("/oauth/v2/token/revoke", fields).await;
            assert_eq!(answer.json(), json!({"error": "invalid_token"}), "{fields:?}");
        }
    }
}
