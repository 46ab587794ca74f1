//! A record that becomes another: a lead its contact, a record the one that it is merged into.

use dealwright_schema::ModuleDef;
use dealwright_wire::Id;

/// A record and the one that takes its place.
pub(crate) struct Succession<'a> {
    pub from_module: &'a ModuleDef,
    pub from: Id,
    pub to_module: &'a ModuleDef,
    pub to: Id,
}
