//! The sources of keys that are no fields: `$editable`, `$converted`, and what a link holds.

use dealwright_schema::{Form, ModuleDef};
use dealwright_store::Dialect;

use super::source::{ConvertedColumns, Source};
use super::{Columns, Part, PlanKey, quoted_key};
use crate::access::Grant;
use crate::access::grant::LEVEL;
use crate::records::around::KeySource;
use crate::records::linked::{LinkValue, Linked};
use crate::records::system_keys;
use crate::snapshot::Snapshot;

/// What a link holds besides its two ends. Contacts of a deal always show their role; other values are shown like
/// fields.
pub(super) fn link_part(
    linked: Linked,
    key: &PlanKey,
    version: &dealwright_wire::Profile,
    columns: &mut Columns,
) -> Option<Part> {
    let value = linked.link.value?;
    let name = value.api_name();
    let asked = key.fields.as_deref().is_none_or(|fields| fields.split(',').any(|field| field == name));
    if !asked && value != LinkValue::ContactRole {
        return None;
    }
    let own = linked.column(value.column());
    let source = match value {
        LinkValue::MemberStatus => Source::Text(columns.add(own)),
        LinkValue::ListPrice => Source::Decimal(columns.add(own), LinkValue::PRICE_SCALE),
        LinkValue::ContactRole => {
            let role = columns.add(format!("(SELECT r.name FROM {{_contact_roles}} r WHERE r.id = {own})"));
            if version.contact_role_names {
                Source::Text(role)
            } else {
                Source::Lookup { id: columns.add(own), name: role }
            }
        }
    };
    Some(Part { key: quoted_key(name), source })
}

/// API name of the module that an activity or attachment is about.
fn se_module(snapshot: &Snapshot, module: &ModuleDef, columns: &mut Columns) -> Option<Source> {
    let field = module.fields().iter().find(|field| field.is_any_module())?;
    let at = columns.add(format!("t.\"{}\"", field.module_column()?));
    let other = module.fields().iter().find(|other| other.has_module() && !other.is_any_module());
    let other = other.and_then(|other| {
        let usual = other.lookup_module().and_then(|name| snapshot.schema.module(name));
        let at = columns.add(format!("t.\"{}\"", other.module_column()?));
        Some((at, usual.map(|module| module.id)))
    });
    Some(Source::ModuleName(at, other))
}

/// The part of a system key; `None` for names that are none, or not of this module.
pub(super) fn part(
    snapshot: &Snapshot,
    grant: &Grant,
    key: &PlanKey,
    name: &str,
    dialect: &dyn Dialect,
    keys: &[KeySource],
    columns: &mut Columns,
) -> Option<Part> {
    let module = &*grant.module;
    let locked = module.field("Locked__s").and_then(|field| field.column.as_deref());
    let source = match (name, grant.is_scoped(), locked) {
        ("$se_module", ..) => se_module(snapshot, module, columns)?,
        ("$event_cancelled", ..) if !module.is_of_events() => return None,
        ("$event_cancelled", ..) => Source::Bool(
            columns.add("EXISTS (SELECT 1 FROM {_cancelled_events} c WHERE c.id = t.id)".to_owned()),
        ),
        ("$editable", true, _) => Source::Editable(columns.add(LEVEL.to_owned())),
        ("$sharing_permission", true, _) => Source::Permission(columns.add(LEVEL.to_owned())),
        ("$locked_for_me", _, Some(column)) if !key.passes_locks => {
            Source::Bool(columns.add(format!("t.\"{column}\"")))
        }
        _ => match conversion(module, name, columns)
            .or_else(|| around(snapshot, module, name, dialect, keys, columns))
        {
            Some(source) => source,
            None => Source::Constant(system_keys::value(name, module, &snapshot.details)?),
        },
    };
    Some(Part { key: quoted_key(name), source })
}

/// A key that an area knows.
fn around(
    snapshot: &Snapshot,
    module: &ModuleDef,
    name: &str,
    dialect: &dyn Dialect,
    keys: &[KeySource],
    columns: &mut Columns,
) -> Option<Source> {
    let (form, sql) = keys.iter().find_map(|source| source(snapshot, module, dialect, name))?;
    let at = columns.add(sql);
    Some(match form {
        Form::Bool => Source::Bool(at),
        Form::Int => Source::Int(at),
        _ => Source::Text(at),
    })
}

/// `$converted` and `$converted_detail`, from what the lead remembers.
fn conversion(module: &ModuleDef, name: &str, columns: &mut Columns) -> Option<Source> {
    if !matches!(name, "$converted" | "$converted_detail") {
        return None;
    }
    let column = |field: &str| Some(format!("t.\"{}\"", module.field(field)?.column.as_deref()?));
    let is_converted = column("Converted__s")?;
    if name == "$converted" {
        return Some(Source::Bool(columns.add(is_converted)));
    }
    let by = format!(
        "CASE WHEN {is_converted} THEN (SELECT v.user_id FROM {{_conversions}} v WHERE v.id = t.id) END"
    );
    Some(Source::Converted(ConvertedColumns {
        at: columns.add(column("Converted_Date_Time")?),
        by: columns.add(by),
        contact: columns.add(column("Converted_Contact")?),
        account: columns.add(column("Converted_Account")?),
        deal: columns.add(column("Converted_Deal")?),
        is_converted: columns.add(is_converted),
    }))
}
