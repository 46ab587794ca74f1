//! Changes of a field that exists, from the entry of a body.
//!
//! What was decided when the field was made stays: its name, its type, what it points to, how its values are
//! stored. A body may repeat these, as clients do that send back what they have read.

use dealwright_schema::{FieldDef, ModuleDef};
use dealwright_wire::{ApiError, Code, Id};
use serde_json::{Value, json};

use super::entry::Entry;
use super::{convert_mapping, field_draft, field_formula, field_options, field_rollup, field_type};
use crate::cx::Cx;

/// Applies an entry to the field `id` of the module.
pub(super) fn apply(cx: &Cx, module: &mut ModuleDef, id: Id, entry: &Entry<'_>) -> Result<(), ApiError> {
    let label = field_draft::label(module, entry, Some(id))?.map(str::to_owned);
    field_draft::refuse_unserved(entry)?;
    let invalid = || entry.error(Code::InvalidData, "id");
    let mut changed = module.field_by_id(id).cloned().ok_or_else(invalid)?;
    refuse_immutable(&changed, label.as_deref(), entry)?;
    if let Some(label) = label {
        changed.field_label = label;
    }
    if changed.custom_field {
        lengthen(&mut changed, entry)?;
    }
    if entry.names("unique") {
        changed.unique = field_type::unique(&changed, entry)?;
        if changed.external.is_some() && changed.unique.is_none() {
            return Err(entry.error(Code::NotAllowed, "unique"));
        }
    }
    if entry.value("pick_list_values").is_some() {
        let is_picklist = changed.data_type.has_options();
        if is_picklist {
            field_options::change(entry, &mut changed, &cx.org.mint)?;
        } else if !entry.entries("pick_list_values")?.is_empty() {
            return Err(entry.error(Code::NotAllowed, "pick_list_values"));
        }
    }
    if entry.names("default_value") {
        changed.default_value = field_draft::default_value(cx, &changed, entry)?;
    }
    field_formula::change(&mut changed, module, cx.org.snapshot().worked_out(), entry)?;
    field_rollup::refuse_change(&changed, entry)?;
    field_draft::describe(&mut changed, entry)?;
    convert_mapping::apply(&cx.org.snapshot(), module, &mut changed, entry)?;
    let now = cx.org.clock.now().text(&cx.snapshot.zone);
    changed.described.insert("modified_time".to_owned(), json!(now));
    if let Some(field) = module.field_by_id_mut(id) {
        *field = changed;
    }
    Ok(())
}

fn refuse_immutable(field: &FieldDef, label: Option<&str>, entry: &Entry<'_>) -> Result<(), ApiError> {
    let refused = |key: &str| Err(entry.error(Code::NotAllowed, key));
    if !field.custom_field && label.is_some_and(|label| label != field.field_label) {
        return refused("field_label");
    }
    if entry.text("data_type", 50)?.is_some_and(|name| name != field.data_type.name()) {
        return refused("data_type");
    }
    if entry.text("api_name", 100)?.is_some_and(|name| name != field.api_name) {
        return refused("api_name");
    }
    // Stored numbers are scaled by it.
    if entry.whole("decimal_place")?.is_some_and(|digits| Some(digits) != field.decimal_place.map(i64::from))
    {
        return refused("decimal_place");
    }
    let keeps_length = !field.custom_field || field.data_type.is_long_text();
    if keeps_length
        && entry.whole("length")?.is_some_and(|length| Some(length) != field.length.map(i64::from))
    {
        return refused("length");
    }
    if let Some(given) = entry.entry("external")? {
        let kind = field.external.as_ref().map(|external| external.kind.as_str());
        if given.text("type", 10)? != kind {
            return refused("external");
        }
    }
    if let Some(given) = entry.entry("textarea")? {
        let kind =
            field.described.get("textarea").and_then(|known| known.get("type")).and_then(Value::as_str);
        if given.text("type", 20)?.is_some_and(|wanted| Some(wanted) != kind) {
            return refused("textarea");
        }
    }
    refuse_other_target(field, entry)
}

fn refuse_other_target(field: &FieldDef, entry: &Entry<'_>) -> Result<(), ApiError> {
    let Some(lookup) = entry.entry("lookup")? else { return Ok(()) };
    let Some(module) = lookup.entry("module")? else { return Ok(()) };
    let known = field.lookup.as_ref().map(|lookup| lookup.module.as_str());
    if module.text("api_name", 100)?.is_some_and(|wanted| Some(wanted) != known) {
        return Err(entry.error(Code::NotAllowed, "lookup"));
    }
    Ok(())
}

/// A length can grow up to the bound of the type; values that are longer than a smaller one would stay.
fn lengthen(field: &mut FieldDef, entry: &Entry<'_>) -> Result<(), ApiError> {
    let before = field.length;
    if field.data_type.has_fixed_length() {
        return Ok(());
    }
    field_type::length(field, entry)?;
    if field.length < before {
        return Err(entry
            .error(Code::NotAllowed, "length")
            .message("the length of a field cannot be reduced"));
    }
    Ok(())
}
