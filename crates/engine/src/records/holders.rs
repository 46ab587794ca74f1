//! Who has which values: one question for those of many drafts in many fields.

use std::collections::HashMap;

use dealwright_schema::{Cell, FieldDef, ModuleDef, Storage};
use dealwright_store::{Conn, Row, Sql};
use dealwright_wire::{Id, letters};

use crate::access::Grant;
use crate::access::unasked::{self, Why};
use crate::error::Error;
use crate::records::draft::Draft;

/// Stored records that have a value: the oldest and the newest. Where both are the same, no other has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ends {
    pub oldest: Id,
    pub newest: Id,
}

/// The holders of values, by field position and by the value as it is compared.
#[derive(Debug, Default)]
pub(crate) struct Holders(HashMap<usize, HashMap<String, Ends>>);

impl Holders {
    pub(crate) fn of(&self, field: usize, value: &str) -> Option<Ends> {
        self.0.get(&field)?.get(value).copied()
    }
}

/// A value as its field compares it.
pub(crate) fn compared(field: &FieldDef, cell: &Cell<'_>) -> String {
    match cell {
        Cell::Text(text) if is_exact(field) => text.clone().into_owned(),
        Cell::Text(text) => letters::fold(text).into_owned(),
        other => format!("{other:?}"),
    }
}

fn is_exact(field: &FieldDef) -> bool {
    field.unique.is_some_and(|unique| unique.case_sensitive)
}

/// The records that have values of the drafts in the `fields`; of all records, or of those `within` reach. Fields are of
/// text or of whole numbers, as unique ones are: of others no holder is found. The texts of all fields are one statement,
/// and numbers are one for each field.
pub(crate) async fn find(
    tx: &mut Conn,
    module: &ModuleDef,
    fields: &[usize],
    drafts: &[&Draft],
    within: Option<&Grant>,
) -> Result<Holders, Error> {
    let mut found = Holders::default();
    let Some(table) = unasked::table(module, Why::Unique) else { return Ok(found) };
    let (mut texts, mut args): (Vec<(usize, &str)>, Vec<Cell<'static>>) = (Vec::new(), Vec::new());
    for &at in fields {
        let field = &module.fields()[at];
        let Some(column) = field.column.as_deref() else { continue };
        let cells = drafts.iter().filter_map(|draft| draft.cells[at].as_ref());
        match field.data_type.get().storage {
            Some(Storage::Text) => {
                let mut values: Vec<String> = cells
                    .filter(|cell| matches!(cell, Cell::Text(_)))
                    .map(|cell| compared(field, cell))
                    .collect();
                values.sort_unstable();
                values.dedup();
                texts.push((at, column));
                args.push(Cell::Texts(values.into()));
            }
            Some(Storage::Int) => {
                let numbers: Vec<i64> = cells.filter_map(Cell::as_int).collect();
                if !numbers.is_empty() {
                    found.0.insert(at, of_numbers(tx, table, column, numbers, within).await?);
                }
            }
            _ => {}
        }
    }
    // All fields are asked where one is, so that the statement does not vary with the drafts.
    if args.iter().any(|values| matches!(values, Cell::Texts(values) if !values.is_empty())) {
        of_texts(tx, module, table, &texts, args, within, &mut found).await?;
    }
    Ok(found)
}

async fn of_texts(
    tx: &mut Conn,
    module: &ModuleDef,
    table: &str,
    fields: &[(usize, &str)],
    mut args: Vec<Cell<'static>>,
    within: Option<&Grant>,
    found: &mut Holders,
) -> Result<(), Error> {
    let dialect = tx.dialect();
    let scope = within.map(|grant| grant.and_rows("t", &mut args)).unwrap_or_default();
    let selects: Vec<String> = fields
        .iter()
        .enumerate()
        .map(|(nth, &(at, column))| {
            let column = format!("t.\"{column}\"");
            let value =
                if is_exact(&module.fields()[at]) { dialect.exact(&column) } else { dialect.fold(&column) };
            let among = dialect.in_texts(&value, &format!("?{}", nth + 1));
            format!(
                "SELECT CAST({at} AS BIGINT), min(t.id), max(t.id), {value} FROM {{{table}}} t \
                 WHERE {among}{scope} GROUP BY {value}"
            )
        })
        .collect();
    let read = |row: &Row<'_>| {
        let at = row.int(0)?.and_then(|at| usize::try_from(at).ok());
        Ok((Row::must(at, 0)?, ends(row, 1)?, row.text(3)?.unwrap_or_default().to_owned()))
    };
    for (at, ends, text) in tx.all(&Sql::from(selects.join(" UNION ALL ")), &args, read).await? {
        let field = &module.fields()[at];
        found.0.entry(at).or_default().insert(compared(field, &Cell::from(text)), ends);
    }
    Ok(())
}

async fn of_numbers(
    tx: &mut Conn,
    table: &str,
    column: &str,
    numbers: Vec<i64>,
    within: Option<&Grant>,
) -> Result<HashMap<String, Ends>, Error> {
    let mut args = vec![Cell::Ids(numbers.into())];
    let scope = within.map(|grant| grant.and_rows("t", &mut args)).unwrap_or_default();
    let value = format!("t.\"{column}\"");
    let among = tx.dialect().in_ids(&value, "?1");
    let sql = Sql::from(format!(
        "SELECT {value}, min(t.id), max(t.id) FROM {{{table}}} t WHERE {among}{scope} GROUP BY {value}"
    ));
    let read = |row: &Row<'_>| {
        let number = Row::must(row.int(0)?, 0)?;
        Ok((format!("{:?}", Cell::Int(number)), ends(row, 1)?))
    };
    Ok(tx.all(&sql, &args, read).await?.into_iter().collect())
}

fn ends(row: &Row<'_>, column: usize) -> Result<Ends, dealwright_store::StoreError> {
    Ok(Ends {
        oldest: Row::must(row.id(column)?, column)?,
        newest: Row::must(row.id(column + 1)?, column + 1)?,
    })
}
