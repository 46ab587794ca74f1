//! Rows of subforms: written with their record, read with it, gone with it.

use std::collections::HashSet;
use std::sync::Arc;

use dealwright_schema::{Cell, ModuleDef, rows};
use dealwright_store::{Batch, Conn, Row, Sql};
use dealwright_wire::{ApiError, Code, Id};

use crate::error::Error;
use crate::records::draft::Draft;
use crate::records::insert::{Table, total_up};
use crate::records::line_items;
use crate::records::stored;
use crate::records::writing::Writing;

/// The module that holds the rows of a subform field.
pub(crate) fn rows_module(writing: &Writing, field: usize) -> Option<Arc<ModuleDef>> {
    let name = writing.module.fields()[field].subform.as_deref()?;
    writing.snapshot.schema.module(name).cloned()
}

/// Inserts all rows of a new record.
pub(crate) async fn insert(tx: &mut Conn, writing: &Writing, draft: &Draft) -> Result<(), Error> {
    let Some(parent) = draft.id else { return Ok(()) };
    for (field, rows) in &draft.subforms {
        if let Some(module) = rows_module(writing, *field) {
            let rows: Vec<Draft> = rows.iter().filter(|row| !row.delete).cloned().collect();
            add(tx, writing, &module, parent, rows, 1).await?;
        }
    }
    total_up(tx, writing, draft).await
}

/// Adds rows to a record; `sequence` is the number of the first.
async fn add(
    tx: &mut Conn,
    writing: &Writing,
    module: &Arc<ModuleDef>,
    parent: Id,
    mut rows: Vec<Draft>,
    mut sequence: i64,
) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let ids = writing.mint.block(rows.len() as u16).get()..;
    for (row, id) in rows.iter_mut().zip(ids) {
        row.id = Id::new(id);
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
        line_items::complete(tx, writing, module, row, None).await?;
    }
    let table = Table::of(module, rows.iter());
    let cells: Vec<Vec<Cell<'static>>> = rows.iter().map(|row| table.row(row, None)).collect();
    let name = module.table.as_deref().unwrap_or_default();
    Ok(tx.insert_many(&Batch { table: name, columns: &table.columns, rows: &cells }).await?)
}

/// Changes the rows of a stored record: rows with an id change or go, rows without are added.
/// `[]` deletes all; a row that is not mentioned stays, or goes where the version says so.
pub(crate) async fn update(
    tx: &mut Conn,
    writing: &Writing,
    draft: &Draft,
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
        let (changed, added): (Vec<&Draft>, Vec<&Draft>) =
            rows.iter().filter(|row| !row.delete).partition(|row| row.id.is_some());
        for row in changed {
            change(tx, writing, &module, row.clone()).await?;
        }
        let sequence = there.len() as i64 + 1;
        add(tx, writing, &module, parent, added.into_iter().cloned().collect(), sequence).await?;
    }
    total_up(tx, writing, draft).await?;
    Ok(Ok(()))
}

async fn change(
    tx: &mut Conn,
    writing: &Writing,
    module: &Arc<ModuleDef>,
    mut row: Draft,
) -> Result<(), Error> {
    let Some(id) = row.id else { return Ok(()) };
    let old = stored::load(tx, module, &[id.get()], &stored::all_fields(module)).await?;
    let Some(old) = old.get(&id.get()) else { return Ok(()) };
    line_items::complete(tx, writing, module, &mut row, Some(&old.cells)).await?;
    for (name, cell) in [("Modified_Time", Cell::from(writing.now)), ("Modified_By", writing.user.into())] {
        if let Some(at) = module.field_index(name) {
            row.cells[at] = Some(cell);
        }
    }
    let mut sets = Vec::new();
    let mut args: Vec<Cell<'static>> = vec![id.into()];
    for (at, cell) in row.cells.iter().enumerate() {
        let (Some(cell), Some((column, _))) = (cell, stored::columns_of(module, at)) else { continue };
        args.push(cell.clone());
        sets.push(format!("\"{}\" = ?{}", column.name, args.len()));
    }
    let table = module.table.as_deref().unwrap_or_default();
    tx.exec(&Sql::from(format!("UPDATE {{{table}}} SET {} WHERE id = ?1", sets.join(", "))), &args).await?;
    Ok(())
}

/// Ids of a record's rows, in order.
pub(crate) async fn ids(tx: &mut Conn, module: &ModuleDef, parent: Id) -> Result<Vec<Id>, Error> {
    let table = module.table.as_deref().unwrap_or_default();
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
    let column = module.field("Parent_Id").and_then(|field| field.column.as_deref()).unwrap_or("id");
    let table = module.table.as_deref().unwrap_or_default();
    let parents: Vec<i64> = parents.iter().map(|id| id.get()).collect();
    let column = format!("t.\"{column}\"");
    let test = tx.dialect().in_ids(&column, "?1");
    let sql = Sql::from(format!("SELECT {column}, t.id FROM {{{table}}} t WHERE {test} ORDER BY t.id"));
    let read = |row: &Row<'_>| Ok((Row::must(row.id(0)?, 0)?, Row::must(row.id(1)?, 1)?));
    Ok(tx.all(&sql, &[Cell::Ids(parents.into())], read).await?)
}

pub(crate) async fn delete_rows(tx: &mut Conn, module: &ModuleDef, ids: &[i64]) -> Result<(), Error> {
    if ids.is_empty() {
        return Ok(());
    }
    let table = module.table.as_deref().unwrap_or_default();
    let test = tx.dialect().in_ids("id", "?1");
    tx.exec(&Sql::from(format!("DELETE FROM {{{table}}} WHERE {test}")), &[Cell::Ids(ids.into())]).await?;
    Ok(())
}
