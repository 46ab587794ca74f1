//! Mass actions, owners, the recycle bin. Source: "Mass update", "Mass delete", "Change owner", "Recycle bin" and
//! "Record count" of the published API.

use dealwright_engine::{mass, records, recycle_bin};

use super::operation::Method::{Delete, Get, Post};
use super::operation::{Operation, run};
use super::scope::ScopeRule::{Branch, Fixed, ModuleSearch};
use crate::versions::ApiVersion::{V2, V3, V4, V8};

const UPDATE: &str = "{module}/actions/mass_update";
const DELETE: &str = "{module}/actions/mass_delete";
const MASS_OWNER: &str = "{module}/actions/mass_change_owner";
const BIN: &str = "settings/recycle_bin";
const IN_BIN: &str = "settings/recycle_bin/{id}";

const MASS_UPDATE: &str = "zohocrm.mass_update";
const MASS_DELETE: &str = "zohocrm.mass_delete";
const CHANGE_OWNER: &str = "zohocrm.change_owner";
const RECYCLE_BIN: &str = "zohocrm.settings.recycle_bin";

const fn bin(operation: &'static str) -> super::ScopeRule {
    Fixed(RECYCLE_BIN, operation)
}

pub(super) static OPERATIONS: &[Operation] = &[
    Operation::new(
        "mass_update.run",
        Post,
        UPDATE,
        Branch(MASS_UPDATE, "UPDATE"),
        V2,
        run!(mass::mass_update),
    ),
    Operation::new(
        "mass_update.status",
        Get,
        UPDATE,
        Branch(MASS_UPDATE, "READ"),
        V2,
        run!(mass::mass_update_status),
    ),
    Operation::new(
        "mass_delete.run",
        Post,
        DELETE,
        Branch(MASS_DELETE, "DELETE"),
        V4,
        run!(mass::mass_delete),
    ),
    Operation::new(
        "mass_delete.status",
        Get,
        DELETE,
        Branch(MASS_DELETE, "READ"),
        V4,
        run!(mass::mass_delete_status),
    ),
    Operation::new(
        "change_owner_one.run",
        Post,
        "{module}/{id}/actions/change_owner",
        Branch(CHANGE_OWNER, "CREATE"),
        V3,
        run!(mass::change_owner_one),
    ),
    Operation::new(
        "change_owner.run",
        Post,
        "{module}/actions/change_owner",
        Branch(CHANGE_OWNER, "CREATE"),
        V3,
        run!(mass::change_owner),
    ),
    Operation::new(
        "mass_change_owner.run",
        Post,
        MASS_OWNER,
        Branch(CHANGE_OWNER, "CREATE"),
        V4,
        run!(mass::mass_change_owner),
    ),
    Operation::new(
        "mass_change_owner.status",
        Get,
        MASS_OWNER,
        Branch(CHANGE_OWNER, "READ"),
        V4,
        run!(mass::mass_change_owner_status),
    ),
    Operation::new(
        "count_by_body.run",
        Post,
        "{module}/actions/count",
        ModuleSearch,
        V8,
        run!(records::count_by_body),
    ),
    Operation::new("recycle_bin.list", Get, BIN, bin("READ"), V8, run!(recycle_bin::list)),
    Operation::new("recycle_bin.get", Get, IN_BIN, bin("READ"), V8, run!(recycle_bin::get)),
    Operation::new("recycle_bin.delete_many", Delete, BIN, bin("DELETE"), V8, run!(recycle_bin::delete_many)),
    Operation::new(
        "recycle_bin.delete_one",
        Delete,
        IN_BIN,
        bin("DELETE"),
        V8,
        run!(recycle_bin::delete_one),
    ),
    Operation::new(
        "recycle_bin_count.get",
        Get,
        "settings/recycle_bin/actions/count",
        bin("READ"),
        V8,
        run!(recycle_bin::count),
    ),
    Operation::new(
        "recycle_bin_restore.run",
        Post,
        "settings/recycle_bin/actions/restore",
        bin("UPDATE"),
        V8,
        run!(recycle_bin::restore_many),
    ),
    Operation::new(
        "recycle_bin_restore_one.run",
        Post,
        "settings/recycle_bin/{id}/actions/restore",
        bin("UPDATE"),
        V8,
        run!(recycle_bin::restore_one),
    ),
    Operation::new(
        "recycle_bin_empty.run",
        Post,
        "settings/recycle_bin/actions/empty",
        bin("UPDATE"),
        V8,
        run!(recycle_bin::empty),
    ),
];
