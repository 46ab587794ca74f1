//! The permissions that a profile switches on and off: four for each module, and those of the settings.

use dealwright_schema::ModuleDef;
use dealwright_wire::Id;

use super::{Action, permission};
use crate::documents::SETUP;
use crate::snapshot::Snapshot;

/// What a profile may do with the records of a module, and what that is called.
pub(crate) const ACTIONS: [(Action, &str); 4] =
    [(Action::View, "View"), (Action::Create, "Create"), (Action::Edit, "Edit"), (Action::Delete, "Delete")];

/// The permission of that id.
pub(crate) fn name_of(snapshot: &Snapshot, wanted: Id) -> Option<String> {
    names(snapshot).find(|name| id(name) == wanted)
}

/// Every permission that a profile switches on and off.
pub(crate) fn names(snapshot: &Snapshot) -> impl Iterator<Item = String> {
    let of_modules =
        modules(snapshot).flat_map(|module| ACTIONS.map(|(action, _)| permission(module, action)));
    of_modules.chain(SETUP.iter().map(|(name, _)| (*name).to_owned()))
}

/// Modules whose records can be permitted: those with records that are not rows of another module's.
pub(crate) fn modules(snapshot: &Snapshot) -> impl Iterator<Item = &ModuleDef> {
    let modules = snapshot.schema.modules().iter().map(std::convert::AsRef::as_ref);
    modules.filter(|module: &&ModuleDef| module.has_records() && module.parent.is_none())
}

/// Id of a permission: made from its name (FNV-1a, brought to 19 digits), so that it is the same in every
/// profile and stays the same without being stored.
pub(crate) fn id(name: &str) -> Id {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let number = 1_000_000_000_000_000_000 + (hash % 1_000_000_000_000_000_000) as i64;
    Id::new(number).expect("the number lies between 10^18 and 2·10^18")
}
