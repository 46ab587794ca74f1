//! Reading metadata and changing fields. Source: "Metadata", "Users", "Organization" of the published API.

use dealwright_engine::metadata::{
    fields, layouts, modules, org, profiles, related_lists, users, users_search,
};
use dealwright_engine::settings::{self, cadences, org_taxes};

use super::line::served;
use super::operation::Method::{Get, Patch};
use super::operation::{Operation, run};
use super::scope::ScopeRule::{Fixed, Search};
use crate::versions::ApiVersion::{V6, V7, V8};

const FIELDS: &str = "zohocrm.settings.fields";

pub(super) static OPERATIONS: &[Operation] = served! {
    "modules" Crm "settings/modules" [list] Fixed("zohocrm.settings.modules") V2 => run modules::list;
    "modules" Crm "settings/modules/{id}" [get] Fixed("zohocrm.settings.modules") V2 => run modules::get;
    "fields" Crm "settings/fields" [list] Fixed("zohocrm.settings.fields") V2 => run fields::list;
    "fields" Crm "settings/fields/{id}" [get] Fixed("zohocrm.settings.fields") V2 => run fields::get;
    "fields" Crm "settings/fields" [create] Fixed("zohocrm.settings.fields") V6 => run settings::fields::create;
    "fields" Crm "settings/fields/{id}" [delete] Fixed("zohocrm.settings.fields") V6 => run settings::fields::delete;
    "layouts" Crm "settings/layouts" [list] Fixed("zohocrm.settings.layouts") V2 => run layouts::list;
    "layouts" Crm "settings/layouts/{id}" [get] Fixed("zohocrm.settings.layouts") V2 => run layouts::get;
    "related_lists" Crm "settings/related_lists" [list] Fixed("zohocrm.settings.related_lists") V2 => run related_lists::list;
    "related_lists" Crm "settings/related_lists/{id}" [get] Fixed("zohocrm.settings.related_lists") V2 => run related_lists::get;
    "org" Crm "org" [get] Fixed("zohocrm.org") V2 => run org::get;
    "users" Crm "users" [list] Fixed("zohocrm.users") V2 => run users::list;
    "users" Crm "users/{id}" [get] Fixed("zohocrm.users") V2 => run users::get;
    "users" Crm "users/actions/count" [count] Fixed("zohocrm.users") V2_1 => run users::count;
    "cadences" Crm "settings/automation/cadences" [list] Fixed("zohocrm.settings.cadences") V7 => run cadences::list;
    "enrol_in_cadences" Crm "{module}/actions/enrol_in_cadences" [run] Module() V7 => run cadences::enrol;
    "unenrol_from_cadences" Crm "{module}/actions/unenrol_from_cadences" [run] Module() V7 => run cadences::enrol;
    // The scope of taxes is told nowhere.
    "org_taxes" Crm "org/taxes" [list] Fixed("zohocrm.settings.taxes") V2_1 => run org_taxes::list;
    "org_taxes" Crm "org/taxes" [create] Fixed("zohocrm.settings.taxes") V2_1 => run org_taxes::create;
    "org_taxes" Crm "org/taxes" [update_many] Fixed("zohocrm.settings.taxes") V2_1 => run org_taxes::update;
    "org_taxes" Crm "org/taxes" [delete_many] Fixed("zohocrm.settings.taxes") V2_1 => run org_taxes::delete;
    "org_taxes" Crm "org/taxes/{id}" [get] Fixed("zohocrm.settings.taxes") V2_1 => run org_taxes::get;
    "org_taxes" Crm "org/taxes/{id}" [delete_one] Fixed("zohocrm.settings.taxes") V2_1 => run org_taxes::delete;
    "profiles" Crm "settings/profiles" [list] Fixed("zohocrm.settings.profiles") V2 => run profiles::list;
    "profiles" Crm "settings/profiles/{id}" [get] Fixed("zohocrm.settings.profiles") V2 => run profiles::get;
};

/// Names or scopes that do not follow from the verb.
pub(super) static OTHERS: &[Operation] = &[
    Operation::new(
        "fields.pick_list_values",
        Get,
        "settings/fields/{id}/pick_list_values",
        Fixed(FIELDS, "READ"),
        V7,
        run!(fields::pick_list_values),
    ),
    Operation::new(
        "fields.update_many",
        Patch,
        "settings/fields",
        Fixed(FIELDS, "UPDATE"),
        V6,
        run!(settings::fields::update),
    ),
    Operation::new(
        "fields.update_one",
        Patch,
        "settings/fields/{id}",
        Fixed(FIELDS, "UPDATE"),
        V6,
        run!(settings::fields::update),
    ),
    Operation::new(
        "users_search.list",
        Get,
        "users/search",
        Search("zohocrm.users"),
        V8,
        run!(users_search::search),
    ),
];
