//! What each data type accepts and shows, beyond the plain ones in `records/values.rs`.

mod activities;
mod appointments;
mod autonumber;
mod documents;
mod external;
mod layouts;
mod letters;
mod links;
mod options;
mod safe;
mod subforms;

use dealwright_testkit::Api;
use serde_json::{Value, json};

/// Operations tested here: id, and the file below `tests/`.
pub(crate) const TESTED: &[(&str, &str)] = &[];

/// Makes a field of a module, which has to succeed, and gives its description.
async fn field(api: &Api, module: &str, field: Value) -> Value {
    let made = api.post(&format!("settings/fields?module={module}"), &json!({ "fields": [field] })).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json()["fields"][0]["details"]["id"].as_str().unwrap().to_owned();
    api.get(&format!("settings/fields/{id}?module={module}")).await.json()["fields"][0].clone()
}

/// Changes a record, which has to succeed.
async fn change(api: &Api, module: &str, id: &str, values: Value) {
    let answer = api.put(&format!("{module}/{id}"), &json!({ "data": [values] })).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}
