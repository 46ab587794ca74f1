//! Users, roles, profiles, territories and data sharing.

mod delegated;
mod giving;
mod groups;
mod profiles;
mod roles;
mod rules;
mod search;
mod territories;
mod unavailability;
mod users;

use dealwright_testkit::{Api, TestServer};
use serde_json::{Value, json};

/// Operations tested here: id, and the file below `tests/`.
pub(crate) const TESTED: &[(&str, &str)] = &[
    ("users.create", "people/users.rs"),
    ("users.update_many", "people/users.rs"),
    ("users.update_one", "people/users.rs"),
    ("users.delete_one", "people/users.rs"),
    ("users_search.list", "people/search.rs"),
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
    ("user_groups.list", "people/groups.rs"),
    ("user_groups.create", "people/groups.rs"),
    ("user_groups.update_many", "people/groups.rs"),
    ("user_groups.get", "people/groups.rs"),
    ("user_groups.update_one", "people/groups.rs"),
    ("user_groups.delete_one", "people/groups.rs"),
    ("user_groups_sources.list", "people/groups.rs"),
    ("user_groups_sources_count.get", "people/groups.rs"),
    ("user_groups_associations.list", "people/groups.rs"),
    ("user_groups_users_count.get", "people/groups.rs"),
    ("users_groups.list", "people/groups.rs"),
    ("sharing_rules.list", "people/rules.rs"),
    ("sharing_rules.create", "people/rules.rs"),
    ("sharing_rules.update_many", "people/rules.rs"),
    ("sharing_rules.get", "people/rules.rs"),
    ("sharing_rules.update_one", "people/rules.rs"),
    ("sharing_rules.delete_one", "people/rules.rs"),
    ("sharing_rules.activate", "people/rules.rs"),
    ("sharing_rules.deactivate", "people/rules.rs"),
    ("sharing_rules_summary.get", "people/rules.rs"),
    ("users_unavailability.list", "people/unavailability.rs"),
    ("users_unavailability.create", "people/unavailability.rs"),
    ("users_unavailability.update_many", "people/unavailability.rs"),
    ("users_unavailability.get", "people/unavailability.rs"),
    ("users_unavailability.update_one", "people/unavailability.rs"),
    ("users_unavailability.delete_one", "people/unavailability.rs"),
    ("territories.list", "people/territories.rs"),
    ("territories.create", "people/territories.rs"),
    ("territories.update_many", "people/territories.rs"),
    ("territories.delete_many", "people/territories.rs"),
    ("territories.get", "people/territories.rs"),
    ("territories.update_one", "people/territories.rs"),
    ("territories.delete_one", "people/territories.rs"),
    ("territories_children.list", "people/territories.rs"),
    ("territories_transfer.run", "people/territories.rs"),
    ("territories_transfer_one.run", "people/territories.rs"),
    ("territories_users_count.get", "people/territories.rs"),
    ("territories_deleted.list", "people/territories.rs"),
    ("territory_users.list", "people/territories.rs"),
    ("territory_users.update_many", "people/territories.rs"),
    ("territory_users.delete_many", "people/territories.rs"),
    ("territory_users.get", "people/territories.rs"),
    ("territory_users.update_one", "people/territories.rs"),
    ("territory_users.delete_one", "people/territories.rs"),
    ("users_territories.list", "people/territories.rs"),
    ("users_territories.update_many", "people/territories.rs"),
    ("users_territories.delete_many", "people/territories.rs"),
    ("users_territories.get", "people/territories.rs"),
    ("users_territories.update_one", "people/territories.rs"),
    ("users_territories.delete_one", "people/territories.rs"),
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
