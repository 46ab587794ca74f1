//! A new custom field, from the entry of a body.

use dealwright_schema::{Cell, FieldDef, Form, ModuleDef, ValueCx};
use dealwright_wire::{ApiError, Code, letters};
use serde_json::{Map, Value, json};

use super::entry::Entry;
use super::{api_name, convert_mapping, field_formula, field_rollup, field_rows, field_type};
use crate::cx::Cx;
use crate::snapshot::Snapshot;

/// Longest label.
const LONGEST_LABEL: usize = 100;

/// Flags of the description that a body may set.
const FLAGS: [&str; 5] = [
    "filterable",
    "separator",
    "number_separator",
    "pick_list_values_sorted_lexically",
    "enable_colour_code",
];

/// Types that lists are not sorted by.
const UNSORTED: [&str; 7] = [
    "textarea",
    "multiselectpicklist",
    "subform",
    "multiselectlookup",
    "multiuserlookup",
    "fileupload",
    "imageupload",
];

/// Types whose values stand in rows of their own, or in files.
const IN_ROWS: [&str; 5] = ["subform", "multiselectlookup", "multiuserlookup", "fileupload", "imageupload"];

/// Checks an entry against the module as it is now and makes the field of it.
pub(super) fn draft(
    cx: &Cx,
    now: &Snapshot,
    module: &ModuleDef,
    entry: &Entry<'_>,
) -> Result<FieldDef, ApiError> {
    let label = label(module, entry, None)?.ok_or_else(|| entry.missing("field_label"))?;
    let data_type = field_type::data_type(entry)?;
    refuse_unserved(entry)?;
    let kind = data_type.get();
    if kind.form == Form::Files && module.parent.is_some() {
        // Rows of subforms hold no files.
        return Err(entry.error(Code::FieldTypeUnavailable, "data_type"));
    }
    let mut field = FieldDef {
        custom_field: true,
        section: section(module),
        described: described(cx, kind.name),
        ..FieldDef::plain(cx.org.mint.next(), name(module, entry, label)?, label.to_owned(), data_type)
    };
    match field.data_type.name() {
        "formula" => field_formula::fill(&mut field, module, entry)?,
        "rollup_summary" => field_rollup::fill(&mut field, now, module, entry)?,
        _ => field_type::fill(&mut field, entry, now, &cx.org.mint)?,
    }
    field.unique = field_type::unique(&field, entry)?;
    field.external = field_type::external(module, &field, entry)?;
    if field.external.is_some() && field.unique.is_none() {
        // A value that addresses a record has to mean one record.
        field.unique = Some(dealwright_schema::field::Unique { case_sensitive: false });
    }
    field_rows::refuse_in_rows(module, &field, entry)?;
    field.default_value = default_value(cx, &field, entry)?;
    describe(&mut field, entry)?;
    convert_mapping::apply(now, module, &mut field, entry)?;
    Ok(field)
}

/// The label, if given: no other field of the module (than `id`) has it.
pub(super) fn label<'e>(
    module: &ModuleDef,
    entry: &Entry<'e>,
    own: Option<dealwright_wire::Id>,
) -> Result<Option<&'e str>, ApiError> {
    let Some(label) = entry.text("field_label", LONGEST_LABEL)? else { return Ok(None) };
    let mut others = module.fields().iter().filter(|field| Some(field.id) != own);
    if others.any(|field| letters::same(&field.field_label, label)) {
        return Err(entry.error(Code::DuplicateData, "field_label"));
    }
    Ok(Some(label))
}

fn name(module: &ModuleDef, entry: &Entry<'_>, label: &str) -> Result<String, ApiError> {
    let is_taken = |name: &str| module.fields().iter().any(|field| field.api_name.eq_ignore_ascii_case(name));
    let Some(given) = entry.text("api_name", 100)? else { return Ok(api_name::derive(label, is_taken)) };
    if let Some(code) = api_name::refusal(given) {
        return Err(entry.error(code, "api_name"));
    }
    if is_taken(given) {
        return Err(entry.error(Code::DuplicateData, "api_name"));
    }
    Ok(given.to_owned())
}

