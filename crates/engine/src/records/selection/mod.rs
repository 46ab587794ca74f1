//! What is read of a row and how it is written: compiled once per module, field list and version, then cached.
//!
//! A [`Selection`] is the `SELECT` list of a statement and, column for column, the way from the row's buffers
//! into the answer. No JSON tree is built on this path.
//!
//! - [`source`]: where a value of the answer comes from, and how it is written
//! - [`of_field`]: the source of a field
//! - [`system`]: the sources of keys that are no fields
//! - [`option`]: options of picklists as they are shown
//! - [`total`]: sums and averages of a group of rows

pub(crate) mod of_field;
mod option;
pub(crate) mod source;
mod system;
pub(crate) mod total;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use dealwright_schema::{Cell, FieldDef, Form, ModuleDef};
use dealwright_store::{Dialect, Row, Sql, StoreError};
use dealwright_wire::{Compat, Id, json};

use crate::access::Grant;
use crate::records::around::Around;
use crate::records::linked::Linked;
use crate::records::{line_items, system_keys};
use crate::snapshot::Snapshot;

pub(crate) use of_field::{Place, display_column};
use source::Source;

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
    /// Modules whose records the caller's profile must not see: lookups into them show the id alone.
    pub unseen: Vec<Id>,
}

/// Plans of a state of the metadata; they go with it.
#[derive(Default)]
struct Plans(RwLock<HashMap<PlanKey, Arc<Selection>>>);

/// Plans kept; more than a client's habits ever need.
const MOST_PLANS: usize = 2_000;

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
    /// As `Full`, with HTML that is safe to show.
    Html,
    /// A row of a list of linked records, with what the link itself holds. The statement's first argument is the
    /// record that the list belongs to.
    Linked(Linked),
}

/// The columns to read, as SQL over the table alias `t`, and how to write them.
#[derive(Debug)]
pub(crate) struct Selection {
    /// Starts with `t.id`. Not SQL yet where it tells how far the caller may go with a row.
    sql: String,
    /// Number of columns in `sql`.
    pub width: usize,
    parts: Vec<Part>,
    /// The whole statement, where there is only one for a selection.
    statement: std::sync::OnceLock<Sql>,
    /// A field is shown under the guide's second name.
    pub second_name: bool,
    /// Subform fields that belong to the record, when the shape shows them.
    pub subforms: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct Part {
    /// `"Deal_Name":`
    pub key: Box<[u8]>,
    pub source: Source,
}

/// System keys of a subform's rows.
const ROW_KEYS: [&str; 3] = ["$in_merge", "$field_states", "$zia_visions"];

/// Collects columns while a selection is compiled.
#[derive(Debug, Default)]
pub(crate) struct Columns(pub Vec<String>);

impl Columns {
    /// The place of the column, which is added if it is not there.
    pub(crate) fn add(&mut self, sql: String) -> usize {
        if let Some(at) = self.0.iter().position(|column| *column == sql) {
            return at;
        }
        self.0.push(sql);
        self.0.len() - 1
    }
}

impl Selection {
    /// A plan by its key, made once in a state of the metadata.
    pub(crate) fn planned(snapshot: &Snapshot, key: PlanKey, make: impl FnOnce() -> Self) -> Arc<Self> {
        let plans = &snapshot.kept(|_| Plans::default()).0;
        if let Some(plan) = plans.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Arc::clone(plan);
        }
        let plan = Arc::new(make());
        let mut plans = plans.write().unwrap_or_else(PoisonError::into_inner);
        if plans.len() >= MOST_PLANS {
            plans.clear();
        }
        plans.insert(key, Arc::clone(&plan));
        plan
    }

