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
            mandatory("type", Kind::OneOf(&TYPES)).fixed(),
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

/// Types, of which `decimal` and `url` have two names.
const TYPES: [&str; 15] = [
    "text", "integer", "percent", "decimal", "double", "currency", "date", "datetime", "email", "phone",
    "url", "website", "checkbox", "textarea", "long",
];

fn group(name: &str) -> Keys {
    let api_name = super::api_name::derive(name, |_| false);
    Keys::from_iter([("api_name".to_owned(), json!(api_name)), ("name".to_owned(), json!(name))])
}

/// A value must be one that a field of the type takes.
fn check(step: &mut Step<'_>, _: Option<&Setting>, variable: &mut Setting) -> Result<(), Error> {
    let key = match variable.str("type") {
        "decimal" => "double",
        "url" => "website",
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
    for key in ["api_name", "name", "description", "type", "value"] {
        shown[key] = json!(variable.keys.get(key));
    }
    shown
}
