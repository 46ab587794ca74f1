//! `POST /oauth/v2/token` and what tells about tokens

use std::time::Duration;

use dealwright_accounts::ClientKind;
use dealwright_testkit::{Answer, TestServer, on_both};
use reqwest::Method;
use serde_json::json;

use crate::assert_answer;

/// The token request with these fields, over those of a good one.
async fn ask(server: &TestServer, changed: &[(&str, &str)]) -> Answer {
    let dev = &server.development.credentials;
    let mut fields = vec![
        ("grant_type", "refresh_token"),
        ("client_id", dev.client_id),
        ("client_secret", dev.client_secret),
        ("refresh_token", dev.refresh_token),
    ];
    for (name, value) in changed {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    server.api().without_token().form("/oauth/v2/token", &fields).await
}

on_both! {
    async fn a_refresh_token_gives_an_access_token(server: TestServer) {
        let answer = ask(&server, &[]).await;
        assert_answer("token__refresh", &answer);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let token = answer.json()["access_token"].as_str().unwrap().to_owned();
        assert_eq!(server.api().with_token(&token).get("org").await.status, 200);
    }

    async fn a_grant_token_is_used_once(server: TestServer) {
        let code = server.development.credentials.grant_token;
        let fields = [("grant_type", "authorization_code"), ("code", code), ("refresh_token", "")];
        let answer = ask(&server, &fields).await;
        assert_answer("token__grant", &answer);
        let refresh = answer.json()["refresh_token"].as_str().unwrap().to_owned();
        assert!(ask(&server, &[("refresh_token", &refresh)]).await.json()["access_token"].is_string());
        // The second use ends what the first one made.
        assert_eq!(ask(&server, &fields).await.text, "{\"error\":\"invalid_code\"}");
        assert_eq!(ask(&server, &[("refresh_token", &refresh)]).await.text, "{\"error\":\"invalid_code\"}");
    }

    async fn bad_requests_name_what_is_wrong(server: TestServer) {
        for (changed, expected) in [
            (("client_id", "1000.NOBODY"), "invalid_client"),
            (("client_secret", "wrong"), "invalid_client_secret"),
            (("refresh_token", "1000.a.b"), "invalid_code"),
            (("grant_type", "password"), "unsupported_grant_type"),
        ] {
            let answer = ask(&server, &[changed]).await;
            assert_eq!((answer.status, answer.json()), (200, json!({ "error": expected })), "{changed:?}");
        }
        let other = server.client(ClientKind::Server);
        let foreign = [("client_id", other.client_id), ("client_secret", other.client_secret)];
        assert_eq!(ask(&server, &foreign).await.json(), json!({"error": "invalid_code"}));
        let wide = ask(&server, &[("scope", "ZohoCRM.modules.deals.READ")]).await;
        assert!(wide.json()["access_token"].is_string(), "{}", wide.text);
        assert_eq!(wide.json()["scope"], "ZohoCRM.modules.deals.READ");
    }

    async fn a_token_is_not_given_for_a_link(server: TestServer) {
        let answer = server.api().without_token().send_to(Method::GET, "/oauth/v2/token", Vec::new()).await;
        assert_answer("token__get", &answer);
    }

    async fn client_credentials_need_their_organisation(server: TestServer) {
        let answer = ask(&server, &[("grant_type", "client_credentials"), ("scope", "ZohoCRM.modules.ALL")]).await;
        assert_eq!(answer.json(), json!({"error": "missing_org_info"}));
        let soid = format!("ZohoCRM.{}", server.development.zgid);
        let fields = [("grant_type", "client_credentials"), ("scope", "ZohoCRM.modules.ALL"), ("soid", soid.as_str())];
        assert_answer("token__client_credentials", &ask(&server, &fields).await);
    }

    async fn a_token_tells_about_itself(server: TestServer) {
        let api = server.api();
        server.advance(Duration::from_mins(10));
        let path = format!("/oauth/v2/token/info?token={}", api.token());
        let info = api.without_token().send_to(Method::GET, &path, Vec::new()).await;
        assert_eq!(info.json()["expires_in"], 3000, "{}", info.text);
        assert_answer("token__user_info", &api.send_to(Method::GET, "/oauth/user/info", Vec::new()).await);
        assert_answer("token__claims", &api.send_to(Method::GET, "/oauth/v2/userinfo", Vec::new()).await);
        let nobody = api.without_token().send_to(Method::GET, "/oauth/v2/userinfo", Vec::new()).await;
        assert_eq!(nobody.status, 401);
        let narrow = server.api_with_scopes("ZohoCRM.modules.READ").await;
        assert_eq!(narrow.send_to(Method::GET, "/oauth/v2/userinfo", Vec::new()).await.status, 403);
    }

    async fn the_server_says_where_everything_is(server: TestServer) {
        let nobody = server.api().without_token();
        let answer = nobody.send_to(Method::GET, "/.well-known/openid-configuration", Vec::new()).await;
        assert_answer("token__discovery", &answer);
    }
}
