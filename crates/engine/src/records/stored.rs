//! Records as they are stored: read whole or in part, by field position.

use std::collections::HashMap;

use dealwright_schema::{Cell, ModuleDef, Storage};
use dealwright_store::{Column, Conn, Sql};
use dealwright_wire::Id;

use crate::access::unasked::{self, Why};
use crate::error::Error;

/// A stored record. Fields that were not read are `None`.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub id: Id,
    /// Newest entry of its history.
    pub hist: Option<i64>,
    pub cells: Vec<Option<Cell<'static>>>,
    /// Modules beside polymorphic lookups, by field position.
    pub modules: Vec<(usize, Cell<'static>)>,
}

/// Columns of one field: its own, and the module beside a polymorphic lookup.
pub(crate) fn columns_of(module: &ModuleDef, field: usize) -> Option<(Column, Option<Column>)> {
    let field = &module.fields()[field];
    let own = Column::new(field.column.clone()?, field.data_type.get().storage?);
    Some((own, field.module_column().map(|name| Column::new(name, Storage::Int))))
}

/// Reads records by id, locked until the end of the transaction. `fields` are positions.
pub(crate) async fn load(
    tx: &mut Conn,
    module: &ModuleDef,
    ids: &[i64],
    fields: &[usize],
) -> Result<HashMap<i64, Stored>, Error> {
    let lock = tx.dialect().for_update();
    select(tx, module, ids, fields, lock).await
}

/// Reads records by id, for a look at them only.
pub(crate) async fn look_at(
    conn: &mut Conn,
    module: &ModuleDef,
    ids: &[i64],
    fields: &[usize],
) -> Result<HashMap<i64, Stored>, Error> {
    select(conn, module, ids, fields, "").await
}

async fn select(
    tx: &mut Conn,
    module: &ModuleDef,
    ids: &[i64],
    fields: &[usize],
    lock: &str,
) -> Result<HashMap<i64, Stored>, Error> {
    let dialect = tx.dialect();
    let table = unasked::table(module, Why::Part).unwrap_or_default();
    let mut names = vec!["t.id".to_owned(), "t.hist".to_owned()];
    let mut wanted: Vec<(usize, Storage, bool)> = Vec::new();
    for &at in fields {
        let Some((own, beside)) = columns_of(module, at) else { continue };
        names.push(format!("t.\"{}\"", own.name));
        wanted.push((at, own.storage, beside.is_some()));
        names.extend(beside.map(|column| format!("t.\"{}\"", column.name)));
    }
    let sql = Sql::from(format!(
        "SELECT {} FROM {{{table}}} t WHERE {} ORDER BY t.id{lock}",
        names.join(", "),
        dialect.in_ids("t.id", "?1")
    ));
    let count = module.fields().len();
    let mut found = HashMap::with_capacity(ids.len());
    tx.each(&sql, &[Cell::Ids(ids.into())], &mut |row| {
        let id = dealwright_store::Row::must(row.id(0)?, 0)?;
        let mut stored = Stored { id, hist: row.int(1)?, cells: vec![None; count], modules: Vec::new() };
        let mut column = 2;
        for &(at, storage, beside) in &wanted {
            stored.cells[at] = Some(row.cell(column, storage)?);
            column += 1;
            if beside {
                stored.modules.push((at, row.cell(column, Storage::Int)?));
                column += 1;
            }
        }
        found.insert(id.get(), stored);
        Ok(())
    })
    .await?;
    Ok(found)
}

/// Positions of all fields that have a column.
pub(crate) fn all_fields(module: &ModuleDef) -> Vec<usize> {
    (0..module.fields().len()).filter(|&at| columns_of(module, at).is_some()).collect()
}
