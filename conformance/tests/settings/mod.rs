//! `/settings/…`

mod cadences;
mod custom_views;
mod fields;
mod indexes;
mod known_types;
mod layouts;
mod modules;
mod older_shapes;
mod org_taxes;
mod profiles;
mod related_lists;
mod singles;
mod unused_features;
mod upgrade;
mod variables;

use dealwright_testkit::Answer;
use serde_json::{Value, json};

/// The versions, with the numbers that put them in order.
const VERSIONS: [(&str, u8); 8] =
    [("v2", 20), ("v2.1", 21), ("v3", 30), ("v4", 40), ("v5", 50), ("v6", 60), ("v7", 70), ("v8", 80)];

/// What a long list is made of: the keys of its first element, and one value of each element.
fn outline(answer: &Answer, list: &str, key: &str) -> Value {
    let body = answer.json();
    let all = body[list].as_array().cloned().unwrap_or_default();
    let keys: Vec<String> =
        all.first().and_then(Value::as_object).into_iter().flat_map(|one| one.keys().cloned()).collect();
    let values: Vec<Value> = all.iter().map(|one| one[key].clone()).collect();
    json!({"status": answer.status, "keys": keys, key: values, "info": body["info"]})
}
