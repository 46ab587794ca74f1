//! Client credentials, the device flow, and the console's own codes.

use crate::stage::{ADMIN, ORG, Stage, error, id};
use dealwright_accounts::{ClientKind, DeviceReply, scopes};
use dealwright_wire::ScopeSet;

const CREDENTIALS: (&str, &str) = ("grant_type", "client_credentials");
const SCOPE: (&str, &str) = ("scope", "ZohoCRM.modules.ALL");

#[tokio::test]
async fn client_credentials_act_for_the_owner_in_the_named_org() {
    let stage = Stage::new().await;
    let good = [CREDENTIALS, SCOPE, ("soid", "ZohoCRM.777")];
    let reply = stage.token(ClientKind::SelfClient, &good).await.unwrap();
    assert!(reply.refresh_token.is_none());
    let session = stage.accounts.authenticate(&reply.access_token).await.unwrap().unwrap();
    assert_eq!((session.identity, session.org), (id(ADMIN), id(ORG)));
    assert_eq!(session.scopes.to_string(), "ZohoCRM.modules.ALL");

    let client = ClientKind::SelfClient;
    assert_eq!(error(stage.token(client, &good[..2]).await), "missing_org_info");
    assert_eq!(error(stage.token(client, &[CREDENTIALS, SCOPE, ("soid", "777")]).await), "missing_org_info");
    assert_eq!(
        error(stage.token(client, &[CREDENTIALS, SCOPE, ("soid", "ZohoCRM.778")]).await),
        "access_denied"
    );
    assert_eq!(error(stage.token(client, &[CREDENTIALS, good[2]]).await), "general_error");
    let unknown = [CREDENTIALS, ("scope", "ZohoBooks.x.ALL"), good[2]];
    assert_eq!(error(stage.token(client, &unknown).await), "invalid_scope");
    for kind in [ClientKind::Server, ClientKind::Web, ClientKind::Mobile, ClientKind::Device] {
        assert_eq!(error(stage.token(kind, &good).await), "access_denied", "{kind:?}");
    }
}

#[tokio::test]
async fn the_published_grant_token_works_once_per_start() {
    let stage = Stage::new().await;
    let grant = [("grant_type", "authorization_code"), ("code", stage.dev.grant_token)];
    stage.wait(86_400 * 365);
    let reply = stage.token(ClientKind::SelfClient, &grant).await.unwrap();
    assert!(stage.refresh(&reply.refresh_token.unwrap()).await.is_ok());
    assert_eq!(error(stage.token(ClientKind::SelfClient, &grant).await), "invalid_code");
    stage.accounts.ensure_development(crate::stage::org()).await.unwrap();
    assert!(stage.token(ClientKind::SelfClient, &grant).await.is_ok());
}

#[tokio::test]
async fn the_published_refresh_token_is_never_evicted_and_comes_back_after_revocation() {
    let stage = Stage::new().await;
    let client = stage.accounts.client(stage.dev.client_id).await.unwrap().unwrap();
    let wanted = scopes::requested("ZohoCRM.org.READ").unwrap();
    for _ in 0..22 {
        let code = stage.accounts.self_client_code(&client, id(ORG), &wanted, 10).await.unwrap();
        let grant = [("grant_type", "authorization_code"), ("code", code.code.expose())];
        stage.token(ClientKind::SelfClient, &grant).await.unwrap();
    }
    assert!(stage.refresh(stage.dev.refresh_token).await.is_ok());
    assert_eq!(stage.accounts.tokens_of(client.id).await.unwrap().len(), 21);
    stage.accounts.revoke(stage.dev.refresh_token).await.unwrap();
    stage.accounts.ensure_development(crate::stage::org()).await.unwrap();
    assert!(stage.refresh(stage.dev.refresh_token).await.is_ok());
}

