//! What a related list is: found in the modules' metadata, and turned into a condition on rows.
//!
//! A list that a module describes, or that came with a custom lookup, is one of a few kinds of relation. The rows of
//! all but [`Kind::View`] are records of one module (`t` in SQL), and the record that the list belongs to is the first
//! argument of every condition.

use std::sync::Arc;

use dealwright_schema::rows::PARENT_COLUMN;
use dealwright_schema::{FieldDef, ModuleDef};
use dealwright_store::Dialect;
use dealwright_wire::{ApiError, Code, Id, Instant};
use serde_json::Value;

use crate::access::unasked::{self, Why};
use crate::cx::Cx;
use crate::metadata::activities::{self as names, Activity};
use crate::records::filter::Filter;
use crate::records::linked::Linked;
use crate::records::selection::Shape;
use crate::related::activities::{self, State};
use crate::related::invited;
use crate::related::notes;
use crate::snapshot::Snapshot;

/// A related list of a module.
#[derive(Debug, Clone)]
pub(crate) struct Relation {
    /// As paths name it.
    pub name: String,
    /// Id of the list in the metadata.
    pub id: Option<Id>,
    pub kind: Kind,
}

/// The rows of a related list of `parent`, for filters over them: [`FindRelation`](crate::records::around::FindRelation).
pub(crate) fn rows(
    cx: &Cx,
    parent: &ModuleDef,
    name: &str,
    filter: &mut Filter,
) -> Result<Option<Arc<ModuleDef>>, ApiError> {
    let relation = Relation::find(cx, parent, name)?;
    relation.condition(cx, parent, filter);
    Ok(relation.module().cloned())
}

/// How rows belong to their parent.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// A lookup of the row points to the parent. Holds the module and its lookup.
    Lookup(Arc<ModuleDef>, String),
    /// Something between them points to the parent: a line item of the row, or the record its lookup points to.
    Through(Arc<ModuleDef>, Between),
    /// Both ends stand in the table of links.
    Link(Arc<ModuleDef>, Linked),
    /// Tasks, events or calls about the parent that are open or closed.
    Activity(Arc<ModuleDef>, Activity, State),
    /// All open or closed activities in one list.
    View(State),
    /// Events to which the parent is invited.
    Invited(Arc<ModuleDef>),
}

/// The step between a row and its parent, as tables and columns.
#[derive(Debug, Clone)]
pub(crate) struct Between {
    /// Column of the row, equal to `to` of the record between.
    own: String,
    table: String,
    to: String,
    /// Column of the record between that holds the parent's id.
    parent: String,
}

impl Relation {
    /// The related list of that name.
    ///
    /// Fails with `INVALID_DATA` when the module has none, also when it is hidden, and with `NOT_SUPPORTED` when it
    /// belongs to a feature that this server does not have.
    pub(crate) fn find(cx: &Cx, parent: &ModuleDef, name: &str) -> Result<Self, ApiError> {
        let unknown = || {
            ApiError::new(Code::InvalidData)
                .message("the relation name given seems to be invalid")
                .detail("resource_path_index", 2)
        };
        let newer = names::newer_view(name).filter(|_| cx.profile.activity_lists);
        let described_name = newer.unwrap_or(name);
        if let Some(described) = described(parent, described_name) {
            if described["status"].as_str().is_some_and(|status| status != "visible") {
                return Err(unknown());
            }
            let id = described["id"].as_str().and_then(|id| id.parse().ok());
            let kind =
                standard(&cx.snapshot, parent, described_name, described["module"]["api_name"].as_str());
            let kind = kind.ok_or_else(|| {
                let message = format!("the related list {name} is known but not served yet");
                ApiError::new(Code::NotSupported).message(message).detail("resource_path_index", 2)
            })?;
            return Ok(Self { name: name.to_owned(), id, kind });
        }
        if let Some((id, module, between)) = multi_select(&cx.snapshot, parent, |_, own| own == name) {
            return Ok(Self { name: name.to_owned(), id: Some(id), kind: Kind::Through(module, between) });
        }
        let (module, field) = custom(&cx.snapshot, parent, name).ok_or_else(unknown)?;
        let kind = Kind::Lookup(Arc::clone(module), field.api_name.clone());
        Ok(Self { name: name.to_owned(), id: Some(field.id), kind })
    }

