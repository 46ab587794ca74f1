//! Guessing, over HTTP: slowed, answered with when to try again, and without keeping anybody out.

use dealwright_server::{Limits, Proxies};
use dealwright_testkit::{Browser, TestServer, on_both};

const EMAIL: &str = "admin@dealwright.test";
const PASSWORD: &str = "dealwright";

/// Tries a password. Gives the status, and after how many seconds to try again.
async fn sign_in(browser: &mut Browser, email: &str, password: &str) -> (u16, Option<String>) {
    let answer = browser.sign_in("/console", email, password).await;
    (answer.status, answer.header("retry-after").map(str::to_owned))
}

async fn behind_a_proxy(server: TestServer) -> TestServer {
    let proxies = Proxies::parse("127.0.0.1").expect("an address");
    server.restart(|config| config.limits = Limits { proxies, ..Limits::default() }).await
}

on_both! {
    async fn whoever_guesses_waits_and_others_come_in(server: TestServer) {
        let server = behind_a_proxy(server).await;
        let mut owner = server.browser().at("203.0.113.1");
        assert_eq!(sign_in(&mut owner, EMAIL, PASSWORD).await.0, 303);
        owner.forget("dealwright_session");
        let mut guesser = server.browser().at("198.51.100.7");
        for _ in 0..10 {
            assert_eq!(sign_in(&mut guesser, EMAIL, "wrong").await, (401, None));
        }
        let (status, later) = sign_in(&mut guesser, EMAIL, "wrong").await;
        assert_eq!(status, 429);
        assert!(later.is_some_and(|seconds| (1..=61).contains(&seconds.parse::<u64>().unwrap_or(0))));
        // Another address is another one; and the owner's own browser is known wherever it is.
        assert_eq!(sign_in(&mut server.browser().at("192.0.2.1"), EMAIL, PASSWORD).await.0, 303);
        let mut owner = owner.at("198.51.100.7");
        assert_eq!(sign_in(&mut owner, EMAIL, PASSWORD).await.0, 303);
        // A minute later one more try passes.
        server.advance(std::time::Duration::from_secs(61));
        assert_eq!(sign_in(&mut guesser, EMAIL, "wrong").await.0, 401);
        assert_eq!(sign_in(&mut guesser, EMAIL, "wrong").await.0, 429);
    }

    async fn one_password_for_many_accounts_is_slowed(server: TestServer) {
        let server = behind_a_proxy(server).await;
        let mut sprayer = server.browser().at("2001:db8::7");
        let mut statuses = Vec::new();
        for number in 0..40 {
            statuses.push(sign_in(&mut sprayer, &format!("{number}@example.com"), "Winter2026!").await.0);
        }
        assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 30, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 10, "{statuses:?}");
    }

    async fn a_giant_address_is_nobodys(server: TestServer) {
        let mut visitor = server.browser().at("203.0.113.1");
        for _ in 0..20 {
            assert_eq!(sign_in(&mut visitor, &"x".repeat(50_000), "wrong").await.0, 401);
        }
        assert_eq!(sign_in(&mut visitor, EMAIL, PASSWORD).await.0, 303);
    }

    async fn a_client_that_is_refused_again_and_again_is_told_no_reason(server: TestServer) {
        let api = server.api().without_token();
        let wrong = [("grant_type", "refresh_token"), ("client_id", "1000.nobody"), ("client_secret", "x"), ("refresh_token", "x")];
        for _ in 0..600 {
            assert_eq!(api.form("/oauth/v2/token", &wrong).await.json()["error"], "invalid_client");
        }
        let answer = api.form("/oauth/v2/token", &wrong).await;
        assert_eq!(answer.json()["error"], "Access Denied");
        assert!(answer.header("retry-after").is_some());
        // Whoever asks for what is theirs gets it all the same.
        let client = dealwright_accounts::bootstrap::CLIENTS[0];
        let right = [
            ("grant_type", "refresh_token"),
            ("client_id", client.client_id),
            ("client_secret", client.client_secret),
            ("refresh_token", dealwright_accounts::bootstrap::REFRESH_TOKEN),
        ];
        assert!(api.form("/oauth/v2/token", &right).await.json()["access_token"].is_string());
    }

    async fn codes_for_devices_are_not_given_out_without_end(server: TestServer) {
        let api = server.api().without_token();
        let device = server.client(dealwright_accounts::ClientKind::Device);
        let fields = [("client_id", device.client_id), ("scope", "ZohoCRM.modules.ALL"), ("grant_type", "device_request")];
        for _ in 0..20 {
            assert!(api.form("/oauth/v3/device/code", &fields).await.json()["device_code"].is_string());
        }
        assert_eq!(api.form("/oauth/v3/device/code", &fields).await.json()["error"], "Access Denied");
    }
}
