//! Users, roles, profiles, territories and data sharing.

mod profiles;
mod roles;
mod users;

use dealwright_testkit::{Api, TestServer};
use serde_json::{Value, json};

/// Operations tested here: id, and the file below `tests/`.
pub(crate) const TESTED: &[(&str, &str)] = &[
    ("users.create", "people/users.rs"),
    ("users.update_many", "people/users.rs"),
    ("users.update_one", "people/users.rs"),
    ("users.delete_one", "people/users.rs"),
    ("roles.list", "people/roles.rs"),
    ("roles.create", "people/roles.rs"),
    ("roles.update_many", "people/roles.rs"),
    ("roles.get", "people/roles.rs"),
    ("roles.update_one", "people/roles.rs"),
    ("roles.delete_one", "people/roles.rs"),
    ("profiles.update_one", "people/profiles.rs"),
    ("profiles.patch_one", "people/profiles.rs"),
    ("profiles.delete_one", "people/profiles.rs"),
    ("profiles_clone.run", "people/profiles.rs"),
];

/// A user who was added, and calls made by them.
pub(crate) struct Colleague {
    pub(crate) id: String,
    pub(crate) api: Api,
}

/// Adds a user with that role and profile, by name, who can call at once.
pub(crate) async fn colleague(server: &TestServer, name: &str, role: &str, profile: &str) -> Colleague {
    let api = server.api();
    let role = named(&api, "roles", role).await;
    let profile = named(&api, "profiles", profile).await;
    let user = json!({
        "last_name": name, "email": format!("{}@example.com", name.to_lowercase()), "role": role, "profile": {"id": profile},
    });
    let answer = api.post("users", &json!({"users": [user]})).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let id = answer.json()["users"][0]["details"]["id"].as_str().expect("an id").to_owned();
    let zuid =
        api.get(&format!("users/{id}")).await.json()["users"][0]["zuid"].as_str().expect("a zuid").to_owned();
    Colleague { id, api: server.api_of(&zuid).await }
}

/// Id of the setting of that name.
pub(crate) async fn named(api: &Api, list: &str, name: &str) -> String {
    let all = api.get(&format!("settings/{list}")).await.json();
    let found = all[list].as_array().and_then(|all| all.iter().find(|one| one["name"] == name)).cloned();
    let found: Value = found.unwrap_or_else(|| panic!("no {list} called {name}: {all}"));
    found["id"].as_str().expect("an id").to_owned()
}

/// Creates one setting, which has to succeed, and gives its id.
pub(crate) async fn create(api: &Api, path: &str, key: &str, body: Value) -> String {
    let answer = api.post(path, &json!({key: [body]})).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()[key][0]["details"]["id"].as_str().expect("an id").to_owned()
}
