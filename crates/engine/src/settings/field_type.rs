//! What only some data types take when a field is made: length, decimals, options, target, numbering.

use dealwright_schema::field::{AutoNumber, External, Lookup, Unique};
use dealwright_schema::field_types::FIELD_TYPES;
use dealwright_schema::{DataType, FieldDef, ModuleDef};
use dealwright_wire::{ApiError, Code, Mint};
use serde_json::json;

use super::entry::Entry;
use super::{api_name, field_options};
use crate::snapshot::Snapshot;

/// Kinds of text area and the characters they hold (metadata reference, section 2).
const TEXT_AREAS: [(&str, u32); 3] = [("small", 2_000), ("large", 32_000), ("rich_text", 50_000)];

/// The data type of a new field: one of those that people can create.
pub(super) fn data_type(entry: &Entry<'_>) -> Result<DataType, ApiError> {
    let name = entry.text("data_type", 50)?.ok_or_else(|| entry.missing("data_type"))?;
    let found = DataType::find(name, None).filter(|found| found.get().custom_length.is_some());
    found.ok_or_else(|| {
        let creatable = FIELD_TYPES.iter().filter(|found| found.custom_length.is_some());
        let mut names: Vec<&str> = creatable.map(|found| found.name).collect();
        names.dedup();
        entry.unsupported("data_type", names)
    })
}

/// Reads what the body says for the type of `field`, and fills the rest with what is usual.
pub(super) fn fill(
    field: &mut FieldDef,
    entry: &Entry<'_>,
    snapshot: &Snapshot,
    mint: &Mint,
) -> Result<(), ApiError> {
    match field.data_type.name() {
        "text" | "email" | "phone" | "website" | "integer" | "bigint" => length(field, entry),
        "double" | "currency" | "percent" => decimals(field, entry),
        "textarea" => text_area(field, entry),
        kind @ ("picklist" | "multiselectpicklist") => {
            refuse_global_picklist(entry)?;
            field.pick_list_values = field_options::create(entry, kind == "multiselectpicklist", mint)?;
            Ok(())
        }
        "lookup" => lookup(field, entry, snapshot),
        "autonumber" => numbering(field, entry),
        "fileupload" | "imageupload" => uploads(field, entry),
        _ => Ok(()),
    }
}

/// A given length within the bounds of the type.
pub(super) fn length(field: &mut FieldDef, entry: &Entry<'_>) -> Result<(), ApiError> {
    let Some(given) = entry.whole("length")? else { return Ok(()) };
    let (_, most) = field.data_type.get().custom_length.unwrap_or((255, 255));
    let fits = u32::try_from(given).ok().filter(|length| (1..=most).contains(length));
    let refused = || mismatch(entry, "length", "data_type").detail("maximum_length", most);
    field.length = Some(fits.ok_or_else(refused)?);
    Ok(())
}

/// The length is the number of files; there is no default.
fn uploads(field: &mut FieldDef, entry: &Entry<'_>) -> Result<(), ApiError> {
    if entry.value("default_value").is_some() {
        return Err(mismatch(entry, "default_value", "data_type"));
    }
    length(field, entry)
}

/// Decimals: fewer than digits, and at most nine. The column is scaled by them, so they never change later.
pub(super) fn decimals(field: &mut FieldDef, entry: &Entry<'_>) -> Result<(), ApiError> {
    length(field, entry)?;
    let digits = i64::from(field.length.unwrap_or(16));
    let given = entry.whole("decimal_place")?.unwrap_or(2.min(digits - 1));
    if !(0..=9).contains(&given) || given >= digits {
        return Err(mismatch(entry, "decimal_place", "length"));
    }
    field.decimal_place = Some(given as u8);
    if field.data_type.is_currency() {
        if let Some(currency) = entry.entry("currency")?
            && currency.text("rounding_option", 20)?.is_some_and(|option| option != "normal")
        {
            return Err(currency.unsupported("rounding_option", vec!["normal"]));
        }
        field
            .described
            .insert("currency".to_owned(), json!({"rounding_option": "normal", "precision": given}));
    }
    Ok(())
}

