//! What hangs on a record and goes where the record goes: to the contact that a lead became, to the record that
//! others were merged into.
//!
//! Whoever adds something that hangs on records registers it here: records that name their parent in a lookup in
//! [`FOLLOWERS`] (a merge finds every lookup of the schema by itself), rows of fixed tables in [`ROWS`], by the
//! function that moves them.

use std::fmt::Write as _;
use std::sync::Arc;

use dealwright_schema::{Cell, FieldDef, ModuleDef};
use dealwright_store::{Conn, Row, Sql};
use dealwright_wire::Id;
use futures::future::BoxFuture;

use crate::access::unasked::{self, Why};
use crate::attachments::of_record;
use crate::error::Error;
use crate::mail::of_record as mail;
use crate::records::draft::Draft;
use crate::records::linked as links;
use crate::records::stored;
use crate::records::succession::Succession;
use crate::records::update;
use crate::records::writing::{Deed, Writing};
use crate::records::{participants, pointing};

/// Records that are moved by one statement.
const AT_ONCE: usize = 500;

/// A record of any module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub module: Id,
    pub id: Id,
}

/// Who takes what hangs on a record that became others.
#[derive(Debug, Clone)]
pub(super) struct Heirs {
    /// Notes, links, e-mails.
    pub main: Place,
    pub attachments: Place,
    /// Whom an activity is with.
    pub person: Option<Id>,
    /// What an activity is about.
    pub matter: Option<Place>,
    /// Only what belongs to these modules moves; `None` for everything.
    pub only: Option<Vec<Id>>,
}

#[derive(Debug, Clone, Copy)]
enum To {
    Main,
    /// Into a field that names no person yet.
    Person,
    /// In place of the person that became another.
    PersonInstead,
    Matter,
}

/// Records that name their parent.
struct Follower {
    module: &'static str,
    /// The lookup that names the record which became another.
    by: &'static str,
    sets: &'static [(&'static str, To)],
}

static FOLLOWERS: &[Follower] = &[
    Follower { module: "Notes", by: "Parent_Id", sets: &[("Parent_Id", To::Main)] },
    Follower { module: "Tasks", by: "What_Id", sets: &[("What_Id", To::Matter), ("Who_Id", To::Person)] },
    Follower { module: "Events", by: "What_Id", sets: &[("What_Id", To::Matter), ("Who_Id", To::Person)] },
    Follower { module: "Calls", by: "What_Id", sets: &[("What_Id", To::Matter), ("Who_Id", To::Person)] },
    Follower { module: "Tasks", by: "Who_Id", sets: &[("Who_Id", To::PersonInstead)] },
    Follower { module: "Events", by: "Who_Id", sets: &[("Who_Id", To::PersonInstead)] },
    Follower { module: "Calls", by: "Who_Id", sets: &[("Who_Id", To::PersonInstead)] },
];

/// Moves rows of a fixed table from a record to its successor.
type MoveRows = for<'a> fn(&'a mut Conn, &'a Succession<'a>) -> BoxFuture<'a, Result<(), Error>>;

/// Rows of fixed tables that belong to a record.
static ROWS: &[MoveRows] = &[
    |tx, succession| Box::pin(links::succeed(tx, succession)),
    |tx, succession| Box::pin(of_record::succeed(tx, succession)),
    |tx, succession| Box::pin(mail::succeed(tx, succession)),
];

/// Moves what hangs on `from`, which became other records.
pub(super) async fn hand_over(
    tx: &mut Conn,
    writing: &Writing,
    from: Place,
    heirs: &Heirs,
) -> Result<(), Error> {
    for follower in FOLLOWERS {
        let Some(module) = writing.snapshot.schema.module(follower.module) else { continue };
        let Some(by) = module.field_index(follower.by) else { continue };
        if heirs.only.as_ref().is_some_and(|only| !only.contains(&module.id)) {
            continue;
        }
        let sets: Vec<(usize, Option<Place>, bool)> = follower
            .sets
            .iter()
            .filter_map(|(name, to)| {
                let place = match to {
                    To::Main => Some(heirs.main),
                    To::Matter => heirs.matter,
                    To::Person | To::PersonInstead => {
                        heirs.person.map(|id| Place { module: heirs.main.module, id })
                    }
                };
                Some((module.field_index(name)?, place, matches!(to, To::Person)))
            })
            .collect();
        move_records(tx, &writing.as_the_system(module), by, from, &sets).await?;
    }
    let schema = &writing.snapshot.schema;
    let attachments = schema.module("Attachments").map(|module| module.id);
    let moves_attachments =
        heirs.only.as_ref().is_none_or(|only| attachments.is_some_and(|id| only.contains(&id)));
    if let Some(module) = schema.module_by_id(heirs.attachments.module).filter(|_| moves_attachments) {
        let heir = (&**module, heirs.attachments.id);
        of_record::move_attachments(tx, &writing.snapshot, (&writing.module, from.id), heir).await?;
    }
    let Some(to_module) = schema.module_by_id(heirs.main.module) else { return Ok(()) };
    let succession = Succession { from_module: &writing.module, from: from.id, to_module, to: heirs.main.id };
    let moves = |name: &str| {
        let module = schema.module(name).map(|module| module.id);
        heirs.only.as_ref().is_none_or(|only| module.is_some_and(|id| only.contains(&id)))
    };
    if moves("Events") {
        participants::succeed(tx, writing, &succession).await?;
    }
    if heirs.only.is_some() {
        return Ok(());
    }
    for move_rows in ROWS {
        move_rows(tx, &succession).await?;
    }
    Ok(())
}

