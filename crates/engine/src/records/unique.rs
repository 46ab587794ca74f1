//! Unique fields: a value that another record has is refused with that record's id.

use std::collections::{HashMap, HashSet};

use dealwright_schema::{Cell, FieldDef, ModuleDef};
use dealwright_store::{Conn, Row, Sql};
use dealwright_wire::{ApiError, Code, Id};

use crate::access::Grant;
use crate::access::unasked::{self, Why};
use crate::error::Error;
use crate::records::draft::Draft;
use crate::records::find as records_find;
use crate::records::writing::Writing;

/// Refuses drafts whose unique values other records have, or an earlier draft of the same request.
/// `mine` tells which stored record a draft changes.
pub(crate) async fn check(
    tx: &mut Conn,
    writing: &Writing,
    drafts: &mut [Result<Draft, ApiError>],
) -> Result<(), Error> {
    let module = &writing.module;
    let unique: Vec<usize> =
        (0..module.fields().len()).filter(|&at| module.fields()[at].unique.is_some()).collect();
    let suspects = suspects(tx, module, &unique, drafts).await?;
    let mut taken: HashMap<(usize, String), usize> = HashMap::new();
    for (at, slot) in drafts.iter_mut().enumerate() {
        let mut errors = Vec::new();
        if let Ok(draft) = slot {
            for &field_at in &unique {
                let field = &module.fields()[field_at];
                let Some(cell) = draft.cells[field_at].as_ref().filter(|cell| !cell.is_null()) else {
                    continue;
                };
                let key = (field_at, folded(field, cell));
                let clash = match taken.get(&key) {
                    Some(&first) if first != at => Some(None),
                    _ if suspects.contains(&key) => {
                        find(tx, module, field, cell, draft.id, None).await?.map(Some)
                    }
                    _ => None,
                };
                match clash {
                    Some(other) => errors.push(duplicate(tx, writing, draft, field, other).await?),
                    None => {
                        taken.insert(key, at);
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

/// Unique values of the drafts that some stored record has, maybe the draft's own: with one query per field.
async fn suspects(
    tx: &mut Conn,
    module: &ModuleDef,
    unique: &[usize],
    drafts: &[Result<Draft, ApiError>],
) -> Result<HashSet<(usize, String)>, Error> {
    let mut found = HashSet::new();
    for &at in unique {
        let field = &module.fields()[at];
        let (Some(table), Some(column)) = (unasked::table(module, Why::Unique), field.column.as_deref())
        else {
            continue;
        };
        let cells = drafts
            .iter()
            .flatten()
            .filter_map(|draft| draft.cells[at].as_ref())
            .filter(|cell| !cell.is_null());
        let keys: Vec<String> = cells.map(|cell| folded(field, cell)).collect();
        if keys.is_empty() {
            continue;
        }
        if !field.data_type.get().is_text() {
            // Unique numbers and dates are rare: each is looked at.
            found.extend(keys.into_iter().map(|key| (at, key)));
            continue;
        }
        let exact = field.unique.is_some_and(|unique| unique.case_sensitive);
        let column = format!("t.\"{column}\"");
        let column = if exact { tx.dialect().exact(&column) } else { tx.dialect().fold(&column) };
        let sql = Sql::from(format!(
            "SELECT {column} FROM {{{table}}} t WHERE {}",
            tx.dialect().in_texts(&column, "?1")
        ));
        let stored =
            tx.all(&sql, &[Cell::Texts(keys.into())], |row| Ok(row.text(0)?.map(str::to_owned))).await?;
        found.extend(
            stored
                .into_iter()
                .flatten()
                .map(|text| (at, if exact { text } else { text.to_ascii_lowercase() })),
        );
    }
    Ok(found)
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
    let column = format!("t.\"{column}\"");
    let exact = field.unique.is_some_and(|unique| unique.case_sensitive);
    let (column, cell) = match cell {
        Cell::Text(text) if exact => (tx.dialect().exact(&column), Cell::Text(text.clone())),
        Cell::Text(text) => (tx.dialect().fold(&column), text.to_ascii_lowercase().into()),
        other => (column, other.clone()),
    };
    let mut args = vec![cell.into_owned(), except.map_or(0, Id::get).into()];
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
    other: Option<Id>,
) -> Result<ApiError, Error> {
    let error = ApiError::new(Code::DuplicateData).field(&field.api_name, draft.path_of(field));
    let Some(other) = other else { return Ok(error) };
    let module = &writing.module;
    // The value is taken either way; by whom is told to those who see the record.
    if let Some(grant) = &writing.limits
        && !records_find::by_id(tx, grant, other).await?
    {
        return Ok(error);
    }
    let owner = match module.field("Owner").and_then(|owner| owner.column.as_deref()) {
        Some(column) => {
            let sql =
                Sql::from(format!("SELECT t.\"{column}\" FROM {{{}}} t WHERE t.id = ?1", writing.table()));
            tx.first(&sql, &[other.into()], |row| row.id(0)).await?.flatten()
        }
        None => None,
    };
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

fn folded(field: &FieldDef, cell: &Cell<'_>) -> String {
    match cell {
        Cell::Text(text) if !field.unique.is_some_and(|unique| unique.case_sensitive) => {
            text.to_ascii_lowercase()
        }
        other => format!("{other:?}"),
    }
}
