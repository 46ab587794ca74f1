//! The source of a field's value.

use std::fmt::Write as _;

use dealwright_schema::{FieldDef, Form, ModuleDef, html};
use dealwright_wire::Id;

use super::option::{Unlisted, is_relabelled, labels, taxes};
use super::source::Source;
use super::{Columns, Shape};
use crate::access::unasked::{self, Why};
use crate::files::held;
use crate::records::line_items;
use crate::snapshot::Snapshot;

/// Which row of a statement a field is read from, and for what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'p> {
    /// Name of the module's table in the statement.
    pub table: &'p str,
    pub shape: Shape,
    /// Modules that lookups show no names of.
    pub unseen: &'p [Id],
}

/// The field's source; `None` for fields that have no column.
pub(crate) fn source(
    snapshot: &Snapshot,
    module: &ModuleDef,
    field: &FieldDef,
    place: Place<'_>,
    version: &dealwright_wire::Profile,
    columns: &mut Columns,
) -> Option<Source> {
    let column = field.column.as_deref()?;
    let table = place.table;
    let own = format!("{table}.\"{column}\"");
    let form = field.data_type.get().form;
    let at = columns.add(own.clone());
    Some(match form {
        Form::Text if place.shape == Shape::Html && field.is_rich_text() => {
            Source::Html(at, html::clean_html)
        }
        Form::Text if place.shape == Shape::Html && module.may_hold_html(field) => {
            Source::Html(at, html::shown_html)
        }
        Form::Text if !matches!(place.shape, Shape::Full | Shape::Html) && field.is_rich_text() => {
            Source::RichText(at)
        }
        Form::Text if is_relabelled(field) => Source::Option(at, labels(field)),
        Form::Text => Source::Text(at),
        Form::Bool if field.data_type.get().is_worked_out() => Source::BoolOrNull(at),
        Form::Bool => Source::Bool(at),
        Form::Int => Source::Int(at),
        Form::BigInt if version.bigint_numbers => Source::Int(at),
        Form::BigInt => Source::BigInt(at),
        Form::Decimal => Source::Decimal(at, field.scale()),
        Form::Date => Source::Date(at),
        Form::Instant => Source::Instant(at),
        Form::Json if field.data_type.is_territories() => Source::Territories(at),
        Form::Taxes if !version.tax_names => Source::Options(at, taxes(field), Unlisted::Tax),
        Form::Json | Form::Taxes if is_relabelled(field) => {
            Source::Options(at, labels(field), Unlisted::Text)
        }
        Form::Reminders if version.reminder_units_are_text => Source::TextUnits(at),
        Form::Json | Form::Taxes | Form::Reminders => Source::Json(at),
        Form::JsonList if crate::tag_book::tag::is_tags(field) => Source::Tags(at, version.tag_color),
        Form::JsonList => Source::JsonList(at),
        Form::User => Source::User(at),
        // There is one layout per module so far; the column is read when there are more.
        Form::Layout => Source::Constant(layout_json(module)),
        Form::Lookup | Form::AnyLookup => {
            if let Some(module_column) = field.module_column() {
                let module_at = columns.add(format!("{table}.\"{module_column}\""));
                let name = columns.add(any_name(
                    snapshot,
                    field,
                    &own,
                    &format!("{table}.\"{module_column}\""),
                    place.unseen,
                ));
                let show_module = form == Form::AnyLookup && !version.notes_se_module;
                return Some(Source::AnyLookup { id: at, name, module: module_at, show_module });
            }
            let target = field.lookup_module().and_then(|name| snapshot.schema.module(name))?;
            let is_seen = !place.unseen.contains(&target.id);
            let name = name_of(target, &own)?;
            let name = columns.add(if is_seen { name } else { NO_NAME.to_owned() });
            let is_item = is_seen && place.shape == Shape::SubformRow && line_items::is_line_items(module);
            let code = (is_item && target.is_of_products())
                .then(|| target.field("Product_Code")?.column.clone())
                .flatten();
            match (code, unasked::table(target, Why::Name)) {
                (Some(code), Some(table)) => {
                    let code =
                        columns.add(format!("(SELECT n.\"{code}\" FROM {{{table}}} n WHERE n.id = {own})"));
                    Source::Product { id: at, name, code }
                }
                _ => Source::Lookup { id: at, name },
            }
        }
        Form::Files => Source::Files(at, held::Shape::of(module, field, version)),
        Form::Subform => return None,
    })
}

/// In place of a name that is not shown.
const NO_NAME: &str = "CAST(NULL AS TEXT)";

/// Name of the record that `id` points to, as a sub-select: it costs nothing for rows that are skipped.
pub(crate) fn name_of(target: &ModuleDef, id: &str) -> Option<String> {
    let table = unasked::table(target, Why::Name)?;
    let shown = display_column(target)?;
    Some(format!("(SELECT n.\"{shown}\" FROM {{{table}}} n WHERE n.id = {id})"))
}

/// Column whose text names a record of the module.
pub(crate) fn display_column(module: &ModuleDef) -> Option<&str> {
    let field = module.display_field.as_deref().and_then(|name| module.field(name))?;
    field.column.as_deref().filter(|_| field.data_type.get().is_text())
}

/// Name of a record in any module the field can point to; the module's id stands in a column beside the record's.
fn any_name(snapshot: &Snapshot, field: &FieldDef, id: &str, module_column: &str, unseen: &[Id]) -> String {
    let mut sql = format!("CASE {module_column}");
    let also = field.lookup.as_ref().map_or(&[][..], |lookup| &lookup.also);
    for module in snapshot.schema.modules() {
        if module.parent.is_none()
            && (field.is_any_module() || also.contains(&module.api_name))
            && let Some(name) = name_of(module, id)
        {
            let name = if unseen.contains(&module.id) { NO_NAME.to_owned() } else { name };
            let _infallible = write!(sql, " WHEN {} THEN {name}", module.id);
        }
    }
    let usual = field.lookup_module().and_then(|name| snapshot.schema.module(name));
    let usual = usual.filter(|module| !unseen.contains(&module.id)).and_then(|module| name_of(module, id));
    // A case needs something to choose from.
    let usual = usual.or_else(|| (!sql.contains(" WHEN ")).then(|| NO_NAME.to_owned()));
    let _infallible = usual.map(|name| write!(sql, " ELSE {name}"));
    sql.push_str(" END");
    sql
}

/// The one layout of a module as rows show it.
pub(super) fn layout_json(module: &ModuleDef) -> Box<[u8]> {
    let text =
        format!("{{\"name\":\"Standard\",\"display_label\":\"Standard\",\"id\":\"{}\"}}", module.layout_id);
    text.into_bytes().into_boxed_slice()
}
