//! RFC 9700, "Best Current Practice for OAuth 2.0 Security": a list of flows, each with its answer.

use std::time::Duration;

use dealwright_accounts::ClientKind::{self, Device, Mobile, SelfClient, Server, Web};
use dealwright_testkit::on_both;
use reqwest::Method;

use super::{
    CALLBACK, CHALLENGE, S256, VERIFIER, administrator, authorize, authorized, is_alive, outcome, set_client,
    text, token,
};

/// A client asks for a code, somebody agrees, and the client exchanges it.
struct Flow {
    says: &'static str,
    kind: ClientKind,
    /// What is otherwise than usual in the authorization request; an empty value takes a parameter out.
    asked: &'static [(&'static str, &'static str)],
    /// The same for the token request.
    brought: &'static [(&'static str, &'static str)],
    /// `tokens`, an error of the token endpoint, or the title of the page that refuses.
    answer: &'static str,
}

const fn flow(
    says: &'static str,
    kind: ClientKind,
    asked: &'static [(&'static str, &'static str)],
    brought: &'static [(&'static str, &'static str)],
    answer: &'static str,
) -> Flow {
    Flow { says, kind, asked, brought, answer }
}

const NO_SECRET: (&str, &str) = ("client_secret", "");
const RIGHT: (&str, &str) = ("code_verifier", VERIFIER);
const WRONG: (&str, &str) = ("code_verifier", "another-verifier-another-verifier-another-verifier");
const ELSEWHERE: (&str, &str) = ("redirect_uri", "http://127.0.0.1/callback");
const PLAIN: &[(&str, &str)] = &[("code_challenge", VERIFIER), ("code_challenge_method", "plain")];

