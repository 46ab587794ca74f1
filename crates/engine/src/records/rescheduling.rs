//! Appointments that are moved: the appointment tells of its last move, and `Appointments_Rescheduled_History__s` has a row
//! for each of them, written in the transaction of the move.
//!
//! Source: the fields of both modules in the published metadata. Who writes the rows is not published.

use std::collections::HashMap;

use dealwright_schema::{Cell, ModuleDef, Storage};
use dealwright_store::{Batch, Column, Conn};

use crate::access::unasked::{self, Why};
use crate::error::Error;
use crate::records::draft::Draft;
use crate::records::stored::{self, Stored};
use crate::records::writing::Writing;

const START: &str = "Appointment_Start_Time";
const COUNT: &str = "Reschedule_Count";
/// Fields that both modules have.
const SHARED: [&str; 6] = [
    "Rescheduled_From",
    "Rescheduled_To",
    "Rescheduled_By",
    "Rescheduled_Time",
    "Reschedule_Reason",
    "Reschedule_Note",
];

/// Positions of the fields that an update has to read along.
pub(crate) fn sources(module: &ModuleDef) -> Vec<usize> {
    if !module.is_of_appointments() {
        return Vec::new();
    }
    [START, COUNT].iter().chain(&SHARED).filter_map(|name| module.field_index(name)).collect()
}

/// Times from which and to which a change moves an appointment; `None` when it stays.
fn moved<'c>(
    module: &ModuleDef,
    draft: &'c Draft,
    old: &'c [Option<Cell<'static>>],
) -> Option<(&'c Cell<'static>, &'c Cell<'static>)> {
    let at = module.field_index(START)?;
    let (from, to) = (old.get(at)?.as_ref()?, draft.cells.get(at)?.as_ref()?);
    (from != to && !from.is_null() && !to.is_null()).then_some((from, to))
}

/// Notes the move in the appointment itself.
pub(crate) fn note(writing: &Writing, draft: &mut Draft, old: &[Option<Cell<'static>>]) {
    let module = &writing.module;
    let Some((from, to)) = moved(module, draft, old) else { return };
    let count = module.field_index(COUNT).and_then(|at| match old.get(at) {
        Some(Some(Cell::Int(count))) => Some(*count),
        _ => None,
    });
    let values: [(&str, Cell<'static>); 5] = [
        ("Rescheduled_From", from.clone()),
        ("Rescheduled_To", to.clone()),
        ("Rescheduled_By", writing.user.into()),
        ("Rescheduled_Time", writing.now.into()),
        (COUNT, (count.unwrap_or(0) + 1).into()),
    ];
    for (name, value) in values {
        if let Some(at) = module.field_index(name) {
            draft.cells[at] = Some(value);
        }
    }
    // What was said of an earlier move says nothing of this one.
    for name in ["Reschedule_Reason", "Reschedule_Note"] {
        if let Some(at) = module.field_index(name)
            && draft.cells[at].is_none()
        {
            draft.cells[at] = Some(Cell::Null);
        }
    }
}

/// Writes a row for each appointment that an update moves. `old` holds them as they were.
pub(crate) async fn follow<'d>(
    tx: &mut Conn,
    writing: &Writing,
    drafts: impl Iterator<Item = &'d Draft>,
    old: &HashMap<i64, Stored>,
) -> Result<(), Error> {
    if !writing.module.is_of_appointments() {
        return Ok(());
    }
    let Some(history) = writing.snapshot.schema.moves() else { return Ok(()) };
    let own = |name: &str| Some(stored::columns_of(history, history.field_index(name)?)?.0);
    let (Some(parent), Some(table)) = (own("Parent_Id"), unasked::table(history, Why::Part)) else {
        return Ok(());
    };
    let mut columns = vec![Column::new("id", Storage::Int), parent];
    let mut copied = Vec::new();
    for name in SHARED {
        if let (Some(column), Some(at)) = (own(name), writing.module.field_index(name)) {
            columns.push(column);
            copied.push(at);
        }
    }
    let mut signed = Vec::new();
    for name in ["Created_By", "Modified_By", "Created_Time", "Modified_Time"] {
        if let Some(column) = own(name) {
            columns.push(column);
            let by: Cell<'static> = writing.user.into();
            signed.push(if name.ends_with("_By") { by } else { writing.now.into() });
        }
    }
    let row = |draft: &Draft| {
        let id = draft.id?;
        moved(&writing.module, draft, &old.get(&id.get())?.cells)?;
        let mut row: Vec<Cell<'static>> = vec![writing.mint.next().into(), id.into()];
        row.extend(copied.iter().map(|&at| draft.cells[at].clone().unwrap_or(Cell::Null)));
        row.extend(signed.iter().cloned());
        Some(row)
    };
    let rows: Vec<Vec<Cell<'static>>> = drafts.filter_map(row).collect();
    if rows.is_empty() {
        return Ok(());
    }
    Ok(tx.insert_many(&Batch { table, columns: &columns, rows: &rows }).await?)
}
