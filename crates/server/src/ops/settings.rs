//! Settings of the org that its description serves. Source: "Variables" of the published API.

use dealwright_engine::settings::variables::{VARIABLE_GROUPS, VARIABLES};

use super::Operation;
use super::line::served;

pub(super) static OPERATIONS: &[Operation] = served! {
    "variables" Crm "settings/variables" [list create update_many delete_many] Fixed("zohocrm.settings.variables") V2 => on VARIABLES;
    "variables" Crm "settings/variables/{id}" [get update_one delete_one] Fixed("zohocrm.settings.variables") V2 => on VARIABLES;
    "variable_groups" Crm "settings/variable_groups" [list] Fixed("zohocrm.settings.variable_groups") V2 => on VARIABLE_GROUPS;
    "variable_groups" Crm "settings/variable_groups/{id}" [get] Fixed("zohocrm.settings.variable_groups") V2 => on VARIABLE_GROUPS;
};
