//! Shares, locks and territories of records. Source: "Share records", "Record locking", "Assign territories" of the
//! published API.

use dealwright_engine::settings::record_locking_configurations::CONFIGURATIONS;
use dealwright_engine::sharing::{locks, shares, territories};

use super::operation::Method::{Delete, Get, Post, Put};
use super::operation::{Operation, on, run};
use super::scope::ScopeRule::{Branch, Fixed, Module};
use crate::versions::ApiVersion::{V2, V2_1, V6};

const LOCKS: &str = "{module}/{id}/Locking_Information__s";
const LOCK: &str = "{module}/{id}/Locking_Information__s/{related_id}";
const SHARE: &str = "{module}/{id}/actions/share";
const SHARES: &str = "zohocrm.share";
const CONFIGURATION: &str = "settings/record_locking_configurations/{id}";
const ALL_CONFIGURATIONS: &str = "settings/record_locking_configurations";
const LOCKING: &str = "zohocrm.settings.record_locking_configurations";

pub(super) static OPERATIONS: &[Operation] = &[
    Operation::new("record_locks.list", Get, LOCKS, Module("READ"), V6, run!(locks::list)),
    Operation::new("record_locks.create", Post, LOCKS, Module("CREATE"), V6, run!(locks::create)),
    Operation::new("record_locks.get", Get, LOCK, Module("READ"), V6, run!(locks::list)),
    Operation::new("record_locks.update_one", Put, LOCK, Module("UPDATE"), V6, run!(locks::update)),
    Operation::new("record_locks.delete_one", Delete, LOCK, Module("DELETE"), V6, run!(locks::delete)),
    Operation::new("share.list", Get, SHARE, Branch(SHARES, "READ"), V2, run!(shares::list)),
    Operation::new("share.create", Post, SHARE, Branch(SHARES, "CREATE"), V2, run!(shares::create)),
    Operation::new("share.update", Put, SHARE, Branch(SHARES, "UPDATE"), V2, run!(shares::update)),
    Operation::new("share.delete", Delete, SHARE, Branch(SHARES, "DELETE"), V2, run!(shares::delete)),
    Operation::new(
        "assign_territories_one.run",
        Post,
        "{module}/{id}/actions/assign_territories",
        Module("CREATE"),
        V2_1,
        run!(territories::assign),
    ),
    Operation::new(
        "remove_territories_one.run",
        Post,
        "{module}/{id}/actions/remove_territories",
        Module("CREATE"),
        V2_1,
        run!(territories::remove),
    ),
    Operation::new(
        "assign_territories.run",
        Post,
        "{module}/actions/assign_territories",
        Module("CREATE"),
        V2_1,
        run!(territories::assign),
    ),
    Operation::new(
        "remove_territories.run",
        Post,
        "{module}/actions/remove_territories",
        Module("CREATE"),
        V2_1,
        run!(territories::remove),
    ),
    Operation::new(
        "record_locking_configurations.list",
        Get,
        ALL_CONFIGURATIONS,
        Fixed(LOCKING, "READ"),
        V6,
        on!(list, CONFIGURATIONS),
    ),
    Operation::new(
        "record_locking_configurations.create",
        Post,
        ALL_CONFIGURATIONS,
        Fixed(LOCKING, "CREATE"),
        V6,
        on!(create, CONFIGURATIONS),
    ),
    Operation::new(
        "record_locking_configurations.update_many",
        Put,
        ALL_CONFIGURATIONS,
        Fixed(LOCKING, "UPDATE"),
        V6,
        on!(update, CONFIGURATIONS),
    ),
    Operation::new(
        "record_locking_configurations.delete_many",
        Delete,
        ALL_CONFIGURATIONS,
        Fixed(LOCKING, "DELETE"),
        V6,
        on!(delete, CONFIGURATIONS),
    ),
    Operation::new(
        "record_locking_configurations.get",
        Get,
        CONFIGURATION,
        Fixed(LOCKING, "READ"),
        V6,
        on!(get, CONFIGURATIONS),
    ),
    Operation::new(
        "record_locking_configurations.update_one",
        Put,
        CONFIGURATION,
        Fixed(LOCKING, "UPDATE"),
        V6,
        on!(update, CONFIGURATIONS),
    ),
    Operation::new(
        "record_locking_configurations.delete_one",
        Delete,
        CONFIGURATION,
        Fixed(LOCKING, "DELETE"),
        V6,
        on!(delete, CONFIGURATIONS),
    ),
];
