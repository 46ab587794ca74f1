//! `settings/blueprints`: the processes of the org. This server's own; the published API does not design processes.
//!
//! ```json
//! {"blueprints":[{"name":"Leads","module":{"api_name":"Leads"},"field":{"api_name":"Lead_Status"},"active":true,
//!   "criteria":{…},"transitions":[{"name":"Call","from":["Not Contacted"],"to":"Contacted","color_code":"#57b1fd",
//!   "criteria":{…},"criteria_message":"…","fields":[{"api_name":"Phone","mandatory":true}]}]}]}
//! ```

use dealwright_schema::{FieldDef, ModuleDef};
use dealwright_wire::{ApiError, Code, Id};
use serde_json::{Value, json};

use crate::documents::{Keys, Setting};
use crate::error::Error;
use crate::formula::criteria::{Criteria, Wrong};
use crate::metadata::{CUSTOMIZE, Reader};
use crate::settings::entry::Entry;
use crate::settings::resource::{Field, Kind, Resource, Step, Unique, Words, mandatory, optional};
use crate::snapshot::Snapshot;

/// Kind of its settings.
pub(crate) const KIND: &str = "blueprints";
/// Transitions of one process, and fields of one transition, at most.
const TRANSITIONS: usize = 100;
const FIELDS_OF_TRANSITION: usize = 20;

/// The processes, in the order in which they were made.
pub static BLUEPRINTS: Resource<Setting> = Resource {
    most: 10,
    kind: Some(KIND),
    unique: &[Unique::of(&["name"])],
    select: |_, request, setting| {
        Ok(request.params.get("module").is_none_or(|module| setting.str("module") == module))
    },
    show,
    fresh: |_| Ok(Keys::from_iter([("active".to_owned(), json!(true))])),
    check,
    ..Resource::new(
        KIND,
        CUSTOMIZE,
        FIELDS,
        Words {
            created: "blueprint created successfully",
            updated: "blueprint updated successfully",
            deleted: "blueprint deleted successfully",
        },
    )
};

const FIELDS: &[Field] = &[
    mandatory("name", Kind::Text(120)),
    optional("description", Kind::Text(1_000)),
    optional("active", Kind::Flag),
    optional("is_continuous", Kind::Flag),
    optional("criteria", Kind::Object),
    mandatory("transitions", Kind::List),
];

fn check(step: &mut Step<'_>, before: Option<&Setting>, setting: &mut Setting) -> Result<(), Error> {
    let snapshot = &step.cx.snapshot;
    let module = match (before, named(step.entry, "module")?) {
        (None, None) => return Err(step.entry.missing("module").into()),
        (None, Some(name)) => name.to_owned(),
        (Some(before), _) => before.str("module").to_owned(),
    };
    let module = snapshot.schema.module(&module).filter(|module| module.flag("isBlueprintSupported"));
    let module = module.ok_or_else(|| step.error(Code::InvalidModule, "module"))?;
    let field = match (before, named(step.entry, "field")?) {
        (None, None) => return Err(step.entry.missing("field").into()),
        (_, Some(name)) => name.to_owned(),
        (Some(before), None) => before.str("field").to_owned(),
    };
    let is_state = |field: &&FieldDef| field.data_type.is_picklist() && field.column.is_some();
    let field =
        module.field(&field).filter(is_state).ok_or_else(|| step.error(Code::InvalidData, "field"))?;
    setting.keys.insert("module".to_owned(), json!(module.api_name));
    setting.keys.insert("field".to_owned(), json!(field.api_name));
    check_criteria(step.entry, module, snapshot, setting.keys.get("criteria"))?;
    if step.entry.names("transitions") {
        let given = step.entry.entries("transitions")?;
        if given.is_empty() {
            return Err(step.entry.missing("transitions").into());
        }
        if given.len() > TRANSITIONS {
            return Err(step.error(Code::LimitExceeded, "transitions").detail("limit", TRANSITIONS).into());
        }
        let known = before.and_then(|before| before.keys.get("transitions")?.as_array().cloned());
        let known: Vec<Value> = known.unwrap_or_default();
        let made: Result<Vec<Value>, ApiError> =
            given.iter().map(|entry| transition(step, entry, module, field, &known)).collect();
        setting.keys.insert("transitions".to_owned(), Value::Array(made?));
    }
    Ok(())
}

