//! Users, groups, roles, territories, sharing.

use super::not_yet;

not_yet! {
    "users_transfer" Crm "users/actions/transfer_and_delete" [run status] Fixed("zohocrm.users") V5;
    "users_transfer_one" Crm "users/{id}/actions/transfer_and_delete" [run] Fixed("zohocrm.users") V5;
    "user_groups_counts" Crm "settings/user_groups/{id}/associated_users/actions/grouped_counts" [get] Fixed("zohocrm.settings.user_groups") V8;
    "user_groups_deletion" Crm "settings/user_groups/actions/deletion_jobs" [status] Fixed("zohocrm.settings.user_groups") V8;
    "user_groups_assigned" Crm "settings/user_groups/actions/get_assigned" [run] Fixed("zohocrm.settings.user_groups") V8;
    "user_groups_unassigned" Crm "settings/user_groups/actions/get_unassigned" [run] Fixed("zohocrm.settings.user_groups") V8;
    "sharing_rules_search" Crm "settings/data_sharing/rules/search" [run] Fixed("zohocrm.settings.data_sharing") V8;
    "sharing_rules_summary" Crm "settings/data_sharing/rules/actions/summary" [run] Fixed("zohocrm.settings.data_sharing") V8;
    "sharing_rules_run" Crm "settings/data_sharing/rules/actions/run" [run] Fixed("zohocrm.settings.data_sharing") V8;
}
