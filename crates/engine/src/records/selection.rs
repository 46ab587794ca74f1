//! What is read of a row and how it is written: compiled once per module, field list and version, then cached.
//!
//! A [`Selection`] is the `SELECT` list of a statement and, column for column, the way from the row's buffers
//! into the answer. No JSON tree is built on this path.

use std::fmt::Write as _;

use dealwright_schema::{FieldDef, Form, ModuleDef};
use dealwright_store::{Row, StoreError};
use dealwright_wire::{Compat, Id, decimal, json};

use crate::access::{Grant, Level};
use crate::files::{attachments, held};
use crate::records::{line_items, system_keys};
use crate::related::links::{LinkValue, Linked};
use crate::snapshot::Snapshot;

/// Characters of rich text that lists and single reads show; the rest comes with `fetch_full_data`.
const RICH_TEXT_SHOWN: usize = 500;

/// What a selection depends on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct PlanKey {
    pub module: Id,
    /// [`dealwright_wire::Profile::order`].
    pub version: u8,
    pub compat_lenient: bool,
    /// Field names as the caller gave them; `None` for all fields.
    pub fields: Option<Box<str>>,
    pub shape: Shape,
    /// The caller's reach is limited, so rows show how far it goes.
    pub is_scoped: bool,
    /// Locks do not hold for the caller.
    pub passes_locks: bool,
}

/// Which kind of row is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Shape {
    /// A row of a list or a search.
    List,
    /// The one record of a read by id. Subforms follow from their own tables.
    One,
    /// A row of a subform.
    SubformRow,
    /// Rich text in full length.
    Full,
    /// A row of a list of linked records, with what the link itself holds. The statement's first argument is the
    /// record that the list belongs to.
    Linked(Linked),
}

/// The columns to read, as SQL over the table alias `t`, and how to write them.
#[derive(Debug)]
pub(crate) struct Selection {
    /// Starts with `t.id`.
    pub sql: String,
    /// Number of columns in `sql`.
    pub width: usize,
    parts: Vec<Part>,
    /// The whole statement, where there is only one for a selection.
    statement: std::sync::OnceLock<dealwright_store::Sql>,
    /// A field is shown under the guide's second name.
    pub second_name: bool,
    /// Subform fields that belong to the record, when the shape shows them.
    pub subforms: Vec<String>,
}

#[derive(Debug)]
struct Part {
    /// `"Deal_Name":`
    key: Box<[u8]>,
    source: Source,
}

#[derive(Debug)]
enum Source {
    Id,
    Text(usize),
    RichText(usize),
    Bool(usize),
    /// A condition that was worked out, or could not be.
    BoolOrNull(usize),
    Int(usize),
    BigInt(usize),
    Decimal(usize, u8),
    Date(usize),
    Instant(usize),
    Json(usize),
    JsonList(usize),
    /// Tags, with their colours or without.
    Tags(usize, bool),
    /// One option, by what it is called now.
    Option(usize, Labels),
    /// Several options; the second says how those that are not listed are shown.
    Options(usize, Labels, Unlisted),
    /// Reminders with their numbers as text.
    TextUnits(usize),
    Lookup {
        id: usize,
        name: usize,
    },
    /// The product of a line item, with its code.
    Product {
        id: usize,
        name: usize,
        code: usize,
    },
    AnyLookup {
        id: usize,
        name: usize,
        module: usize,
        show_module: bool,
    },
    /// API name of the module a polymorphic lookup points to; if it points nowhere, of the module that another
    /// lookup points to instead of the one given.
    ModuleName(usize, Option<(usize, Option<Id>)>),
    /// What a converted lead became.
    Converted(ConvertedColumns),
    User(usize),
    /// Rows of a file or image upload field.
    Files(usize, held::Shape),
    /// Whether the caller may change the record, by the column of their level.
    Editable(usize),
    /// `$sharing_permission` by the column of the caller's level.
    Permission(usize),
    /// Territories by their ids, with their names as they are now.
    Territories(usize),
    Constant(Box<[u8]>),
}

/// Where a row says what became of the lead.
#[derive(Debug)]
struct ConvertedColumns {
    is_converted: usize,
    at: usize,
    by: usize,
    contact: usize,
    account: usize,
    deal: usize,
}

