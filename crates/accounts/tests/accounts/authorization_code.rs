//! Codes: from the authorization request to tokens, once.

use crate::stage::{CALLBACK, Stage, error};
use dealwright_accounts::{Accounts, ClientKind, OAuthError, Params, Settings};

const EXCHANGE: (&str, &str) = ("grant_type", "authorization_code");
const OFFLINE: (&str, &str) = ("access_type", "offline");
/// The pair of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

async fn exchange(stage: &Stage, code: &str) -> Result<dealwright_accounts::TokenReply, OAuthError> {
    stage.token(ClientKind::Server, &[EXCHANGE, ("code", code), ("redirect_uri", CALLBACK)]).await
}

#[tokio::test]
async fn the_redirect_carries_code_location_server_and_state() {
    let stage = Stage::new().await;
    let url = stage.authorize(ClientKind::Server, &[("state", "a b&c=d")], true).await;
    assert!(url.starts_with("http://localhost:3000/callback?code=1000."), "{url}");
    assert!(url.ends_with("&location=us&accounts-server=http%3A%2F%2Fcrm.test&state=a%20b%26c%3Dd"), "{url}");
}

#[tokio::test]
async fn an_offline_code_gives_both_tokens_in_the_documented_form() {
    let stage = Stage::new().await;
    let code = stage.code(ClientKind::Server, &[OFFLINE]).await;
    let reply = exchange(&stage, &code).await.unwrap();
    assert!(stage.is_alive(&reply.access_token).await);
    assert!(reply.refresh_token.as_deref().is_some_and(dealwright_accounts::secret::is_token));
    let session = stage.accounts.cached(&reply.access_token).unwrap();
    assert_eq!(
        (session.identity, session.org),
        (crate::stage::id(crate::stage::ADMIN), crate::stage::id(crate::stage::ORG))
    );
    let mut json = serde_json::to_value(&reply).unwrap();
    json["access_token"] = "a".into();
    json["refresh_token"] = "r".into();
    assert_eq!(
        json,
        serde_json::json!({"access_token": "a", "refresh_token": "r", "scope": "ZohoCRM.modules.ALL ZohoCRM.users.READ",
            "api_domain": "http://crm.test", "token_type": "Bearer", "expires_in": 3600})
    );
}

#[tokio::test]
async fn there_is_no_refresh_token_online_or_without_the_consent_page() {
    let stage = Stage::new().await;
    let code = stage.code(ClientKind::Server, &[]).await;
    let reply = exchange(&stage, &code).await.unwrap();
    assert!(!serde_json::to_string(&reply).unwrap().contains("refresh_token"));

    let url = stage.authorize(ClientKind::Server, &[OFFLINE], false).await;
    let code = url.split_once("code=").unwrap().1.split('&').next().unwrap();
    assert!(exchange(&stage, code).await.unwrap().refresh_token.is_none());
}

#[tokio::test]
async fn consent_is_remembered_for_the_scopes_that_were_shown() {
    let stage = Stage::new().await;
    stage.code(ClientKind::Server, &[]).await;
    let dev = stage.dev.clients.iter().find(|client| client.kind == ClientKind::Server).unwrap();
    let client = stage.accounts.client(dev.client_id).await.unwrap().unwrap();
    let consented = |text: &str| {
        let scopes = dealwright_wire::ScopeSet::parse(text);
        let (accounts, client): (Accounts, _) = (stage.accounts.clone(), client.id);
        async move {
            accounts.consented_org(crate::stage::id(crate::stage::ADMIN), client, &scopes).await.unwrap()
        }
    };
    assert_eq!(consented("ZohoCRM.modules.leads.READ").await, Some(crate::stage::id(crate::stage::ORG)));
    assert_eq!(consented("ZohoCRM.settings.ALL").await, None);
}

#[tokio::test]
async fn a_replayed_code_is_refused_and_ends_the_tokens_of_its_first_use() {
    let stage = Stage::new().await;
    let code = stage.code(ClientKind::Server, &[OFFLINE]).await;
    let first = exchange(&stage, &code).await.unwrap();
    let other = exchange(&stage, &stage.code(ClientKind::Server, &[OFFLINE]).await).await.unwrap();
    let refresh = first.refresh_token.unwrap();
    let refreshing = [("grant_type", "refresh_token"), ("refresh_token", &*refresh)];
    let second = stage.token(ClientKind::Server, &refreshing).await.unwrap();
    assert!(stage.is_alive(&first.access_token).await && stage.is_alive(&second.access_token).await);

    let foreign =
        stage.token(ClientKind::Mobile, &[EXCHANGE, ("code", &code), ("redirect_uri", CALLBACK)]).await;
    assert_eq!(error(foreign), "invalid_code");
    assert!(stage.is_alive(&first.access_token).await, "another client ends nothing");

    assert_eq!(error(exchange(&stage, &code).await), "invalid_code");
    for token in [&first.access_token, &second.access_token] {
        assert!(stage.accounts.cached(token).is_none() && !stage.is_alive(token).await);
    }
    assert_eq!(error(stage.token(ClientKind::Server, &refreshing).await), "invalid_code");
    assert!(stage.is_alive(&other.access_token).await, "the tokens of another code stay");
}

