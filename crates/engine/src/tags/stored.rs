//! The table of tags, and the statements that reach the records.

use dealwright_schema::{Cell, ModuleDef};
use dealwright_store::{Conn, Sql, StoreError};
use dealwright_wire::{ApiError, Code, Id, Instant};

use super::tag::PER_MODULE;
use crate::access::Grant;
use crate::access::unasked::{self, Why};
use crate::error::Error;
use crate::tag_book::ids;
use crate::tag_book::stored::{COLUMNS, read};
use crate::tag_book::tag::{self, Tag};

/// The tags of a module, oldest first. There are at most a hundred.
pub(crate) async fn of_module(conn: &mut Conn, module: Id) -> Result<Vec<Tag>, StoreError> {
    let sql = Sql::from(format!("SELECT {COLUMNS} FROM {{_tags}} WHERE module_id = ?1 ORDER BY id"));
    conn.all(&sql, &[module.into()], read).await
}

pub(crate) async fn by_ids(conn: &mut Conn, ids: &[Id]) -> Result<Vec<Tag>, StoreError> {
    let numbers: Vec<i64> = ids.iter().map(|id| id.get()).collect();
    let test = conn.dialect().in_ids("id", "?1");
    let sql = Sql::from(format!("SELECT {COLUMNS} FROM {{_tags}} WHERE {test} ORDER BY id"));
    conn.all(&sql, &[Cell::Ids(numbers.into())], read).await
}

/// Stores a new tag, or gives the one of that name that another transaction was faster with. `known` are the tags of
/// the module; a module that has as many as it may have is an error.
pub(crate) async fn create(
    tx: &mut Conn,
    known: &mut Vec<Tag>,
    new: Tag,
) -> Result<Result<Tag, ApiError>, Error> {
    if known.len() >= PER_MODULE {
        return Ok(Err(ApiError::new(Code::LicenseLimitExceeded).detail("limit", PER_MODULE)));
    }
    let folded = tag::folded(&new.name);
    let sql = Sql::from(format!(
        "INSERT INTO {{_tags}} ({COLUMNS}, folded) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) \
         ON CONFLICT (module_id, folded) DO NOTHING"
    ));
    let args = [
        new.id.into(),
        new.module.into(),
        new.name.as_str().into(),
        new.color.as_deref().into(),
        new.created_by.into(),
        new.created_time.into(),
        new.modified_by.into(),
        new.modified_time.into(),
        new.used_time.into(),
        folded.as_str().into(),
    ];
    let tag = if tx.exec(&sql, &args).await? == 0 {
        let sql = Sql::from(format!("SELECT {COLUMNS} FROM {{_tags}} WHERE module_id = ?1 AND folded = ?2"));
        let found = tx.first(&sql, &[new.module.into(), folded.into()], read).await?;
        found.ok_or_else(|| StoreError::Refused("a tag came and went".to_owned()))?
    } else {
        new
    };
    known.push(tag.clone());
    Ok(Ok(tag))
}

/// Stores name, colour and who changed them.
pub(crate) async fn update(tx: &mut Conn, tag: &Tag) -> Result<(), StoreError> {
    let sql = Sql::from(
        "UPDATE {_tags} SET name = ?2, folded = ?3, color = ?4, modified_by = ?5, modified_time = ?6 WHERE id = ?1",
    );
    let args = [
        tag.id.into(),
        tag.name.as_str().into(),
        tag::folded(&tag.name).into(),
        tag.color.as_deref().into(),
        tag.modified_by.into(),
        tag.modified_time.into(),
    ];
    tx.exec(&sql, &args).await?;
    Ok(())
}

/// Notes that tags were put on records.
pub(crate) async fn touch(tx: &mut Conn, ids: &[Id], now: Instant) -> Result<(), StoreError> {
    let numbers: Vec<i64> = ids.iter().map(|id| id.get()).collect();
    let test = tx.dialect().in_ids("id", "?1");
    let sql = Sql::from(format!("UPDATE {{_tags}} SET used_time = ?2 WHERE {test}"));
    tx.exec(&sql, &[Cell::Ids(numbers.into()), now.0.into()]).await?;
    Ok(())
}

