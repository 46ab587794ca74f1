//! Where the value of a lead's field goes when the lead is converted: the key `convert_mapping` of a field of Leads.

use dealwright_schema::{FieldDef, ModuleDef};
use dealwright_wire::{ApiError, Code};
use serde_json::{Map, Value, json};

use super::entry::Entry;
use crate::records::mapping;
use crate::snapshot::Snapshot;

/// What a lead becomes.
const TARGETS: [&str; 3] = ["Contacts", "Accounts", "Deals"];

/// Takes over what the entry says of each target: the `api_name` of a field that can keep such values, or null for
/// the usual mapping. Targets that are not named stay as they are.
pub(super) fn apply(
    snapshot: &Snapshot,
    module: &ModuleDef,
    field: &mut FieldDef,
    entry: &Entry<'_>,
) -> Result<(), ApiError> {
    if !module.is_of_leads() {
        return Ok(());
    }
    let Some(given) = entry.entry("convert_mapping")? else { return Ok(()) };
    let mut said: Map<String, Value> =
        field.described.get("convert_mapping").and_then(Value::as_object).cloned().unwrap_or_default();
    for target in TARGETS.into_iter().filter(|target| given.names(target)) {
        let Some(name) = given.text(target, 100)? else {
            said.shift_remove(target);
            continue;
        };
        let to = snapshot.schema.module(target).and_then(|target| target.field(name));
        if !to.is_some_and(|to| mapping::is_possible(field, to)) {
            return Err(given.error(Code::InvalidData, target));
        }
        said.insert(target.to_owned(), json!(name));
    }
    field.described.insert("convert_mapping".to_owned(), Value::Object(said));
    Ok(())
}
