//! Tags.

use super::not_yet;

not_yet! {
    "record_tags_add" Crm "{module}/{id}/actions/add_tags" [run] Module() V2;
    "record_tags_remove" Crm "{module}/{id}/actions/remove_tags" [run] Module() V2;
    "tags_add" Crm "{module}/actions/add_tags" [run] Module() V2;
    "tags_remove" Crm "{module}/actions/remove_tags" [run] Module() V2;
    "tags" Crm "settings/tags" [list create update_many] Fixed("zohocrm.settings.tags") V2;
    "tags" Crm "settings/tags/{id}" [update_one delete_one] Fixed("zohocrm.settings.tags") V2;
    "tags_merge" Crm "settings/tags/{id}/actions/merge" [run] Fixed("zohocrm.settings.tags") V2;
    "tags_count" Crm "settings/tags/{id}/actions/records_count" [get] Fixed("zohocrm.settings.tags") V2;
    "tags_mass_delete" Crm "settings/tags/actions/mass_delete" [run status] Fixed("zohocrm.settings.tags") V7;
}
