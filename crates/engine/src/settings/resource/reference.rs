//! Keys that name another setting: by its id, or as an object with its `id`, `api_name` or `name`.

use std::sync::Arc;

use dealwright_wire::{ApiError, Code, Id, letters};
use serde_json::{Value, json};

use super::Step;
use super::change::sign;
use crate::documents::{Document as _, Keys, Setting};
use crate::error::Error;

/// Keys by which an object may name a setting, beside its id.
const NAMES: [&str; 2] = ["api_name", "name"];

/// The id of the setting that the key names; null where it names none. One that is named by its `name` and not there is
/// made where `make` gives its keys.
pub(super) fn read(
    step: &mut Step<'_>,
    key: &str,
    kind: &str,
    make: Option<fn(&str) -> Keys>,
) -> Result<Value, Error> {
    match (find(step, key, kind)?, make) {
        (Found::Unknown(_, Some(name)), Some(make)) => {
            let id = step.cx.org.mint.next();
            let mut keys = make(name);
            keys.insert("id".to_owned(), json!(id));
            keys.insert("kind".to_owned(), json!(kind));
            let mut others = step.change.all::<Setting>().iter().filter(|setting| setting.kind == kind);
            if others.any(|other| other.keys.get("api_name") == keys.get("api_name")) {
                return Err(step.error(Code::DuplicateData, key).into());
            }
            sign(step, true, &mut keys);
            step.change.put(Setting::of(keys)?)?;
            Ok(json!(id))
        }
        (Found::Unknown(error, _), _) => Err(error.into()),
        (Found::Nothing, _) => Ok(Value::Null),
        (Found::One(id), _) => Ok(json!(id)),
    }
}

enum Found<'e> {
    Nothing,
    One(Id),
    /// With the name of one that could be made.
    Unknown(ApiError, Option<&'e str>),
}

fn find<'e>(step: &Step<'e>, key: &str, kind: &str) -> Result<Found<'e>, ApiError> {
    let entry = step.entry;
    let all = || step.change.all::<Setting>().iter().filter(|setting| setting.kind == kind);
    let invalid = || entry.error(Code::InvalidData, key).message("the id given seems to be invalid");
    let Some(Value::Object(_)) = entry.value(key) else {
        return Ok(match entry.id(key)? {
            None => Found::Nothing,
            Some(id) if all().any(|one| one.id == id) => Found::One(id),
            Some(id) => Found::Unknown(invalid().id(id), None),
        });
    };
    let Some(given) = entry.entry(key)? else { return Ok(Found::Nothing) };
    if let Some(id) = given.id("id")? {
        let is_known = all().any(|one| one.id == id);
        return Ok(if is_known { Found::One(id) } else { Found::Unknown(invalid().id(id), None) });
    }
    for named_by in NAMES {
        let Some(text) = given.text(named_by, 100)? else { continue };
        let is_it = |one: &&Arc<Setting>| letters::same(one.str(named_by), text);
        if let Some(one) = all().find(is_it) {
            return Ok(Found::One(one.id));
        }
        let name = (named_by == "name").then_some(text);
        return Ok(Found::Unknown(given.error(Code::InvalidData, named_by), name));
    }
    Err(given.missing("id"))
}
