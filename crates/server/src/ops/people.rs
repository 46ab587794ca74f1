//! Users, roles, profiles, territories and what they share.
//! Source: "Users", "Roles", "Profiles", "Territories", "Data sharing" of the published API.

use dealwright_engine::settings::{
    data_sharing, profiles, roles, sharing_rules, territories, territory_users, user_groups, users,
    users_unavailability,
};

use super::Operation;
use super::line::served;

pub(super) static OPERATIONS: &[Operation] = served! {
    "users" Crm "users" [create] Fixed("zohocrm.users") V2 => run users::create;
    "users" Crm "users" [update_many] Fixed("zohocrm.users") V2 => run users::update;
    "users" Crm "users/{id}" [update_one] Fixed("zohocrm.users") V2 => run users::update;
    "users" Crm "users/{id}" [delete_one] Fixed("zohocrm.users") V2 => run users::delete;
    "roles" Crm "settings/roles" [list create update_many] Fixed("zohocrm.settings.roles") V2 => on roles::ROLES;
    "roles" Crm "settings/roles/{id}" [get update_one delete_one] Fixed("zohocrm.settings.roles") V2 => on roles::ROLES;
    "profiles" Crm "settings/profiles/{id}" [update_one patch_one] Fixed("zohocrm.settings.profiles") V2 => run profiles::update;
    "profiles" Crm "settings/profiles/{id}" [delete_one] Fixed("zohocrm.settings.profiles") V2 => run profiles::delete;
    "profiles_clone" Crm "settings/profiles/{id}/actions/clone" [run] Fixed("zohocrm.settings.profiles") V2 => run profiles::clone;
    "territories" Crm "settings/territories" [list create update_many delete_many] Fixed("zohocrm.settings.territories") V2 => on territories::TERRITORIES;
    "territories" Crm "settings/territories/{id}" [get update_one delete_one] Fixed("zohocrm.settings.territories") V2 => on territories::TERRITORIES;
    "territories_children" Crm "settings/territories/{id}/__child_territories" [list] Fixed("zohocrm.settings.territories") V6 => run territories::children;
    "territories_transfer" Crm "settings/territories/actions/transfer_and_delete" [run] Fixed("zohocrm.settings.territories") V6 => run territories::transfer;
    "territories_transfer_one" Crm "settings/territories/{id}/actions/transfer_and_delete" [run] Fixed("zohocrm.settings.territories") V6 => run territories::transfer;
    "territories_users_count" Crm "settings/territories/actions/associated_users_count" [get] Fixed("zohocrm.settings.territories") V6 => run territories::users_count;
    "territories_deleted" Crm "settings/territories/actions/deleted_associated_territories" [list] Fixed("zohocrm.settings.territories") V8 => run territories::deleted;
    "territory_users" Crm "settings/territories/{id}/users" [list] Fixed("zohocrm.settings.territories") V5 => run territory_users::users_of;
    "territory_users" Crm "settings/territories/{id}/users" [update_many] Fixed("zohocrm.settings.territories") V5 => run territory_users::add_users;
    "territory_users" Crm "settings/territories/{id}/users" [delete_many] Fixed("zohocrm.settings.territories") V5 => run territory_users::remove_users;
    "territory_users" Crm "settings/territories/{id}/users/{user_id}" [get] Fixed("zohocrm.settings.territories") V5 => run territory_users::users_of;
    "territory_users" Crm "settings/territories/{id}/users/{user_id}" [update_one] Fixed("zohocrm.settings.territories") V5 => run territory_users::add_users;
    "territory_users" Crm "settings/territories/{id}/users/{user_id}" [delete_one] Fixed("zohocrm.settings.territories") V5 => run territory_users::remove_users;
    "users_territories" Crm "users/{id}/territories" [list] Fixed("zohocrm.users") V2_1 => run territory_users::territories_of;
    "users_territories" Crm "users/{id}/territories" [update_many] Fixed("zohocrm.users") V2_1 => run territory_users::add_territories;
    "users_territories" Crm "users/{id}/territories" [delete_many] Fixed("zohocrm.users") V2_1 => run territory_users::remove_territories;
    "users_territories" Crm "users/{id}/territories/{territory_id}" [get] Fixed("zohocrm.users") V2_1 => run territory_users::territories_of;
    "users_territories" Crm "users/{id}/territories/{territory_id}" [update_one] Fixed("zohocrm.users") V2_1 => run territory_users::add_territories;
    "users_territories" Crm "users/{id}/territories/{territory_id}" [delete_one] Fixed("zohocrm.users") V2_1 => run territory_users::remove_territories;
    "data_sharing" Crm "settings/data_sharing" [list] Fixed("zohocrm.settings.data_sharing") V8 => run data_sharing::list;
    "data_sharing" Crm "settings/data_sharing" [update_many] Fixed("zohocrm.settings.data_sharing") V8 => run data_sharing::update;
    "user_groups" Crm "settings/user_groups" [list create update_many] Fixed("zohocrm.settings.user_groups") V4 => on user_groups::USER_GROUPS;
    "user_groups" Crm "settings/user_groups/{id}" [get update_one delete_one] Fixed("zohocrm.settings.user_groups") V4 => on user_groups::USER_GROUPS;
    "user_groups_sources" Crm "settings/user_groups/{id}/sources" [list] Fixed("zohocrm.settings.user_groups") V4 => run user_groups::sources;
    "user_groups_sources_count" Crm "settings/user_groups/{id}/actions/sources_count" [get] Fixed("zohocrm.settings.user_groups") V4 => run user_groups::sources_count;
    "user_groups_associations" Crm "settings/user_groups/{id}/actions/associations" [list] Fixed("zohocrm.settings.user_groups") V4 => run user_groups::associations;
    "user_groups_users_count" Crm "settings/user_groups/actions/associated_users_count" [get] Fixed("zohocrm.settings.user_groups") V4 => run user_groups::users_count;
    "users_groups" Crm "users/{id}/actions/associated_groups" [list] Fixed("zohocrm.users") V4 => run user_groups::of_user;
    "sharing_rules" Crm "settings/data_sharing/rules" [list create update_many] Fixed("zohocrm.settings.data_sharing") V8 => on sharing_rules::SHARING_RULES;
    "sharing_rules" Crm "settings/data_sharing/rules/{id}" [get update_one delete_one] Fixed("zohocrm.settings.data_sharing") V8 => on sharing_rules::SHARING_RULES;
    "sharing_rules" Crm "settings/data_sharing/rules/{id}/actions/activate" [activate] Fixed("zohocrm.settings.data_sharing") V8 => run sharing_rules::activate;
    "sharing_rules" Crm "settings/data_sharing/rules/{id}/actions/activate" [deactivate] Fixed("zohocrm.settings.data_sharing") V8 => run sharing_rules::deactivate;
    "sharing_rules_summary" Crm "settings/data_sharing/rules/actions/summary" [get] Fixed("zohocrm.settings.data_sharing") V8 => run sharing_rules::summary;
    "users_unavailability" Crm "settings/users_unavailability" [list create update_many] Fixed("zohocrm.settings.users_unavailability") V3 => on users_unavailability::UNAVAILABILITY;
    "users_unavailability" Crm "settings/users_unavailability/{id}" [get update_one delete_one] Fixed("zohocrm.settings.users_unavailability") V3 => on users_unavailability::UNAVAILABILITY;
};
