//! The options of a picklist, for a new field and for one that exists.

use dealwright_schema::FieldDef;
use dealwright_schema::field::PickValue;
use dealwright_wire::{ApiError, Code, Mint};
use serde_json::{Map, Value};

use super::entry::Entry;

/// The option that clears a picklist; every picklist begins with it.
const NONE: &str = "-None-";
const LONGEST: usize = 120;

/// Keys of an option that are kept as they come.
const MORE: [&str; 7] = [
    "colour_code",
    "reference_value",
    "type",
    "probability",
    "forecast_type",
    "forecast_category",
    "deal_category",
];

/// The options of a new picklist, in the order given. At least one.
pub(super) fn create(entry: &Entry<'_>, is_multi: bool, mint: &Mint) -> Result<Vec<PickValue>, ApiError> {
    let given = entry.entries("pick_list_values")?;
    let mut options = Vec::with_capacity(given.len() + 1);
    if !is_multi {
        options.push(option(NONE.to_owned(), NONE.to_owned(), Map::new(), mint));
    }
    for one in &given {
        let display = one.text("display_value", LONGEST)?.ok_or_else(|| one.missing("display_value"))?;
        if display != NONE {
            add(&mut options, one, display, mint)?;
        }
    }
    if !options.iter().any(|option| option.display_value != NONE) {
        return Err(entry
            .error(Code::ExpectedDependentFieldMissing, "pick_list_values")
            .message("Values in the pick list field cannot be empty."));
    }
    Ok(options)
}

/// Changes the options of a field: with an `id` that option, without one a new option, with `_delete` none any
/// more. Options that are not named stay. Records keep the texts they have.
pub(super) fn change(entry: &Entry<'_>, field: &mut FieldDef, mint: &Mint) -> Result<(), ApiError> {
    let mut options = field.pick_list_values.clone();
    for one in entry.entries("pick_list_values")? {
        let Some(id) = one.id("id")? else {
            let display = one.text("display_value", LONGEST)?.ok_or_else(|| one.missing("display_value"))?;
            add(&mut options, &one, display, mint)?;
            continue;
        };
        let found = options.iter().position(|option| option.id == Some(id));
        let at = found.ok_or_else(|| one.error(Code::InvalidData, "id"))?;
        if one.names("_delete") {
            options.remove(at);
        } else {
            rename(&mut options, at, &one)?;
            reorder(&mut options, at, &one)?;
        }
    }
    if options.iter().all(|option| option.display_value == NONE) {
        return Err(entry
            .error(Code::InvalidData, "pick_list_values")
            .message("Values in the pick list field cannot be empty."));
    }
    field.pick_list_values = options;
    Ok(())
}

fn add(options: &mut Vec<PickValue>, given: &Entry<'_>, display: &str, mint: &Mint) -> Result<(), ApiError> {
    let actual = given.text("actual_value", LONGEST)?.unwrap_or(display);
    if options.iter().any(|option| option.actual_value == actual) {
        return Err(given.error(Code::DuplicateData, "actual_value"));
    }
    if options.iter().any(|option| option.display_value == display) {
        return Err(given.error(Code::DuplicateData, "display_value"));
    }
    options.push(option(display.to_owned(), actual.to_owned(), more(given)?, mint));
    let last = options.len() - 1;
    reorder(options, last, given)
}

/// Only what is shown changes: records hold the actual value.
fn rename(options: &mut [PickValue], at: usize, given: &Entry<'_>) -> Result<(), ApiError> {
    if let Some(actual) = given.text("actual_value", LONGEST)?
        && actual != options[at].actual_value
    {
        return Err(given
            .error(Code::NotAllowed, "actual_value")
            .message("the actual value of an option cannot be changed; add an option and delete this one"));
    }
    if let Some(display) = given.text("display_value", LONGEST)? {
        let mut others = options.iter().enumerate().filter(|(other, _)| *other != at);
        if others.any(|(_, option)| option.display_value == display) {
            return Err(given.error(Code::DuplicateData, "display_value"));
        }
        display.clone_into(&mut options[at].display_value);
    }
    let more = more(given)?;
    options[at].more.extend(more);
    Ok(())
}

/// Moves an option to its `sequence_number`, counted from one.
fn reorder(options: &mut Vec<PickValue>, at: usize, given: &Entry<'_>) -> Result<(), ApiError> {
    if let Some(place) = given.whole("sequence_number")? {
        let option = options.remove(at);
        let to = usize::try_from(place - 1).unwrap_or(0).min(options.len());
        options.insert(to, option);
    }
    Ok(())
}

fn more(given: &Entry<'_>) -> Result<Map<String, Value>, ApiError> {
    if let Some(kind) = given.text("type", LONGEST)?
        && !matches!(kind, "used" | "unused")
    {
        return Err(given.unsupported("type", vec!["used", "unused"]));
    }
    let keys = MORE.iter().filter_map(|&key| Some((key.to_owned(), given.value(key)?.clone())));
    Ok(keys.collect())
}

fn option(display_value: String, actual_value: String, more: Map<String, Value>, mint: &Mint) -> PickValue {
    PickValue { id: Some(mint.next()), display_value, actual_value, more }
}