const FLOWS: &[Flow] = &[
    flow("a server-based client with its secret", Server, &[], &[], "tokens"),
    flow("a mobile client with its secret, as documented", Mobile, &[], &[], "tokens"),
    // 2.1 and 4.1: redirect URIs are compared to the letter.
    flow("no redirect URI", Server, &[("redirect_uri", "")], &[], "ERROR_invalid_redirect_uri"),
    flow(
        "a slash more",
        Server,
        &[("redirect_uri", "http://localhost/callback/")],
        &[],
        "ERROR_invalid_redirect_uri",
    ),
    flow(
        "a query more",
        Server,
        &[("redirect_uri", "http://localhost/callback?x=1")],
        &[],
        "ERROR_invalid_redirect_uri",
    ),
    flow(
        "another case",
        Server,
        &[("redirect_uri", "http://LOCALHOST/callback")],
        &[],
        "ERROR_invalid_redirect_uri",
    ),
    flow(
        "another scheme",
        Server,
        &[("redirect_uri", "https://localhost/callback")],
        &[],
        "ERROR_invalid_redirect_uri",
    ),
    flow(
        "another port",
        Server,
        &[("redirect_uri", "http://localhost:1/callback")],
        &[],
        "ERROR_invalid_redirect_uri",
    ),
    flow(
        "a longer host",
        Server,
        &[("redirect_uri", "http://localhost.evil.test/callback")],
        &[],
        "ERROR_invalid_redirect_uri",
    ),
    flow(
        "a user name before the host",
        Server,
        &[("redirect_uri", "http://localhost@evil.test/callback")],
        &[],
        "ERROR_invalid_redirect_uri",
    ),
    flow(
        "a way up",
        Server,
        &[("redirect_uri", "http://localhost/x/../callback")],
        &[],
        "ERROR_invalid_redirect_uri",
    ),
    flow(
        "somewhere else",
        Server,
        &[("redirect_uri", "https://evil.test/")],
        &[],
        "ERROR_invalid_redirect_uri",
    ),
    // 4.1.3: the exchange names the URI of its request.
    flow("the exchange names another registered URI", Server, &[], &[ELSEWHERE], "invalid_redirect_uri"),
    flow("the exchange names none", Server, &[], &[("redirect_uri", "")], "invalid_redirect_uri"),
    // 2.1.1 and 4.5: PKCE.
    flow("PKCE beside a secret", Server, S256, &[RIGHT], "tokens"),
    flow("PKCE in place of an app's secret", Mobile, S256, &[RIGHT, NO_SECRET], "tokens"),
    flow("PKCE in place of a page's secret", Web, S256, &[RIGHT, NO_SECRET], "tokens"),
    flow(
        "PKCE is no substitute where secrets are kept",
        Server,
        S256,
        &[RIGHT, NO_SECRET],
        "invalid_client_secret",
    ),
    flow("a wrong verifier", Server, S256, &[WRONG], "invalid_code"),
    flow("no verifier", Server, S256, &[], "invalid_code"),
    flow("the challenge as its own verifier", Server, S256, &[("code_verifier", CHALLENGE)], "invalid_code"),
    flow("a verifier that is too short", Server, S256, &[("code_verifier", "short")], "invalid_code"),
    flow("an app without verifier and secret", Mobile, S256, &[NO_SECRET], "invalid_client_secret"),
    flow("an app with a wrong verifier", Mobile, S256, &[WRONG, NO_SECRET], "invalid_code"),
    flow("a plain challenge", Server, PLAIN, &[RIGHT], "ERROR_general_error"),
    flow(
        "a challenge without a method, which is plain",
        Server,
        &[("code_challenge", VERIFIER)],
        &[RIGHT],
        "ERROR_general_error",
    ),
    flow(
        "an unknown method",
        Server,
        &[("code_challenge", CHALLENGE), ("code_challenge_method", "S512")],
        &[RIGHT],
        "ERROR_general_error",
    ),
    flow(
        "another case of the method",
        Server,
        &[("code_challenge", CHALLENGE), ("code_challenge_method", "s256")],
        &[RIGHT],
        "ERROR_general_error",
    ),
    flow(
        "a challenge that is no hash",
        Server,
        &[("code_challenge", "short"), ("code_challenge_method", "S256")],
        &[RIGHT],
        "ERROR_general_error",
    ),
    flow("a page's code without a challenge", Web, &[], &[], "ERROR_general_error"),
    // 4.8: downgrade.
    flow("the challenge was taken out of the request", Server, &[], &[RIGHT], "invalid_code"),
    flow("the same for an app", Mobile, &[], &[RIGHT], "invalid_code"),
    flow("the same for an app without its secret", Mobile, &[], &[RIGHT, NO_SECRET], "invalid_code"),
    flow(
        "the challenge was taken out and its method forgotten",
        Server,
        &[("code_challenge_method", "S256")],
        &[],
        "ERROR_general_error",
    ),
    // 2.1.2: no tokens in the front channel but for browsers, as documented.
    flow(
        "implicit for a server-based client",
        Server,
        &[("response_type", "token")],
        &[],
        "ERROR_invalid_response_type",
    ),
    flow("implicit for an app", Mobile, &[("response_type", "token")], &[], "ERROR_invalid_response_type"),
    flow("both at once", Server, &[("response_type", "code token")], &[], "ERROR_invalid_response_type"),
    flow("codes for a device", Device, &[], &[], "ERROR_invalid_redirect_uri"),
    flow("codes for a self client by the page", SelfClient, &[], &[], "ERROR_invalid_redirect_uri"),
    // 2.4 and 4.10: clients prove themselves.
    flow("a wrong secret", Server, &[], &[("client_secret", "0000000000")], "invalid_client_secret"),
    flow("no secret", Server, &[], &[NO_SECRET], "invalid_client_secret"),
    flow("an app without secret and challenge", Mobile, &[], &[NO_SECRET], "invalid_client_secret"),
    flow(
        "a wrong secret beside a right verifier",
        Mobile,
        S256,
        &[RIGHT, ("client_secret", "0000000000")],
        "invalid_client_secret",
    ),
    flow("an unknown client", Server, &[("client_id", "1000.NOBODY")], &[], "ERROR_invalid_client"),
    flow("no client", Server, &[("client_id", "")], &[], "ERROR_invalid_client"),
    flow(
        "the exchange names an unknown client",
        Server,
        &[],
        &[("client_id", "1000.NOBODY")],
        "invalid_client",
    ),
    flow("the exchange names no client", Server, &[], &[("client_id", "")], "invalid_client"),
    // 2.3: privileges.
    flow("no scope", Server, &[("scope", "")], &[], "ERROR_invalid_scope"),
    flow(
        "a scope that does not exist",
        Server,
        &[("scope", "ZohoCRM.modules.READ,ZohoCRM.nothing.ALL")],
        &[],
        "ERROR_invalid_scope",
    ),
    // 2.4: the password grant must not be used.
    flow(
        "a password in place of a code",
        Server,
        &[],
        &[("grant_type", "password")],
        "unsupported_grant_type",
    ),
    flow("no grant type", Server, &[], &[("grant_type", "")], "general_error"),
    flow(
        "implicit at the token endpoint",
        Server,
        &[],
        &[("grant_type", "implicit")],
        "unsupported_grant_type",
    ),
    flow("no code", Server, &[], &[("code", "")], "general_error"),
    flow("a code that is none", Server, &[], &[("code", "1000.a.b")], "invalid_code"),
];

