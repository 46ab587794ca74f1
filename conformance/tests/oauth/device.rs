//! `/oauth/v3/device/…`: a device without a browser

use std::time::Duration;

use dealwright_accounts::{ClientKind, bootstrap};
use dealwright_testkit::{Answer, TestServer, on_both};
use serde_json::json;

use crate::assert_answer;

async fn begin(server: &TestServer) -> Answer {
    let client = server.client(ClientKind::Device);
    let fields = [
        ("grant_type", "device_request"),
        ("client_id", client.client_id),
        ("scope", "ZohoCRM.modules.READ"),
        ("access_type", "offline"),
    ];
    server.api().without_token().form("/oauth/v3/device/code", &fields).await
}

async fn poll(server: &TestServer, codes: &Answer) -> Answer {
    let client = server.client(ClientKind::Device);
    let codes = codes.json();
    let fields = [
        ("grant_type", "device_token"),
        ("client_id", client.client_id),
        ("client_secret", client.client_secret),
        ("code", codes["device_code"].as_str().unwrap_or_default()),
    ];
    server.api().without_token().form("/oauth/v3/device/token", &fields).await
}

async fn decide(server: &TestServer, codes: &Answer, decision: &str) -> Answer {
    let mut browser = server.browser();
    let user_code = codes.json()["user_code"].as_str().unwrap().to_owned();
    let path = format!("/oauth/v3/device?user_code={user_code}");
    browser.sign_in(&path, bootstrap::ADMIN_EMAIL, bootstrap::ADMIN_PASSWORD).await;
    let page = browser.get(&path).await;
    let (form_token, org) = (page.field("form_token"), page.field("org"));
    let fields = [
        ("form_token", form_token.as_str()),
        ("user_code", &user_code),
        ("org", &org),
        ("decision", decision),
    ];
    browser.submit("/oauth/v3/device", &fields).await
}

on_both! {
    async fn a_device_that_was_allowed_gets_its_tokens(server: TestServer) {
        let codes = begin(&server).await;
        let keys: Vec<String> = codes.json().as_object().unwrap().keys().cloned().collect();
        assert!(keys.contains(&"user_code".to_owned()) && keys.contains(&"device_code".to_owned()), "{}", codes.text);
        assert_eq!(poll(&server, &codes).await.json(), json!({"error": "authorization_pending"}));
        assert_eq!(poll(&server, &codes).await.json(), json!({"error": "slow_down"}));
        assert!(decide(&server, &codes, "allow").await.text.contains("is connected"));
        server.advance(Duration::from_mins(1));
        let tokens = poll(&server, &codes).await;
        assert_answer("device__tokens", &tokens);
        let api = server.api().with_token(tokens.json()["access_token"].as_str().unwrap());
        assert_eq!(api.get("Deals?fields=id").await.status, 204);
        assert_eq!(api.get("org").await.code(), "OAUTH_SCOPE_MISMATCH");
    }

    async fn a_device_that_was_refused_hears_so(server: TestServer) {
        let codes = begin(&server).await;
        decide(&server, &codes, "refuse").await;
        assert_eq!(poll(&server, &codes).await.json(), json!({"error": "access_denied"}));
    }

    async fn a_device_that_waits_too_long_has_to_begin_again(server: TestServer) {
        let codes = begin(&server).await;
        server.advance(Duration::from_hours(2));
        assert_eq!(poll(&server, &codes).await.json(), json!({"error": "expired"}));
    }
}
