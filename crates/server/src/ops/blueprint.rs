//! Blueprints. Source: "Blueprint" of the published API for a record's process. Paths to design processes are announced for
//! v8 and not published; those here are this server's own.

use dealwright_engine::blueprint::{self, BLUEPRINTS};

use super::operation::Method::{Delete, Get, Post, Put};
use super::operation::{Operation, on, run};
use super::scope::ScopeRule::{Fixed, Module};
use crate::versions::ApiVersion::{V2, V8};

const OF_RECORD: &str = "{module}/{id}/actions/blueprint";
const ALL: &str = "settings/blueprints";
const ONE: &str = "settings/blueprints/{id}";
const SCOPE: &str = "zohocrm.settings.blueprints";

pub(super) static OPERATIONS: &[Operation] = &[
    Operation::new("blueprint.get", Get, OF_RECORD, Module("READ"), V2, run!(blueprint::get)),
    Operation::new("blueprint.update", Put, OF_RECORD, Module("UPDATE"), V2, run!(blueprint::update))
        .lacks("`Attachments`, `CheckLists` and `Tasks` of a transition"),
    Operation::new("blueprints.list", Get, ALL, Fixed(SCOPE, "READ"), V8, on!(list, BLUEPRINTS)),
    Operation::new("blueprints.create", Post, ALL, Fixed(SCOPE, "CREATE"), V8, on!(create, BLUEPRINTS)),
    Operation::new("blueprints.update_many", Put, ALL, Fixed(SCOPE, "UPDATE"), V8, on!(update, BLUEPRINTS)),
    Operation::new(
        "blueprints.delete_many",
        Delete,
        ALL,
        Fixed(SCOPE, "DELETE"),
        V8,
        on!(delete, BLUEPRINTS),
    ),
    Operation::new("blueprints.get", Get, ONE, Fixed(SCOPE, "READ"), V8, on!(get, BLUEPRINTS)),
    Operation::new("blueprints.update_one", Put, ONE, Fixed(SCOPE, "UPDATE"), V8, on!(update, BLUEPRINTS)),
    Operation::new("blueprints.delete_one", Delete, ONE, Fixed(SCOPE, "DELETE"), V8, on!(delete, BLUEPRINTS)),
];
