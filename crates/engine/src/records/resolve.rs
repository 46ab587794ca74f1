//! Finding what lookups point to: by id it must exist; by name it is found, or for accounts created.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use dealwright_schema::{Cell, ModuleDef};
use dealwright_store::{Conn, Row, Sql};
use dealwright_wire::{ApiError, Code, Id};

use crate::error::Error;
use crate::records::draft::{Draft, Pending, PendingBy};
use crate::records::selection::display_column;
use crate::records::writing::Writing;
use crate::records::{external, insert, links, participants};
use crate::tags;

/// Modules whose records come into being when a lookup names one that is not there.
const CREATED_BY_NAME: [&str; 1] = ["Accounts"];

/// Settles the references of all drafts and of their subforms' rows. A draft that fails gets its error.
pub(crate) async fn resolve(
    tx: &mut Conn,
    writing: &Writing,
    drafts: &mut [Result<Draft, ApiError>],
) -> Result<(), Error> {
    let known = existing(tx, writing, drafts).await?;
    let externals = externals(tx, writing, drafts).await?;
    let mut names = HashMap::new();
    for slot in drafts.iter_mut() {
        let Ok(draft) = slot else { continue };
        if let Err(error) =
            settle(tx, writing, &writing.module, draft, &known, &externals, &mut names).await?
        {
            *slot = Err(error);
        }
    }
    tags::value::settle(tx, writing, drafts).await?;
    participants::settle(tx, writing, drafts).await?;
    links::check(tx, writing, drafts).await
}

type Known = HashMap<Id, HashSet<i64>>;
/// Records found by external fields: per module and field, by value.
type Externals = HashMap<(Id, String), HashMap<String, Vec<Id>>>;
/// Names already found or made in this unit, per module.
type Names = HashMap<(Id, String), Id>;

/// All references of the drafts and of the rows of their subforms.
fn references(drafts: &[Result<Draft, ApiError>]) -> impl Iterator<Item = &Pending> {
    drafts.iter().flatten().flat_map(|draft| {
        let rows = draft.subforms.iter().flat_map(|(_, rows)| rows);
        draft.references.iter().chain(rows.flat_map(|row| &row.references))
    })
}

/// All records that references name by external fields, with one query per field.
async fn externals(
    tx: &mut Conn,
    writing: &Writing,
    drafts: &[Result<Draft, ApiError>],
) -> Result<Externals, Error> {
    let mut asked: HashMap<(Id, String), Vec<String>> = HashMap::new();
    for pending in references(drafts) {
        if let PendingBy::External { field, value } = &pending.by {
            asked.entry((pending.target, field.clone())).or_default().push(value.clone());
        }
    }
    let mut found = Externals::new();
    for ((target, field), values) in asked {
        let Some(module) = writing.snapshot.schema.module_by_id(target) else { continue };
        let records = external::find_in(tx, module, &field, &values).await?;
        found.insert((target, field), records);
    }
    Ok(found)
}

/// All ids that references name and that exist, with one query per module.
async fn existing(
    tx: &mut Conn,
    writing: &Writing,
    drafts: &[Result<Draft, ApiError>],
) -> Result<Known, Error> {
    let mut asked: HashMap<Id, HashSet<i64>> = HashMap::new();
    for pending in references(drafts) {
        if let PendingBy::Id(id) = pending.by {
            asked.entry(pending.target).or_default().insert(id.get());
        }
    }
    let mut known = Known::new();
    for (target, ids) in asked {
        let Some(module) = writing.snapshot.schema.module_by_id(target) else { continue };
        let table = module.table.as_deref().unwrap_or_default();
        let test = tx.dialect().in_ids("t.id", "?1");
        let sql = Sql::from(format!("SELECT t.id FROM {{{table}}} t WHERE {test}"));
        let mut sorted: Vec<i64> = ids.into_iter().collect();
        sorted.sort_unstable();
        let found = tx.all(&sql, &[Cell::Ids(sorted.into())], |row| Row::must(row.int(0)?, 0)).await?;
        known.insert(target, found.into_iter().collect());
    }
    Ok(known)
}

