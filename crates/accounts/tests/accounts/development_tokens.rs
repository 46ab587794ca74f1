//! Published tokens, and access tokens that one development server makes and another takes.

use dealwright_accounts::{Accounts, ClientKind, OAuthError, Settings, bootstrap};
use dealwright_store::Database;
use dealwright_wire::{Clock, Instant, Mint};

use crate::stage::{ADMIN, ORG, Stage, id};

/// A token of another server that has just been made, with the same clock.
async fn foreign() -> String {
    let elsewhere = Stage::new().await;
    elsewhere.refresh(elsewhere.dev.refresh_token).await.unwrap().access_token
}

#[tokio::test]
async fn the_fixed_access_token_never_ends_and_the_expired_one_never_was() {
    let stage = Stage::new().await;
    for _ in 0..3 {
        assert!(stage.is_alive(bootstrap::ACCESS_TOKEN).await);
        assert!(!stage.is_alive(bootstrap::EXPIRED_TOKEN).await);
        stage.wait(60 * 60 * 24 * 365 * 20);
        stage.accounts.sweep().await.unwrap();
    }
    // The live tokens of the refresh token do not push it out.
    for _ in 0..40 {
        stage.refresh(stage.dev.refresh_token).await.unwrap();
    }
    assert!(stage.is_alive(bootstrap::ACCESS_TOKEN).await);
    stage.accounts.revoke(bootstrap::ACCESS_TOKEN).await.unwrap();
    assert!(!stage.is_alive(bootstrap::ACCESS_TOKEN).await);
    assert!(matches!(stage.accounts.revoke(bootstrap::ACCESS_TOKEN).await, Err(OAuthError::InvalidToken)));
    assert!(matches!(stage.accounts.revoke(bootstrap::EXPIRED_TOKEN).await, Err(OAuthError::InvalidToken)));
    stage.accounts.ensure_development(crate::stage::org()).await.unwrap();
    assert!(stage.is_alive(bootstrap::ACCESS_TOKEN).await, "the next start brings it back");
}

#[tokio::test]
async fn a_token_of_another_server_counts_until_its_hour_is_over() {
    let (stage, token) = (Stage::new().await, foreign().await);
    let session = stage.accounts.authenticate(&token).await.unwrap().unwrap();
    assert_eq!((session.identity, session.org), (id(ADMIN), id(ORG)));
    assert_eq!(session.scopes.to_string(), dealwright_accounts::scopes::EVERYTHING.replace('\n', " "));
    stage.wait(3599);
    assert!(stage.is_alive(&token).await);
    assert_eq!(stage.accounts.token_info(&token).await.unwrap().expires_in, 1);
    stage.wait(1);
    assert!(!stage.is_alive(&token).await);
    assert!(stage.accounts.token_info(&token).await.is_err());
}

#[tokio::test]
async fn a_token_from_the_future_is_none() {
    let (stage, elsewhere) = (Stage::new().await, Stage::new().await);
    elsewhere.wait(61);
    let token = elsewhere.refresh(elsewhere.dev.refresh_token).await.unwrap().access_token;
    assert!(!stage.is_alive(&token).await);
    stage.wait(1);
    assert!(stage.is_alive(&token).await);
}

#[tokio::test]
async fn it_can_be_revoked_here_and_ends_with_the_published_refresh_token() {
    let stage = Stage::new().await;
    let (one, two) = (foreign().await, foreign().await);
    assert!(stage.is_alive(&one).await && stage.is_alive(&two).await);
    stage.accounts.revoke(&one).await.unwrap();
    assert!(!stage.is_alive(&one).await && stage.is_alive(&two).await);
    assert!(matches!(stage.accounts.revoke(&one).await, Err(OAuthError::InvalidToken)));
    assert!(!stage.is_alive(&one.to_uppercase()).await);
    stage.accounts.revoke(stage.dev.refresh_token).await.unwrap();
    assert!(!stage.is_alive(&two).await, "at once");
}

#[tokio::test]
async fn one_of_this_server_counts_only_while_it_is_stored() {
    let stage = Stage::new().await;
    let token = stage.refresh(stage.dev.refresh_token).await.unwrap().access_token;
    assert!(stage.is_alive(&token).await);
    stage.accounts.revoke(&token).await.unwrap();
    assert!(!stage.is_alive(&token).await);
    // Also after a start on the same data: the number of an installation stays.
    stage.accounts.ensure_development(crate::stage::org()).await.unwrap();
    assert!(!stage.is_alive(&token).await);
}

#[tokio::test]
async fn narrow_tokens_and_those_of_other_grants_stay_where_they_were_made() {
    let (stage, elsewhere) = (Stage::new().await, Stage::new().await);
    let grant = [
        ("grant_type", "refresh_token"),
        ("refresh_token", elsewhere.dev.refresh_token),
        ("scope", "ZohoCRM.org.READ"),
    ];
    let narrow = elsewhere.token(ClientKind::SelfClient, &grant).await.unwrap().access_token;
    assert!(!stage.is_alive(&narrow).await);
    let grant = [("grant_type", "authorization_code"), ("code", elsewhere.dev.grant_token)];
    let other = elsewhere.token(ClientKind::SelfClient, &grant).await.unwrap();
    assert!(!stage.is_alive(&other.access_token).await);
    let again = elsewhere.refresh(&other.refresh_token.unwrap()).await.unwrap().access_token;
    assert!(!stage.is_alive(&again).await);
}

#[tokio::test]
async fn production_takes_none_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let store = Database::sqlite(folder.path()).unwrap().store("control").await.unwrap();
    let clock = Clock::manual(Instant(1_800_000_000));
    let accounts = Accounts::open(store, clock, Mint::seeded(1), Settings::default()).await.unwrap();
    assert!(accounts.ensure_development(crate::stage::org()).await.is_err());
    for token in [foreign().await.as_str(), bootstrap::ACCESS_TOKEN, bootstrap::EXPIRED_TOKEN] {
        assert!(accounts.authenticate(token).await.unwrap().is_none(), "{token}");
        assert!(accounts.token_info(token).await.is_err(), "{token}");
        assert!(matches!(accounts.revoke(token).await, Err(OAuthError::InvalidToken)), "{token}");
    }
}
