//! What an administrator sees of a world: everything that decides who reaches what.

use std::collections::{BTreeMap, BTreeSet};

use dealwright_testkit::Api;
use serde_json::Value;

use super::kinds::{HANGING, KINDS, WITH_TERRITORIES};
use super::levels::{listed, number};
use super::world::World;

/// What a converted lead points to.
const CONVERTED: [&str; 3] = ["Converted_Account", "Converted_Contact", "Converted_Deal"];

#[derive(Default)]
pub(super) struct User {
    pub(super) id: String,
    pub(super) role: String,
    pub(super) profile: String,
    pub(super) is_admin: bool,
}

pub(super) struct Role {
    pub(super) above: Option<String>,
    pub(super) shares_with_peers: bool,
}

/// One side of a rule, or a source of a group.
pub(super) struct Side {
    pub(super) kind: String,
    pub(super) id: String,
    pub(super) subordinates: bool,
    pub(super) sub_territories: bool,
}

pub(super) struct Territory {
    pub(super) above: Option<String>,
    pub(super) members: BTreeSet<String>,
    pub(super) level: u8,
}

pub(super) struct Rule {
    pub(super) module: String,
    pub(super) from: Side,
    pub(super) to: Side,
    pub(super) superiors: bool,
    pub(super) level: u8,
}

pub(super) struct Share {
    /// `users`, `roles`, `groups` or `public`.
    pub(super) kind: String,
    pub(super) principal: String,
    pub(super) level: u8,
    pub(super) related: bool,
    pub(super) by: String,
}

#[derive(Default)]
pub(super) struct Record {
    pub(super) module: &'static str,
    pub(super) id: String,
    pub(super) owner: String,
    /// Ids of the records that its lookups name.
    pub(super) points_to: Vec<String>,
    pub(super) territories: Vec<String>,
    pub(super) shares: Vec<Share>,
    /// The record that it hangs on.
    pub(super) parent: Option<String>,
    /// A converted lead: only lists that ask for it have it, and it stays as it is.
    pub(super) is_converted: bool,
    pub(super) is_locked: bool,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) users: Vec<User>,
    pub(super) roles: BTreeMap<String, Role>,
    /// What each profile permits, as the module's name and the verb.
    pub(super) permits: BTreeMap<String, BTreeSet<(String, String)>>,
    pub(super) groups: BTreeMap<String, Vec<Side>>,
    pub(super) territories: BTreeMap<String, Territory>,
    pub(super) share_types: BTreeMap<String, u8>,
    pub(super) rules: Vec<Rule>,
    pub(super) records: BTreeMap<String, Record>,
}

impl State {
    pub(super) async fn read(world: &World) -> Self {
        let mut state = Self::default();
        let admin = &world.admin;
        state.read_people(admin).await;
        state.read_divisions(admin).await;
        state.read_openings(admin).await;
        state.read_records(admin).await;
        state
    }

    async fn read_people(&mut self, admin: &Api) {
        let admins = rows(admin, "users?type=AdminUsers", "users").await;
        for row in rows(admin, "users?type=AllUsers", "users").await {
            let id = text(&row["id"]);
            let is_admin = admins.iter().any(|one| one["id"] == row["id"]);
            let user =
                User { id, role: text(&row["role"]["id"]), profile: text(&row["profile"]["id"]), is_admin };
            self.users.push(user);
        }
        for row in rows(admin, "settings/roles", "roles").await {
            let above = row["reporting_to"]["id"].as_str().map(str::to_owned);
            let role = Role { above, shares_with_peers: row["share_with_peers"] == true };
            self.roles.insert(text(&row["id"]), role);
        }
        let profiles: BTreeSet<String> = self.users.iter().map(|user| user.profile.clone()).collect();
        for profile in profiles {
            let shown = rows(admin, &format!("settings/profiles/{profile}"), "profiles").await;
            let details = shown[0]["permissions_details"].as_array().cloned().unwrap_or_default();
            let enabled = details.iter().filter(|one| one["enabled"] == true);
            let verbs = enabled.map(|one| (text(&one["module"]), text(&one["display_label"])));
            self.permits.insert(profile, verbs.collect());
        }
    }