/// A text area without a kind is a small one.
fn text_area(field: &mut FieldDef, entry: &Entry<'_>) -> Result<(), ApiError> {
    let given = entry.entry("textarea")?;
    let kind = match &given {
        None => "small",
        Some(given) => given.text("type", 20)?.ok_or_else(|| given.missing("type"))?,
    };
    let Some((kind, most)) = TEXT_AREAS.into_iter().find(|(name, _)| *name == kind) else {
        let names = TEXT_AREAS.iter().map(|(name, _)| *name).collect();
        return Err(given.as_ref().unwrap_or(entry).unsupported("type", names));
    };
    field.length = Some(most);
    let ui_type = match kind {
        "large" => 3,
        "rich_text" => 250,
        _ => 110,
    };
    field.described.insert("ui_type".to_owned(), json!(ui_type));
    field.described.insert("textarea".to_owned(), json!({"type": kind}));
    Ok(())
}

fn refuse_global_picklist(entry: &Entry<'_>) -> Result<(), ApiError> {
    match (entry.value("global_picklist"), entry.value("pick_list_values")) {
        (None, _) => Ok(()),
        (Some(_), Some(_)) => Err(entry.error(Code::AmbiguityDuringProcessing, "global_picklist")),
        (Some(_), None) => Err(unserved(entry, "global_picklist")),
    }
}

/// A module by name or id, and the related list that the target gets.
fn lookup(field: &mut FieldDef, entry: &Entry<'_>, snapshot: &Snapshot) -> Result<(), ApiError> {
    let given = entry.entry("lookup")?.ok_or_else(|| entry.missing("lookup"))?;
    let module = given.entry("module")?.ok_or_else(|| given.missing("module"))?;
    let target = target(&module, snapshot)?.ok_or_else(|| given.error(Code::InvalidData, "module"))?;
    let label = given.text("display_label", 100)?.unwrap_or(&field.field_label).to_owned();
    let list = api_name::derive(&label, |name| has_related_list(snapshot, target, name));
    field.lookup = Some(Lookup {
        module: target.api_name.clone(),
        also: Vec::new(),
        api_name: Some(list),
        display_label: Some(label),
    });
    Ok(())
}

/// The module that an entry names by name, id or both, if records of it can be pointed to.
pub(super) fn target<'s>(
    module: &Entry<'_>,
    snapshot: &'s Snapshot,
) -> Result<Option<&'s ModuleDef>, ApiError> {
    let target = match (module.text("api_name", 100)?, module.id("id")?) {
        (None, None) => return Err(module.missing("api_name")),
        (Some(name), None) => snapshot.schema.module(name),
        (None, Some(id)) => snapshot.schema.module_by_id(id),
        (Some(name), Some(id)) => match snapshot.schema.module_by_id(id) {
            Some(found) if !found.api_name.eq_ignore_ascii_case(name) => {
                return Err(module.error(Code::AmbiguityDuringProcessing, "id"));
            }
            found => found,
        },
    };
    Ok(target.map(std::convert::AsRef::as_ref).filter(|target| takes_lookups(target)))
}

fn takes_lookups(module: &ModuleDef) -> bool {
    let is_open = module.flag("lookupable") || module.text("generated_type") == "custom";
    is_open && module.has_records() && module.parent.is_none()
}

