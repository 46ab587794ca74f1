//! Indexes on demand: a field of a large module gets one when queries ask for it often, or when an administrator says so.
//!
//! What records are looked up by has an index from the start; see `indexes` of the schema. The others would cost every write
//! something for queries that may never come. Which fields got one stands in the module's stored document, so that it
//! survives a restart, and the difference of two schemas knows it.
//!

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use dealwright_schema::{FieldDef, ModuleDef, indexes};
use dealwright_store::error::chain;
use dealwright_store::{Row, Sql, StoreError, Weight, ddl};
use dealwright_wire::{ApiError, Code};

use crate::access::unasked::{self, Why};
use crate::chores::Chore;
use crate::error::Error;
use crate::org::{By, Org};

/// Rows of a module from which on an index is made by itself. Fewer are read from one end to the other in some
/// milliseconds.
const ROWS: i64 = 20_000;
/// Indexes of a module that are made by themselves. Each is one more to be kept up with every write.
const MOST: usize = 8;

/// A field with an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indexed {
    pub module: String,
    pub field: String,
    /// Made on demand, so that it can be dropped; otherwise it belongs to the module.
    pub is_asked: bool,
}

/// What became of a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// The field has an index already; or, to be dropped, has none that was made on demand.
    Nothing,
    /// No index can serve the field: it holds long texts, lists, yes or no, or nothing of its own.
    Unfit,
}

/// The fields of a module, or of all modules, that have an index which begins with them.
pub fn list(org: &Org, module: Option<&str>) -> Result<Vec<Indexed>, Error> {
    let snapshot = org.snapshot();
    let modules = match module {
        Some(name) => vec![Arc::clone(snapshot.schema.module(name).ok_or_else(ApiError::invalid_module)?)],
        None => snapshot.schema.modules().to_vec(),
    };
    let of_module = |module: &Arc<ModuleDef>| {
        let fields = module.fields().iter().filter(|field| indexes::index_of(module, field).is_some());
        let indexed = fields.map(|field| Indexed {
            module: module.api_name.clone(),
            field: field.api_name.clone(),
            is_asked: module.asked_indexes.contains(&field.api_name),
        });
        indexed.collect::<Vec<_>>()
    };
    Ok(modules.iter().flat_map(of_module).collect())
}

/// Gives a field an index. On PostgreSQL the module is read and written meanwhile; on SQLite writes wait.
///
/// `INVALID_MODULE` and `INVALID_DATA` when there is no such module or field.
pub async fn add(org: &Org, module: &str, field: &str) -> Result<Outcome, Error> {
    let snapshot = org.snapshot();
    let (module, field) = find(snapshot.schema.module(module), field)?;
    if indexes::index_of(module, field).is_some() {
        return Ok(Outcome::Nothing);
    }
    if !indexes::can_be_indexed(module, field) {
        return Ok(Outcome::Unfit);
    }
    let mut with = ModuleDef::clone(module);
    with.asked_indexes.push(field.api_name.clone());
    // Where not everybody sees all records, an index of its owners' comes along.
    let made = indexes::added(module, &with);
    if made.is_empty() {
        return Ok(Outcome::Unfit);
    }
    for index in &made {
        ddl::create_index_aside(&org.store, index).await?;
    }
    let put = org.change(By::Server, |change| {
        change.unseen(module.id, |module| {
            // While the index was made the field may have gone, changed, or got an index on another way.
            let Some(field) = module.field_by_id(field.id) else { return Ok(Outcome::Unfit) };
            let name = field.api_name.clone();
            if indexes::index_of(module, field).is_none() {
                module.asked_indexes.push(name);
            }
            Ok(Outcome::Done)
        })
    });
    let put = put.await;
    let snapshot = org.snapshot();
    let kept =
        snapshot.schema.module_by_id(module.id).map(|module| indexes::names(module)).unwrap_or_default();
    for index in made.iter().filter(|index| !kept.contains(&index.name)) {
        ddl::drop_index_aside(&org.store, index).await?;
    }
    put
}

/// Takes the index from a field that was given one on demand. Others stay.
///
/// `INVALID_MODULE` and `INVALID_DATA` when there is no such module or field.
pub async fn drop(org: &Org, module: &str, field: &str) -> Result<Outcome, Error> {
    let snapshot = org.snapshot();
    let (module, field) = find(snapshot.schema.module(module), field)?;
    if !module.asked_indexes.contains(&field.api_name) {
        return Ok(Outcome::Nothing);
    }
    org.change(By::Server, |change| {
        change.unseen(module.id, |module| {
            module.asked_indexes.retain(|name| *name != field.api_name);
            Ok(Outcome::Done)
        })
    })
    .await
}

/// Makes the indexes that queries show to be missing.
pub(crate) static MAKE_WANTED: Chore = Chore {
    name: "make indexes",
    every: Duration::from_hours(1),
    run: |org| {
        Box::pin(async move {
            let mut count = 0;
            for (indexed, outcome) in make_wanted(org).await? {
                let (module, field) = (&indexed.module, &indexed.field);
                match outcome {
                    Ok(Outcome::Done) => {
                        count += 1;
                        tracing::info!(org.id = %org.id, module, field, "made an index, because queries ask for the field often");
                    }
                    Ok(Outcome::Nothing | Outcome::Unfit) => {}
                    Err(error) => {
                        tracing::warn!(org.id = %org.id, module, field, error = chain(&error), "making an index failed; it is made when queries have asked for the field as often again");
                    }
                }
            }
            Ok(count)
        })
    },
};

/// Makes indexes on the fields that queries asked for often since the last time, where the module is large. Gives what
/// became of each.
pub async fn make_wanted(org: &Org) -> Result<Vec<(Indexed, Result<Outcome, Error>)>, Error> {
    let mut made = Vec::new();
    for (module, field) in org.uses.take_often() {
        let snapshot = org.snapshot();
        let Some(module) = snapshot.schema.module_by_id(module) else { continue };
        let Some(field) = module.field_by_id(field) else { continue };
        if module.asked_indexes.len() >= MOST
            || !indexes::can_be_indexed(module, field)
            || indexes::index_of(module, field).is_some()
            || !is_large(org, module).await?
        {
            continue;
        }
        let outcome = add(org, &module.api_name, &field.api_name).await;
        let (module, field) = (module.api_name.clone(), field.api_name.clone());
        made.push((Indexed { module, field, is_asked: true }, outcome));
    }
    Ok(made)
}

fn find<'m>(module: Option<&'m Arc<ModuleDef>>, field: &str) -> Result<(&'m ModuleDef, &'m FieldDef), Error> {
    let module = module.ok_or_else(ApiError::invalid_module)?;
    let unknown = || ApiError::new(Code::InvalidData).detail("api_name", field);
    Ok((module, module.field(field).ok_or_else(unknown)?))
}

async fn is_large(org: &Org, module: &ModuleDef) -> Result<bool, Error> {
    let Some(table) = unasked::table(module, Why::Metadata) else { return Ok(false) };
    let sql =
        Sql::from(format!("SELECT count(*) FROM (SELECT 1 FROM {{{table}}} LIMIT {}) counted", ROWS + 1));
    let read = org.store.read(Weight::Scan, move |conn| {
        Box::pin(async move { conn.first(&sql, &[], |row| Row::must(row.int(0)?, 0)).await })
    });
    let rows: Result<Option<i64>, StoreError> = read.await;
    Ok(rows?.is_some_and(|rows| rows > ROWS))
}
