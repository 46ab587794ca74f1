//! Refresh tokens: many uses, limits, revocation.

use crate::stage::{CALLBACK, Stage, error};
use dealwright_accounts::{ClientKind, OAuthError, Settings};

#[tokio::test]
async fn a_refresh_gives_an_access_token_and_nothing_else() {
    let stage = Stage::new().await;
    for _ in 0..3 {
        let reply = stage.refresh(stage.dev.refresh_token).await.unwrap();
        assert!(!serde_json::to_string(&reply).unwrap().contains("refresh_token"));
        assert!(stage.is_alive(&reply.access_token).await);
    }
}

#[tokio::test]
async fn unknown_revoked_and_foreign_tokens_are_invalid_codes() {
    let stage = Stage::new().await;
    assert_eq!(error(stage.refresh("1000.x.y").await), "invalid_code");
    let unknown = format!("1000.{}.{}", "0".repeat(32), "0".repeat(32));
    assert_eq!(error(stage.refresh(&unknown).await), "invalid_code");
    let pairs = [("grant_type", "refresh_token"), ("refresh_token", stage.dev.refresh_token)];
    assert_eq!(error(stage.token(ClientKind::Server, &pairs).await), "invalid_code");
    assert_eq!(error(stage.token(ClientKind::SelfClient, &pairs[..1]).await), "general_error");
    stage.accounts.revoke(stage.dev.refresh_token).await.unwrap();
    assert_eq!(error(stage.refresh(stage.dev.refresh_token).await), "invalid_code");
}

#[tokio::test]
async fn a_refresh_may_narrow_scopes_and_not_widen_them() {
    let stage = Stage::new().await;
    let pairs = [("grant_type", "refresh_token"), ("refresh_token", stage.dev.refresh_token)];
    let narrow = [pairs[0], pairs[1], ("scope", "ZohoCRM.modules.leads.READ")];
    let reply = stage.token(ClientKind::SelfClient, &narrow).await.unwrap();
    assert_eq!(reply.scope, "ZohoCRM.modules.leads.READ");
    let wide = [pairs[0], pairs[1], ("scope", "ZohoCRM.coql.ALL")];
    assert_eq!(error(stage.token(ClientKind::SelfClient, &wide).await), "invalid_scope");
}

#[tokio::test]
async fn access_tokens_end_after_an_hour_even_when_cached() {
    let stage = Stage::new().await;
    let reply = stage.refresh(stage.dev.refresh_token).await.unwrap();
    stage.wait(3599);
    assert!(stage.is_alive(&reply.access_token).await);
    assert!(stage.accounts.cached(&reply.access_token).is_some());
    stage.wait(1);
    assert!(stage.accounts.cached(&reply.access_token).is_none());
    assert!(!stage.is_alive(&reply.access_token).await);
    stage.wait(600);
    stage.accounts.sweep().await.unwrap();
}

#[tokio::test]
async fn revoking_drops_the_cache_at_once() {
    let stage = Stage::new().await;
    let one = stage.refresh(stage.dev.refresh_token).await.unwrap().access_token;
    let two = stage.refresh(stage.dev.refresh_token).await.unwrap().access_token;
    assert!(stage.is_alive(&one).await && stage.is_alive(&two).await);
    stage.accounts.revoke(&one).await.unwrap();
    assert!(stage.accounts.cached(&one).is_none());
    assert!(!stage.is_alive(&one).await);
    assert!(stage.is_alive(&two).await);
    stage.accounts.revoke(stage.dev.refresh_token).await.unwrap();
    assert!(stage.accounts.cached(&two).is_none());
    assert!(!stage.is_alive(&two).await);
    assert!(matches!(stage.accounts.revoke(&two).await, Err(OAuthError::InvalidToken)));
    assert!(matches!(stage.accounts.revoke("nonsense").await, Err(OAuthError::InvalidToken)));
}

#[tokio::test]
async fn the_thirty_first_access_token_evicts_the_first() {
    let stage = Stage::new().await;
    let mut tokens = Vec::new();
    for _ in 0..31 {
        tokens.push(stage.refresh(stage.dev.refresh_token).await.unwrap().access_token);
        stage.is_alive(tokens.last().unwrap()).await;
    }
    assert!(stage.accounts.cached(&tokens[0]).is_none());
    assert!(!stage.is_alive(&tokens[0]).await);
    assert!(stage.is_alive(&tokens[1]).await);
    assert!(stage.is_alive(&tokens[30]).await);
}

#[tokio::test]
async fn the_twenty_first_refresh_token_evicts_the_first_with_its_access_tokens() {
    let stage = Stage::new().await;
    let mut replies = Vec::new();
    for _ in 0..21 {
        let code = stage.code(ClientKind::Server, &[("access_type", "offline")]).await;
        let pairs = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", CALLBACK)];
        replies.push(stage.token(ClientKind::Server, &pairs).await.unwrap());
    }
    let refresh = |at: usize| {
        let token = replies[at].refresh_token.clone().unwrap();
        let stage = &stage;
        async move {
            stage
                .token(ClientKind::Server, &[("grant_type", "refresh_token"), ("refresh_token", &token)])
                .await
        }
    };
    assert_eq!(error(refresh(0).await), "invalid_code");
    assert!(!stage.is_alive(&replies[0].access_token).await);
    assert!(refresh(1).await.is_ok());
    assert!(refresh(20).await.is_ok());
}

#[tokio::test]
async fn the_throttle_stops_the_eleventh_access_token_for_ten_minutes() {
    let stage = Stage::with(Settings { token_throttle: true, ..Settings::default() }).await;
    for _ in 0..10 {
        stage.refresh(stage.dev.refresh_token).await.unwrap();
        stage.wait(10);
    }
    let Err(refused) = stage.refresh(stage.dev.refresh_token).await else { panic!("not throttled") };
    assert_eq!(refused.status(), 400);
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&refused.body()).unwrap(),
        serde_json::json!({"error": "Access Denied", "status": "failure",
            "error_description": "You have made too many requests continuously. Please try again after some time."})
    );
    stage.wait(500);
    assert!(stage.refresh(stage.dev.refresh_token).await.is_ok());
}

#[tokio::test]
async fn a_person_who_is_kept_out_has_no_working_tokens() {
    let stage = Stage::new().await;
    let token = stage.refresh(stage.dev.refresh_token).await.unwrap().access_token;
    assert!(stage.is_alive(&token).await);
    stage.accounts.set_identity_active(crate::stage::id(crate::stage::ADMIN), false).await.unwrap();
    assert!(!stage.is_alive(&token).await);
    assert_eq!(error(stage.refresh(stage.dev.refresh_token).await), "invalid_code");
    stage.accounts.set_identity_active(crate::stage::id(crate::stage::ADMIN), true).await.unwrap();
    assert!(!stage.is_alive(&token).await, "what was ended stays ended");
    assert_eq!(error(stage.refresh(stage.dev.refresh_token).await), "invalid_code");
}

#[tokio::test]
async fn only_text_in_the_form_of_a_token_is_looked_up() {
    let stage = Stage::new().await;
    for odd in ["", "x", "1000.", stage.dev.refresh_token, "1000.' OR 1=1 --"] {
        assert!(stage.accounts.authenticate(odd).await.unwrap().is_none(), "{odd:?}");
    }
}