pub(super) fn has_related_list(snapshot: &Snapshot, target: &ModuleDef, name: &str) -> bool {
    let standard = target.described.get("related_lists").and_then(serde_json::Value::as_array);
    let is_standard = standard.is_some_and(|lists| lists.iter().any(|list| list["api_name"] == name));
    let fields = snapshot.schema.modules().iter().flat_map(|module| module.fields());
    let is_linked = fields.clone().filter_map(|field| field.links.as_ref()).any(|links| {
        links.module.as_ref() == Some(&target.api_name) && links.api_name.as_deref() == Some(name)
    });
    let mut lookups = fields.filter_map(|field| field.lookup.as_ref());
    is_standard
        || is_linked
        || lookups.any(|lookup| lookup.module == target.api_name && lookup.api_name.as_deref() == Some(name))
}

/// Numbering of records made from now on; those that exist keep none.
fn numbering(field: &mut FieldDef, entry: &Entry<'_>) -> Result<(), ApiError> {
    // Client libraries write the key in both ways.
    let given = match entry.entry("auto_number")? {
        Some(given) => given,
        None => entry.entry("autonumber")?.ok_or_else(|| entry.missing("auto_number"))?,
    };
    if entry.flag("_update_existing_records")? == Some(true) {
        return Err(unserved(entry, "_update_existing_records"));
    }
    let start_number = given.whole("start_number")?.unwrap_or(1);
    if !(0..10_i64.pow(16)).contains(&start_number) {
        return Err(given.error(Code::InvalidData, "start_number").detail("maximum_length", 16));
    }
    let text = |key: &str| Ok::<_, ApiError>(given.text(key, 50)?.map(str::to_owned));
    field.auto_number = Some(AutoNumber { prefix: text("prefix")?, start_number, suffix: text("suffix")? });
    close(field);
    Ok(())
}

/// Describes a field as one that only the server writes.
pub(super) fn close(field: &mut FieldDef) {
    field.described.insert("field_read_only".to_owned(), json!(true));
    let view = json!({"view": true, "edit": false, "create": false, "quick_create": false});
    field.described.insert("view_type".to_owned(), view);
    field.described.insert("mass_update".to_owned(), json!(false));
}

/// `unique` as the body gives it; `{}` means not unique.
pub(super) fn unique(field: &FieldDef, entry: &Entry<'_>) -> Result<Option<Unique>, ApiError> {
    let Some(given) = entry.entry("unique")? else { return Ok(None) };
    // Client libraries write the key in both ways.
    let case_sensitive = match given.flag("case_sensitive")? {
        Some(flag) => Some(flag),
        None => given.flag("casesensitive")?,
    };
    let Some(case_sensitive) = case_sensitive.filter(|_| !given.names("_disable")) else { return Ok(None) };
    if !field.data_type.can_be_unique() {
        return Err(mismatch(entry, "unique", "data_type"));
    }
    Ok(Some(Unique { case_sensitive }))
}

/// `external` as the body gives it: text only, and not on calls.
pub(super) fn external(
    module: &ModuleDef,
    field: &FieldDef,
    entry: &Entry<'_>,
) -> Result<Option<External>, ApiError> {
    let Some(given) = entry.entry("external")? else { return Ok(None) };
    let kind = given.text("type", 10)?.ok_or_else(|| given.missing("type"))?;
    if !matches!(kind, "user" | "org") {
        return Err(given.unsupported("type", vec!["user", "org"]));
    }
    if !field.data_type.is_plain_text() || module.is_of_calls() {
        return Err(mismatch(entry, "external", "data_type"));
    }
    Ok(Some(External { kind: kind.to_owned(), show: given.flag("show")?.unwrap_or(false) }))
}

/// `DEPENDENT_MISMATCH` between two keys of an entry.
pub(super) fn mismatch(entry: &Entry<'_>, key: &str, dependee: &str) -> ApiError {
    let other = entry.error(Code::DependentMismatch, dependee).details;
    entry.error(Code::DependentMismatch, key).detail("dependee", other)
}

/// `NOT_SUPPORTED` for a key that asks for something that is not served.
pub(super) fn unserved(entry: &Entry<'_>, key: &str) -> ApiError {
    entry.error(Code::NotSupported, key)
}