/// Deletes a tag and takes it off all its records.
pub(crate) async fn delete(tx: &mut Conn, module: &ModuleDef, id: Id) -> Result<(), StoreError> {
    tx.exec(&Sql::from("DELETE FROM {_tags} WHERE id = ?1"), &[id.into()]).await?;
    let Some(table) = tagged(module) else { return Ok(()) };
    let carries = tx.dialect().contains("tag", "?1");
    let sql = Sql::from(format!(
        "UPDATE {{{table}}} SET tag = CASE WHEN tag = ?2 THEN NULL ELSE {WITHOUT} END WHERE {carries}"
    ));
    tx.exec(&sql, &arguments(id, format!("[{id}]"))).await?;
    Ok(())
}

/// Deletes a tag and puts the other one on all its records.
pub(crate) async fn absorb(tx: &mut Conn, module: &ModuleDef, gone: Id, kept: Id) -> Result<(), StoreError> {
    tx.exec(&Sql::from("DELETE FROM {_tags} WHERE id = ?1"), &[gone.into()]).await?;
    let Some(table) = tagged(module) else { return Ok(()) };
    let (carries, has_both) = (tx.dialect().contains("tag", "?1"), tx.dialect().contains("tag", "?2"));
    let sql = Sql::from(format!(
        "UPDATE {{{table}}} SET tag = CASE WHEN {has_both} THEN {WITHOUT} ELSE replace(tag, ?1, ?2) END \
         WHERE {carries}"
    ));
    tx.exec(&sql, &arguments(gone, kept.to_string())).await?;
    Ok(())
}

/// The list without one of its ids, be it a later or an earlier one. All ids have 19 digits, so none is part of
/// another.
const WITHOUT: &str = "replace(replace(tag, ?3, ''), ?4, '')";

/// The id as the statements above want it, with what they need second.
fn arguments(id: Id, second: String) -> [Cell<'static>; 4] {
    [id.to_string(), second, format!(",{id}"), format!("{id},")].map(Into::into)
}

/// Number of records that the caller reaches and that carry the tag.
pub(crate) async fn count(conn: &mut Conn, grant: &Grant, id: Id) -> Result<i64, StoreError> {
    let Some(table) = tagged(&grant.module) else { return Ok(0) };
    let test = conn.dialect().contains("t.tag", "?1");
    let mut args = vec![id.to_string().into()];
    let scope = grant.and_rows("t", &mut args);
    let sql =
        Sql::from(format!("SELECT count(*) FROM {{{table}}} t WHERE t.tag IS NOT NULL AND {test}{scope}"));
    Ok(conn.first(&sql, &args, |row| row.int(0)).await?.flatten().unwrap_or_default())
}

/// How many records that the caller reaches carry each tag, in one pass over those that have any.
pub(crate) async fn counts(
    conn: &mut Conn,
    grant: &Grant,
) -> Result<std::collections::HashMap<Id, i64>, StoreError> {
    let mut counts = std::collections::HashMap::new();
    let Some(table) = tagged(&grant.module) else { return Ok(counts) };
    let mut args = Vec::new();
    let scope = grant.and_rows("t", &mut args);
    let sql = Sql::from(format!("SELECT t.tag FROM {{{table}}} t WHERE t.tag IS NOT NULL{scope}"));
    conn.each(&sql, &args, &mut |row| {
        for id in ids(row.text(0)?.unwrap_or_default()) {
            *counts.entry(id).or_default() += 1;
        }
        Ok(())
    })
    .await?;
    Ok(counts)
}

/// The module's table, if its records have tags. The column is always called `tag`.
fn tagged(module: &ModuleDef) -> Option<&str> {
    tag::position(module)?;
    unasked::table(module, Why::Granted)
}
