//! Unique fields: a value that another record has is refused with that record's id.

use std::collections::HashMap;

use dealwright_schema::{Cell, FieldDef, ModuleDef};
use dealwright_store::{Conn, Row, Sql};
use dealwright_wire::{ApiError, Code, Id, letters};

use crate::access::Grant;
use crate::access::unasked::{self, Why};
use crate::error::Error;
use crate::records::draft::Draft;
use crate::records::find as records_find;
use crate::records::holders::{self, Ends};
use crate::records::writing::Writing;

/// Refuses drafts whose unique values other records have, or an earlier draft of the same request. Drafts have ids, new
/// ones too, so that a later one can be told which record has the value.
pub(crate) async fn check(
    tx: &mut Conn,
    writing: &Writing,
    drafts: &mut [Result<Draft, ApiError>],
) -> Result<(), Error> {
    let module = &writing.module;
    let unique: Vec<usize> =
        (0..module.fields().len()).filter(|&at| module.fields()[at].unique.is_some()).collect();
    let good: Vec<&Draft> = drafts.iter().flatten().collect();
    let holders = holders::find(tx, module, &unique, &good, None).await?;
    let mut taken: HashMap<(usize, String), (usize, Holder)> = HashMap::new();
    for (at, slot) in drafts.iter_mut().enumerate() {
        let mut errors = Vec::new();
        if let Ok(draft) = slot {
            for &field_at in &unique {
                let field = &module.fields()[field_at];
                let Some(cell) = draft.cells[field_at].as_ref().filter(|cell| !cell.is_null()) else {
                    continue;
                };
                let key = (field_at, holders::compared(field, cell));
                let clash = match taken.get(&key) {
                    Some((first, holder)) if *first != at => Some(*holder),
                    _ => match holders.of(field_at, &key.1) {
                        Some(ends) => {
                            other(tx, module, field, cell, draft.id, ends).await?.map(Holder::stored)
                        }
                        None => None,
                    },
                };
                match clash {
                    Some(other) => errors.push(duplicate(tx, writing, draft, field, other).await?),
                    None => {
                        taken.insert(key, (at, Holder::of(writing, draft)));
                    }
                }
            }
        }
        match errors.len() {
            0 => {}
            1 => *slot = Err(errors.remove(0)),
            _ => *slot = Err(several(errors)),
        }
    }
    Ok(())
}

/// Who has a value: a stored record, or one of the same request.
#[derive(Debug, Clone, Copy)]
struct Holder {
    id: Option<Id>,
    /// Its owner, where the request says so.
    owner: Option<Id>,
    /// It was sent by the caller, who need not be asked whether they see it.
    is_own: bool,
}

impl Holder {
    fn stored(id: Id) -> Self {
        Self { id: Some(id), owner: None, is_own: false }
    }

    fn of(writing: &Writing, draft: &Draft) -> Self {
        let owner = writing.module.field_index("Owner").and_then(|at| draft.cells[at].as_ref()?.as_int());
        Self { id: draft.id, owner: owner.and_then(Id::new), is_own: true }
    }
}

/// The record that a draft's value is refused for. `None` when the draft's own record has the value already, also as
/// another has it too since text is compared without regard to case in every script: clients send back what they have
/// read.
async fn other(
    tx: &mut Conn,
    module: &ModuleDef,
    field: &FieldDef,
    cell: &Cell<'_>,
    own: Option<Id>,
    Ends { oldest, newest }: Ends,
) -> Result<Option<Id>, Error> {
    let is_own = own == Some(oldest) || own == Some(newest);
    // Own record may be between the two.
    let is_between = own.is_some_and(|own| (oldest..newest).contains(&own));
    if is_own || (is_between && keeps(tx, module, field, cell, own).await?) {
        return Ok(None);
    }
    Ok(Some(oldest))
}

