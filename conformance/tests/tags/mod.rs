//! `settings/tags`, and tags on records.

mod mass_delete;
mod on_records;
mod settings;

use dealwright_testkit::Api;
use serde_json::{Value, json};

/// Operations tested here: id, and the file below `tests/`.
pub(crate) const TESTED: &[(&str, &str)] = &[
    ("tags.list", "tags/settings.rs"),
    ("tags.create", "tags/settings.rs"),
    ("tags.update_many", "tags/settings.rs"),
    ("tags.update_one", "tags/settings.rs"),
    ("tags.delete_one", "tags/settings.rs"),
    ("tags_merge.run", "tags/settings.rs"),
    ("tags_count.get", "tags/settings.rs"),
    ("tags_mass_delete.run", "tags/mass_delete.rs"),
    ("tags_mass_delete.status", "tags/mass_delete.rs"),
    ("record_tags_add.run", "tags/on_records.rs"),
    ("record_tags_remove.run", "tags/on_records.rs"),
    ("tags_add.run", "tags/on_records.rs"),
    ("tags_remove.run", "tags/on_records.rs"),
];

/// Makes tags of a module and gives their ids.
async fn tags(api: &Api, module: &str, names: &[&str]) -> Vec<String> {
    let tags: Vec<Value> = names.iter().map(|name| json!({ "name": name })).collect();
    let made = api.post(&format!("settings/tags?module={module}"), &json!({ "tags": tags })).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.json()["tags"].as_array().unwrap().clone();
    made.iter().map(|tag| tag["details"]["id"].as_str().unwrap().to_owned()).collect()
}

/// Names of a record's tags, in their order.
async fn names(api: &Api, module: &str, id: &str) -> Vec<String> {
    let record = api.record(module, id).await;
    record["Tag"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap().to_owned()).collect()
}

/// `{"tags":[{"name"},…]}`
fn named(names: &[&str]) -> Value {
    json!({ "tags": names.iter().map(|name| json!({ "name": name })).collect::<Vec<_>>() })
}