#[tokio::test]
async fn a_self_client_code_lasts_as_long_as_chosen() {
    let stage = Stage::new().await;
    let client = stage.accounts.client(stage.dev.client_id).await.unwrap().unwrap();
    let wanted = ScopeSet::parse("ZohoCRM.org.READ");
    assert!(stage.accounts.self_client_code(&client, id(ORG), &wanted, 4).await.is_err());
    let code = stage.accounts.self_client_code(&client, id(ORG), &wanted, 10).await.unwrap();
    stage.wait(599);
    // A redirect URI sent along does no harm: SDKs always send one.
    let grant =
        [("grant_type", "authorization_code"), ("code", code.code.expose()), ("redirect_uri", "http://x")];
    let reply = stage.token(ClientKind::SelfClient, &grant).await.unwrap();
    assert!(reply.refresh_token.is_some());
}

async fn start(stage: &Stage, more: &[(&str, &str)]) -> DeviceReply {
    let mut pairs = vec![("grant_type", "device_request"), SCOPE];
    pairs.extend(more);
    let params = stage.params(ClientKind::Device, &pairs);
    stage.accounts.device_request(&params).await.unwrap_or_else(|error| panic!("{error}"))
}

async fn poll(
    stage: &Stage,
    reply: &DeviceReply,
) -> Result<dealwright_accounts::TokenReply, dealwright_accounts::OAuthError> {
    let pairs = [("grant_type", "device_token"), ("code", &*reply.device_code)];
    stage.accounts.device_token(&stage.params(ClientKind::Device, &pairs)).await
}

#[tokio::test]
async fn a_device_waits_for_the_decision_and_gets_its_tokens() {
    let stage = Stage::new().await;
    let reply = start(&stage, &[("access_type", "offline")]).await;
    assert_eq!((reply.interval, reply.expires_in), (5000, 300_000));
    assert_eq!(reply.verification_url, "http://crm.test/oauth/v3/device");
    assert_eq!(
        reply.verification_uri_complete,
        format!("{}?user_code={}", reply.verification_url, reply.user_code)
    );
    assert_eq!(error(poll(&stage, &reply).await), "authorization_pending");
    stage.wait(4);
    assert_eq!(error(poll(&stage, &reply).await), "slow_down");
    let typed = reply.user_code.to_lowercase().replace('-', " ");
    let device = stage.accounts.waiting_device(&typed).await.unwrap().unwrap();
    assert_eq!(device.client_name, "Development device client");
    assert!(!stage.accounts.decide_device(device.id, id(ADMIN), id(1), true).await.unwrap(), "another org");
    assert!(stage.accounts.decide_device(device.id, id(ADMIN), id(ORG), true).await.unwrap());
    assert!(stage.accounts.waiting_device(&typed).await.unwrap().is_none());
    stage.wait(5);
    let tokens = poll(&stage, &reply).await.unwrap();
    assert!(tokens.refresh_token.is_some());
    assert!(stage.is_alive(&tokens.access_token).await);
    assert_eq!(error(poll(&stage, &reply).await), "expired");
}

#[tokio::test]
async fn a_refused_or_late_device_is_told_so() {
    let stage = Stage::new().await;
    let refused = start(&stage, &[]).await;
    let late = start(&stage, &[]).await;
    let device = stage.accounts.waiting_device(&refused.user_code).await.unwrap().unwrap();
    assert!(stage.accounts.decide_device(device.id, id(ADMIN), id(ORG), false).await.unwrap());
    assert_eq!(error(poll(&stage, &refused).await), "access_denied");
    stage.wait(300);
    assert!(stage.accounts.waiting_device(&late.user_code).await.unwrap().is_none());
    assert_eq!(error(poll(&stage, &late).await), "expired");
    let wrong = stage.params(ClientKind::Server, &[("grant_type", "device_request"), SCOPE]);
    let answer = stage.accounts.device_request(&wrong).await;
    assert_eq!(answer.err().map(|error| error.to_string()).as_deref(), Some("invalid_client"));
}
