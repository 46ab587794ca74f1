//! Blueprints. Source: "Blueprint" of the published API for a record's process. Paths to design processes are announced for
//! v8 and not published; those here are this server's own.

use dealwright_engine::blueprint::{self, BLUEPRINTS};

use super::line::served;
use super::operation::Method::{Get, Put};
use super::operation::{Operation, run};
use super::scope::ScopeRule::Module;
use crate::versions::ApiVersion::V2;

const OF_RECORD: &str = "{module}/{id}/actions/blueprint";

pub(super) static OPERATIONS: &[Operation] = &[
    Operation::new("blueprint.get", Get, OF_RECORD, Module("READ"), V2, run!(blueprint::get)),
    Operation::new("blueprint.update", Put, OF_RECORD, Module("UPDATE"), V2, run!(blueprint::update))
        .lacks("`Attachments`, `CheckLists` and `Tasks` of a transition"),
];

pub(super) static DESIGNED: &[Operation] = served! {
    "blueprints" Crm "settings/blueprints" [list create update_many delete_many] Fixed("zohocrm.settings.blueprints") V8 => on BLUEPRINTS;
    "blueprints" Crm "settings/blueprints/{id}" [get update_one delete_one] Fixed("zohocrm.settings.blueprints") V8 => on BLUEPRINTS;
};
