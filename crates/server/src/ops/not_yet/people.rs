//! Users, groups, roles, territories, sharing.

use super::not_yet;

not_yet! {
    "users_search" Crm "users/search" [list] Fixed("zohocrm.users") V8;
    "users_transfer" Crm "users/actions/transfer_and_delete" [run status] Fixed("zohocrm.users") V5;
    "users_transfer_one" Crm "users/{id}/actions/transfer_and_delete" [run] Fixed("zohocrm.users") V5;
    "users_groups" Crm "users/{id}/actions/associated_groups" [list] Fixed("zohocrm.users") V4;
    "users_territories" Crm "users/{id}/territories" [list update_many delete_many] Fixed("zohocrm.users") V2_1;
    "users_territories" Crm "users/{id}/territories/{territory_id}" [get update_one delete_one] Fixed("zohocrm.users") V2_1;
    "users_unavailability" Crm "settings/users_unavailability" [list create update_many] Fixed("zohocrm.settings.users_unavailability") V3;
    "users_unavailability" Crm "settings/users_unavailability/{id}" [get update_one delete_one] Fixed("zohocrm.settings.users_unavailability") V3;
    "user_groups" Crm "settings/user_groups" [list create update_many] Fixed("zohocrm.settings.user_groups") V4;
    "user_groups" Crm "settings/user_groups/{id}" [get update_one delete_one] Fixed("zohocrm.settings.user_groups") V4;
    "user_groups_sources" Crm "settings/user_groups/{id}/sources" [list] Fixed("zohocrm.settings.user_groups") V4;
    "user_groups_sources_count" Crm "settings/user_groups/{id}/actions/sources_count" [get] Fixed("zohocrm.settings.user_groups") V4;
    "user_groups_associations" Crm "settings/user_groups/{id}/actions/associations" [list] Fixed("zohocrm.settings.user_groups") V4;
    "user_groups_counts" Crm "settings/user_groups/{id}/associated_users/actions/grouped_counts" [get] Fixed("zohocrm.settings.user_groups") V8;
    "user_groups_users_count" Crm "settings/user_groups/actions/associated_users_count" [get] Fixed("zohocrm.settings.user_groups") V4;
    "user_groups_deletion" Crm "settings/user_groups/actions/deletion_jobs" [status] Fixed("zohocrm.settings.user_groups") V8;
    "user_groups_assigned" Crm "settings/user_groups/actions/get_assigned" [run] Fixed("zohocrm.settings.user_groups") V8;
    "user_groups_unassigned" Crm "settings/user_groups/actions/get_unassigned" [run] Fixed("zohocrm.settings.user_groups") V8;
    "territories" Crm "settings/territories" [list create update_many delete_many] Fixed("zohocrm.settings.territories") V2;
    "territories" Crm "settings/territories/{id}" [get update_one delete_one] Fixed("zohocrm.settings.territories") V2;
    "territories_children" Crm "settings/territories/{id}/__child_territories" [list] Fixed("zohocrm.settings.territories") V6;
    "territories_transfer" Crm "settings/territories/actions/transfer_and_delete" [run] Fixed("zohocrm.settings.territories") V6;
    "territories_transfer_one" Crm "settings/territories/{id}/actions/transfer_and_delete" [run] Fixed("zohocrm.settings.territories") V6;
    "territories_users_count" Crm "settings/territories/actions/associated_users_count" [get] Fixed("zohocrm.settings.territories") V6;
    "territories_deleted" Crm "settings/territories/actions/deleted_associated_territories" [list] Fixed("zohocrm.settings.territories") V8;
    "territory_users" Crm "settings/territories/{id}/users" [list update_many delete_many] Fixed("zohocrm.settings.territories") V5;
    "territory_users" Crm "settings/territories/{id}/users/{user_id}" [get update_one delete_one] Fixed("zohocrm.settings.territories") V5;
    "data_sharing" Crm "settings/data_sharing" [list update_many] Fixed("zohocrm.settings.data_sharing") V8;
    "sharing_rules" Crm "settings/data_sharing/rules" [list create update_many] Fixed("zohocrm.settings.data_sharing") V8;
    "sharing_rules" Crm "settings/data_sharing/rules/{id}" [get update_one delete_one] Fixed("zohocrm.settings.data_sharing") V8;
    "sharing_rules" Crm "settings/data_sharing/rules/{id}/actions/activate" [activate deactivate] Fixed("zohocrm.settings.data_sharing") V8;
    "sharing_rules_search" Crm "settings/data_sharing/rules/search" [run] Fixed("zohocrm.settings.data_sharing") V8;
    "sharing_rules_summary" Crm "settings/data_sharing/rules/actions/summary" [get run] Fixed("zohocrm.settings.data_sharing") V8;
    "sharing_rules_run" Crm "settings/data_sharing/rules/actions/run" [run] Fixed("zohocrm.settings.data_sharing") V8;
}
