//! Operations on records. Source: "Records", "Search", "COQL", "Record photo", "Timeline" of the published API.

use dealwright_engine::{activities, coql, records};

use super::operation::Method::{Delete, Get, Patch, Post, Put};
use super::operation::{Operation, Uploads, run};
use super::scope::ScopeRule::{Fixed, Module, ModuleSearch};
use crate::versions::ApiVersion::{V2, V2_1, V5, V7};

const MODULE: &str = "{module}";
const RECORD: &str = "{module}/{id}";
const PHOTO: &str = "{module}/{id}/photo";
/// Source: "Record photo"; 10 MB.
const PICTURE: Uploads = Uploads::new(1, 10 << 20);

pub(super) static OPERATIONS: &[Operation] = &[
    Operation::new("records.list", Get, MODULE, Module("READ"), V2, run!(records::list))
        .of_activities(run!(activities::list)),
    Operation::new("records.insert", Post, MODULE, Module("CREATE"), V2, run!(records::insert))
        .of_activities(run!(activities::insert)),
    Operation::new("records.update_many", Put, MODULE, Module("UPDATE"), V2, run!(records::update_many))
        .of_activities(run!(activities::update_many)),
    // Not in the published API: the founding guide's way to change some fields of many records.
    Operation::new("records.patch_many", Patch, MODULE, Module("UPDATE"), V2, run!(records::patch_many)),
    Operation::new("records.delete_many", Delete, MODULE, Module("DELETE"), V2, run!(records::delete_many))
        .of_activities(run!(activities::delete_many)),
    Operation::new("records.get", Get, RECORD, Module("READ"), V2, run!(records::get))
        .of_activities(run!(activities::get)),
    Operation::new("records.update_one", Put, RECORD, Module("UPDATE"), V2, run!(records::update_one)),
    Operation::new("records.patch_one", Patch, RECORD, Module("UPDATE"), V2, run!(records::patch_one)),
    Operation::new("records.delete_one", Delete, RECORD, Module("DELETE"), V2, run!(records::delete_one)),
    Operation::new("records.upsert", Post, "{module}/upsert", Module("CREATE"), V2, run!(records::upsert))
        .of_activities(run!(activities::upsert)),
    Operation::new("records.search", Get, "{module}/search", ModuleSearch, V2, run!(records::search))
        .of_activities(run!(activities::search)),
    Operation::new(
        "entity_scores.list",
        Get,
        "Entity_Scores__s",
        Fixed("zohocrm.settings.modules", "READ"),
        V5,
        run!(records::list_scores),
    ),
    Operation::new(
        "entity_scores.get",
        Get,
        "Entity_Scores__s/{id}",
        Fixed("zohocrm.settings.modules", "READ"),
        V5,
        run!(records::get_score),
    ),
    // The scope of the module that the query reads is checked when the query is known.
    Operation::new("coql.run", Post, "coql", Fixed("zohocrm.coql", "READ"), V2, run!(coql::run)),
    Operation::new("records.deleted", Get, "{module}/deleted", Module("READ"), V2, run!(records::deleted))
        .of_activities(run!(activities::deleted)),
    Operation::new(
        "records.count",
        Get,
        "{module}/actions/count",
        Module("READ"),
        V2_1,
        run!(records::count),
    )
    .of_activities(run!(activities::count)),
    Operation::new(
        "records.clone",
        Post,
        "{module}/{id}/actions/clone",
        Module("CREATE"),
        V7,
        run!(records::clone),
    ),
    Operation::new(
        "records.full_data_one",
        Get,
        "{module}/{id}/actions/fetch_full_data",
        Module("READ"),
        V7,
        run!(records::full_data_one),
    ),
    Operation::new(
        "records.full_data_many",
        Get,
        "{module}/actions/fetch_full_data",
        Module("READ"),
        V7,
        run!(records::full_data_many),
    ),
    Operation::new("photo.get", Get, PHOTO, Module("READ"), V2, run!(records::photo_get)),
    Operation::new("photo.put", Post, PHOTO, Module("UPDATE"), V2, run!(records::photo_put)).uploads(PICTURE),
    Operation::new("photo.delete", Delete, PHOTO, Module("UPDATE"), V2, run!(records::photo_delete)),
];
