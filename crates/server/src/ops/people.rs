//! Users, roles, profiles, territories and what they share.
//! Source: "Users", "Roles", "Profiles", "Territories", "Data sharing" of the published API.

use dealwright_engine::settings::{profiles, roles, users};

use super::operation::Method::{self, Delete, Get, Patch, Post, Put};
use super::operation::{Operation, Target, on, run};
use super::scope::ScopeRule::Fixed;
use crate::versions::ApiVersion::{self, V2};

const USERS: &str = "zohocrm.users";
const ROLES: &str = "zohocrm.settings.roles";
const PROFILES: &str = "zohocrm.settings.profiles";

pub(super) static OPERATIONS: &[Operation] = &[
    op("users.create", Post, "users", USERS, V2, run!(users::create)),
    op("users.update_many", Put, "users", USERS, V2, run!(users::update)),
    op("users.update_one", Put, "users/{id}", USERS, V2, run!(users::update)),
    op("users.delete_one", Delete, "users/{id}", USERS, V2, run!(users::delete)),
    op("roles.list", Get, "settings/roles", ROLES, V2, on!(list, roles::ROLES)),
    op("roles.create", Post, "settings/roles", ROLES, V2, on!(create, roles::ROLES)),
    op("roles.update_many", Put, "settings/roles", ROLES, V2, on!(update, roles::ROLES)),
    op("roles.get", Get, "settings/roles/{id}", ROLES, V2, on!(get, roles::ROLES)),
    op("roles.update_one", Put, "settings/roles/{id}", ROLES, V2, on!(update, roles::ROLES)),
    op("roles.delete_one", Delete, "settings/roles/{id}", ROLES, V2, on!(delete, roles::ROLES)),
    op("profiles.update_one", Put, "settings/profiles/{id}", PROFILES, V2, run!(profiles::update)),
    op("profiles.patch_one", Patch, "settings/profiles/{id}", PROFILES, V2, run!(profiles::update)),
    op("profiles.delete_one", Delete, "settings/profiles/{id}", PROFILES, V2, run!(profiles::delete)),
    op(
        "profiles_clone.run",
        Post,
        "settings/profiles/{id}/actions/clone",
        PROFILES,
        V2,
        run!(profiles::clone),
    ),
];

/// An operation whose scope follows from its method.
const fn op(
    id: &'static str,
    method: Method,
    path: &'static str,
    area: &'static str,
    since: ApiVersion,
    target: Target,
) -> Operation {
    Operation::new(id, method, path, Fixed(area, method.scope_operation()), since, target)
}