/// The `api_name` of an object, or the name alone.
fn named<'a>(entry: &Entry<'a>, key: &str) -> Result<Option<&'a str>, ApiError> {
    match entry.value(key) {
        Some(Value::String(name)) => Ok(Some(name)),
        None => Ok(None),
        Some(_) => match entry.entry(key)? {
            Some(object) => object.text("api_name", 100),
            None => Ok(None),
        },
    }
}

fn transition(
    step: &Step<'_>,
    entry: &Entry<'_>,
    module: &ModuleDef,
    field: &FieldDef,
    known: &[Value],
) -> Result<Value, ApiError> {
    let name = entry.text("name", 120)?.ok_or_else(|| entry.missing("name"))?;
    let state = |text: &str| field.pick_value(text).map(|option| option.actual_value.clone());
    let to = entry.text("to", 250)?.ok_or_else(|| entry.missing("to"))?;
    let to = state(to).ok_or_else(|| entry.error(Code::InvalidData, "to"))?;
    let mut from = Vec::new();
    match entry.value("from") {
        None | Some(Value::Null) => {}
        Some(Value::Array(states)) => {
            for one in states {
                let found = one.as_str().and_then(state);
                from.push(found.ok_or_else(|| entry.error(Code::InvalidData, "from"))?);
            }
        }
        Some(_) => return Err(entry.wrong_type("from", "jsonarray")),
    }
    check_criteria(entry, module, &step.cx.snapshot, entry.value("criteria"))?;
    let mut fields = Vec::new();
    for asked in entry.entries("fields")? {
        let name = asked.text("api_name", 100)?.ok_or_else(|| asked.missing("api_name"))?;
        let field = module.field(name).filter(|field| field.column.is_some() && !field.read_only);
        let field = field.ok_or_else(|| asked.error(Code::InvalidData, "api_name"))?;
        let mandatory = asked.flag("mandatory")?.unwrap_or(false);
        fields.push(json!({ "api_name": field.api_name, "mandatory": mandatory }));
    }
    if fields.len() > FIELDS_OF_TRANSITION {
        return Err(entry.error(Code::LimitExceeded, "fields").detail("limit", FIELDS_OF_TRANSITION));
    }
    let id = match entry.id("id")? {
        None => step.cx.org.mint.next(),
        Some(id) if known.iter().any(|one| one["id"].as_str() == Some(&id.to_string())) => id,
        Some(id) => {
            let error = entry.error(Code::InvalidData, "id");
            return Err(error.message("the id given seems to be invalid").id(id));
        }
    };
    Ok(json!({
        "id": id,
        "name": name,
        "from": from,
        "to": to,
        "color_code": entry.text("color_code", 20)?,
        "criteria": entry.value("criteria").cloned().unwrap_or(Value::Null),
        "criteria_message": entry.text("criteria_message", 250)?,
        "fields": fields,
    }))
}

fn check_criteria(
    entry: &Entry<'_>,
    module: &ModuleDef,
    snapshot: &Snapshot,
    criteria: Option<&Value>,
) -> Result<(), ApiError> {
    let Some(criteria) = criteria.filter(|criteria| !criteria.is_null()) else { return Ok(()) };
    match Criteria::read(criteria, module, &snapshot.zone) {
        Ok(_) => Ok(()),
        Err(Wrong { path, key }) => {
            Err(ApiError::new(Code::InvalidData).field(key, format!("{}.criteria{path}", entry.path())))
        }
    }
}

fn show(reader: &Reader<'_>, setting: &Setting) -> Value {
    let key = |key: &str| setting.keys.get(key).cloned().unwrap_or(Value::Null);
    let flag = |key: &str, otherwise| setting.keys.get(key).and_then(Value::as_bool).unwrap_or(otherwise);
    let module = reader.snapshot.schema.module(setting.str("module"));
    let field = module.and_then(|module| module.field(setting.str("field")));
    json!({
        "id": setting.id,
        "name": setting.str("name"),
        "description": key("description"),
        "active": flag("active", true),
        "is_continuous": flag("is_continuous", false),
        "module": reader.module_reference(setting.str("module")),
        "field": { "api_name": setting.str("field"), "id": field.map(|field: &FieldDef| -> Id { field.id }) },
        "criteria": key("criteria"),
        "transitions": key("transitions"),
        "created_by": reader.user(setting.audit.created_by),
        "created_time": reader.time(setting.audit.created_time),
        "modified_by": reader.user(setting.audit.modified_by),
        "modified_time": reader.time(setting.audit.modified_time),
    })
}
