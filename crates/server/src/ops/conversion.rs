//! Conversion of leads, quotes and orders; merging. Source: "Convert lead", "Mass convert", "Inventory convert",
//! "Conversion options" and "Find and merge" of the published API.

use dealwright_engine::conversion;

use super::operation::Method::{Get, Post};
use super::operation::{Operation, run};
use super::scope::ScopeRule::{Branch, Module};
use crate::versions::ApiVersion::{V2, V4, V6};

const CONVERT: &str = "{module}/{id}/actions/convert";
const MASS_CONVERT: &str = "{module}/actions/mass_convert";
const MERGE: &str = "{module}/{id}/actions/merge";
const MASS: &str = "zohocrm.mass_convert";

pub(super) static OPERATIONS: &[Operation] = &[
    Operation::new("convert.run", Post, CONVERT, Module("CREATE"), V2, run!(conversion::convert)),
    Operation::new(
        "conversion_options.get",
        Get,
        "{module}/{id}/__conversion_options",
        Module("READ"),
        V6,
        run!(conversion::conversion_options),
    ),
    Operation::new(
        "mass_convert.run",
        Post,
        MASS_CONVERT,
        Branch(MASS, "CREATE"),
        V4,
        run!(conversion::mass_convert),
    )
    .lacks("`portal_user_type`: portals are not built"),
    Operation::new(
        "mass_convert.status",
        Get,
        MASS_CONVERT,
        Branch(MASS, "READ"),
        V4,
        run!(conversion::mass_convert_status),
    ),
    Operation::new("merge.run", Post, MERGE, Module("CREATE"), V6, run!(conversion::merge))
        .lacks("taking files of a child but for its picture"),
    Operation::new("merge.status", Get, MERGE, Module("READ"), V6, run!(conversion::merge_status)),
];
