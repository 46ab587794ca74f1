//! Multi-select lookups: what their rows must keep to beyond the rows of other subforms. A record is linked once, and
//! no locked record is linked.

use std::collections::{HashMap, HashSet};

use dealwright_schema::field::Links;
use dealwright_schema::{Cell, FieldDef, ModuleDef, rows};
use dealwright_store::{Conn, Row, Sql};
use dealwright_wire::{ApiError, Code, Id};

use crate::access::unasked::{self, Why};
use crate::error::Error;
use crate::records::draft::Draft;
use crate::records::subforms;
use crate::records::writing::Writing;

/// Refuses drafts that link what is linked already, or is locked. One query per lookup for all drafts.
pub(crate) async fn check(
    tx: &mut Conn,
    writing: &Writing,
    drafts: &mut [Result<Draft, ApiError>],
) -> Result<(), Error> {
    for (at, field) in writing.module.fields().iter().enumerate() {
        let Some(links) = &field.links else { continue };
        let names =
            |slot: &Result<Draft, ApiError>| slot.as_ref().is_ok_and(|draft| rows_of(draft, at).is_some());
        let Some(module) = subforms::rows_module(writing, at).filter(|_| drafts.iter().any(names)) else {
            continue;
        };
        let Some(connected) = module.field_index(&links.connected) else { continue };
        let there = linked(tx, &module, connected, drafts).await?;
        let locked = locked(tx, writing, links, &targets(drafts, at, connected)).await?;
        for slot in drafts.iter_mut() {
            let Ok(draft) = slot else { continue };
            if let Some(error) = refuse(draft, at, field, links, connected, &there, &locked) {
                *slot = Err(error);
            }
        }
    }
    Ok(())
}

/// Links of the records of the drafts: by record, what is linked and the row that says so.
type Linked = HashMap<Id, Vec<(i64, Id)>>;

async fn linked(
    tx: &mut Conn,
    module: &ModuleDef,
    connected: usize,
    drafts: &[Result<Draft, ApiError>],
) -> Result<Linked, Error> {
    let mut found = Linked::new();
    let parents: Vec<i64> = drafts.iter().flatten().filter_map(|draft| draft.id).map(Id::get).collect();
    let column = module.fields()[connected].column.as_deref();
    let (Some(column), Some(table), false) = (column, unasked::table(module, Why::Part), parents.is_empty())
    else {
        return Ok(found);
    };
    let parent = format!("t.\"{}\"", rows::PARENT_COLUMN);
    let test = tx.dialect().in_ids(&parent, "?1");
    let sql = Sql::from(format!("SELECT {parent}, t.\"{column}\", t.id FROM {{{table}}} t WHERE {test}"));
    let read = |row: &Row<'_>| {
        Ok((Row::must(row.id(0)?, 0)?, row.int(1)?.unwrap_or_default(), Row::must(row.id(2)?, 2)?))
    };
    for (record, target, row) in tx.all(&sql, &[Cell::Ids(parents.into())], read).await? {
        found.entry(record).or_default().push((target, row));
    }
    Ok(found)
}

/// Those of the targets that are locked.
async fn locked(
    tx: &mut Conn,
    writing: &Writing,
    links: &Links,
    targets: &[i64],
) -> Result<HashSet<i64>, Error> {
    let module = links.module.as_deref().and_then(|name| writing.snapshot.schema.module(name));
    let column = module.and_then(|module| module.field("Locked__s")?.column.as_deref());
    let table = module.and_then(|module| unasked::table(module, Why::Granted));
    let (Some(column), Some(table), false) = (column, table, targets.is_empty()) else {
        return Ok(HashSet::new());
    };
    let test = tx.dialect().in_ids("t.id", "?1");
    let sql = Sql::from(format!("SELECT t.id FROM {{{table}}} t WHERE {test} AND t.\"{column}\" = ?2"));
    let args = [Cell::Ids(targets.to_vec().into()), true.into()];
    let found = tx.all(&sql, &args, |row| Row::must(row.int(0)?, 0)).await?;
    Ok(found.into_iter().collect())
}

fn rows_of(draft: &Draft, at: usize) -> Option<&[Draft]> {
    draft.subforms.iter().find(|(field, _)| *field == at).map(|(_, rows)| rows.as_slice())
}

/// What the row links, if it says so.
fn target(row: &Draft, connected: usize) -> Option<i64> {
    row.cells.get(connected)?.as_ref()?.as_int().filter(|_| !row.delete)
}

fn targets(drafts: &[Result<Draft, ApiError>], at: usize, connected: usize) -> Vec<i64> {
    let rows = drafts.iter().flatten().filter_map(|draft| rows_of(draft, at)).flatten();
    rows.filter_map(|row| target(row, connected)).collect()
}

fn refuse(
    draft: &Draft,
    at: usize,
    field: &FieldDef,
    links: &Links,
    connected: usize,
    there: &Linked,
    locked: &HashSet<i64>,
) -> Option<ApiError> {
    let rows = rows_of(draft, at)?;
    let mut seen: HashMap<i64, Option<Id>> = HashMap::new();
    // Rows that this write takes away or turns to something else leave their record free.
    let changed: HashSet<Id> = rows
        .iter()
        .filter(|row| row.delete || target(row, connected).is_some())
        .filter_map(|row| row.id)
        .collect();
    let stored = draft.id.and_then(|id| there.get(&id)).map_or(&[][..], Vec::as_slice);
    seen.extend(
        stored.iter().filter(|(_, row)| !changed.contains(row)).map(|(target, row)| (*target, Some(*row))),
    );
    for row in rows {
        let Some(target) = target(row, connected) else { continue };
        let place = format!("{}.{}", row.path, links.connected);
        if locked.contains(&target) {
            let error = ApiError::new(Code::RecordLocked).detail("action", "record_locking");
            return Some(error.detail("id", target.to_string()).field(&links.connected, place));
        }
        if let Some(row) = seen.insert(target, row.id) {
            let error = ApiError::new(Code::DuplicateLinkingData)
                .detail("linking_fields", vec![links.own.clone(), links.connected.clone()]);
            let error = if let Some(row) = row { error.id(row) } else { error };
            return Some(error.field(&field.api_name, place));
        }
    }
    None
}