/// True when the own record has the value.
async fn keeps(
    tx: &mut Conn,
    module: &ModuleDef,
    field: &FieldDef,
    cell: &Cell<'_>,
    own: Option<Id>,
) -> Result<bool, Error> {
    let (Some(own), Some(table), Some(column)) =
        (own, unasked::table(module, Why::Unique), field.column.as_deref())
    else {
        return Ok(false);
    };
    let (column, cell) = compared(tx, field, column, cell);
    let sql = Sql::from(format!("SELECT t.id FROM {{{table}}} t WHERE t.id = ?2 AND {column} = ?1"));
    Ok(tx.first(&sql, &[cell, own.into()], |row| row.id(0)).await?.is_some())
}

/// Column and value as the field compares them.
fn compared(tx: &Conn, field: &FieldDef, column: &str, cell: &Cell<'_>) -> (String, Cell<'static>) {
    let column = format!("t.\"{column}\"");
    let exact = field.unique.is_some_and(|unique| unique.case_sensitive);
    match cell {
        Cell::Text(_) if exact => (tx.dialect().exact(&column), cell.clone().into_owned()),
        Cell::Text(text) => (tx.dialect().fold(&column), letters::fold(text).into_owned().into()),
        other => (column, other.clone().into_owned()),
    }
}

/// The record other than `except` that has the value; of all records, or of those `within` reach.
pub(crate) async fn find(
    tx: &mut Conn,
    module: &ModuleDef,
    field: &FieldDef,
    cell: &Cell<'_>,
    except: Option<Id>,
    within: Option<&Grant>,
) -> Result<Option<Id>, Error> {
    let (Some(table), Some(column)) = (unasked::table(module, Why::Unique), field.column.as_deref()) else {
        return Ok(None);
    };
    let (column, cell) = compared(tx, field, column, cell);
    let mut args = vec![cell, except.map_or(0, Id::get).into()];
    let scope = within.map(|grant| grant.and_rows("t", &mut args)).unwrap_or_default();
    let sql = Sql::from(format!(
        "SELECT t.id FROM {{{table}}} t WHERE {column} = ?1 AND t.id <> ?2{scope} ORDER BY t.id LIMIT 1"
    ));
    Ok(tx.first(&sql, &args, |row| Row::must(row.id(0)?, 0)).await?)
}

/// `DUPLICATE_DATA` with the record that has the value, where clients look for it.
async fn duplicate(
    tx: &mut Conn,
    writing: &Writing,
    draft: &Draft,
    field: &FieldDef,
    holder: Holder,
) -> Result<ApiError, Error> {
    let error = ApiError::new(Code::DuplicateData).field(&field.api_name, draft.path_of(field));
    let Some(other) = holder.id else { return Ok(error) };
    let module = &writing.module;
    // The value is taken either way; by whom is told to those who see the record.
    if !holder.is_own
        && let Some(grant) = &writing.limits
        && !records_find::by_id(tx, grant, other).await?
    {
        return Ok(error);
    }
    let stored = match module.field("Owner").and_then(|owner| owner.column.as_deref()) {
        Some(column) => {
            let sql =
                Sql::from(format!("SELECT t.\"{column}\" FROM {{{}}} t WHERE t.id = ?1", writing.table()));
            tx.first(&sql, &[other.into()], |row| row.id(0)).await?.flatten()
        }
        None => None,
    };
    // A new record of this request that names no owner will be the caller's.
    let owner = holder.owner.or(stored).or(holder.is_own.then_some(writing.user));
    let owner = owner
        .and_then(|id| writing.snapshot.user(id))
        .map(|user| serde_json::json!({ "name": user.full_name(), "id": user.id, "zuid": user.identity }));
    Ok(error.id(other).detail("more_records", false).detail(
        "duplicate_record",
        serde_json::json!({
            "Owner": owner,
            "module": { "api_name": module.api_name, "id": module.id },
            "id": other,
        }),
    ))
}

fn several(errors: Vec<ApiError>) -> ApiError {
    let errors: Vec<serde_json::Value> = errors
        .iter()
        .filter_map(|error| {
            let mut text = Vec::new();
            error.write(&mut text);
            serde_json::from_slice(&text).ok()
        })
        .collect();
    ApiError::new(Code::MultipleErrors).detail("errors", errors)
}
