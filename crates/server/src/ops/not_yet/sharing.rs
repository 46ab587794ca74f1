//! Shares, locks, territories of records.

use super::not_yet;

not_yet! {
    "record_locks" Crm "{module}/{id}/Locking_Information__s" [list create] Module() V6;
    "record_locks" Crm "{module}/{id}/Locking_Information__s/{related_id}" [get update_one delete_one] Module() V6;
    "share" Crm "{module}/{id}/actions/share" [list create update delete] Branch("zohocrm.share") V2;
    "assign_territories_one" Crm "{module}/{id}/actions/assign_territories" [run] Module() V2_1;
    "remove_territories_one" Crm "{module}/{id}/actions/remove_territories" [run] Module() V2_1;
    "assign_territories" Crm "{module}/actions/assign_territories" [run] Module() V2_1;
    "remove_territories" Crm "{module}/actions/remove_territories" [run] Module() V2_1;
    "record_locking_configurations" Crm "settings/record_locking_configurations" [list create update_many delete_many] Fixed("zohocrm.settings.record_locking_configurations") V6;
    "record_locking_configurations" Crm "settings/record_locking_configurations/{id}" [get update_one delete_one] Fixed("zohocrm.settings.record_locking_configurations") V6;
}