/// System keys of a subform's rows.
const ROW_KEYS: [&str; 3] = ["$in_merge", "$field_states", "$zia_visions"];

/// Stored values of options and the JSON they are shown as.
type Labels = Box<[(Box<str>, Box<[u8]>)]>;

/// How an option that the field does not have is shown.
#[derive(Debug, Clone, Copy)]
enum Unlisted {
    Text,
    /// `{"id":null,"value"}`
    Tax,
}

/// Collects columns while a selection is compiled.
struct Columns(Vec<String>);

impl Columns {
    fn add(&mut self, sql: String) -> usize {
        if let Some(at) = self.0.iter().position(|column| *column == sql) {
            return at;
        }
        self.0.push(sql);
        self.0.len() - 1
    }
}

impl Selection {
    /// Compiles the selection. `names` are the requested fields; unknown ones are passed over.
    pub(crate) fn compile(
        snapshot: &Snapshot,
        grant: &Grant,
        key: &PlanKey,
        version: &dealwright_wire::Profile,
        compat: Compat,
    ) -> Self {
        let module = &*grant.module;
        let mut columns = Columns(vec!["t.id".to_owned()]);
        let mut parts = Vec::new();
        let mut subforms = Vec::new();
        let lenient = compat == Compat::Lenient;
        let mut second_name_used = false;
        let mut add = |name: &str, field: &FieldDef| {
            if field.data_type.get().form == Form::Subform {
                subforms.push(field.api_name.clone());
            } else if grant.shows(field)
                && let Some(source) = source(snapshot, module, field, key, version, &mut columns)
            {
                parts.push(Part { key: quoted_key(name), source });
            }
        };
        if let Some(names) = &key.fields {
            let mut seen = vec!["id"];
            for name in names.split(',') {
                let first_name = alias(module, name, lenient);
                second_name_used |= first_name != name;
                let known = module.field(first_name);
                if let Some(field) = known.filter(|_| !seen.contains(&name)) {
                    seen.push(name);
                    add(name, field);
                }
            }
            for name in names.split(',').filter(|name| name.starts_with('$')) {
                parts.extend(system_part(snapshot, grant, key, name, version, &mut columns));
            }
        } else {
            let is_one = key.shape == Shape::One;
            for field in module.fields().iter().filter(|field| field.api_name != "id") {
                // A key of the record and no field: shown where the record is alone.
                if is_one || !field.api_name.starts_with('$') {
                    add(&field.api_name, field);
                }
            }
            if lenient && let Some((second, first)) = second_name(module) {
                second_name_used = true;
                module.field(first).into_iter().for_each(|field| add(second, field));
            }
            if key.shape == Shape::SubformRow && is_subform_of_people(module) {
                parts.push(Part { key: quoted_key("Layout"), source: Source::Constant(layout_json(module)) });
                for name in ROW_KEYS {
                    parts.extend(system_part(snapshot, grant, key, name, version, &mut columns));
                }
            }
            if key.shape != Shape::SubformRow {
                for name in system_keys::names(module, version) {
                    parts.extend(system_part(snapshot, grant, key, name, version, &mut columns));
                }
            }
        }
        if let Shape::Linked(linked) = key.shape {
            parts.extend(link_part(linked, key, version, &mut columns));
        }
        if key.shape == Shape::SubformRow && key.fields.is_none() {
            parts.extend(line_items::of_product(snapshot, module).into_iter().map(|(name, sql, scale)| {
                Part { key: quoted_key(name), source: Source::Decimal(columns.add(sql), scale) }
            }));
        }
        parts.push(Part { key: quoted_key("id"), source: Source::Id });
        if matches!(key.shape, Shape::List | Shape::Linked(_)) {
            subforms.clear();
        }
        Self {
            sql: columns.0.join(", "),
            width: columns.0.len(),
            parts,
            statement: std::sync::OnceLock::new(),
            second_name: second_name_used,
            subforms,
        }
    }

    /// The statement of a selection that is always read the same way; made once.
    pub(crate) fn statement(&self, make: impl FnOnce(&str) -> String) -> dealwright_store::Sql {
        self.statement.get_or_init(|| dealwright_store::Sql::from(make(&self.sql))).clone()
    }

