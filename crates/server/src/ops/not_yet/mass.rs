//! Mass actions, owners, the recycle bin.

use super::not_yet;

not_yet! {
    "mass_update" Crm "{module}/actions/mass_update" [run] BranchAs("zohocrm.mass_update", "UPDATE") V2;
    "mass_update" Crm "{module}/actions/mass_update" [status] Branch("zohocrm.mass_update") V2;
    "mass_delete" Crm "{module}/actions/mass_delete" [run] BranchAs("zohocrm.mass_delete", "DELETE") V4;
    "mass_delete" Crm "{module}/actions/mass_delete" [status] Branch("zohocrm.mass_delete") V4;
    "change_owner_one" Crm "{module}/{id}/actions/change_owner" [run] Branch("zohocrm.change_owner") V3;
    "change_owner" Crm "{module}/actions/change_owner" [run] Branch("zohocrm.change_owner") V3;
    "mass_change_owner" Crm "{module}/actions/mass_change_owner" [run status] Branch("zohocrm.change_owner") V4;
    "count_by_body" Crm "{module}/actions/count" [run] Module() V8;
    "enrol_in_cadences" Crm "{module}/actions/enrol_in_cadences" [run] Module() V7;
    "unenrol_from_cadences" Crm "{module}/actions/unenrol_from_cadences" [run] Module() V7;
    "recycle_bin" Crm "settings/recycle_bin" [list delete_many] Fixed("zohocrm.settings.recycle_bin") V8;
    "recycle_bin" Crm "settings/recycle_bin/{id}" [get delete_one] Fixed("zohocrm.settings.recycle_bin") V8;
    "recycle_bin_count" Crm "settings/recycle_bin/actions/count" [get] Fixed("zohocrm.settings.recycle_bin") V8;
    "recycle_bin_restore" Crm "settings/recycle_bin/actions/restore" [run] Fixed("zohocrm.settings.recycle_bin") V8;
    "recycle_bin_restore_one" Crm "settings/recycle_bin/{id}/actions/restore" [run] Fixed("zohocrm.settings.recycle_bin") V8;
    "recycle_bin_empty" Crm "settings/recycle_bin/actions/empty" [run] Fixed("zohocrm.settings.recycle_bin") V8;
}