    /// The notes of any record; also of modules that describe no such list.
    pub(crate) fn notes(cx: &Cx) -> Result<Self, ApiError> {
        let module = Arc::clone(cx.snapshot.module(notes::MODULE)?);
        let name = notes::MODULE.to_owned();
        Ok(Self { name, id: None, kind: Kind::Lookup(module, "Parent_Id".to_owned()) })
    }

    /// The related list with that id.
    pub(crate) fn find_by_id(cx: &Cx, parent: &ModuleDef, id: Id) -> Result<Self, ApiError> {
        let text = id.to_string();
        if let Some((_, module, between)) = multi_select(&cx.snapshot, parent, |own, _| own == id) {
            return Ok(Self { name: text, id: Some(id), kind: Kind::Through(module, between) });
        }
        let described = lists(parent).find(|list| list["id"] == text.as_str());
        let standard = described.and_then(|list| list["api_name"].as_str());
        let own = || {
            let fields = cx.snapshot.schema.modules().iter().flat_map(|module| module.fields());
            fields.filter(|field| points_to(field, parent)).find(|field| field.id == id)
        };
        let name = standard.or_else(|| own()?.lookup.as_ref()?.api_name.as_deref()).unwrap_or_default();
        Self::find(cx, parent, name)
    }

    /// Module of the rows; `None` for views, whose rows are of several.
    pub(crate) fn module(&self) -> Option<&Arc<ModuleDef>> {
        match &self.kind {
            Kind::Lookup(module, _)
            | Kind::Through(module, _)
            | Kind::Link(module, _)
            | Kind::Activity(module, ..)
            | Kind::Invited(module) => Some(module),
            Kind::View(_) => None,
        }
    }

    /// How rows of the list are written.
    pub(crate) fn shape(&self) -> Shape {
        match self.kind {
            Kind::Link(_, linked) => Shape::Linked(linked),
            _ => Shape::List,
        }
    }

    /// Leaves the rows that belong to the record whose id is the filter's first argument.
    /// Views are asked for by [`activities::condition`], module by module.
    pub(crate) fn condition(&self, cx: &Cx, parent: &ModuleDef, filter: &mut Filter) {
        let dialect: &dyn Dialect = cx.org.store.dialect();
        let now: Instant = cx.org.clock.now();
        let test = match &self.kind {
            Kind::Lookup(module, field) => {
                let column = module.field(field).and_then(|field| field.column.as_deref()).unwrap_or("id");
                format!("t.\"{column}\" = ?1")
            }
            Kind::Through(_, Between { own, table, to, parent }) => {
                format!("t.\"{own}\" IN (SELECT b.\"{to}\" FROM {{{table}}} b WHERE b.\"{parent}\" = ?1)")
            }
            Kind::Link(_, linked) => linked.condition("?1"),
            Kind::Activity(module, activity, state) => {
                activities::condition(dialect, module, *activity, *state, now, filter)
            }
            Kind::Invited(events) => invited::condition(&cx.snapshot, dialect, parent, events),
            Kind::View(_) => "1 = 1".to_owned(),
        };
        filter.and(&test);
    }
}

fn lists(module: &ModuleDef) -> impl Iterator<Item = &Value> {
    module.described.get("related_lists").and_then(Value::as_array).into_iter().flatten()
}

/// What the module says about one of its standard lists.
fn described<'m>(module: &'m ModuleDef, name: &str) -> Option<&'m Value> {
    lists(module).find(|list| list["api_name"] == name)
}

/// The kind of a standard list; `None` when its rows belong to a feature that is not built.
fn standard(snapshot: &Snapshot, parent: &ModuleDef, name: &str, rows: Option<&str>) -> Option<Kind> {
    match name {
        names::OPEN_VIEW => return Some(Kind::View(State::Open)),
        names::CLOSED_VIEW => return Some(Kind::View(State::Closed)),
        _ => {}
    }
    let module = snapshot.schema.module(rows?).filter(|module| module.has_records())?;
    let module = Arc::clone(module);
    if let Some((activity, state)) = activities::list(name) {
        return Some(Kind::Activity(module, activity, state));
    }
    if name == invited::LIST {
        return Some(Kind::Invited(module));
    }
    let linked = Linked::find(parent, name).filter(|linked| linked.module() == module.api_name);
    if let Some(linked) = linked {
        return Some(Kind::Link(module, linked));
    }
    // Records that hang on any module: notes, attachments.
    let hanging = module.field("Parent_Id").filter(|field| field.is_any_module());
    let direct = || {
        let mut lookups = module.fields().iter().filter(|field| !field.custom_field && points(field, parent));
        lookups.next()
    };
    if let Some(field) = hanging.or_else(direct) {
        let field = field.api_name.clone();
        return Some(Kind::Lookup(module, field));
    }
    let between = line_items(snapshot, &module, parent).or_else(|| over(snapshot, &module, parent))?;
    Some(Kind::Through(module, between))
}

