//! Refresh tokens that rotate, and those that end when nobody uses them.

use std::time::Duration;

use dealwright_accounts::ClientKind::Server;
use dealwright_testkit::{Answer, TestServer, on_both};

use super::{authorized, is_alive, outcome, set_client, text, token};

async fn refresh(server: &TestServer, value: &str) -> Answer {
    token(server, Server, &[("grant_type", "refresh_token"), ("refresh_token", value)]).await
}

on_both! {
    async fn by_default_a_refresh_token_stays_and_never_ends(server: TestServer) {
        let (_, first) = authorized(&server, Server).await;
        for _ in 0..3 {
            let answer = refresh(&server, &first).await;
            assert!(answer.json()["refresh_token"].is_null(), "{}", answer.text);
            server.advance(Duration::from_hours(24 * 400));
        }
        assert_eq!(outcome(&refresh(&server, &first).await), "tokens");
    }

    async fn a_rotating_one_is_replaced_at_each_use(server: TestServer) {
        set_client(&server, Server, &[("refresh_tokens", "rotate")]).await;
        let (_, mut current) = authorized(&server, Server).await;
        for _ in 0..3 {
            let answer = refresh(&server, &current).await;
            let next = text(&answer, "refresh_token");
            assert_ne!(next, current);
            assert!(is_alive(&server, &text(&answer, "access_token")).await);
            current = next;
        }
        // What failed has not turned it.
        let narrow = [("grant_type", "refresh_token"), ("refresh_token", &*current), ("scope", "ZohoCRM.users.ALL")];
        assert_eq!(outcome(&token(&server, Server, &narrow).await), "invalid_scope");
        assert_eq!(outcome(&refresh(&server, &current).await), "tokens");
    }

    async fn one_that_comes_a_second_time_ends_them_all(server: TestServer) {
        set_client(&server, Server, &[("refresh_tokens", "rotate")]).await;
        let (access, first) = authorized(&server, Server).await;
        let (other, unrelated) = authorized(&server, Server).await;
        let second = text(&refresh(&server, &first).await, "refresh_token");
        let answer = refresh(&server, &second).await;
        let (third, newest) = (text(&answer, "refresh_token"), text(&answer, "access_token"));
        assert!(is_alive(&server, &access).await && is_alive(&server, &newest).await);

        // Another client that has found it ends nothing.
        let foreign = [("grant_type", "refresh_token"), ("refresh_token", &*first)];
        assert_eq!(outcome(&token(&server, dealwright_accounts::ClientKind::Mobile, &foreign).await), "invalid_code");
        assert!(is_alive(&server, &newest).await);

        assert_eq!(outcome(&refresh(&server, &first).await), "invalid_code");
        assert!(!is_alive(&server, &access).await && !is_alive(&server, &newest).await);
        for ended in [&first, &second, &third] {
            assert_eq!(outcome(&refresh(&server, ended).await), "invalid_code");
        }
        assert!(is_alive(&server, &other).await, "another authorization goes on");
        assert_eq!(outcome(&refresh(&server, &unrelated).await), "tokens");
    }

    async fn an_unused_one_ends_when_its_owner_wants_so(server: TestServer) {
        let saved = set_client(&server, Server, &[("refresh_idle_days", "30")]).await;
        assert!(saved.text.contains("The changes are saved"), "{}", saved.text);
        for wrong in ["0", "-1", "x", "99999"] {
            let refused = set_client(&server, Server, &[("refresh_idle_days", wrong)]).await;
            assert!(refused.text.contains("1 to 3650 days"), "{wrong}: {}", refused.text);
        }
        let (_, used) = authorized(&server, Server).await;
        let (_, unused) = authorized(&server, Server).await;
        for _ in 0..3 {
            server.advance(Duration::from_hours(24 * 29));
            assert_eq!(outcome(&refresh(&server, &used).await), "tokens");
        }
        let introspect = |value: String| {
            let client = server.client(Server);
            let api = server.api().without_token();
            async move {
                let fields = [("client_id", client.client_id), ("client_secret", client.client_secret), ("token", &*value)];
                api.form("/oauth/v2/introspect", &fields).await.json()["active"] == true
            }
        };
        assert!(!introspect(unused.clone()).await && introspect(used.clone()).await);
        assert_eq!(outcome(&refresh(&server, &unused).await), "invalid_code");
        server.advance(Duration::from_hours(24 * 30));
        assert_eq!(outcome(&refresh(&server, &used).await), "invalid_code");
    }
}