/// Keys that ask for what the product does not do. Passing them over would leave the caller believing that
/// values are encrypted or hidden.
pub(super) fn refuse_unserved(entry: &Entry<'_>) -> Result<(), ApiError> {
    if entry.value("crypt").is_some() {
        return Err(field_type::unserved(entry, "crypt"));
    }
    if entry.flag("hipaa_compliance_enabled")? == Some(true) {
        return Err(field_type::unserved(entry, "hipaa_compliance_enabled"));
    }
    for profile in entry.entries("profiles")? {
        if profile.text("permission_type", 20)?.is_some_and(|permission| permission != "read_write") {
            return Err(profile.unsupported("permission_type", vec!["read_write"]));
        }
    }
    Ok(())
}

/// The section that new fields land in: the one of the module's name field.
fn section(module: &ModuleDef) -> Option<String> {
    let shown = module.display_field.as_deref().and_then(|name| module.field(name));
    let main = shown.and_then(|field| field.section.clone());
    main.or_else(|| module.layout_sections.first().map(|section| section.api_name.clone()))
}

fn described(cx: &Cx, kind: &str) -> Map<String, Value> {
    let now = cx.org.clock.now().text(&cx.snapshot.zone);
    let sorted = !UNSORTED.contains(&kind);
    let keys = [
        ("created_source", json!("crm")),
        ("created_time", json!(now)),
        ("modified_time", json!(now)),
        ("mass_update", json!(!matches!(kind, "email" | "autonumber") && !IN_ROWS.contains(&kind))),
        ("sortable", json!(sorted)),
        ("filterable", json!(kind != "textarea" && !IN_ROWS.contains(&kind))),
    ];
    keys.map(|(key, value)| (key.to_owned(), value)).into_iter().collect()
}

/// A default that the field would accept as a value.
pub(super) fn default_value(cx: &Cx, field: &FieldDef, entry: &Entry<'_>) -> Result<Option<Value>, ApiError> {
    let Some(value) = entry.value("default_value") else { return Ok(None) };
    if field.data_type.get().is_worked_out() {
        return Err(entry.error(Code::NotAllowed, "default_value"));
    }
    let value_cx = ValueCx { zone: &cx.snapshot.zone, compat: cx.compat };
    match field.parse(&value.to_string(), &value_cx) {
        // As a record would keep it: of rich text what is safe to show.
        Ok(dealwright_schema::Value::Cell(Cell::Text(text))) if field.is_rich_text() => Ok(Some(json!(text))),
        Ok(_) => Ok(Some(value.clone())),
        Err(refused) => {
            let mut error = entry.error(Code::InvalidData, "default_value");
            error.details.extend(refused.error.details);
            Err(error)
        }
    }
}

/// Flags and the tooltip, for new fields and existing ones.
pub(super) fn describe(field: &mut FieldDef, entry: &Entry<'_>) -> Result<(), ApiError> {
    for key in FLAGS {
        if let Some(flag) = entry.flag(key)? {
            field.described.insert(key.to_owned(), json!(flag));
        }
    }
    if field.data_type.is_long_text() {
        field.described.insert("filterable".to_owned(), json!(false));
    }
    if entry.is_null("tooltip") {
        field.described.shift_remove("tooltip");
    }
    if let Some(tooltip) = entry.entry("tooltip")? {
        let name = tooltip.text("name", 20)?.ok_or_else(|| tooltip.missing("name"))?;
        let longest = match name {
            "static_text" => 35,
            "info_icon" => 255,
            _ => return Err(tooltip.unsupported("name", vec!["static_text", "info_icon"])),
        };
        let value = tooltip.text("value", longest)?.ok_or_else(|| tooltip.missing("value"))?;
        field.described.insert("tooltip".to_owned(), json!({"name": name, "value": value}));
    }
    Ok(())
}
