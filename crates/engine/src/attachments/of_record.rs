//! What becomes of the files of a record: hidden with it, shown again, moved to another, or gone with it for good.
//!
//! The values of file fields and the photo stand in the record itself and go where it goes; attachments are records
//! of their own and are dealt with here. Each of these runs in the transaction that deals with the record.

use std::collections::HashMap;

use dealwright_schema::{Cell, FieldDef, ModuleDef};
use dealwright_store::{Conn, Row, Sql, Weight};
use dealwright_wire::Id;
use serde_json::value::RawValue;

use super::on_record as attachments;
use crate::access::Action;
use crate::access::unasked::{self, Why};
use crate::cx::Cx;
use crate::error::Error;
use crate::files::stored_file::Holder;
use crate::records::parts::Part;
use crate::records::succession::Succession;
use crate::records::writing::Writing;
use crate::snapshot::Snapshot;

/// True when the caller may see the record that holds a file, and the field that the file is in.
pub(crate) async fn may_see(cx: &Cx, holder: Holder) -> Result<bool, Error> {
    let Some(module) = cx.snapshot.schema.module_by_id(holder.module) else { return Ok(false) };
    let Ok(grant) = cx.grant(module, Action::View) else { return Ok(false) };
    let shown = match holder.field {
        Some(field) => module.field_by_id(field).is_some_and(|field| grant.shows(field)),
        None => attachments::module(&cx.snapshot).is_ok_and(|module| cx.grant(module, Action::View).is_ok()),
    };
    if !shown {
        return Ok(false);
    }
    let (sql, args) = grant.one("t.id", holder.record);
    cx.org
        .store
        .read(Weight::Point, move |conn| {
            Box::pin(async move { Ok(conn.first(&sql, &args, |row| row.id(0)).await?.is_some()) })
        })
        .await
}

/// Attachments and files of a record: hidden while it lies in the recycle bin, gone with it for good. They stay where
/// they are, so that its image says only that there are some.
pub(crate) static FILES: Part = Part {
    key: "$files",
    take: |tx, writing, ids| Box::pin(take(tx, writing, ids)),
    restore: |tx, writing, kept| {
        Box::pin(async move { set_status(tx, &writing.snapshot, &ids(kept), "Available").await })
    },
    give_up: |tx, giving_up, kept| Box::pin(async move { forget(tx, &giving_up.snapshot, &ids(kept)).await }),
};

/// Hides the attachments; names the records that have any, or files in their fields.
async fn take(tx: &mut Conn, writing: &Writing, records: &[Id]) -> Result<HashMap<Id, String>, Error> {
    set_status(tx, &writing.snapshot, records, "Trash").await?;
    let test = tx.dialect().in_ids("record_id", "?1");
    let sql = Sql::from(format!("SELECT DISTINCT record_id FROM {{_files}} WHERE {test}"));
    let args = [Cell::Ids(numbers(records).into())];
    let mut found = tx.all(&sql, &args, |row| Row::must(row.id(0)?, 0)).await?;
    if let Ok(attachments) = attachments::module(&writing.snapshot)
        && let Some((parent, _)) = attachments::parent_columns(attachments)
    {
        let table = unasked::table(attachments, Why::Part).unwrap_or_default();
        let test = tx.dialect().in_ids(&format!("t.\"{parent}\""), "?1");
        let sql = Sql::from(format!("SELECT DISTINCT t.\"{parent}\" FROM {{{table}}} t WHERE {test}"));
        found.extend(tx.all(&sql, &args, |row| Row::must(row.id(0)?, 0)).await?);
    }
    Ok(found.into_iter().map(|id| (id, "true".to_owned())).collect())
}

fn ids(kept: &[(Id, &RawValue)]) -> Vec<Id> {
    kept.iter().map(|(id, _)| *id).collect()
}

/// Removes the attachments of records that are deleted for good, and dooms every file they hold. The blobs go with
/// the next sweep.
async fn forget(tx: &mut Conn, snapshot: &Snapshot, records: &[Id]) -> Result<(), Error> {
    let numbers = numbers(records);
    if let Ok(attachments) = attachments::module(snapshot) {
        let ids = attachments_of(tx, attachments, &numbers).await?;
        attachments::remove_rows(tx, attachments, &ids).await?;
    }
    let test = tx.dialect().in_ids("record_id", "?1");
    let sql = Sql::from(format!("UPDATE {{_files}} SET state = 'doomed' WHERE {test}"));
    tx.exec(&sql, &[Cell::Ids(numbers.into())]).await?;
    Ok(())
}

