//! Reading metadata and changing fields. Source: "Metadata", "Users", "Organization" of the published API.

use dealwright_engine::metadata::{
    fields, layouts, modules, org, profiles, related_lists, users, users_search,
};
use dealwright_engine::settings;

use super::operation::Method::{Delete, Get, Patch, Post, Put};
use super::operation::{Operation, Target, run};
use super::scope::ScopeRule::{Fixed, Module, Search};
use crate::versions::ApiVersion::{self, V2, V2_1, V6, V7, V8};

const TAXES: &str = "org/taxes";
const TAX: &str = "org/taxes/{id}";
const TAX_SCOPE: &str = "zohocrm.settings.taxes";

pub(super) static OPERATIONS: &[Operation] = &[
    read("modules.list", "settings/modules", "zohocrm.settings.modules", V2, run!(modules::list)),
    read("modules.get", "settings/modules/{id}", "zohocrm.settings.modules", V2, run!(modules::get)),
    read("fields.list", "settings/fields", "zohocrm.settings.fields", V2, run!(fields::list)),
    read("fields.get", "settings/fields/{id}", "zohocrm.settings.fields", V2, run!(fields::get)),
    read(
        "fields.pick_list_values",
        "settings/fields/{id}/pick_list_values",
        "zohocrm.settings.fields",
        V7,
        run!(fields::pick_list_values),
    ),
    Operation::new(
        "fields.create",
        Post,
        "settings/fields",
        Fixed("zohocrm.settings.fields", "CREATE"),
        V6,
        run!(settings::fields::create),
    ),
    Operation::new(
        "fields.update_many",
        Patch,
        "settings/fields",
        Fixed("zohocrm.settings.fields", "UPDATE"),
        V6,
        run!(settings::fields::update),
    ),
    Operation::new(
        "fields.update_one",
        Patch,
        "settings/fields/{id}",
        Fixed("zohocrm.settings.fields", "UPDATE"),
        V6,
        run!(settings::fields::update),
    ),
    Operation::new(
        "fields.delete",
        Delete,
        "settings/fields/{id}",
        Fixed("zohocrm.settings.fields", "DELETE"),
        V6,
        run!(settings::fields::delete),
    ),
    read("layouts.list", "settings/layouts", "zohocrm.settings.layouts", V2, run!(layouts::list)),
    read("layouts.get", "settings/layouts/{id}", "zohocrm.settings.layouts", V2, run!(layouts::get)),
    read(
        "related_lists.list",
        "settings/related_lists",
        "zohocrm.settings.related_lists",
        V2,
        run!(related_lists::list),
    ),
    read(
        "related_lists.get",
        "settings/related_lists/{id}",
        "zohocrm.settings.related_lists",
        V2,
        run!(related_lists::get),
    ),
    read("org.get", "org", "zohocrm.org", V2, run!(org::get)),
    read("users.list", "users", "zohocrm.users", V2, run!(users::list)),
    read("users.get", "users/{id}", "zohocrm.users", V2, run!(users::get)),
    read("users.count", "users/actions/count", "zohocrm.users", V2_1, run!(users::count)),
    Operation::new(
        "users_search.list",
        Get,
        "users/search",
        Search("zohocrm.users"),
        V8,
        run!(users_search::search),
    ),
    read(
        "cadences.list",
        "settings/automation/cadences",
        "zohocrm.settings.cadences",
        V7,
        run!(settings::cadences::list),
    ),
    Operation::new(
        "enrol_in_cadences.run",
        Post,
        "{module}/actions/enrol_in_cadences",
        Module("CREATE"),
        V7,
        run!(settings::cadences::enrol),
    ),
    Operation::new(
        "unenrol_from_cadences.run",
        Post,
        "{module}/actions/unenrol_from_cadences",
        Module("CREATE"),
        V7,
        run!(settings::cadences::enrol),
    ),
    // The scope is told nowhere.
    read("org_taxes.list", TAXES, TAX_SCOPE, V2_1, run!(settings::org_taxes::list)),
    read("org_taxes.get", TAX, TAX_SCOPE, V2_1, run!(settings::org_taxes::get)),
    Operation::new(
        "org_taxes.create",
        Post,
        TAXES,
        Fixed(TAX_SCOPE, "CREATE"),
        V2_1,
        run!(settings::org_taxes::create),
    ),
    Operation::new(
        "org_taxes.update_many",
        Put,
        TAXES,
        Fixed(TAX_SCOPE, "UPDATE"),
        V2_1,
        run!(settings::org_taxes::update),
    ),
    Operation::new(
        "org_taxes.delete_many",
        Delete,
        TAXES,
        Fixed(TAX_SCOPE, "DELETE"),
        V2_1,
        run!(settings::org_taxes::delete),
    ),
    Operation::new(
        "org_taxes.delete_one",
        Delete,
        TAX,
        Fixed(TAX_SCOPE, "DELETE"),
        V2_1,
        run!(settings::org_taxes::delete),
    ),
    read("profiles.list", "settings/profiles", "zohocrm.settings.profiles", V2, run!(profiles::list)),
    read("profiles.get", "settings/profiles/{id}", "zohocrm.settings.profiles", V2, run!(profiles::get)),
];

const fn read(
    id: &'static str,
    path: &'static str,
    scope: &'static str,
    since: ApiVersion,
    target: Target,
) -> Operation {
    Operation::new(id, Get, path, Fixed(scope, "READ"), since, target)
}
