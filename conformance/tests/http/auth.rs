//! Tokens, scopes, and who may call from where.

use std::time::Duration;

use dealwright_accounts::ClientKind;
use dealwright_testkit::on_both;
use dealwright_testkit::records::deal;

use crate::{assert_answer, outcome};

on_both! {
    async fn without_a_token_nobody_comes_in(server: TestServer) {
        let nobody = server.api().without_token();
        assert_answer("auth__none", &nobody.get("Deals?fields=id").await);
        for header in ["", "1000.a.b", "Bearer", "Bearer ", "Basic abc", "Bearer  x", "Bearer a b"] {
            let answer = nobody.header("authorization", header).get("Deals?fields=id").await;
            assert_eq!(outcome(&answer), "401 AUTHENTICATION_FAILURE", "{header}");
        }
    }

    async fn a_token_that_is_unknown_is_refused(server: TestServer) {
        assert_answer("auth__unknown", &server.api().with_token("1000.abc.def").get("Deals?fields=id").await);
        let dev = &server.development.credentials;
        for token in [dev.refresh_token, dev.grant_token, dev.expired_token] {
            assert_eq!(outcome(&server.api().with_token(token).get("org").await), "401 INVALID_TOKEN");
        }
    }

    async fn both_schemes_are_taken_in_any_case(server: TestServer) {
        let token = server.api().token().to_owned();
        for scheme in ["Zoho-oauthtoken", "zoho-oauthtoken", "Bearer", "bearer"] {
            let api = server.api().without_token().header("authorization", &format!("{scheme} {token}"));
            assert_eq!(api.get("org").await.status, 200, "{scheme}");
        }
    }

    async fn a_token_lives_for_an_hour(server: TestServer) {
        let api = server.api();
        server.advance(Duration::from_secs(3599));
        assert_eq!(api.get("org").await.status, 200);
        server.advance(Duration::from_secs(1));
        assert_eq!(outcome(&api.get("org").await), "401 INVALID_TOKEN");
        assert_eq!(server.fresh_api().await.get("org").await.status, 200);
    }

    async fn a_scope_lets_in_where_it_says(server: TestServer) {
        let server_ref = &server;
        let id = server.api().insert(deal("Boat")).await;
        let status = |scopes: &'static str, method: &'static str, path: String| async move {
            let api = server_ref.api_with_scopes(scopes).await;
            outcome(&api.send(method.parse().unwrap(), &path, Vec::new()).await)
        };
        let list = || "Deals?fields=id".to_owned();
        for good in ["ZohoCRM.modules.ALL", "ZohoCRM.modules.READ", "ZohoCRM.modules.deals.ALL", "ZohoCRM.modules.deals.READ"] {
            assert_eq!(status(good, "GET", list()).await, "200", "{good}");
        }
        for bad in ["ZohoCRM.modules.leads.ALL", "ZohoCRM.modules.deals.CREATE", "ZohoCRM.settings.ALL", "ZohoCRM.users.READ"] {
            assert_eq!(status(bad, "GET", list()).await, "401 OAUTH_SCOPE_MISMATCH", "{bad}");
        }
        assert_eq!(status("ZohoCRM.modules.deals.READ", "DELETE", format!("Deals/{id}")).await, "401 OAUTH_SCOPE_MISMATCH");
        assert_eq!(status("ZohoCRM.modules.deals.WRITE", "DELETE", format!("Deals/{id}")).await, "401 OAUTH_SCOPE_MISMATCH");
        assert_eq!(status("ZohoCRM.modules.deals.DELETE", "DELETE", format!("Deals/{id}")).await, "200 SUCCESS");
    }

    async fn searching_has_a_scope_of_its_own_in_strict_mode(server: TestServer) {
        let search = "Deals/search?criteria=(Amount:equals:1)";
        assert_eq!(server.api_with_scopes("ZohoCRM.modules.ALL").await.get(search).await.status, 204);
        let server = server.strict().await;
        let answer = server.api_with_scopes("ZohoCRM.modules.ALL").await.get(search).await;
        assert_eq!(outcome(&answer), "401 OAUTH_SCOPE_MISMATCH");
        let both = server.api_with_scopes("ZohoCRM.modules.ALL,ZohoSearch.securesearch.READ").await;
        assert_eq!(both.get(search).await.status, 204);
    }

    async fn a_scope_is_asked_before_module_and_body(server: TestServer) {
        let api = server.api_with_scopes("ZohoCRM.modules.leads.READ").await;
        assert_answer("auth__scope", &api.get("Deals?fields=id").await);
        assert_eq!(outcome(&api.get("Boats?fields=id").await), "401 OAUTH_SCOPE_MISMATCH");
        assert_eq!(outcome(&api.post("Deals", &deal("x").body()).await), "401 OAUTH_SCOPE_MISMATCH");
    }

    async fn a_scope_that_is_missing_is_named(server: TestServer) {
        async fn missing(server: &dealwright_testkit::TestServer, scopes: &str, path: &str) -> (String, String) {
            let answer = server.api_with_scopes(scopes).await.get(path).await;
            assert_eq!(outcome(&answer), "401 OAUTH_SCOPE_MISMATCH", "{path}: {}", answer.text);
            let text = answer.json()["details"]["required_scope"].as_str().unwrap_or_default().to_owned();
            (text, answer.header("www-authenticate").unwrap_or_default().to_owned())
        }
        let cases = [
            ("ZohoCRM.modules.leads.READ", "Deals?fields=id", "ZohoCRM.modules.deals.READ"),
            ("ZohoCRM.modules.leads.READ", "Price_Books?fields=id", "ZohoCRM.modules.pricebooks.READ"),
            ("ZohoCRM.modules.ALL", "settings/fields?module=Leads", "ZohoCRM.settings.fields.READ"),
            ("ZohoCRM.modules.ALL", "users", "ZohoCRM.users.READ"),
            // What the path says is no proof that there is such a module, and cannot break a header.
            ("ZohoCRM.users.READ", "Nope?fields=id", "ZohoCRM.modules.nope.READ"),
            ("ZohoCRM.users.READ", "a%22%0d%0ab?fields=id", "ZohoCRM.modules.custom.READ"),
        ];
        for (scopes, path, scope) in cases {
            let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"");
            assert_eq!(missing(&server, scopes, path).await, (scope.to_owned(), challenge), "{path}");
        }
        let server = server.strict().await;
        for (scopes, path, scope) in cases {
            assert_eq!(missing(&server, scopes, path).await.0, scope, "{path}");
        }
        let search = missing(&server, "ZohoCRM.modules.ALL", "Deals/search?word=x").await;
        assert_eq!(search.0, "ZohoSearch.securesearch.READ");
        let both = missing(&server, "ZohoCRM.org.READ", "Deals/search?word=x").await;
        assert_eq!(both.0, "ZohoCRM.modules.deals.READ,ZohoSearch.securesearch.READ");
        assert!(both.1.ends_with("scope=\"ZohoCRM.modules.deals.READ ZohoSearch.securesearch.READ\""), "{}", both.1);
    }

    async fn a_revoked_token_is_refused_at_once(server: TestServer) {
        let api = server.fresh_api().await;
        assert_eq!(api.get("org").await.status, 200);
        let revoked = api.form("/oauth/v2/token/revoke", &[("token", api.token())]).await;
        assert_eq!(revoked.text, "{\"status\":\"success\"}");
        assert_eq!(outcome(&api.get("org").await), "401 INVALID_TOKEN");
    }

    async fn pages_of_registered_origins_may_read_answers(server: TestServer) {
        let api = server.api();
        let preflight = api.without_token().header("origin", "http://localhost:3000").send(reqwest::Method::OPTIONS, "Deals", Vec::new()).await;
        assert_eq!((preflight.status, preflight.header("access-control-allow-origin")), (204, Some("*")));
        assert_eq!(preflight.header("access-control-allow-methods"), Some("GET, POST, PUT, PATCH, DELETE, OPTIONS"));
        let refused = api.without_token().header("origin", "http://evil.test").get("org").await;
        assert_eq!((refused.status, refused.header("access-control-allow-origin")), (401, Some("*")));
        let other = api.header("origin", "http://localhost:3000").get("org").await;
        assert_eq!((other.status, other.header("access-control-allow-origin")), (200, None));
        assert_eq!(server.client(ClientKind::Web).js_domains[0], "http://localhost:3000");
    }
}