    async fn read_divisions(&mut self, admin: &Api) {
        for listed in rows(admin, "settings/user_groups", "user_groups").await {
            let path = format!("settings/user_groups/{}", text(&listed["id"]));
            let row = rows(admin, &path, "user_groups").await.remove(0);
            let sources = row["sources"].as_array().into_iter().flatten().map(|one| side(one, "source"));
            self.groups.insert(text(&row["id"]), sources.collect());
        }
        for row in rows(admin, "settings/territories", "territories").await {
            let id = text(&row["id"]);
            let users = rows(admin, &format!("settings/territories/{id}/users"), "users").await;
            let mut members: BTreeSet<String> = users.iter().map(|user| text(&user["id"])).collect();
            members.extend(row["manager"]["id"].as_str().map(str::to_owned));
            let above = row["reporting_to"]["id"].as_str().map(str::to_owned);
            let level = if row["permission_type"] == "read_only" { 1 } else { 3 };
            self.territories.insert(id, Territory { above, members, level });
        }
    }

    async fn read_openings(&mut self, admin: &Api) {
        let types = ["private", "public_read_only", "public_read_write", "public"];
        for row in rows(admin, "settings/data_sharing", "data_sharing").await {
            let level = types.iter().position(|name| row["share_type"] == *name).unwrap_or(0);
            self.share_types.insert(text(&row["module"]["api_name"]), level as u8);
        }
        let summary =
            rows(admin, "settings/data_sharing/rules/actions/summary", "sharing_rules_summary").await;
        for module in summary.iter().filter(|row| row["rule_count"] != 0) {
            let module = text(&module["module"]["api_name"]);
            let path = format!("settings/data_sharing/rules?module={module}");
            let active =
                rows(admin, &path, "sharing_rules").await.into_iter().filter(|row| row["status"] == "active");
            self.rules.extend(active.map(|row| Rule {
                module: module.clone(),
                from: side(&row["shared_from"], "resource"),
                to: side(&row["shared_to"], "resource"),
                superiors: row["superiors_allowed"] == true,
                level: if row["permission_type"] == "read" { 1 } else { 3 },
            }));
        }
    }

    async fn read_records(&mut self, admin: &Api) {
        for kind in KINDS {
            let territories =
                WITH_TERRITORIES.iter().find(|(name, _)| *name == kind.module).map(|(_, field)| *field);
            let converted: &[&str] = if kind.module == "Leads" { &CONVERTED } else { &[] };
            let lookups = kind.lookups.iter().map(|(field, _)| *field).chain(converted.iter().copied());
            let lookups: Vec<&str> = lookups.collect();
            let states =
                ["id", "Owner", "Locked__s"].into_iter().chain(converted.first().map(|_| "Converted__s"));
            let fields: Vec<&str> = states.chain(lookups.iter().copied()).chain(territories).collect();
            for row in listed(admin, kind.module, &fields.join(",")).await {
                let ids = |value: &Value| -> Vec<String> {
                    let all = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
                    all.iter().filter_map(|one| one["id"].as_str().map(str::to_owned)).collect()
                };
                let id = text(&row["id"]);
                let record = Record {
                    module: kind.module,
                    id: id.clone(),
                    owner: text(&row["Owner"]["id"]),
                    points_to: lookups.iter().flat_map(|field| ids(&row[*field])).collect(),
                    territories: territories.map(|field| ids(&row[field])).unwrap_or_default(),
                    shares: shares(admin, kind.module, &id).await,
                    parent: None,
                    is_converted: row["Converted__s"] == true,
                    is_locked: row["Locked__s"] == true,
                };
                self.records.insert(id, record);
            }
        }
        for module in HANGING {
            for row in listed(admin, module, "id,Parent_Id").await {
                let id = text(&row["id"]);
                let parent = row["Parent_Id"]["id"].as_str().map(str::to_owned);
                self.records.insert(id.clone(), Record { module, id, parent, ..Record::default() });
            }
        }
    }
}

async fn shares(admin: &Api, module: &str, id: &str) -> Vec<Share> {
    let rows = rows(admin, &format!("{module}/{id}/actions/share"), "share").await;
    let shares = rows.iter().map(|row| Share {
        kind: if row["type"] == "public" { "public".to_owned() } else { text(&row["shared_with"]["type"]) },
        principal: text(&row["shared_with"]["id"]),
        level: number(&row["permission"]),
        related: row["share_related_records"] == true,
        by: text(&row["shared_by"]["id"]),
    });
    shares.collect()
}

fn side(side: &Value, key: &str) -> Side {
    Side {
        kind: text(&side["type"]),
        id: text(&side[key]["id"]),
        subordinates: side["subordinates"] == true,
        sub_territories: side["sub_territories"] == true,
    }
}

async fn rows(admin: &Api, path: &str, key: &str) -> Vec<Value> {
    let answer = admin.get(path).await;
    assert!(matches!(answer.status, 200 | 204), "{path}: {}", answer.text);
    answer.json()[key].as_array().cloned().unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
