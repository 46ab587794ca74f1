//! Rows of subforms: written with their record, read with it, gone with it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use dealwright_schema::{Cell, ModuleDef, Storage, rows};
use dealwright_store::{Batch, Column, Conn, Row, Sql};
use dealwright_wire::{ApiError, Code, Id};

use crate::access::unasked::{self, Why};
use crate::error::Error;
use crate::records::draft::Draft;
use crate::records::insert::Table;
use crate::records::line_items;
use crate::records::stored::{self, Stored};
use crate::records::worked_out::written;
use crate::records::writing::Writing;

/// The module that holds the rows of a subform field.
pub(crate) fn rows_module(writing: &Writing, field: usize) -> Option<Arc<ModuleDef>> {
    let name = writing.module.fields()[field].subform.as_deref()?;
    writing.snapshot.schema.module(name).cloned()
}

/// Makes the rows of new records complete and works out what depends on them; a record whose rows are refused is.
pub(crate) async fn prepare(
    tx: &mut Conn,
    writing: &Writing,
    drafts: &mut [Result<Draft, ApiError>],
) -> Result<(), Error> {
    for slot in drafts {
        let Ok(draft) = slot else { continue };
        let Some(parent) = draft.id else { continue };
        let mut net = Vec::new();
        let mut refused = None;
        let mut subforms = std::mem::take(&mut draft.subforms);
        for (field, rows) in &mut subforms {
            let Some(module) = rows_module(writing, *field) else { continue };
            rows.retain(|row| !row.delete);
            if let Err(error) = prepare_rows(tx, writing, &module, parent, rows, 1).await? {
                refused = Some(error);
                break;
            }
            if line_items::is_line_items(&module) {
                net.extend(rows.iter().map(|row| line_items::net_total(&module, row)));
            }
        }
        draft.subforms = subforms;
        let refused = refused.or_else(|| line_items::total_up(writing, draft, None, net.into_iter()).err());
        if let Some(error) = refused {
            *slot = Err(error);
        }
    }
    Ok(())
}

/// Gives new rows their ids and all values that follow from others; `sequence` is the number of the first.
async fn prepare_rows(
    tx: &mut Conn,
    writing: &Writing,
    module: &Arc<ModuleDef>,
    parent: Id,
    rows: &mut [Draft],
    mut sequence: i64,
) -> Result<Result<(), ApiError>, Error> {
    if rows.is_empty() {
        return Ok(Ok(()));
    }
    let ids = writing.mint.ids(rows.len());
    for (row, id) in rows.iter_mut().zip(ids) {
        row.id = Some(id);
        if let Some(at) = rows::parent_index(module) {
            row.cells[at] = Some(parent.into());
        }
        let sets: [(&str, Cell<'static>); 5] = [
            ("Created_Time", writing.now.into()),
            ("Modified_Time", writing.now.into()),
            ("Created_By", writing.user.into()),
            ("Modified_By", writing.user.into()),
            ("Sequence_Number", sequence.into()),
        ];
        for (name, cell) in sets {
            if let Some(at) = module.field_index(name) {
                row.cells[at] = Some(cell);
            }
        }
        sequence += 1;
    }
    if let Err(error) = line_items::complete(tx, writing, module, rows, &HashMap::new()).await? {
        return Ok(Err(error));
    }
    let writing = writing.as_the_system(module);
    for row in rows {
        written::compute(&writing, row, None);
    }
    Ok(Ok(()))
}

/// Inserts the prepared rows of a new record.
pub(crate) async fn insert(tx: &mut Conn, writing: &Writing, draft: &Draft) -> Result<(), Error> {
    for (field, rows) in &draft.subforms {
        if let Some(module) = rows_module(writing, *field) {
            add(tx, &module, rows).await?;
        }
    }
    Ok(())
}

async fn add(tx: &mut Conn, module: &ModuleDef, rows: &[Draft]) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let table = Table::of(module, rows.iter());
    let cells: Vec<Vec<Cell<'static>>> = rows.iter().map(|row| table.row(row, None)).collect();
    let name = unasked::table(module, Why::Part).unwrap_or_default();
    Ok(tx.insert_many(&Batch { table: name, columns: &table.columns, rows: &cells }).await?)
}