fn points(field: &FieldDef, module: &ModuleDef) -> bool {
    field.column.is_some() && field.lookup_module() == Some(module.api_name.as_str())
}

/// Documents with a line item that points to the parent: the quotes of a product.
fn line_items(snapshot: &Snapshot, module: &ModuleDef, parent: &ModuleDef) -> Option<Between> {
    module.fields().iter().find_map(|field| {
        let rows = snapshot.schema.module(field.subform.as_deref()?)?;
        let up = rows.field("Parent_Id")?.column.clone()?;
        let across = rows.fields().iter().find(|field| points(field, parent))?.column.clone()?;
        Some(Between {
            own: "id".to_owned(),
            table: unasked::table(rows, Why::Condition)?.to_owned(),
            to: up,
            parent: across,
        })
    })
}

/// Records whose lookup points to one that points to the parent: the invoices of the orders of a quote.
fn over(snapshot: &Snapshot, module: &ModuleDef, parent: &ModuleDef) -> Option<Between> {
    let own_lookups = module.fields().iter().filter(|field| !field.custom_field && field.column.is_some());
    own_lookups.into_iter().find_map(|own| {
        let middle = snapshot.schema.module(own.lookup_module()?)?;
        let up = middle.fields().iter().find(|field| !field.custom_field && points(field, parent))?;
        Some(Between {
            own: own.column.clone()?,
            table: unasked::table(middle, Why::Condition)?.to_owned(),
            to: "id".to_owned(),
            parent: up.column.clone()?,
        })
    })
}

/// The list of a multi-select lookup from either of its ends, by the id and name of the list: its id, the module of
/// its rows, and the links between.
fn multi_select(
    snapshot: &Snapshot,
    parent: &ModuleDef,
    wanted: impl Fn(Id, &str) -> bool,
) -> Option<(Id, Arc<ModuleDef>, Between)> {
    let list = |owner: &Arc<ModuleDef>, field: &FieldDef| {
        let links = field.links.as_ref()?;
        let rows = snapshot.schema.module(field.subform.as_deref()?)?;
        let target = snapshot.schema.module(links.module.as_deref()?)?;
        let connected = rows.field(&links.connected)?;
        let (table, there) = (unasked::table(rows, Why::Condition)?.to_owned(), connected.column.clone()?);
        let (own, here) = ("id".to_owned(), PARENT_COLUMN.to_owned());
        if owner.id == parent.id && wanted(field.id, &field.api_name) {
            return Some((field.id, Arc::clone(target), Between { own, table, to: there, parent: here }));
        }
        let is_wanted = target.id == parent.id && wanted(connected.id, links.api_name.as_deref()?);
        is_wanted.then(|| (connected.id, Arc::clone(owner), Between { own, table, to: here, parent: there }))
    };
    let modules = snapshot.schema.modules().iter();
    modules.into_iter().find_map(|owner| owner.fields().iter().find_map(|field| list(owner, field)))
}

/// True for a custom lookup to the module; it brought a related list with it.
fn points_to(field: &FieldDef, module: &ModuleDef) -> bool {
    field.custom_field && points(field, module)
}

fn custom<'s>(
    snapshot: &'s Snapshot,
    parent: &ModuleDef,
    name: &str,
) -> Option<(&'s Arc<ModuleDef>, &'s FieldDef)> {
    let named = |field: &&FieldDef| {
        points_to(field, parent)
            && field.lookup.as_ref().is_some_and(|lookup| lookup.api_name.as_deref() == Some(name))
    };
    let modules = snapshot.schema.modules().iter();
    modules.into_iter().find_map(|module| Some((module, module.fields().iter().find(named)?)))
}