async fn settle(
    tx: &mut Conn,
    writing: &Writing,
    module: &Arc<ModuleDef>,
    draft: &mut Draft,
    known: &Known,
    externals: &Externals,
    names: &mut Names,
) -> Result<Result<(), ApiError>, Error> {
    for pending in std::mem::take(&mut draft.references) {
        match target(tx, writing, module, draft, &pending, known, externals, names).await? {
            Ok(id) => {
                draft.cells[pending.field] = Some(id.into());
                if module.fields()[pending.field].has_module() {
                    draft.modules.push((pending.field, pending.target));
                }
            }
            Err(error) => return Ok(Err(error)),
        }
    }
    for (field, mut rows) in std::mem::take(&mut draft.subforms) {
        let child =
            module.fields()[field].subform.as_deref().and_then(|name| writing.snapshot.schema.module(name));
        let Some(child) = child.cloned() else { continue };
        for row in &mut rows {
            if let Err(error) = Box::pin(settle(tx, writing, &child, row, known, externals, names)).await? {
                return Ok(Err(error));
            }
        }
        draft.subforms.push((field, rows));
    }
    Ok(Ok(()))
}

#[expect(
    clippy::too_many_arguments,
    reason = "what is known grows as the unit goes on, and each part has its own user"
)]
async fn target(
    tx: &mut Conn,
    writing: &Writing,
    module: &ModuleDef,
    draft: &Draft,
    pending: &Pending,
    known: &Known,
    externals: &Externals,
    names: &mut Names,
) -> Result<Result<Id, ApiError>, Error> {
    let field = &module.fields()[pending.field];
    let invalid = || {
        ApiError::new(Code::InvalidData)
            .message("the id given seems to be invalid")
            .field(&field.api_name, draft.path_of(field))
    };
    match &pending.by {
        PendingBy::Id(id) => {
            let exists = known.get(&pending.target).is_some_and(|ids| ids.contains(&id.get()));
            Ok(if exists { Ok(*id) } else { Err(invalid().id(*id)) })
        }
        PendingBy::External { field: name, value } => {
            let records = externals.get(&(pending.target, name.clone()));
            let found = records.map_or(Ok(None), |records| external::one(records, value));
            let found = found.and_then(|id| id.ok_or_else(|| external::nothing(name)));
            Ok(found.map_err(|error| error.field(name, format!("{}.{name}", draft.path_of(field)))))
        }
        PendingBy::Name(name) => {
            let key = (pending.target, name.to_ascii_lowercase());
            if let Some(id) = names.get(&key) {
                return Ok(Ok(*id));
            }
            let Some(target) = writing.snapshot.schema.module_by_id(pending.target) else {
                return Ok(Err(invalid()));
            };
            let id = match by_name(tx, target, &key.1).await? {
                Some(id) => id,
                None if CREATED_BY_NAME.contains(&target.api_name.as_str()) => {
                    match create_named(tx, &writing.on(target), name).await? {
                        Ok(id) => id,
                        Err(error) => return Ok(Err(error.field(&field.api_name, draft.path_of(field)))),
                    }
                }
                None => return Ok(Err(invalid().detail("name", name.as_str()))),
            };
            names.insert(key, id);
            Ok(Ok(id))
        }
    }
}

/// The oldest record of that name.
async fn by_name(tx: &mut Conn, target: &ModuleDef, folded: &str) -> Result<Option<Id>, Error> {
    let (Some(table), Some(column)) = (target.table.as_deref(), display_column(target)) else {
        return Ok(None);
    };
    let name = tx.dialect().fold(&format!("t.\"{column}\""));
    let sql = Sql::from(format!("SELECT t.id FROM {{{table}}} t WHERE {name} = ?1 ORDER BY t.id LIMIT 1"));
    Ok(tx.first(&sql, &[folded.into()], |row| Row::must(row.id(0)?, 0)).await?)
}

async fn create_named(tx: &mut Conn, writing: &Writing, name: &str) -> Result<Result<Id, ApiError>, Error> {
    let module = Arc::clone(&writing.module);
    let shown = module.display_field.as_deref().and_then(|field| module.field_index(field));
    let Some(shown) = shown else { return Ok(Err(ApiError::new(Code::InvalidData))) };
    let longest = module.fields()[shown].length.unwrap_or(255);
    if name.chars().count() > longest as usize {
        return Ok(Err(ApiError::new(Code::InvalidData).detail("maximum_length", longest)));
    }
    let mut draft = Draft::empty(&module, "$.data[0]".to_owned());
    draft.cells[shown] = Some(name.to_owned().into());
    let made = Box::pin(insert::write(tx, writing, vec![Ok(draft)])).await?;
    Ok(match made.into_iter().next() {
        Some(Ok(done)) => Ok(done.id),
        Some(Err(error)) => Err(error),
        None => Err(ApiError::new(Code::InvalidData)),
    })
}