/// Changes the rows of a stored record: rows with an id change or go, rows without are added.
/// `[]` deletes all; a row that is not mentioned stays, or goes where the version says so.
/// Works out into the draft what depends on the rows.
pub(crate) async fn update(
    tx: &mut Conn,
    writing: &Writing,
    draft: &mut Draft,
    old: &Stored,
) -> Result<Result<(), ApiError>, Error> {
    let Some(parent) = draft.id else { return Ok(Ok(())) };
    for (field, rows) in &draft.subforms {
        let Some(module) = rows_module(writing, *field) else { continue };
        let there = ids(tx, &module, parent).await?;
        if let Some(row) = rows.iter().find(|row| row.id.is_some_and(|id| !there.contains(&id))) {
            let error = ApiError::new(Code::InvalidData).message("the id given seems to be invalid");
            let error = row.id.map_or(error.clone(), |id| error.id(id));
            return Ok(Err(error.field("id", format!("{}.id", row.path))));
        }
        let mentioned: HashSet<Id> = rows.iter().filter_map(|row| row.id).collect();
        let is_list = writing.profile.subforms_replace && writing.module.fields()[*field].links.is_none();
        let replaces = rows.is_empty() || is_list;
        let gone = there.iter().filter(|id| replaces && !mentioned.contains(id)).copied();
        let gone: Vec<i64> =
            gone.chain(rows.iter().filter(|row| row.delete).filter_map(|row| row.id)).map(Id::get).collect();
        delete_rows(tx, &module, &gone).await?;
        let kept = rows.iter().filter(|row| !row.delete).cloned();
        let (changed, mut added): (Vec<Draft>, Vec<Draft>) = kept.partition(|row| row.id.is_some());
        if let Err(error) = change(tx, writing, &module, changed).await? {
            return Ok(Err(error));
        }
        let sequence = there.len() as i64 + 1;
        if let Err(error) = prepare_rows(tx, writing, &module, parent, &mut added, sequence).await? {
            return Ok(Err(error));
        }
        add(tx, &module, &added).await?;
    }
    let mut net = Vec::new();
    for at in 0..writing.module.fields().len() {
        if let Some(rows) = rows_module(writing, at).filter(|rows| line_items::is_line_items(rows)) {
            net.extend(line_items::stored_net_totals(tx, &rows, parent).await?);
        }
    }
    Ok(line_items::total_up(writing, draft, Some(old), net.into_iter()))
}

/// Changes stored rows, all with one statement. Of a row that is named twice the last change counts.
async fn change(
    tx: &mut Conn,
    writing: &Writing,
    module: &Arc<ModuleDef>,
    mut rows: Vec<Draft>,
) -> Result<Result<(), ApiError>, Error> {
    let named: Vec<i64> = rows.iter().filter_map(|row| row.id).map(Id::get).collect();
    if named.is_empty() {
        return Ok(Ok(()));
    }
    let old = stored::load(tx, module, &named, &stored::all_fields(module)).await?;
    if let Err(error) = line_items::complete(tx, writing, module, &mut rows, &old).await? {
        return Ok(Err(error));
    }
    let writing = writing.as_the_system(module);
    for row in &mut rows {
        for (name, cell) in [("Modified_Time", Cell::from(writing.now)), ("Modified_By", writing.user.into())]
        {
            if let Some(at) = module.field_index(name) {
                row.cells[at] = Some(cell);
            }
        }
        written::compute(&writing, row, row.id.and_then(|id| old.get(&id.get())));
    }
    let last: HashMap<i64, &Draft> = rows.iter().filter_map(|row| Some((row.id?.get(), row))).collect();
    let set: Vec<usize> =
        (0..module.fields().len()).filter(|&at| last.values().any(|row| row.cells[at].is_some())).collect();
    let columns = set.iter().filter_map(|&at| stored::columns_of(module, at)).map(|(own, _)| own);
    let columns: Vec<Column> = [Column::new("id", Storage::Int)].into_iter().chain(columns).collect();
    let cells: Vec<Vec<Cell<'static>>> = last
        .iter()
        .filter_map(|(id, row)| {
            let old = old.get(id)?;
            let value = |&at: &usize| {
                stored::columns_of(module, at)?;
                Some(row.cells[at].as_ref().or(old.cells[at].as_ref()).cloned().unwrap_or(Cell::Null))
            };
            Some([Cell::from(*id)].into_iter().chain(set.iter().filter_map(value)).collect())
        })
        .collect();
    let table = unasked::table(module, Why::Part).unwrap_or_default();
    tx.update_many(&Batch { table, columns: &columns, rows: &cells }).await?;
    Ok(Ok(()))
}

/// Ids of a record's rows, in order.
pub(crate) async fn ids(tx: &mut Conn, module: &ModuleDef, parent: Id) -> Result<Vec<Id>, Error> {
    let table = unasked::table(module, Why::Part).unwrap_or_default();
    let column = rows::PARENT_COLUMN;
    let sql = Sql::from(format!("SELECT t.id FROM {{{table}}} t WHERE t.\"{column}\" = ?1 ORDER BY t.id"));
    Ok(tx.all(&sql, &[parent.into()], |row| Row::must(row.id(0)?, 0)).await?)
}

/// Rows of several records: the record and the row, the rows of each record in order.
pub(crate) async fn ids_of(
    tx: &mut Conn,
    module: &ModuleDef,
    parents: &[Id],
) -> Result<Vec<(Id, Id)>, Error> {
    let table = unasked::table(module, Why::Part).unwrap_or_default();
    let parents: Vec<i64> = parents.iter().map(|id| id.get()).collect();
    let column = format!("t.\"{}\"", rows::PARENT_COLUMN);
    let test = tx.dialect().in_ids(&column, "?1");
    let sql = Sql::from(format!("SELECT {column}, t.id FROM {{{table}}} t WHERE {test} ORDER BY t.id"));
    let read = |row: &Row<'_>| Ok((Row::must(row.id(0)?, 0)?, Row::must(row.id(1)?, 1)?));
    Ok(tx.all(&sql, &[Cell::Ids(parents.into())], read).await?)
}

pub(crate) async fn delete_rows(tx: &mut Conn, module: &ModuleDef, ids: &[i64]) -> Result<(), Error> {
    if ids.is_empty() {
        return Ok(());
    }
    let table = unasked::table(module, Why::Part).unwrap_or_default();
    tx.delete_many(table, ids.to_vec()).await?;
    Ok(())
}