/// Lets everything that names one of the `children` name the `master` instead, in every module of the org.
/// The master itself does not come to name itself.
pub(super) async fn unite(
    tx: &mut Conn,
    writing: &Writing,
    children: &[Id],
    master: Id,
) -> Result<(), Error> {
    let module = writing.module.id;
    let to = Place { module, id: master };
    for other in writing.snapshot.schema.modules() {
        // What only the server writes tells of the child itself: its stages, its locks.
        let is_rows = other.parent.is_some();
        if !other.has_records() || !(is_rows || other.flag("creatable")) {
            continue;
        }
        // Rows of subforms go with their record.
        if other.parent.as_deref() == Some(writing.module.api_name.as_str()) {
            continue;
        }
        for (at, field) in other.fields().iter().enumerate() {
            if !points_to(field, &writing.module) {
                continue;
            }
            for &child in children {
                let from = Place { module, id: child };
                if is_rows {
                    point_rows(tx, other, at, from, to).await?;
                } else {
                    move_records(tx, &writing.as_the_system(other), at, from, &[(at, Some(to), false)])
                        .await?;
                }
            }
        }
    }
    let own = &*writing.module;
    for &child in children {
        let succession = Succession { from_module: own, from: child, to_module: own, to: master };
        participants::succeed(tx, writing, &succession).await?;
        for move_rows in ROWS {
            move_rows(tx, &succession).await?;
        }
    }
    Ok(())
}

fn points_to(field: &FieldDef, module: &ModuleDef) -> bool {
    let also = field.lookup.as_ref().is_some_and(|lookup| lookup.also.contains(&module.api_name));
    field.column.is_some()
        && (field.is_any_module() || also || field.lookup_module() == Some(module.api_name.as_str()))
}

/// Changes every record of a module whose lookup `by` names `from`. Each `set` is a field, what it shall name, and
/// whether a value that it has stays.
async fn move_records(
    tx: &mut Conn,
    writing: &Writing,
    by: usize,
    from: Place,
    sets: &[(usize, Option<Place>, bool)],
) -> Result<(), Error> {
    let module = Arc::clone(&writing.module);
    let ids = named(tx, &module, by, from).await?;
    for &(at, place, _) in sets {
        if let Some(place) = place.filter(|_| module.fields()[at].lookup_module().is_some()) {
            pointing::must_be_allowed(tx, writing, &module, &ids, place.id).await?;
        }
    }
    for ids in ids.chunks(AT_ONCE) {
        let kept: Vec<usize> = sets.iter().filter(|(.., keeps)| *keeps).map(|(at, ..)| *at).collect();
        let old = stored::load(tx, &module, ids, &kept).await?;
        let drafts = ids.iter().filter_map(|&id| {
            let mut draft = Draft::empty(&module, String::new());
            draft.id = Some(Id::new(id)?);
            for &(at, place, keeps) in sets {
                let has =
                    old.get(&id).and_then(|old| old.cells[at].as_ref()).is_some_and(|cell| !cell.is_null());
                if keeps && has {
                    continue;
                }
                // Nothing may point to itself.
                let place = place.filter(|place| place.module != module.id || place.id.get() != id);
                draft.cells[at] = Some(place.map(|place| place.id).into());
                if module.fields()[at].has_module() {
                    draft.modules.extend(place.map(|place| (at, place.module)));
                }
            }
            Some(draft)
        });
        let drafts = drafts.collect();
        update::set(tx, writing, Deed::UPDATE, drafts).await?;
    }
    Ok(())
}

/// Ids of the records whose lookup `by` names a record.
async fn named(tx: &mut Conn, module: &ModuleDef, by: usize, from: Place) -> Result<Vec<i64>, Error> {
    let field = &module.fields()[by];
    let (Some(table), Some(column)) = (unasked::table(module, Why::System), field.column.as_deref()) else {
        return Ok(Vec::new());
    };
    let mut args: Vec<Cell<'_>> = vec![from.id.into()];
    let mut sql = format!("SELECT t.id FROM {{{table}}} t WHERE t.\"{column}\" = ?1");
    if let Some(beside) = field.module_column() {
        args.push(from.module.into());
        let _infallible = write!(sql, " AND t.\"{beside}\" = ?2");
    }
    sql.push_str(" ORDER BY t.id");
    Ok(tx.all(&Sql::from(sql), &args, |row| Row::must(row.int(0)?, 0)).await?)
}

/// Changes a lookup in rows of subforms, which have no history of their own.
async fn point_rows(
    tx: &mut Conn,
    module: &ModuleDef,
    at: usize,
    from: Place,
    to: Place,
) -> Result<(), Error> {
    let field = &module.fields()[at];
    let (Some(table), Some(column)) = (unasked::table(module, Why::System), field.column.as_deref()) else {
        return Ok(());
    };
    let mut args: Vec<Cell<'_>> = vec![from.id.into(), to.id.into()];
    let mut sql = format!("UPDATE {{{table}}} SET \"{column}\" = ?2 WHERE \"{column}\" = ?1");
    if let Some(beside) = field.module_column() {
        args.push(from.module.into());
        let _infallible = write!(sql, " AND \"{beside}\" = ?3");
    }
    tx.exec(&Sql::from(sql), &args).await?;
    Ok(())
}
