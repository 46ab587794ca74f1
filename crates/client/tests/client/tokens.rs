use dealwright_client::{Error, Id};
use futures::future::join_all;
use serde_json::Value;

use crate::stub::Stub;

const REFUSED: &str =
    r#"{"code":"INVALID_TOKEN","details":{},"message":"invalid oauth token","status":"error"}"#;
const RECORD: &str = r#"{"data":[{"id":"5"}]}"#;

fn id() -> Id {
    Id::new(5).unwrap()
}

#[tokio::test]
async fn one_token_serves_all_calls() {
    let stub = Stub::api(|_| (200, RECORD.to_owned())).await;
    let leads = stub.client.records("Leads");
    for _ in 0..3 {
        leads.get::<Value>(id()).await.unwrap();
    }
    assert_eq!(stub.token_calls().len(), 1);
    assert_eq!(
        stub.token_calls()[0].body,
        "grant_type=refresh_token&client_id=1000.ID&client_secret=secret&refresh_token=1000.a.b"
    );
    assert!(stub.calls().iter().all(|asked| asked.authorization == "Zoho-oauthtoken token-1"));
}

#[tokio::test]
async fn calls_at_the_same_time_fetch_one_token_and_renew_it_once() {
    let stub = Stub::api(|asked| {
        if asked.authorization.ends_with("token-1") {
            (401, REFUSED.to_owned())
        } else {
            (200, RECORD.to_owned())
        }
    })
    .await;
    let leads = stub.client.records("Leads");
    let results = join_all((0..8).map(|_| leads.get::<Value>(id()))).await;
    assert!(results.iter().all(|result| matches!(result, Ok(Some(_)))), "{results:?}");
    assert_eq!(stub.token_calls().len(), 2);
}

#[tokio::test]
async fn a_token_that_is_refused_again_is_an_error_of_the_api() {
    let stub = Stub::api(|_| (401, REFUSED.to_owned())).await;
    let error = stub.client.records("Leads").get::<Value>(id()).await.unwrap_err();
    assert_eq!(error.code(), Some("INVALID_TOKEN"));
    assert_eq!(stub.calls().len(), 2);
}

#[tokio::test]
async fn other_refusals_do_not_cost_a_token() {
    let body = REFUSED.replace("INVALID_TOKEN", "OAUTH_SCOPE_MISMATCH");
    let stub = Stub::api(move |_| (401, body.clone())).await;
    let error = stub.client.records("Leads").get::<Value>(id()).await.unwrap_err();
    assert_eq!(error.code(), Some("OAUTH_SCOPE_MISMATCH"));
    assert_eq!((stub.calls().len(), stub.token_calls().len()), (1, 1));
}

#[tokio::test]
async fn a_token_that_lasts_no_time_is_fetched_for_each_call() {
    let stub = Stub::start(|asked| {
        let token = r#"{"access_token":"token","expires_in":0}"#;
        (200, if asked.is_for_token() { token } else { RECORD }.to_owned())
    })
    .await;
    let leads = stub.client.records("Leads");
    for _ in 0..2 {
        leads.get::<Value>(id()).await.unwrap();
    }
    assert_eq!(stub.token_calls().len(), 2);
}

#[tokio::test]
async fn refused_credentials_are_an_oauth_error_and_nothing_is_called() {
    let stub = Stub::start(|_| (200, r#"{"error":"invalid_code"}"#.to_owned())).await;
    let error = stub.client.records("Leads").get::<Value>(id()).await.unwrap_err();
    assert!(matches!(&error, Error::OAuth { error, .. } if error == "invalid_code"), "{error:?}");
    assert_eq!(stub.calls().len(), 0);
}
