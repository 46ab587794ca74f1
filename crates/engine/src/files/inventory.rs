//! Which blobs an org's database names: for checks, and for backups.

use dealwright_store::{Conn, Row, Sql, Store, StoreError, Weight};
use dealwright_wire::Id;

use super::stored_file::blob_name;
use crate::error::Error;

/// Files that are whole and in use.
const IN_USE: &str = "state IN ('loose', 'kept')";

/// A blob that must be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Name of the blob.
    pub name: String,
    /// In bytes.
    pub size: u64,
    /// In lower-case hexadecimal digits.
    pub sha256: Option<String>,
}

/// The blobs that must be there, by their ids.
pub async fn all(conn: &mut Conn) -> Result<Vec<Listed>, StoreError> {
    let there = Sql::from(conn.dialect().has_table("_files"));
    if conn.each(&there, &[], &mut |_| Ok(())).await? == 0 {
        return Ok(Vec::new());
    }
    let sql = Sql::from(format!("SELECT id, size, sha256 FROM {{_files}} WHERE {IN_USE} ORDER BY id"));
    conn.all(&sql, &[], |row| {
        let id: Id = Row::must(row.id(0)?, 0)?;
        let size = Row::must(row.int(1)?, 1)? as u64;
        Ok(Listed { name: blob_name(id), size, sha256: row.text(2)?.map(str::to_owned) })
    })
    .await
}

/// Names of the newest blobs that records hold, at most three; none when no record holds one.
pub async fn newest(store: &Store) -> Result<Vec<String>, Error> {
    let found = store.read(Weight::Point, |conn| {
        Box::pin(async move {
            let there = Sql::from(conn.dialect().has_table("_files"));
            if conn.each(&there, &[], &mut |_| Ok(())).await? == 0 {
                return Ok(Vec::new());
            }
            let sql = Sql::from("SELECT id FROM {_files} WHERE state = 'kept' ORDER BY id DESC LIMIT 3");
            conn.all(&sql, &[], |row| Row::must(row.id(0)?, 0)).await
        })
    });
    let found: Result<Vec<Id>, StoreError> = found.await;
    Ok(found?.into_iter().map(blob_name).collect())
}
