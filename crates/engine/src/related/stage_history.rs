//! The stages a deal went through: a row of `DealHistory` for each change of what the forecast depends on, written in
//! the transaction of the change. `Stage_History` of a deal lists them.
//!
//! A row tells how the deal stood from its time on. The row before it then gets the days that lie between, and if the
//! stage changed, the stage that the deal moved to.

use std::sync::Arc;

use dealwright_schema::{Cell, ModuleDef, Storage};
use dealwright_store::{Column, Conn, Row, Sql};
use dealwright_wire::{Id, Instant};

use crate::access::unasked::{self, Why};
use crate::error::Error;
use crate::records::around::{Pass, Rows, Slot, Stage, Work};
use crate::records::draft::Draft;
use crate::records::stored::{self, Stored};
use crate::records::writing::Writing;

/// Module whose rows they are, and the module they tell of.
const MODULE: &str = "DealHistory";
const OF: &str = "Deals";
/// Fields that both modules have. A change of one of them makes a row.
const TRACKED: [&str; 5] = ["Stage", "Amount", "Probability", "Expected_Revenue", "Closing_Date"];
const DAY: i64 = 24 * 3600;

/// The stage of stages.
pub(crate) static STAGE: Stage = Stage {
    reads: Some(sources),
    begin: Some(begin),
    beside: Some(|tx, pass, drafts| Box::pin(beside(tx, pass, drafts))),
    ..Stage::named("stage history")
};

/// Positions of the fields that an update has to read along.
fn sources(module: &ModuleDef) -> Vec<usize> {
    if module.api_name != OF {
        return Vec::new();
    }
    TRACKED.iter().filter_map(|name| module.field_index(name)).collect()
}

/// The first rows of new deals; `None` for other modules.
fn begin(writing: &Writing, drafts: &[Slot]) -> Option<Rows> {
    let history = history(writing)?;
    let deals = drafts.iter().flatten().filter_map(|draft| Some((draft.id?, draft, None)));
    let (columns, rows) = rows_of(writing, &history, deals)?;
    let table = unasked::table(&history, Why::Part)?.to_owned();
    (!rows.is_empty()).then_some(Rows { table, columns, values: rows })
}

/// Rows for the deals that an update really changes, and what becomes of the rows before them. `old` holds the deals as
/// they were.
async fn beside(tx: &mut Conn, pass: Pass<'_>, drafts: &[Slot]) -> Result<Vec<Work>, Error> {
    let Pass { writing, old, .. } = pass;
    let Some(history) = history(writing) else { return Ok(Vec::new()) };
    let tracked = sources(&writing.module);
    let changed: Vec<(Id, &Draft, Option<&Stored>)> = drafts
        .iter()
        .flatten()
        .filter_map(|draft| Some((draft.id?, draft, Some(old.get(&draft.id?.get())?))))
        .filter(|(_, draft, stored)| tracked.iter().any(|&at| changes(draft, *stored, at)))
        .collect();
    if changed.is_empty() {
        return Ok(Vec::new());
    }
    let mut work: Vec<Work> =
        close(tx, writing, &history, &changed).await?.map(Work::Update).into_iter().collect();
    if let Some((columns, values)) = rows_of(writing, &history, changed.into_iter()) {
        let table = unasked::table(&history, Why::Part).unwrap_or_default().to_owned();
        work.push(Work::Insert(Rows { table, columns, values }));
    }
    Ok(work)
}

fn history(writing: &Writing) -> Option<Arc<ModuleDef>> {
    if writing.module.api_name != OF {
        return None;
    }
    writing.snapshot.schema.module(MODULE).filter(|module| module.has_records()).cloned()
}

fn changes(draft: &Draft, stored: Option<&Stored>, at: usize) -> bool {
    let before = stored.and_then(|stored| stored.cells[at].as_ref());
    draft.cells[at].as_ref().is_some_and(|new| Some(new) != before)
}

type Values = (Vec<Column>, Vec<Vec<Cell<'static>>>);

fn rows_of<'d>(
    writing: &Writing,
    history: &ModuleDef,
    deals: impl Iterator<Item = (Id, &'d Draft, Option<&'d Stored>)>,
) -> Option<Values> {
    let own = |name: &str| Some(stored::columns_of(history, history.field_index(name)?)?.0);
    let fixed = [own("Deal_Name")?, own("Modified_By")?, own("Modified_Time")?];
    let mut columns = vec![Column::new("id", Storage::Int)];
    columns.extend(fixed);
    let mut sources = Vec::new();
    for name in TRACKED {
        if let (Some(column), Some(at)) = (own(name), writing.module.field_index(name)) {
            columns.push(column);
            sources.push(at);
        }
    }
    let rows = deals.map(|(deal, draft, stored)| {
        let mut row = vec![writing.mint.next().into(), deal.into(), writing.user.into(), writing.now.into()];
        row.extend(sources.iter().map(|&at| {
            let kept = || stored.and_then(|stored| stored.cells[at].clone());
            draft.cells[at].clone().or_else(kept).unwrap_or(Cell::Null)
        }));
        row
    });
    let rows = rows.collect();
    Some((columns, rows))
}

/// The newest rows of the deals, completed: how long they held, and where the deal moved.
async fn close(
    tx: &mut Conn,
    writing: &Writing,
    history: &ModuleDef,
    deals: &[(Id, &Draft, Option<&Stored>)],
) -> Result<Option<Rows>, Error> {
    let own = |name: &str| stored::columns_of(history, history.field_index(name)?).map(|(column, _)| column);
    let (Some(deal), Some(since), Some(days), Some(moved)) =
        (own("Deal_Name"), own("Modified_Time"), own("Duration_Days"), own("Moved_To__s"))
    else {
        return Ok(None);
    };
    let table = unasked::table(history, Why::Part).unwrap_or_default();
    let (deal, since, to, storage) = (deal.name, since.name, &moved.name, moved.storage);
    let test = tx.dialect().in_ids(&format!("n.\"{deal}\""), "?1");
    let sql = Sql::from(format!(
        "SELECT t.id, t.\"{deal}\", t.\"{since}\", t.\"{to}\" FROM {{{table}}} t WHERE t.id IN \
         (SELECT max(n.id) FROM {{{table}}} n WHERE {test} GROUP BY n.\"{deal}\")"
    ));
    let ids: Vec<i64> = deals.iter().map(|(id, ..)| id.get()).collect();
    let newest = |row: &Row<'_>| {
        let since = row.instant(2)?.unwrap_or(Instant(0));
        let moved = row.cell(3, storage)?;
        Ok((Row::must(row.id(0)?, 0)?, Row::must(row.id(1)?, 1)?, since, moved))
    };
    let newest = tx.all(&sql, &[Cell::Ids(ids.into())], newest).await?;
    let stage = writing.module.field_index("Stage");
    let mut values = Vec::with_capacity(newest.len());
    for (row, id, since, moved) in newest {
        let Some((_, draft, stored)) = deals.iter().find(|(deal, ..)| *deal == id) else { continue };
        let held = (writing.now.0 - since.0).max(0) / DAY;
        let left = stage.filter(|&stage| changes(draft, *stored, stage));
        let moved = left.map_or(moved, |stage| draft.cells[stage].clone().unwrap_or(Cell::Null));
        values.push(vec![row.into(), held.into(), moved]);
    }
    let columns = vec![Column::new("id", Storage::Int), days, moved];
    Ok((!values.is_empty()).then(|| Rows { table: table.to_owned(), columns, values }))
}