on_both! {
    async fn each_flow_has_its_answer(server: TestServer) {
        let mut browser = administrator(&server).await;
        for flow in FLOWS {
            let answer = match authorize(&server, &mut browser, flow.kind, flow.asked).await {
                Err(title) => title,
                Ok(code) => {
                    let base = [("grant_type", "authorization_code"), ("code", &*code), ("redirect_uri", CALLBACK)];
                    let fields = [&base, flow.brought].concat();
                    let answer = token(&server, flow.kind, &fields).await;
                    assert_eq!(answer.status, 200, "{}: {}", flow.says, answer.text);
                    outcome(&answer)
                }
            };
            assert_eq!(answer, flow.answer, "{}", flow.says);
        }
    }

    // 4.5.3: a code that comes a second time ends what its first use made.
    async fn a_code_used_twice_ends_every_token_of_its_first_use(server: TestServer) {
        let mut browser = administrator(&server).await;
        let code = authorize(&server, &mut browser, Server, &[]).await.expect("a code");
        let fields = [("grant_type", "authorization_code"), ("code", &*code), ("redirect_uri", CALLBACK)];
        let first = token(&server, Server, &fields).await;
        let (access, refresh) = (text(&first, "access_token"), text(&first, "refresh_token"));
        let refreshing = [("grant_type", "refresh_token"), ("refresh_token", &*refresh)];
        let second = text(&token(&server, Server, &refreshing).await, "access_token");
        let (unrelated, _) = authorized(&server, Server).await;
        assert!(is_alive(&server, &access).await && is_alive(&server, &second).await);

        // Who is not the client ends nothing.
        for (kind, more) in [(Mobile, &[][..]), (Server, &[("client_secret", "0000000000")])] {
            let mut foreign = fields.to_vec();
            foreign.extend(more);
            token(&server, kind, &foreign).await;
        }
        assert!(is_alive(&server, &access).await);
        assert_eq!(outcome(&token(&server, Server, &fields).await), "invalid_code");
        assert!(!is_alive(&server, &access).await && !is_alive(&server, &second).await);
        assert_eq!(outcome(&token(&server, Server, &refreshing).await), "invalid_code");
        assert!(is_alive(&server, &unrelated).await);
    }

    async fn a_code_of_another_client_or_out_of_time_is_refused_alike(server: TestServer) {
        let mut browser = administrator(&server).await;
        let code = authorize(&server, &mut browser, Server, &[]).await.expect("a code");
        let fields = [("grant_type", "authorization_code"), ("code", &*code), ("redirect_uri", CALLBACK)];
        for kind in [Web, Mobile, Device, SelfClient] {
            assert_eq!(token(&server, kind, &fields).await.text, "{\"error\":\"invalid_code\"}", "{kind:?}");
        }
        server.advance(Duration::from_mins(2));
        assert_eq!(token(&server, Server, &fields).await.text, "{\"error\":\"invalid_code\"}");
    }

    // 4.14: refresh tokens are bound to their client and never widen.
    async fn refresh_tokens_are_bound_to_their_client_and_scopes(server: TestServer) {
        let (access, refresh) = authorized(&server, Server).await;
        let (access, refresh) = (access.as_str(), refresh.as_str());
        let with = |value: &str| vec![("grant_type".to_owned(), "refresh_token".to_owned()), ("refresh_token".to_owned(), value.to_owned())];
        for (kind, value, scope, expected) in [
            (Server, refresh, "", "tokens"),
            (Server, refresh, "ZohoCRM.modules.deals.READ", "tokens"),
            (Server, refresh, "ZohoCRM.modules.ALL", "invalid_scope"),
            (Server, refresh, "ZohoCRM.modules.READ,ZohoCRM.users.READ", "invalid_scope"),
            (Server, refresh, "nonsense", "invalid_scope"),
            (Mobile, refresh, "", "invalid_code"),
            (Web, refresh, "", "invalid_code"),
            (Device, refresh, "", "invalid_code"),
            (SelfClient, refresh, "", "invalid_code"),
            (Server, access, "", "invalid_code"),
            (Server, "1000.a.b", "", "invalid_code"),
            (Server, "", "", "general_error"),
        ] {
            let mut fields = with(value);
            fields.push(("scope".to_owned(), scope.to_owned()));
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
            let answer = token(&server, kind, &fields).await;
            assert_eq!((answer.status, outcome(&answer)), (200, expected.to_owned()), "{kind:?} {value} {scope}");
        }
        // One thing is not another.
        for (grant, name) in [("authorization_code", "code"), ("device_token", "code")] {
            let answer = token(&server, Server, &[("grant_type", grant), (name, refresh), ("redirect_uri", CALLBACK)]).await;
            assert!(["invalid_code", "expired"].contains(&&*outcome(&answer)), "{}", answer.text);
        }
        assert!(!is_alive(&server, refresh).await, "a refresh token opens nothing itself");
    }

    // 4.3.2: tokens do not travel in addresses.
    async fn tokens_in_addresses_open_nothing(server: TestServer) {
        let token = server.api().token().to_owned();
        let nobody = server.api().without_token();
        for name in ["access_token", "token", "authtoken", "Authorization"] {
            assert_eq!(nobody.get(&format!("org?{name}={token}")).await.status, 401, "{name}");
        }
        let answer = nobody.send_to(Method::GET, &format!("/oauth/v2/userinfo?access_token={token}"), Vec::new()).await;
        assert_eq!(answer.status, 401);
        let get = nobody.send_to(Method::GET, "/oauth/v2/token?grant_type=refresh_token", Vec::new()).await;
        assert_eq!((get.status, get.text.as_str()), (400, "{\"error\":\"general_error\"}"));
    }

    // 4.2, 4.16: pages tell nobody where they are, and stand in no frame.
    async fn pages_leak_no_address_and_stand_in_no_frame(server: TestServer) {
        let mut browser = administrator(&server).await;
        let consent = dealwright_testkit::api::with_params("/oauth/v2/auth", &[
            ("client_id", server.client(Server).client_id),
            ("response_type", "code"),
            ("redirect_uri", CALLBACK),
            ("scope", "ZohoCRM.modules.READ"),
            ("prompt", "consent"),
        ]);
        let mut stranger = server.browser();
        for page in [
            browser.get(&consent).await,
            browser.get("/console/account").await,
            browser.get("/console/people").await,
            stranger.get("/oauth/signin").await,
            stranger.get("/oauth/forgot").await,
            stranger.get("/oauth/password").await,
            stranger.get("/oauth/v2/auth").await,
        ] {
            assert_eq!(page.header("referrer-policy"), Some("no-referrer"), "{}", page.text);
            assert_eq!(page.header("x-frame-options"), Some("DENY"));
            assert_eq!(page.header("cache-control"), Some("no-store"));
            assert!(page.header("content-security-policy").is_some_and(|policy| policy.contains("frame-ancestors 'none'")));
        }
    }

    // 2.6: what the server announces is what it does.
    async fn discovery_announces_s256_alone(server: TestServer) {
        let nobody = server.api().without_token();
        let answer = nobody.send_to(Method::GET, "/.well-known/openid-configuration", Vec::new()).await;
        assert_eq!(answer.json()["code_challenge_methods_supported"], serde_json::json!(["S256"]));
    }

    async fn a_client_whose_owner_wants_it_needs_pkce(server: TestServer) {
        let mut browser = administrator(&server).await;
        for kind in [Server, Mobile] {
            set_client(&server, kind, &[("pkce", "required")]).await;
            assert_eq!(authorize(&server, &mut browser, kind, &[]).await, Err("ERROR_general_error".to_owned()));
            assert!(authorize(&server, &mut browser, kind, S256).await.is_ok());
        }
    }
}
