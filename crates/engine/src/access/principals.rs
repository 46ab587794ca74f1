//! Who somebody is besides themself: their role, groups and territories, and whose records they answer for.

use std::collections::BTreeSet;

use dealwright_schema::ModuleDef;
use dealwright_wire::Id;
use serde_json::Value;

use super::scope::Level;
use crate::documents::{Setting, User};
use crate::snapshot::Snapshot;

/// Kind of the settings that are groups of users.
pub(crate) const GROUPS: &str = "user_groups";
/// Kind of the settings that are sharing rules.
pub(crate) const RULES: &str = "sharing_rules";

/// How deep groups may hold groups.
pub(crate) const DEPTH: usize = 8;

/// A user with everything they belong to.
pub(crate) struct Member {
    user: Id,
    role: Id,
    groups: Vec<Id>,
    /// Territories they are in or manage, and those below.
    pub(crate) territories: Vec<Id>,
}

impl Member {
    pub(crate) fn of(snapshot: &Snapshot, user: &User) -> Self {
        let groups = snapshot.settings(GROUPS);
        let groups = groups.filter(|group| group_has(snapshot, group, user, DEPTH)).map(|group| group.id);
        Self {
            user: user.id,
            role: user.role,
            groups: groups.collect(),
            territories: territories(snapshot, user.id),
        }
    }

    /// What a share can name to reach this user. The org stands for everybody.
    pub(crate) fn principals(&self, snapshot: &Snapshot) -> Vec<Id> {
        let own = [self.user, self.role, snapshot.details.id];
        own.into_iter().chain(self.groups.iter().copied()).collect()
    }
}

/// Ids of the users whose records are somebody's in full: their own, and those of the people they answer for.
pub(crate) fn answers_for(snapshot: &Snapshot, user: &User) -> BTreeSet<i64> {
    let others = subordinates(snapshot, user).map(Id::get);
    others.chain([user.id.get()]).collect()
}

/// Users whose records somebody answers for: those in roles below theirs, and their peers where the role shares.
pub(crate) fn subordinates<'a>(snapshot: &'a Snapshot, user: &'a User) -> impl Iterator<Item = Id> + 'a {
    let shares = snapshot.role(user.role).is_some_and(|role| role.share_with_peers);
    let answers_for = move |other: &&std::sync::Arc<User>| {
        (shares && other.role == user.role) || snapshot.is_below(other.role, user.role)
    };
    snapshot.users.iter().filter(answers_for).map(|other| other.id)
}

/// Territories of a user and all below these.
fn territories(snapshot: &Snapshot, user: Id) -> Vec<Id> {
    let mut reached: Vec<Id> =
        snapshot.territories.iter().filter(|one| one.has(user)).map(|one| one.id).collect();
    loop {
        let below = snapshot.territories.iter().find(|one| {
            !reached.contains(&one.id) && one.reporting_to.is_some_and(|above| reached.contains(&above))
        });
        match below {
            Some(below) => reached.push(below.id),
            None => return reached,
        }
    }
}

/// The territories below one, at any distance, and itself.
pub(crate) fn with_children(snapshot: &Snapshot, territory: Id) -> Vec<Id> {
    let mut reached = vec![territory];
    loop {
        let below = snapshot.territories.iter().find(|one| {
            !reached.contains(&one.id) && one.reporting_to.is_some_and(|above| reached.contains(&above))
        });
        match below {
            Some(below) => reached.push(below.id),
            None => return reached,
        }
    }
}

/// True when a group holds the user: by name, role, territory, or through another group.
pub(crate) fn group_has(snapshot: &Snapshot, group: &Setting, user: &User, depth: usize) -> bool {
    let sources = group.keys.get("sources").and_then(Value::as_array).into_iter().flatten();
    sources.into_iter().any(|source| side_has(snapshot, source, "source", user, depth))
}

/// True when what `{"type", key: {"id"}, "subordinates"}` names holds the user.
pub(crate) fn side_has(snapshot: &Snapshot, side: &Value, key: &str, user: &User, depth: usize) -> bool {
    let flag = |name: &str| side.get(name).and_then(Value::as_bool).unwrap_or(false);
    let kind = side.get("type").and_then(Value::as_str).unwrap_or("");
    if kind == "all_users" {
        return true;
    }
    let id = side.get(key).and_then(|one| one.get("id")).and_then(Value::as_str);
    let Some(id) = id.and_then(|id| id.parse::<Id>().ok()) else { return false };
    match kind {
        "users" => user.id == id,
        "roles" => user.role == id || (flag("subordinates") && snapshot.is_below(user.role, id)),
        "territories" => {
            let reached = if flag("sub_territories") { with_children(snapshot, id) } else { vec![id] };
            reached.into_iter().filter_map(|id| snapshot.territory(id)).any(|one| one.has(user.id))
        }
        "groups" if depth > 0 => {
            let group = snapshot.settings(GROUPS).find(|group| group.id == id);
            group.is_some_and(|group| group_has(snapshot, group, user, depth - 1))
        }
        _ => false,
    }
}

/// Somebody who has that role and nothing else.
pub(super) fn stand_in(role: Id) -> User {
    User {
        id: role,
        identity: role,
        first_name: None,
        last_name: String::new(),
        email: String::new(),
        role,
        profile: role,
        is_active: true,
        created_time: 0,
        more: serde_json::Map::new(),
    }
}

/// Owners whose records the sharing rules of a module open to a user, each set with its level.
pub(crate) fn by_rules(snapshot: &Snapshot, member: &Member, module: &ModuleDef) -> Vec<(Vec<Id>, Level)> {
    let Some(user) = snapshot.user(member.user) else { return Vec::new() };
    let active = |rule: &&Setting| rule.str("module") == module.api_name && rule.str("status") == "active";
    let mut opened = Vec::new();
    for rule in snapshot.settings(RULES).filter(active) {
        let (Some(from), Some(to)) = (rule.keys.get("shared_from"), rule.keys.get("shared_to")) else {
            continue;
        };
        let has = |side: &Value, user: &User| side_has(snapshot, side, "resource", user, DEPTH);
        let superiors = rule.keys.get("superiors_allowed").and_then(Value::as_bool).unwrap_or(false);
        let is_superior = |other: &User| has(to, other) && snapshot.is_below(other.role, user.role);
        // Superiors of a role are so before somebody has it: who comes into it opens nothing to them.
        let mut below = snapshot.roles.iter().filter(|role| snapshot.is_below(role.id, user.role));
        let reaches = has(to, user)
            || (superiors
                && (below.any(|role| is_superior(&stand_in(role.id)))
                    || snapshot.users.iter().any(|other| is_superior(other))));
        if !reaches {
            continue;
        }
        let owners = snapshot.users.iter().filter(|owner| has(from, owner)).map(|owner| owner.id).collect();
        let level = if rule.str("permission_type") == "read" { Level::Read } else { Level::Full };
        opened.push((owners, level));
    }
    opened
}
