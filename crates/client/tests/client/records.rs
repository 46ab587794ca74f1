use dealwright_client::{Action, Client, Config, Error, Id, Outcome};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::stub::Stub;

fn id(number: i64) -> Id {
    Id::new(number).unwrap()
}

#[tokio::test]
async fn get_reads_a_record_into_a_type_of_the_caller() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Lead {
        #[serde(rename = "id")]
        id: Id,
        company: String,
    }
    let stub =
        Stub::api(|_| (200, r#"{"data":[{"id":"7","Company":"Zylker","Phone":null}]}"#.to_owned())).await;
    let lead: Option<Lead> = stub.client.records("Leads").get(id(7)).await.unwrap();
    assert_eq!(lead, Some(Lead { id: id(7), company: "Zylker".to_owned() }));
    assert_eq!(stub.calls()[0].line, "GET /crm/v8/Leads/7");
}

#[tokio::test]
async fn get_of_a_record_that_is_not_there_is_none() {
    let stub = Stub::api(|_| (204, String::new())).await;
    assert_eq!(stub.client.records("Leads").get::<Value>(id(7)).await.unwrap(), None);
}

#[tokio::test]
async fn each_record_of_an_insert_succeeds_or_fails_alone() {
    let answer = json!({ "data": [
        { "code": "SUCCESS", "details": { "id": "11", "Created_Time": "2026-01-02T03:04:05+00:00" },
          "message": "record added", "status": "success" },
        { "code": "MANDATORY_NOT_FOUND", "details": { "api_name": "Last_Name", "json_path": "$.data[1].Last_Name" },
          "message": "required field not found", "status": "error" },
    ] });
    let stub = Stub::api(move |_| (207, answer.to_string())).await;
    let sent = [json!({ "Last_Name": "Burns" }), json!({})];
    let outcomes = stub.client.records("Leads").insert(&sent).await.unwrap();
    let [Outcome::Done(done), Outcome::Failed(failure)] = &outcomes[..] else { panic!("{outcomes:?}") };
    assert_eq!((done.id, done.action), (id(11), None));
    assert_eq!(failure.field(), Some("Last_Name"));
    assert_eq!(failure.to_string(), "MANDATORY_NOT_FOUND (required field not found, field Last_Name)");
    let call = &stub.calls()[0];
    assert_eq!(
        (call.line.as_str(), call.body.as_str()),
        ("POST /crm/v8/Leads", r#"{"data":[{"Last_Name":"Burns"},{}]}"#)
    );
}

#[tokio::test]
async fn one_failure_for_many_records_is_an_error_of_the_call() {
    let answer = r#"{"data":[{"code":"LIMIT_EXCEEDED","details":{"maximum_length":100},"message":"too many","status":"error"}]}"#;
    let stub = Stub::api(|_| (400, answer.to_owned())).await;
    let error = stub.client.records("Leads").update(&vec![json!({ "id": "1" }); 101]).await.unwrap_err();
    assert_eq!(error.code(), Some("LIMIT_EXCEEDED"));
}

#[tokio::test]
async fn an_upsert_says_what_it_did() {
    let answer = r#"{"data":[{"code":"SUCCESS","duplicate_field":"Email","action":"update","details":{"id":"9"},"message":"record updated","status":"success"}]}"#;
    let stub = Stub::api(|_| (200, answer.to_owned())).await;
    let outcomes =
        stub.client.records("Leads").upsert(&[json!({ "Email": "a@b.co" })], &["Email"]).await.unwrap();
    let [Outcome::Done(done)] = &outcomes[..] else { panic!("{outcomes:?}") };
    assert_eq!((done.action, done.duplicate_field.as_deref()), (Some(Action::Update), Some("Email")));
    let call = &stub.calls()[0];
    assert_eq!(call.line, "POST /crm/v8/Leads/upsert");
    assert_eq!(call.body, r#"{"data":[{"Email":"a@b.co"}],"duplicate_check_fields":["Email"]}"#);
}

#[tokio::test]
async fn delete_names_all_ids_in_one_call() {
    let answer = r#"{"data":[{"code":"SUCCESS","details":{"id":"1"},"message":"record deleted","status":"success"},
        {"code":"INVALID_DATA","details":{"id":"2"},"message":"record not deleted","status":"error"}]}"#;
    let stub = Stub::api(|_| (207, answer.to_owned())).await;
    let outcomes = stub.client.records("Leads").delete(&[id(1), id(2)]).await.unwrap();
    let ids: Vec<_> = outcomes.into_iter().map(Outcome::id).collect();
    assert_eq!(ids[0], Ok(id(1)));
    assert_eq!(ids[1].as_ref().unwrap_err().code, "INVALID_DATA");
    assert_eq!(stub.calls()[0].line, "DELETE /crm/v8/Leads?ids=1%2C2");
}

#[tokio::test]
async fn a_refusal_of_the_call_carries_its_code_and_status() {
    let answer = r#"{"code":"INVALID_MODULE","details":{"resource_path_index":0},"message":"the module name given seems to be invalid","status":"error"}"#;
    let stub = Stub::api(|_| (400, answer.to_owned())).await;
    let error = stub.client.records("No such module").insert(&[json!({})]).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "inserting into No such module: the server answered 400: \
         INVALID_MODULE (the module name given seems to be invalid)"
    );
    assert_eq!(stub.calls()[0].line, "POST /crm/v8/No%20such%20module");
}

#[tokio::test]
async fn an_answer_of_somebody_else_is_an_error_of_shape() {
    let stub = Stub::api(|_| (502, "<html>Bad Gateway</html>".to_owned())).await;
    let error = stub.client.records("Leads").get::<Value>(id(7)).await.unwrap_err();
    assert!(matches!(error, Error::Shape { status: 502, .. }), "{error:?}");
}

#[test]
fn a_base_url_that_cannot_work_is_refused_and_secrets_are_not_printed() {
    let config = Config {
        base_url: "crm.example.com".to_owned(),
        accounts_url: "https://crm.example.com".to_owned(),
        client_id: "1000.ID".to_owned(),
        client_secret: "hidden-secret".to_owned(),
        refresh_token: "hidden-token".to_owned(),
    };
    assert!(!format!("{config:?}").contains("hidden"));
    assert!(matches!(Client::new(config), Err(Error::Config(_))));
}
