//! Values that are worked out: formulas, roll-ups, taxes, totals.

mod formula_fields;
mod rollup_summary;
mod taxes;

use std::time::Duration;

use dealwright_testkit::{Answer, Api};
use serde_json::{Value, json};

/// Operations tested here: id, and the file below `tests/`.
pub(crate) const TESTED: &[(&str, &str)] = &[];

/// Makes one field and gives the answer.
async fn make(api: &Api, module: &str, field: Value) -> Answer {
    api.post(&format!("settings/fields?module={module}"), &json!({ "fields": [field] })).await
}

/// Makes one field, which has to succeed, and gives its id.
async fn made(api: &Api, module: &str, field: Value) -> String {
    let answer = make(api, module, field).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()["fields"][0]["details"]["id"].as_str().expect("an id").to_owned()
}

/// A formula field on its way to the server; its name follows from its label.
fn formula(label: &str, return_type: &str, expression: &str) -> Value {
    json!({"field_label": label, "data_type": "formula", "formula": {"return_type": return_type, "expression": expression}})
}

/// The value of a field once a job has worked it out.
async fn eventually(api: &Api, module: &str, id: &str, field: &str, wanted: &Value) {
    let mut found = Value::Null;
    for _ in 0..400 {
        found = api.record(module, id).await[field].clone();
        if found == *wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{module}.{field} stays {found} and does not become {wanted}");
}

/// Changes one record, which has to succeed.
async fn change(api: &Api, module: &str, id: &str, values: Value) {
    let answer = api.put(&format!("{module}/{id}"), &json!({ "data": [values] })).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}