    /// Writes the row as a JSON object, without the closing brace.
    pub(crate) fn write_open(
        &self,
        row: &Row<'_>,
        snapshot: &Snapshot,
        out: &mut Vec<u8>,
    ) -> Result<(), StoreError> {
        out.push(b'{');
        for (at, part) in self.parts.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            out.extend_from_slice(&part.key);
            part.source.write(row, snapshot, out)?;
        }
        Ok(())
    }

    /// Writes the row as a JSON object.
    pub(crate) fn write(
        &self,
        row: &Row<'_>,
        snapshot: &Snapshot,
        out: &mut Vec<u8>,
    ) -> Result<(), StoreError> {
        self.write_open(row, snapshot, out)?;
        out.push(b'}');
        Ok(())
    }
}

/// The founding guide's second name of a field: `(second, first)`.
pub(crate) fn second_name(module: &ModuleDef) -> Option<(&'static str, &'static str)> {
    (module.api_name == "Deals").then_some(("Close_Date", "Closing_Date"))
}

/// The field a name stands for: itself, or in lenient mode the first name of a second one.
pub(crate) fn alias<'n>(module: &ModuleDef, name: &'n str, lenient: bool) -> &'n str {
    match second_name(module) {
        Some((second, first)) if lenient && name == second && module.field(second).is_none() => first,
        _ => name,
    }
}

fn quoted_key(name: &str) -> Box<[u8]> {
    let mut key = Vec::with_capacity(name.len() + 3);
    json::string(&mut key, name);
    key.push(b':');
    key.into_boxed_slice()
}

