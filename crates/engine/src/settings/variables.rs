//! `settings/variables` and `settings/variable_groups`: named values that code and templates share.
//!
//! Source: "Variables" of the published API. Nothing there makes a group; here a variable that names a group which is
//! not there makes it.

use dealwright_schema::{DataType, FieldDef, ValueCx};
use dealwright_wire::Code;
use serde_json::{Value, json};

use super::resource::{Kind, Resource, Step, Under, Unique, Words, mandatory, optional};
use crate::documents::{Keys, Setting};
use crate::error::Error;
use crate::metadata::{CUSTOMIZE, Reader};
use crate::org::stock::Stock;

const GROUP: &str = "variable_group";
const GROUPS: &str = "variable_groups";

/// The variables. A call of one names its group as well.
pub static VARIABLES: Resource<Setting> = Resource {
    kind: Some("variables"),
    found_by: Some("api_name"),
    under: Some(Under { param: "group", kind: GROUPS, of: |variable| variable.id_of(GROUP) }),
    unique: &[Unique::of(&["api_name"]), Unique::of(&["name"])],
    show,
    check,
    ..Resource::new(
        "variables",
        CUSTOMIZE,
        &[
            mandatory("name", Kind::Text(100)),
            mandatory("api_name", Kind::Text(100)).fixed(),
            optional("description", Kind::Text(250)),
            mandatory("type", Kind::OneOfNames(&TYPES)).fixed(),
            mandatory(GROUP, Kind::Setting { kind: GROUPS, make: Some(group) }).fixed(),
            optional("value", Kind::Any),
        ],
        Words { created: "variable added", updated: "variable updated", deleted: "variable deleted" },
    )
};

/// The groups, which are only read.
pub static VARIABLE_GROUPS: Resource<Setting> = Resource {
    kind: Some(GROUPS),
    found_by: Some("api_name"),
    show: |_, group| {
        let mut shown = json!({"id": group.id, "display_label": group.str("name"), "source": "crm"});
        for key in ["api_name", "name", "description"] {
            shown[key] = json!(group.keys.get(key));
        }
        shown
    },
    ..Resource::new(GROUPS, CUSTOMIZE, &[], Words { created: "", updated: "", deleted: "" })
};

/// What every org has.
pub(crate) static STOCK: Stock = Stock { kind: GROUPS, documents: || vec![group("General")] };

/// Types. Of two names the first is that of v8, the last that of the versions before it.
const TYPES: [&[&str]; 13] = [
    &["text"],
    &["integer"],
    &["percent"],
    &["double", "decimal"],
    &["currency"],
    &["date"],
    &["datetime"],
    &["email"],
    &["phone"],
    &["website", "url"],
    &["checkbox"],
    &["textarea"],
    &["long"],
];

/// The name of a type, as it is kept, in the version that is asked.
fn shown_type(reader: &Reader<'_>, kept: &str) -> Option<&'static str> {
    let names = TYPES.iter().find(|names| names.contains(&kept))?;
    if reader.profile.older_variable_types { names.last() } else { names.first() }.copied()
}

fn group(name: &str) -> Keys {
    let api_name = super::api_name::derive(name, |_| false);
    Keys::from_iter([("api_name".to_owned(), json!(api_name)), ("name".to_owned(), json!(name))])
}

/// A value must be one that a field of the type takes.
fn check(step: &mut Step<'_>, _: Option<&Setting>, variable: &mut Setting) -> Result<(), Error> {
    let key = match variable.str("type") {
        "checkbox" => "boolean",
        "long" => "bigint",
        same => same,
    };
    let value = variable.keys.get("value").filter(|value| !value.is_null());
    let (Some(value), Some(data_type)) = (value, DataType::find(key, None)) else { return Ok(()) };
    let name = || "value".to_owned();
    let field = FieldDef::plain(variable.id, name(), name(), data_type);
    let cx = ValueCx { zone: &step.cx.snapshot.zone, compat: step.cx.compat };
    if field.parse(&value.to_string(), &cx).is_err() {
        return Err(step.error(Code::PatternNotMatched, "value").into());
    }
    Ok(())
}

fn show(reader: &Reader<'_>, variable: &Setting) -> Value {
    let group = reader.snapshot.settings(GROUPS).find(|group| Some(group.id) == variable.id_of(GROUP));
    let group = group
        .map(|group| json!({"id": group.id, "api_name": group.str("api_name"), "name": group.str("name")}));
    let mut shown = json!({"id": variable.id, GROUP: group, "source": "crm", "read_only": false});
    shown["type"] = json!(shown_type(reader, variable.str("type")));
    for key in ["api_name", "name", "description", "value"] {
        shown[key] = json!(variable.keys.get(key));
    }
    shown
}
