//! What was converted and merged: one row each, written with the change itself.

use dealwright_store::{Conn, Row, Sql, StoreError};
use dealwright_wire::Id;

use crate::error::Error;
use crate::records::writing::Writing;

/// Keeps that a record was converted and what was made of it, as JSON.
pub(super) async fn keep_conversion(
    tx: &mut Conn,
    writing: &Writing,
    record: Id,
    made: String,
) -> Result<(), Error> {
    let sql = Sql::from(
        "INSERT INTO {_conversions} (id, module_id, at, user_id, made) VALUES (?1, ?2, ?3, ?4, ?5)",
    );
    let args = [
        record.into(),
        writing.module.id.into(),
        (writing.now.0 * 1000).into(),
        writing.user.into(),
        made.into(),
    ];
    tx.exec(&sql, &args).await?;
    Ok(())
}

/// True when the record was converted before.
pub(super) async fn is_converted(tx: &mut Conn, record: Id) -> Result<bool, Error> {
    let sql = Sql::from("SELECT id FROM {_conversions} WHERE id = ?1");
    Ok(tx.first(&sql, &[record.into()], |row| row.id(0)).await?.is_some())
}

/// One merge as it was asked for.
#[derive(Debug)]
pub(super) struct Merged {
    pub id: Id,
    /// `data` and `master_record_fields` of the body, as JSON.
    pub input: String,
}

/// Keeps what was merged into a master record.
pub(super) async fn keep_merge(
    tx: &mut Conn,
    writing: &Writing,
    master: Id,
    input: String,
) -> Result<(), Error> {
    let sql = Sql::from(
        "INSERT INTO {_merges} (id, module_id, master_id, at, user_id, input) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    );
    let args = [
        writing.mint.next().into(),
        writing.module.id.into(),
        master.into(),
        (writing.now.0 * 1000).into(),
        writing.user.into(),
        input.into(),
    ];
    tx.exec(&sql, &args).await?;
    Ok(())
}

/// The merges into a record, newest first.
pub(super) async fn merges(conn: &mut Conn, module: Id, master: Id) -> Result<Vec<Merged>, Error> {
    let sql = Sql::from(
        "SELECT id, input FROM {_merges} WHERE master_id = ?1 AND module_id = ?2 ORDER BY id DESC LIMIT 200",
    );
    let read = |row: &Row<'_>| {
        Ok::<_, StoreError>(Merged {
            id: Row::must(row.id(0)?, 0)?,
            input: row.text(1)?.unwrap_or_default().to_owned(),
        })
    };
    Ok(conn.all(&sql, &[master.into(), module.into()], read).await?)
}