#[tokio::test]
async fn a_code_that_comes_again_long_after_still_ends_its_tokens() {
    let stage = Stage::new().await;
    let code = stage.code(ClientKind::Server, &[OFFLINE]).await;
    let refresh = exchange(&stage, &code).await.unwrap().refresh_token.unwrap();
    let refreshing = [("grant_type", "refresh_token"), ("refresh_token", &*refresh)];
    stage.wait(30 * 86_400);
    stage.accounts.sweep().await.unwrap();
    assert!(stage.token(ClientKind::Server, &refreshing).await.is_ok());
    assert_eq!(error(exchange(&stage, &code).await), "invalid_code");
    assert_eq!(error(stage.token(ClientKind::Server, &refreshing).await), "invalid_code");
}

#[tokio::test]
async fn a_code_lives_two_minutes() {
    let stage = Stage::new().await;
    let early = stage.code(ClientKind::Server, &[]).await;
    let late = stage.code(ClientKind::Server, &[]).await;
    stage.wait(119);
    assert!(exchange(&stage, &early).await.is_ok());
    stage.wait(1);
    assert_eq!(error(exchange(&stage, &late).await), "invalid_code");
}

#[tokio::test]
async fn each_wrong_parameter_has_its_error() {
    let stage = Stage::new().await;
    let code = stage.code(ClientKind::Server, &[]).await;
    let server = ClientKind::Server;
    let redirect = ("redirect_uri", CALLBACK);
    let elsewhere = ("redirect_uri", "http://localhost/callback");
    assert_eq!(
        error(stage.token(server, &[EXCHANGE, ("code", &code), elsewhere]).await),
        "invalid_redirect_uri"
    );
    assert_eq!(error(stage.token(server, &[EXCHANGE, ("code", &code)]).await), "invalid_redirect_uri");
    assert_eq!(error(stage.token(server, &[EXCHANGE, redirect]).await), "general_error");
    assert_eq!(error(stage.token(server, &[("code", &code), redirect]).await), "general_error");
    assert_eq!(error(stage.token(server, &[("grant_type", "password")]).await), "unsupported_grant_type");
    assert_eq!(error(stage.token(server, &[EXCHANGE, ("code", "1000.no"), redirect]).await), "invalid_code");
    let web = stage.token(ClientKind::Web, &[EXCHANGE, ("code", &code), redirect]).await;
    assert_eq!(error(web), "invalid_code", "another client's code");

    let refused = |pairs: Vec<(&'static str, String)>| {
        let accounts = stage.accounts.clone();
        async move { error(accounts.token(&pairs.into_iter().collect::<Params>()).await) }
    };
    let grant = || ("grant_type", "authorization_code".to_owned());
    let known = stage.dev.clients[1];
    assert_eq!(refused(vec![grant(), ("client_id", "1000.NOBODY".to_owned())]).await, "invalid_client");
    assert_eq!(refused(vec![grant()]).await, "invalid_client");
    let client_id = || ("client_id", known.client_id.to_owned());
    assert_eq!(refused(vec![grant(), client_id()]).await, "invalid_client_secret");
    let secret = ("client_secret", "0".repeat(42));
    assert_eq!(refused(vec![grant(), client_id(), secret]).await, "invalid_client_secret");

    assert!(exchange(&stage, &code).await.is_ok(), "failed attempts do not use the code up");
}

#[tokio::test]
async fn pkce_asks_for_the_verifier_and_replaces_the_secret_of_apps() {
    let stage = Stage::new().await;
    let s256 = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    let code = stage.code(ClientKind::Server, &s256).await;
    let with = |verifier: &'static str| {
        let (stage, code) = (&stage, code.clone());
        async move {
            let more = [EXCHANGE, ("code", &code), ("redirect_uri", CALLBACK), ("code_verifier", verifier)];
            stage.token(ClientKind::Server, &more).await
        }
    };
    assert_eq!(error(exchange(&stage, &code).await), "invalid_code");
    assert_eq!(error(with("another-verifier-another-verifier-another-verifier").await), "invalid_code");
    assert_eq!(error(with(CHALLENGE).await), "invalid_code");
    assert!(with(VERIFIER).await.is_ok());

    let code = stage.code(ClientKind::Web, &s256).await;
    let web = stage.dev.clients.iter().find(|client| client.kind == ClientKind::Web).unwrap();
    let mut pairs = vec![EXCHANGE, ("client_id", web.client_id), ("code", &code), ("redirect_uri", CALLBACK)];
    let without: Params = pairs.iter().copied().collect();
    assert_eq!(error(stage.accounts.token(&without).await), "invalid_client_secret");
    pairs.push(("code_verifier", VERIFIER));
    let with: Params = pairs.into_iter().collect();
    assert!(stage.accounts.token(&with).await.is_ok());
}