/// Hangs the attachments of one record on another, of the same module or of another one.
pub(crate) async fn move_attachments(
    tx: &mut Conn,
    snapshot: &Snapshot,
    from: (&ModuleDef, Id),
    to: (&ModuleDef, Id),
) -> Result<(), Error> {
    let Ok(attachments) = attachments::module(snapshot) else { return Ok(()) };
    let Some((parent, parent_module)) = attachments::parent_columns(attachments) else { return Ok(()) };
    let table = unasked::table(attachments, Why::Part).unwrap_or_default();
    let args = [from.1.into(), from.0.id.into(), to.1.into(), to.0.id.into()];
    let sql = Sql::from(format!(
        "UPDATE {{{table}}} SET \"{parent}\" = ?3, \"{parent_module}\" = ?4 WHERE \"{parent}\" = ?1 AND \"{parent_module}\" = ?2"
    ));
    tx.exec(&sql, &args).await?;
    let sql = Sql::from(
        "UPDATE {_files} SET record_id = ?3, module_id = ?4 WHERE record_id = ?1 AND module_id = ?2 AND field_id IS NULL",
    );
    tx.exec(&sql, &args).await?;
    Ok(())
}

/// Gives the files in a field of one record to another record of the module, in place of those it has there. The value
/// of the field is written by whoever calls this. `only` names the files that go; all do when it is not given.
pub(crate) async fn move_field(
    tx: &mut Conn,
    field: Id,
    from: Id,
    to: Id,
    only: Option<&[i64]>,
) -> Result<(), Error> {
    let sql = Sql::from("UPDATE {_files} SET state = 'doomed' WHERE field_id = ?1 AND record_id = ?2");
    tx.exec(&sql, &[field.into(), to.into()]).await?;
    let mut args: Vec<Cell<'_>> = vec![field.into(), from.into(), to.into()];
    let mut sql = "UPDATE {_files} SET record_id = ?3 WHERE field_id = ?1 AND record_id = ?2".to_owned();
    if let Some(only) = only {
        args.push(Cell::Ids(only.to_vec().into()));
        sql = format!("{sql} AND {}", tx.dialect().in_ids("id", "?4"));
    }
    tx.exec(&Sql::from(sql), &args).await?;
    Ok(())
}

/// True for fields whose value names files.
pub(crate) fn holds_files(field: &FieldDef) -> bool {
    field.data_type.holds_anything()
}

/// Moves the files of a record's attachments to the record that takes them over; the attachments themselves are moved
/// as the records they are.
pub(crate) async fn succeed(tx: &mut Conn, succession: &Succession<'_>) -> Result<(), Error> {
    let sql = Sql::from(
        "UPDATE {_files} SET record_id = ?3, module_id = ?4 WHERE record_id = ?1 AND module_id = ?2 AND field_id IS NULL",
    );
    let args = [
        succession.from.into(),
        succession.from_module.id.into(),
        succession.to.into(),
        succession.to_module.id.into(),
    ];
    tx.exec(&sql, &args).await?;
    Ok(())
}

/// Ids are unique in an org, so that the parent's module need not be asked.
async fn set_status(
    tx: &mut Conn,
    snapshot: &Snapshot,
    records: &[Id],
    status: &'static str,
) -> Result<(), Error> {
    let Ok(attachments) = attachments::module(snapshot) else { return Ok(()) };
    let (Some((parent, _)), Some(column)) =
        (attachments::parent_columns(attachments), attachments.availability_column())
    else {
        return Ok(());
    };
    let table = unasked::table(attachments, Why::Part).unwrap_or_default();
    let test = tx.dialect().in_ids(&format!("\"{parent}\""), "?1");
    let sql = Sql::from(format!("UPDATE {{{table}}} SET \"{column}\" = ?2 WHERE {test}"));
    tx.exec(&sql, &[Cell::Ids(numbers(records).into()), status.into()]).await?;
    let changed = attachments_of(tx, attachments, &numbers(records)).await?;
    tx.note(table, changed).await?;
    Ok(())
}

async fn attachments_of(tx: &mut Conn, attachments: &ModuleDef, records: &[i64]) -> Result<Vec<i64>, Error> {
    let Some((parent, _)) = attachments::parent_columns(attachments) else { return Ok(Vec::new()) };
    let table = unasked::table(attachments, Why::Part).unwrap_or_default();
    let test = tx.dialect().in_ids(&format!("t.\"{parent}\""), "?1");
    let sql = Sql::from(format!("SELECT t.id FROM {{{table}}} t WHERE {test}"));
    Ok(tx.all(&sql, &[Cell::Ids(records.into())], |row| Row::must(row.int(0)?, 0)).await?)
}

fn numbers(records: &[Id]) -> Vec<i64> {
    records.iter().map(|id| id.get()).collect()
}
