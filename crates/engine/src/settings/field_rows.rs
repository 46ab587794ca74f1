//! Fields that bring a module of rows along: subforms, and lookups of several records or users.

use dealwright_schema::field::Links;
use dealwright_schema::{FieldDef, ModuleDef, rows};
use dealwright_wire::{ApiError, Code};

use super::entry::Entry;
use super::{api_name, field_draft, field_type};
use crate::cx::Cx;
use crate::snapshot::Snapshot;

/// Fields that a subform may be made with in one call.
const FIELDS: usize = 50;

/// The module of rows for a new field of `parent`, which is told of it. `None` for fields without rows.
pub(super) fn module(
    cx: &Cx,
    now: &Snapshot,
    parent: &ModuleDef,
    field: &mut FieldDef,
    entry: &Entry<'_>,
) -> Result<Option<ModuleDef>, ApiError> {
    let rows = match field.data_type.name() {
        "subform" => subform(cx, now, parent, field, entry)?,
        "multiselectlookup" => {
            let given =
                entry.entry("multiselectlookup")?.ok_or_else(|| entry.missing("multiselectlookup"))?;
            let named = named(&given, "connected_module", "connected_details")?;
            let named = named.ok_or_else(|| given.missing("connected_module"))?;
            let target = field_type::target(&named, now)?;
            let target = target.ok_or_else(|| given.error(Code::InvalidData, "connected_module"))?;
            links(cx, now, parent, field, Some(&given), Some(target))?
        }
        "multiuserlookup" => links(cx, now, parent, field, entry.entry("multiuserlookup")?.as_ref(), None)?,
        _ => return Ok(rows::of_uploads(&cx.org.mint, &now.schema, parent, field)),
    };
    field.subform = Some(rows.api_name.clone());
    Ok(Some(rows))
}

/// What rows of a subform cannot have, because it is the record that has it.
pub(super) fn refuse_in_rows(
    module: &ModuleDef,
    field: &FieldDef,
    entry: &Entry<'_>,
) -> Result<(), ApiError> {
    if module.parent.is_none() {
        return Ok(());
    }
    let has_rows = field.data_type.has_rows();
    if has_rows || field.auto_number.is_some() {
        return Err(entry.error(Code::NotAllowedHere, "data_type").message("not allowed in a subform"));
    }
    if field.unique.is_some() {
        return Err(entry.error(Code::NotAllowedHere, "unique").message("not allowed in a subform"));
    }
    Ok(())
}

fn subform(
    cx: &Cx,
    now: &Snapshot,
    parent: &ModuleDef,
    field: &mut FieldDef,
    entry: &Entry<'_>,
) -> Result<ModuleDef, ApiError> {
    field.length = None;
    let api_name = free(now, &field.api_name);
    let names = rows::Names {
        api_name: &api_name,
        label: &field.field_label,
        number: rows::next_number(&now.schema),
    };
    let mut module = rows::subform(&cx.org.mint, names, parent);
    let given = match entry.entry("subform")? {
        Some(given) => Some(given),
        None => entry.entry("associated_module")?,
    };
    let Some(given) = given else { return Ok(module) };
    let fields = given.entries("fields")?;
    if fields.len() > FIELDS {
        return Err(given.error(Code::LimitExceeded, "fields").detail("limit", FIELDS));
    }
    for one in &fields {
        let mut column = field_draft::draft(cx, now, &module, one)?;
        column.section = module.layout_sections.first().map(|section| section.api_name.clone());
        module.display_field.get_or_insert_with(|| column.api_name.clone());
        module.add_field(column);
    }
    Ok(module)
}

fn links(
    cx: &Cx,
    now: &Snapshot,
    parent: &ModuleDef,
    field: &mut FieldDef,
    given: Option<&Entry<'_>>,
    target: Option<&ModuleDef>,
) -> Result<ModuleDef, ApiError> {
    let target_name = target.map_or("Users", |target| target.api_name.as_str());
    let linking = given.map(|given| named(given, "linking_module", "linking_details")).transpose()?.flatten();
    let label = match &linking {
        Some(linking) => match linking.text("plural_label", 100)? {
            Some(label) => Some(label),
            None => linking.text("api_name", 50)?,
        },
        None => None,
    };
    let wanted = match label {
        Some(label) => api_name::derive(label, |_| false),
        None => format!("{}_X_{target_name}", parent.api_name),
    };
    let own = parent.api_name.clone();
    // Two fields of one row need two names, also where records are linked to others of their own module.
    let connected = if own == target_name { field.api_name.clone() } else { target_name.to_owned() };
    let list = target.map(|target| {
        let label = format!("{} {}", parent.text("plural_label"), field.field_label);
        api_name::derive(&label, |name| field_type::has_related_list(now, target, name))
    });
    let api_name = free(now, &wanted);
    let names = rows::Names {
        api_name: &api_name,
        label: label.unwrap_or(&field.field_label),
        number: rows::next_number(&now.schema),
    };
    let module = rows::links(&cx.org.mint, names, parent, target, &own, &connected);
    let display_label = match given {
        Some(given) => given.text("display_label", 100)?,
        None => None,
    };
    let display_label = display_label.unwrap_or(&field.field_label).to_owned();
    let target = target.map(|target| target.api_name.clone());
    field.links = Some(Links { own, connected, module: target, api_name: list, display_label });
    Ok(module)
}

/// Clients of the newest version say `{outer}{module}`, others the module itself.
fn named<'e>(given: &Entry<'e>, plain: &str, outer: &str) -> Result<Option<Entry<'e>>, ApiError> {
    if let Some(found) = given.entry(plain)? {
        return Ok(Some(found));
    }
    match given.entry(outer)? {
        Some(details) => details.entry("module"),
        None => Ok(None),
    }
}

fn free(now: &Snapshot, wanted: &str) -> String {
    rows::free_name(wanted, |name| now.schema.module(name).is_some())
}