#[tokio::test]
async fn a_verifier_for_a_code_without_a_challenge_is_refused() {
    let stage = Stage::new().await;
    let mobile = stage.dev.clients.iter().find(|client| client.kind == ClientKind::Mobile).unwrap();
    let redirect = ("redirect_uri", mobile.redirect_uris[0]);
    let asked: Params =
        [("client_id", mobile.client_id), ("response_type", "code"), ("scope", "ZohoCRM.org.READ"), redirect]
            .into_iter()
            .collect();
    let request = stage.accounts.authorization(&asked).await.unwrap();
    let url = stage
        .accounts
        .allow(&request, crate::stage::id(crate::stage::ADMIN), crate::stage::id(crate::stage::ORG), true)
        .await
        .unwrap();
    let code = url.split_once("code=").unwrap().1.split('&').next().unwrap();
    let pairs =
        [EXCHANGE, ("client_id", mobile.client_id), ("code", code), redirect, ("code_verifier", VERIFIER)];
    let result = stage.accounts.token(&pairs.into_iter().collect()).await;
    assert_eq!(error(result), "invalid_code");
}

#[tokio::test]
async fn the_implicit_grant_answers_in_the_fragment() {
    let stage = Stage::new().await;
    let mut params = stage.params(ClientKind::Web, &[("state", "s"), ("response_type", "token")]);
    params.push("redirect_uri", CALLBACK);
    params.push("scope", "ZohoCRM.modules.READ");
    let request = stage.accounts.authorization(&params).await.unwrap();
    assert_eq!(request.refusal("access_denied"), format!("{CALLBACK}#error=access_denied&state=s"));
    let url = stage
        .accounts
        .allow(&request, crate::stage::id(crate::stage::ADMIN), crate::stage::id(crate::stage::ORG), true)
        .await
        .unwrap();
    let token = url.strip_prefix("http://localhost:3000/callback#access_token=").unwrap();
    assert!(stage.is_alive(&token[..70]).await);
    assert_eq!(
        &token[70..],
        "&expires_in=3600&location=us&accounts-server=http%3A%2F%2Fcrm.test&api_domain=http%3A%2F%2Fcrm.test\
         &token_type=Bearer&scope=ZohoCRM.modules.READ&state=s"
    );
}

#[tokio::test]
async fn bad_authorization_requests_have_their_error() {
    let stage = Stage::new().await;
    let try_with = |change: (&'static str, Option<&'static str>)| {
        let accounts = stage.accounts.clone();
        let client_id = stage.dev.clients[1].client_id;
        async move {
            let mut pairs = vec![
                ("client_id", client_id),
                ("response_type", "code"),
                ("redirect_uri", CALLBACK),
                ("scope", "ZohoCRM.modules.ALL"),
            ];
            pairs.retain(|pair| pair.0 != change.0);
            pairs.extend(change.1.map(|value| (change.0, value)));
            match accounts.authorization(&pairs.into_iter().collect()).await {
                Ok(_) => "ok".to_owned(),
                Err(error) => error.to_string(),
            }
        }
    };
    assert_eq!(try_with(("state", None)).await, "ok");
    assert_eq!(try_with(("client_id", Some("1000.X"))).await, "invalid_client");
    assert_eq!(
        try_with(("redirect_uri", Some("http://localhost:3000/callback/"))).await,
        "invalid_redirect_uri"
    );
    assert_eq!(try_with(("redirect_uri", None)).await, "invalid_redirect_uri");
    assert_eq!(try_with(("response_type", Some("token"))).await, "invalid_response_type");
    assert_eq!(try_with(("response_type", None)).await, "invalid_response_type");
    assert_eq!(try_with(("scope", Some("ZohoCRM.nothing.ALL"))).await, "invalid_scope");
    assert_eq!(try_with(("scope", None)).await, "invalid_scope");
    assert_eq!(try_with(("code_challenge", Some("short"))).await, "general_error");
    assert_eq!(try_with(("code_challenge", Some(CHALLENGE))).await, "general_error", "no method is plain");
    assert_eq!(try_with(("code_challenge_method", Some("S256"))).await, "general_error", "no challenge");
}

#[tokio::test]
async fn the_throttle_stops_the_eleventh_code() {
    let stage = Stage::with(Settings { token_throttle: true, ..Settings::default() }).await;
    for _ in 0..10 {
        stage.code(ClientKind::Server, &[]).await;
    }
    let mut params =
        stage.params(ClientKind::Server, &[("response_type", "code"), ("redirect_uri", CALLBACK)]);
    params.push("scope", "ZohoCRM.org.READ");
    let request = stage.accounts.authorization(&params).await.unwrap();
    let result = stage
        .accounts
        .allow(&request, crate::stage::id(crate::stage::ADMIN), crate::stage::id(crate::stage::ORG), true)
        .await;
    assert!(matches!(result, Err(OAuthError::Throttled)));
}