fn source(
    snapshot: &Snapshot,
    module: &ModuleDef,
    field: &FieldDef,
    key: &PlanKey,
    version: &dealwright_wire::Profile,
    columns: &mut Columns,
) -> Option<Source> {
    let column = field.column.as_deref()?;
    let own = format!("t.\"{column}\"");
    let form = field.data_type.get().form;
    let at = columns.add(own.clone());
    Some(match form {
        Form::Text if key.shape != Shape::Full && is_rich_text(field) => Source::RichText(at),
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
        Form::Json if field.data_type.name() == "territories" => Source::Territories(at),
        Form::Json if is_relabelled(field) => Source::Options(at, labels(field), Unlisted::Text),
        Form::Taxes if !version.tax_names => Source::Options(at, taxes(field), Unlisted::Tax),
        Form::Reminders if version.reminder_units_are_text => Source::TextUnits(at),
        Form::Json | Form::Taxes | Form::Reminders => Source::Json(at),
        Form::JsonList if crate::tags::is_tags(field) => Source::Tags(at, version.tag_color),
        Form::JsonList => Source::JsonList(at),
        Form::User => Source::User(at),
        // There is one layout per module so far; the column is read when there are more.
        Form::Layout => Source::Constant(layout_json(module)),
        Form::Lookup | Form::AnyLookup => {
            if let Some(module_column) = field.module_column() {
                let module_at = columns.add(format!("t.\"{module_column}\""));
                let name = columns.add(any_name(snapshot, field, &own, &module_column));
                let show_module = form == Form::AnyLookup && !version.notes_se_module;
                return Some(Source::AnyLookup { id: at, name, module: module_at, show_module });
            }
            let target = field.lookup_module().and_then(|name| snapshot.schema.module(name))?;
            let name = columns.add(name_of(target, &own)?);
            let is_item = key.shape == Shape::SubformRow && line_items::is_line_items(module);
            let code = (is_item && target.api_name == "Products")
                .then(|| target.field("Product_Code")?.column.clone())
                .flatten();
            match (code, &target.table) {
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

/// What a link holds besides its two ends. Contacts of a deal always show their role; other values are shown like
/// fields.
fn link_part(
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

fn is_rich_text(field: &FieldDef) -> bool {
    field.described.get("textarea").and_then(|t| t.get("type")).is_some_and(|kind| kind == "rich_text")
}

/// Name of the record that `id` points to, as a sub-select: it costs nothing for rows that are skipped.
fn name_of(target: &ModuleDef, id: &str) -> Option<String> {
    let table = target.table.as_ref()?;
    let shown = display_column(target)?;
    Some(format!("(SELECT n.\"{shown}\" FROM {{{table}}} n WHERE n.id = {id})"))
}

/// Column whose text names a record of the module.
pub(crate) fn display_column(module: &ModuleDef) -> Option<&str> {
    let field = module.display_field.as_deref().and_then(|name| module.field(name))?;
    field.column.as_deref().filter(|_| field.data_type.get().is_text())
}

/// Name of a record in any module the field can point to; the module's id stands in a column beside the record's.
fn any_name(snapshot: &Snapshot, field: &FieldDef, id: &str, module_column: &str) -> String {
    let mut sql = format!("CASE t.\"{module_column}\"");
    let also = field.lookup.as_ref().map_or(&[][..], |lookup| &lookup.also);
    for module in snapshot.schema.modules() {
        if module.parent.is_none()
            && (field.is_any_module() || also.contains(&module.api_name))
            && let Some(name) = name_of(module, id)
        {
            let _infallible = write!(sql, " WHEN {} THEN {name}", module.id);
        }
    }
    let usual = field.lookup_module().and_then(|name| name_of(snapshot.schema.module(name)?, id));
    let _infallible = usual.map(|name| write!(sql, " ELSE {name}"));
    sql.push_str(" END");
    sql
}

fn layout_json(module: &ModuleDef) -> Box<[u8]> {
    let text =
        format!("{{\"name\":\"Standard\",\"display_label\":\"Standard\",\"id\":\"{}\"}}", module.layout_id);
    text.into_bytes().into_boxed_slice()
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

fn system_part(
    snapshot: &Snapshot,
    grant: &Grant,
    key: &PlanKey,
    name: &str,
    version: &dealwright_wire::Profile,
    columns: &mut Columns,
) -> Option<Part> {
    let module = &*grant.module;
    let locked = module.field("Locked__s").and_then(|field| field.column.as_deref());
    let source = match (name, grant.level(), locked) {
        ("$se_module", ..) => se_module(snapshot, module, columns)?,
        ("$event_cancelled", ..) if module.api_name != "Events" => return None,
        ("$event_cancelled", ..) => Source::Bool(
            columns.add("EXISTS (SELECT 1 FROM {_cancelled_events} c WHERE c.id = t.id)".to_owned()),
        ),
        ("$editable", Some(level), _) => Source::Editable(columns.add(level.to_owned())),
        ("$sharing_permission", Some(level), _) => Source::Permission(columns.add(level.to_owned())),
        ("$locked_for_me", _, Some(column)) if !key.passes_locks => {
            Source::Bool(columns.add(format!("t.\"{column}\"")))
        }
        _ => match conversion(module, name, columns).or_else(|| attachment(module, name, columns)) {
            Some(source) => source,
            None => Source::Constant(system_keys::value(name, module, &snapshot.details, version)?),
        },
    };
    Some(Part { key: quoted_key(name), source })
}

/// The `$` keys that only attachments have.
fn attachment(module: &ModuleDef, name: &str, columns: &mut Columns) -> Option<Source> {
    let (form, sql) = attachments::system_column(module, name)?;
    let at = columns.add(sql.to_owned());
    Some(if form == Form::Int { Source::Int(at) } else { Source::Text(at) })
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

impl ConvertedColumns {
    fn write(&self, row: &Row<'_>, snapshot: &Snapshot, out: &mut Vec<u8>) -> Result<(), StoreError> {
        if row.bool(self.is_converted)? != Some(true) {
            out.extend_from_slice(b"{}");
            return Ok(());
        }
        out.extend_from_slice(b"{\"convert_date\":");
        match row.instant(self.at)? {
            Some(instant) => instant.write(out, &snapshot.zone),
            None => out.extend_from_slice(b"null"),
        }
        let ids = [
            ("converted_by", self.by),
            ("contact", self.contact),
            ("account", self.account),
            ("deal", self.deal),
        ];
        for (key, at) in ids {
            out.extend_from_slice(b",\"");
            out.extend_from_slice(key.as_bytes());
            out.extend_from_slice(b"\":");
            match row.int(at)? {
                Some(id) => json::quoted_int(out, id),
                None => out.extend_from_slice(b"null"),
            }
        }
        out.push(b'}');
        Ok(())
    }
}

impl Source {
    fn write(&self, row: &Row<'_>, snapshot: &Snapshot, out: &mut Vec<u8>) -> Result<(), StoreError> {
        const NULL: &[u8] = b"null";
        match self {
            Self::Id => match row.int(0)? {
                Some(id) => json::quoted_int(out, id),
                None => out.extend_from_slice(NULL),
            },
            Self::Text(at) => match row.text(*at)? {
                Some(text) => json::string(out, text),
                None => out.extend_from_slice(NULL),
            },
            Self::RichText(at) => match row.text(*at)? {
                Some(text) => {
                    let end = text.char_indices().nth(RICH_TEXT_SHOWN).map_or(text.len(), |(end, _)| end);
                    json::string(out, &text[..end]);
                }
                None => out.extend_from_slice(NULL),
            },
            Self::Bool(at) => match row.bool(*at)? {
                Some(yes) => json::bool(out, yes),
                None => out.extend_from_slice(b"false"),
            },
            Self::BoolOrNull(at) => match row.bool(*at)? {
                Some(yes) => json::bool(out, yes),
                None => out.extend_from_slice(NULL),
            },
            Self::Int(at) => match row.int(*at)? {
                Some(number) => json::int(out, number),
                None => out.extend_from_slice(NULL),
            },
            Self::BigInt(at) => match row.int(*at)? {
                Some(number) => json::quoted_int(out, number),
                None => out.extend_from_slice(NULL),
            },
            Self::Decimal(at, scale) => match row.int(*at)? {
                Some(units) => decimal::write(out, units, *scale),
                None => out.extend_from_slice(NULL),
            },
            Self::Date(at) => row.write_date(*at, out)?,
            Self::Instant(at) => match row.instant(*at)? {
                Some(instant) => instant.write(out, &snapshot.zone),
                None => out.extend_from_slice(NULL),
            },
            Self::Json(at) => out.extend_from_slice(row.text(*at)?.map_or(NULL, str::as_bytes)),
            Self::JsonList(at) => match row.text(*at)? {
                Some(text) => out.extend_from_slice(text.as_bytes()),
                None => out.extend_from_slice(b"[]"),
            },
            Self::Option(at, labels) => match row.text(*at)? {
                Some(text) => write_option(text, labels, Unlisted::Text, out),
                None => out.extend_from_slice(NULL),
            },
            Self::Options(at, labels, unlisted) => match row.text(*at)? {
                Some(text) => {
                    let options: Vec<std::borrow::Cow<'_, str>> =
                        serde_json::from_str(text).unwrap_or_default();
                    out.push(b'[');
                    for (n, option) in options.iter().enumerate() {
                        if n > 0 {
                            out.push(b',');
                        }
                        write_option(option, labels, *unlisted, out);
                    }
                    out.push(b']');
                }
                None => out.extend_from_slice(NULL),
            },
            Self::TextUnits(at) => match row.text(*at)? {
                Some(text) => write_text_units(text, out),
                None => out.extend_from_slice(NULL),
            },
            Self::Tags(at, with_color) => {
                snapshot.tags.write(row.text(*at)?.unwrap_or("[]"), *with_color, out);
            }
            Self::Lookup { id, name } => match row.int(*id)? {
                Some(id) => {
                    out.extend_from_slice(b"{\"name\":");
                    write_name(row, *name, out)?;
                    out.extend_from_slice(b",\"id\":");
                    json::quoted_int(out, id);
                    out.push(b'}');
                }
                None => out.extend_from_slice(NULL),
            },
            Self::Product { id, name, code } => match row.int(*id)? {
                Some(id) => {
                    out.extend_from_slice(b"{\"Product_Code\":");
                    write_name(row, *code, out)?;
                    out.extend_from_slice(b",\"name\":");
                    write_name(row, *name, out)?;
                    out.extend_from_slice(b",\"id\":");
                    json::quoted_int(out, id);
                    out.push(b'}');
                }
                None => out.extend_from_slice(NULL),
            },
            Self::AnyLookup { id, name, module, show_module } => match row.int(*id)? {
                Some(id) => {
                    out.extend_from_slice(b"{");
                    let target = row.id(*module)?.and_then(|id| snapshot.schema.module_by_id(id));
                    if let Some(target) = target.filter(|_| *show_module) {
                        out.extend_from_slice(b"\"module\":{\"api_name\":");
                        json::string(out, &target.api_name);
                        out.extend_from_slice(b",\"id\":");
                        json::quoted_int(out, target.id.get());
                        out.extend_from_slice(b"},");
                    }
                    out.extend_from_slice(b"\"name\":");
                    write_name(row, *name, out)?;
                    out.extend_from_slice(b",\"id\":");
                    json::quoted_int(out, id);
                    out.push(b'}');
                }
                None => out.extend_from_slice(NULL),
            },
            Self::ModuleName(at, other) => {
                let mut id = row.id(*at)?;
                if let (None, Some((at, usual))) = (id, other) {
                    id = row.id(*at)?.filter(|id| Some(*id) != *usual);
                }
                match id.and_then(|id| snapshot.schema.module_by_id(id)) {
                    Some(module) => json::string(out, &module.api_name),
                    None => out.extend_from_slice(NULL),
                }
            }
            Self::User(at) => match row.int(*at)? {
                Some(id) => {
                    if let Some(user) = snapshot.users_json.get(&id) {
                        out.extend_from_slice(user);
                    } else {
                        out.extend_from_slice(b"{\"name\":null,\"id\":");
                        json::quoted_int(out, id);
                        out.push(b'}');
                    }
                }
                None => out.extend_from_slice(NULL),
            },
            Self::Converted(columns) => columns.write(row, snapshot, out)?,
            Self::Files(at, shape) => match row.text(*at)? {
                Some(column) => shape.write(column, row.int(0)?.unwrap_or_default(), snapshot, out),
                None => out.extend_from_slice(NULL),
            },
            Self::Editable(at) => {
                json::bool(out, Level::of(row.int(*at)?.unwrap_or_default()) >= Level::Write);
            }
            Self::Permission(at) => {
                let level = Level::of(row.int(*at)?.unwrap_or_default());
                json::string(out, level.name());
            }
            Self::Territories(at) => match row.text(*at)? {
                Some(text) => crate::sharing::territories::write(text, snapshot, out),
                None => out.extend_from_slice(b"[]"),
            },
            Self::Constant(bytes) => out.extend_from_slice(bytes),
        }
        Ok(())
    }
}

fn write_name(row: &Row<'_>, at: usize, out: &mut Vec<u8>) -> Result<(), StoreError> {
    match row.text(at)? {
        Some(text) => json::string(out, text),
        None => out.extend_from_slice(b"null"),
    }
    Ok(())
}

/// True for the rows of subforms that people made; line items have their own form.
fn is_subform_of_people(module: &ModuleDef) -> bool {
    module.text("generated_type") == "subform" && !line_items::is_line_items(module)
}

/// True for picklists of which an option is shown as something else than what is stored.
fn is_relabelled(field: &FieldDef) -> bool {
    field.pick_list_values.iter().any(|option| option.display_value != option.actual_value)
}

fn labels(field: &FieldDef) -> Labels {
    let label = |shown: &str| {
        let mut out = Vec::new();
        json::string(&mut out, shown);
        out.into_boxed_slice()
    };
    let options = field.pick_list_values.iter();
    options.map(|option| (option.actual_value.as_str().into(), label(&option.display_value))).collect()
}

fn taxes(field: &FieldDef) -> Labels {
    let options = field.pick_list_values.iter().map(|option| {
        let mut out = Vec::new();
        json::value(&mut out, &serde_json::json!({"id": option.id, "value": option.display_value}));
        (option.actual_value.as_str().into(), out.into_boxed_slice())
    });
    options.collect()
}

fn write_option(stored: &str, labels: &Labels, unlisted: Unlisted, out: &mut Vec<u8>) {
    match (labels.iter().find(|(actual, _)| **actual == *stored), unlisted) {
        (Some((_, shown)), _) => out.extend_from_slice(shown),
        (None, Unlisted::Text) => json::string(out, stored),
        (None, Unlisted::Tax) => json::value(out, &serde_json::json!({"id": null, "value": stored})),
    }
}

/// Reminders as the oldest clients read them: `[{"unit":"15","period":"minutes"}]`.
fn write_text_units(stored: &str, out: &mut Vec<u8>) {
    let mut reminders: serde_json::Value = serde_json::from_str(stored).unwrap_or_default();
    for reminder in reminders.as_array_mut().into_iter().flatten() {
        if let Some(unit) = reminder.get_mut("unit").filter(|unit| unit.is_i64()) {
            *unit = unit.to_string().into();
        }
    }
    json::value(out, &reminders);
}