    /// Compiles the selection. `names` are the requested fields; unknown ones are passed over.
    pub(crate) fn compile(
        snapshot: &Snapshot,
        grant: &Grant,
        key: &PlanKey,
        version: &dealwright_wire::Profile,
        compat: Compat,
        dialect: &dyn Dialect,
        around: &Around,
    ) -> Self {
        let module = &*grant.module;
        let mut columns = Columns(vec!["t.id".to_owned()]);
        let mut parts = Vec::new();
        let of_system = |name: &str, columns: &mut Columns| {
            system::part(snapshot, grant, key, name, dialect, around.keys, columns)
        };
        let place = Place { table: "t", shape: key.shape, unseen: &key.unseen };
        let mut subforms = Vec::new();
        let lenient = compat == Compat::Lenient;
        let mut second_name_used = false;
        let mut add = |name: &str, field: &FieldDef| {
            if field.data_type.get().form == Form::Subform {
                subforms.push(field.api_name.clone());
            } else if grant.shows(field)
                && let Some(source) = of_field::source(snapshot, module, field, place, version, &mut columns)
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
                parts.extend(of_system(name, &mut columns));
            }
        } else {
            let is_one = key.shape == Shape::One;
            for field in module.fields().iter().filter(|field| field.api_name != "id") {
                // A key of the record and no field: shown where the record is alone.
                if (is_one || !field.api_name.starts_with('$')) && snapshot.is_in_use(field) {
                    add(&field.api_name, field);
                }
            }
            if lenient && let Some((second, first)) = module.second_name() {
                second_name_used = true;
                module.field(first).into_iter().for_each(|field| add(second, field));
            }
            if key.shape == Shape::SubformRow && is_subform_of_people(module) {
                parts.push(Part {
                    key: quoted_key("Layout"),
                    source: Source::Constant(of_field::layout_json(module)),
                });
                for name in ROW_KEYS {
                    parts.extend(of_system(name, &mut columns));
                }
            }
            if key.shape != Shape::SubformRow {
                for name in system_keys::names(module, version) {
                    parts.extend(of_system(name, &mut columns));
                }
            }
        }
        if let Shape::Linked(linked) = key.shape {
            parts.extend(system::link_part(linked, key, version, &mut columns));
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
        Self { second_name: second_name_used, subforms, ..Self::of(parts, &columns) }
    }

    /// A selection of these parts, without what only records of a module have.
    pub(crate) fn of(parts: Vec<Part>, columns: &Columns) -> Self {
        Self {
            sql: columns.0.join(", "),
            width: columns.0.len(),
            parts,
            statement: std::sync::OnceLock::new(),
            second_name: false,
            subforms: Vec::new(),
        }
    }

    /// The columns of the `SELECT` list, for the caller of the grant.
    pub(crate) fn columns<'s>(&'s self, grant: &Grant, args: &mut Vec<Cell<'static>>) -> Cow<'s, str> {
        grant.settle_level(&self.sql, args)
    }

    /// The statement that reads one record, if it is there and the caller reaches it.
    pub(crate) fn one(&self, grant: &Grant, id: Id) -> (Sql, Vec<Cell<'static>>) {
        grant.one(&self.sql, id)
    }

    /// The statement of a selection that is always read the same way; made once.
    pub(crate) fn statement(&self, make: impl FnOnce(&str) -> String) -> Sql {
        self.statement.get_or_init(|| Sql::from(make(&self.sql))).clone()
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

/// The field a name stands for: itself, or in lenient mode the first name of a second one.
pub(crate) fn alias<'n>(module: &ModuleDef, name: &'n str, lenient: bool) -> &'n str {
    match module.second_name() {
        Some((second, first)) if lenient && name == second && module.field(second).is_none() => first,
        _ => name,
    }
}

/// The name as a key, with its colon.
pub(crate) fn quoted_key(name: &str) -> Box<[u8]> {
    let mut key = Vec::with_capacity(name.len() + 3);
    json::string(&mut key, name);
    key.push(b':');
    key.into_boxed_slice()
}

/// True for the rows of subforms that people made; line items have their own form.
fn is_subform_of_people(module: &ModuleDef) -> bool {
    module.text("generated_type") == "subform" && !line_items::is_line_items(module)
}
