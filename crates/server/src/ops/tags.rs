//! Tags. Source: "Tags", "Mass delete tags" of the published API.

use dealwright_engine::tags::{mass_delete, on_records, settings};

use super::operation::Method::{Delete, Get, Post, Put};
use super::operation::{Operation, run};
use super::scope::ScopeRule::{self, Fixed, ModuleOr};
use crate::versions::ApiVersion::{V2, V7};

const AREA: &str = "zohocrm.settings.tags";
/// Tags on records: with the scope to change them or that of tags.
const ADD: ScopeRule = ModuleOr("UPDATE", AREA, "CREATE");
const REMOVE: ScopeRule = ModuleOr("UPDATE", AREA, "DELETE");
const TAGS: &str = "settings/tags";
const TAG: &str = "settings/tags/{id}";
const MASS_DELETE: &str = "settings/tags/actions/mass_delete";

pub(super) static OPERATIONS: &[Operation] = &[
    Operation::new(
        "record_tags_add.run",
        Post,
        "{module}/{id}/actions/add_tags",
        ADD,
        V2,
        run!(on_records::add_one),
    ),
    Operation::new(
        "record_tags_remove.run",
        Post,
        "{module}/{id}/actions/remove_tags",
        REMOVE,
        V2,
        run!(on_records::remove_one),
    ),
    Operation::new("tags_add.run", Post, "{module}/actions/add_tags", ADD, V2, run!(on_records::add_many)),
    Operation::new(
        "tags_remove.run",
        Post,
        "{module}/actions/remove_tags",
        REMOVE,
        V2,
        run!(on_records::remove_many),
    ),
    Operation::new("tags.list", Get, TAGS, Fixed(AREA, "READ"), V2, run!(settings::list)),
    Operation::new("tags.create", Post, TAGS, Fixed(AREA, "CREATE"), V2, run!(settings::create)),
    Operation::new("tags.update_many", Put, TAGS, Fixed(AREA, "UPDATE"), V2, run!(settings::update)),
    Operation::new("tags.update_one", Put, TAG, Fixed(AREA, "UPDATE"), V2, run!(settings::update)),
    Operation::new("tags.delete_one", Delete, TAG, Fixed(AREA, "DELETE"), V2, run!(settings::delete)),
    Operation::new(
        "tags_merge.run",
        Post,
        "settings/tags/{id}/actions/merge",
        Fixed(AREA, "CREATE"),
        V2,
        run!(settings::merge),
    ),
    Operation::new(
        "tags_count.get",
        Get,
        "settings/tags/{id}/actions/records_count",
        Fixed(AREA, "READ"),
        V2,
        run!(settings::records_count),
    ),
    Operation::new(
        "tags_mass_delete.run",
        Post,
        MASS_DELETE,
        Fixed(AREA, "DELETE"),
        V7,
        run!(mass_delete::schedule),
    ),
    Operation::new(
        "tags_mass_delete.status",
        Get,
        MASS_DELETE,
        Fixed(AREA, "READ"),
        V7,
        run!(mass_delete::status),
    ),
];
