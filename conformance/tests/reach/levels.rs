//! How far people get, as the server tells them: what they list, and what they may do.

use std::collections::{BTreeMap, BTreeSet};

use dealwright_testkit::Api;
use serde_json::{Value, json};

use super::kinds::{HANGING, KINDS, WITH_TERRITORIES};
use super::world::World;

/// Records that somebody lists, by module and id: 1 to read, 2 to write, 3 everything.
pub(super) type Levels = BTreeMap<(&'static str, String), u8>;

/// What each user's profile permits, by their id.
pub(super) type Standings = BTreeMap<String, Standing>;

/// What a user's profile permits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Standing {
    pub(super) permissions: BTreeSet<String>,
    pub(super) is_admin: bool,
}

/// All modules of a world.
pub(super) fn modules() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|kind| kind.module).chain(HANGING.iter().copied())
}

/// A level by its name in `$sharing_permission`.
pub(super) fn number(permission: &Value) -> u8 {
    match permission.as_str() {
        Some("read_only") => 1,
        Some("read_write") => 2,
        Some("full_access") => 3,
        _ => 0,
    }
}

pub(super) fn name(level: u8) -> &'static str {
    ["nothing", "read_only", "read_write", "full_access"][usize::from(level.min(3))]
}

/// All records of a module that somebody lists, page by page.
pub(super) async fn listed(api: &Api, module: &str, fields: &str) -> Vec<Value> {
    let (mut rows, mut token) = (Vec::new(), String::new());
    loop {
        let path = format!("{module}?fields={fields}&per_page=200&converted=both{token}");
        let answer = api.get(&path).await;
        assert!(matches!(answer.status, 200 | 204 | 401 | 403), "{path}: {} {}", answer.status, answer.text);
        if answer.status != 200 {
            return rows;
        }
        let body = answer.json();
        rows.extend(body["data"].as_array().cloned().unwrap_or_default());
        match body["info"]["next_page_token"].as_str() {
            Some(next) => token = format!("&page_token={next}"),
            None => return rows,
        }
    }
}

/// Ids of all records of a module by the query language; `None` when it is refused.
pub(super) async fn queried(api: &Api, module: &str) -> Option<Vec<String>> {
    let (mut ids, mut offset) = (Vec::new(), 0);
    loop {
        let query =
            format!("select id from {module} where id is not null order by id asc limit {offset}, 200");
        let answer = api.post("coql", &json!({"select_query": query})).await;
        assert!(matches!(answer.status, 200 | 204 | 401 | 403), "{query}: {} {}", answer.status, answer.text);
        if !matches!(answer.status, 200 | 204) {
            return None;
        }
        let rows = answer.rows();
        ids.extend(rows.iter().filter_map(|row| row["id"].as_str().map(str::to_owned)));
        if rows.len() < 200 {
            return Some(ids);
        }
        offset += 200;
    }
}

/// The records that somebody lists, with their levels. What hangs on others has none of its own.
pub(super) async fn levels(api: &Api) -> Levels {
    let mut levels = Levels::new();
    for id in queried(api, "Notes").await.unwrap_or_default() {
        levels.insert(("Notes", id), 1);
    }
    // Only administrators list notes.
    for module in modules().filter(|module| *module != "Notes") {
        for row in listed(api, module, "id,$sharing_permission").await {
            let id = row["id"].as_str().expect("rows have ids").to_owned();
            levels.insert((module, id), number(&row["$sharing_permission"]).max(1));
        }
    }
    levels
}

/// What an administrator says of the profiles of all users.
pub(super) async fn standings(admin: &Api) -> Standings {
    let users = |kind: &'static str| async move {
        let users = admin.get(&format!("users?type={kind}")).await.json();
        users["users"].as_array().cloned().unwrap_or_default()
    };
    let admins = users("AdminUsers").await;
    let mut permitted: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut standings = Standings::new();
    for user in users("AllUsers").await {
        let profile = user["profile"]["id"].as_str().unwrap_or_default().to_owned();
        if !permitted.contains_key(&profile) {
            let shown = admin.get(&format!("settings/profiles/{profile}")).await.json();
            let details = shown["profiles"][0]["permissions_details"].as_array().cloned().unwrap_or_default();
            let enabled = details.iter().filter(|one| one["enabled"] == true);
            let names = enabled.filter_map(|one| one["name"].as_str().map(str::to_owned));
            permitted.insert(profile.clone(), names.collect());
        }
        let is_admin = admins.iter().any(|one| one["id"] == user["id"]);
        let id = user["id"].as_str().expect("users have ids").to_owned();
        standings.insert(id, Standing { permissions: permitted[&profile].clone(), is_admin });
    }
    standings
}

/// What a record looks like to an administrator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Face {
    pub(super) module: &'static str,
    /// The record that it hangs on.
    pub(super) parent: Option<String>,
    /// What must stay when somebody may not write it: its owner, its name, what it says, its tags and territories.
    pub(super) shown: BTreeMap<String, Value>,
}

/// The faces of all records.
pub(super) async fn faces(world: &World) -> BTreeMap<String, Face> {
    let mut faces = BTreeMap::new();
    for module in modules() {
        let mut fields = vec![World::name_field(module)];
        match module {
            "Attachments" => {}
            "Notes" => fields.push("Note_Content"),
            _ => fields.extend(["Owner", "Description", "Tag"]),
        }
        let territories = WITH_TERRITORIES.iter().find(|(name, _)| *name == module);
        fields.extend(territories.map(|(_, field)| *field));
        let hangs = HANGING.contains(&module);
        let asked = fields.join(",") + if hangs { ",Parent_Id" } else { "" };
        for row in listed(&world.admin, module, &asked).await {
            let id = row["id"].as_str().expect("rows have ids").to_owned();
            let parent = row["Parent_Id"]["id"].as_str().map(str::to_owned);
            let value = |field: &&str| match *field {
                // People can be renamed.
                "Owner" => row["Owner"]["id"].clone(),
                field => row[field].clone(),
            };
            let shown = fields.iter().map(|field| ((*field).to_owned(), value(field))).collect();
            faces.insert(id, Face { module, parent, shown });
        }
    }
    faces
}
