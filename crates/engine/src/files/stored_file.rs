//! The rows of `_files`.

use dealwright_schema::{Cell, Storage};
use dealwright_store::{Batch, Column, Conn, Row, Sql, StoreError};
use dealwright_wire::Id;

use crate::error::Error;

/// What a file is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Being uploaded.
    Staged,
    /// Uploaded, and held by nothing yet.
    Loose,
    /// Held by a record.
    Kept,
    /// Held by nothing any more; its blob is to go.
    Doomed,
}

impl State {
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Staged => "staged",
            Self::Loose => "loose",
            Self::Kept => "kept",
            Self::Doomed => "doomed",
        }
    }
}

/// The record that holds a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Holder {
    pub module: Id,
    pub record: Id,
    /// The field it is in; `None` for an attachment.
    pub field: Option<Id>,
}

/// A file whose blob is whole.
#[derive(Debug, Clone)]
pub(crate) struct StoredFile {
    pub id: Id,
    pub handle: String,
    pub name: String,
    pub content_type: String,
    /// In bytes.
    pub size: i64,
    /// `None` while it is loose.
    pub holder: Option<Holder>,
    /// Who uploaded it.
    pub made_by: Id,
}

const COLUMNS: &str =
    "f.id, f.handle, f.name, f.content_type, f.size, f.module_id, f.record_id, f.field_id, f.made_by";

/// A blob's name is the id of its file.
pub(crate) fn blob_name(id: Id) -> String {
    id.to_string()
}

impl StoredFile {
    /// A file that can be read, by its handle.
    pub(crate) async fn by_handle(conn: &mut Conn, handle: &str) -> Result<Option<Self>, Error> {
        let sql = Sql::from(format!(
            "SELECT {COLUMNS} FROM {{_files}} f WHERE f.handle = ?1 AND f.state IN ('loose', 'kept')"
        ));
        Ok(conn.first(&sql, &[handle.into()], read).await?)
    }

    /// The file of an attachment or of a field, by its id.
    pub(crate) async fn by_id(conn: &mut Conn, id: Id) -> Result<Option<Self>, Error> {
        let sql =
            Sql::from(format!("SELECT {COLUMNS} FROM {{_files}} f WHERE f.id = ?1 AND f.state = 'kept'"));
        Ok(conn.first(&sql, &[id.into()], read).await?)
    }

    /// Files of that user that nothing holds yet, locked until the end of the transaction.
    pub(crate) async fn loose(tx: &mut Conn, handles: &[String], user: Id) -> Result<Vec<Self>, Error> {
        if handles.is_empty() {
            return Ok(Vec::new());
        }
        let dialect = tx.dialect();
        let sql = Sql::from(format!(
            "SELECT {COLUMNS} FROM {{_files}} f WHERE {} AND f.state = 'loose' AND f.made_by = ?2 ORDER BY f.id{}",
            dialect.in_texts("f.handle", "?1"),
            dialect.for_update()
        ));
        Ok(tx.all(&sql, &[Cell::Texts(handles.into()), user.into()], read).await?)
    }

    /// Gives loose files to records.
    pub(crate) async fn keep(tx: &mut Conn, files: &[(Id, Holder)]) -> Result<(), Error> {
        if files.is_empty() {
            return Ok(());
        }
        let columns = [
            ("id", Storage::Int),
            ("state", Storage::Text),
            ("module_id", Storage::Int),
            ("record_id", Storage::Int),
            ("field_id", Storage::Int),
        ]
        .map(|(name, storage)| Column::new(name, storage));
        let rows: Vec<Vec<Cell<'static>>> = files
            .iter()
            .map(|(id, holder)| {
                let state = State::Kept.text();
                vec![
                    (*id).into(),
                    state.into(),
                    holder.module.into(),
                    holder.record.into(),
                    holder.field.into(),
                ]
            })
            .collect();
        Ok(tx.update_many(&Batch { table: "_files", columns: &columns, rows: &rows }).await?)
    }

    /// Takes files from whatever holds them. Their blobs go after the transaction: [`super::sweep::soon`].
    pub(crate) async fn doom(tx: &mut Conn, files: &[Id]) -> Result<(), Error> {
        if files.is_empty() {
            return Ok(());
        }
        let ids: Vec<i64> = files.iter().map(|id| id.get()).collect();
        let test = tx.dialect().in_ids("id", "?1");
        let sql = Sql::from(format!("UPDATE {{_files}} SET state = ?2 WHERE {test}"));
        tx.exec(&sql, &[Cell::Ids(ids.into()), State::Doomed.text().into()]).await?;
        Ok(())
    }

    /// Dooms every file in a field that is deleted with its values.
    pub(crate) async fn doom_field(tx: &mut Conn, field: Id) -> Result<(), Error> {
        let sql = Sql::from("SELECT id FROM {_files} WHERE field_id = ?1");
        let files = tx.all(&sql, &[field.into()], |row| Row::must(row.id(0)?, 0)).await?;
        Self::doom(tx, &files).await
    }
}

fn read(row: &Row<'_>) -> Result<StoredFile, StoreError> {
    let text = |at| Row::must(row.text(at)?.map(str::to_owned), at);
    let holder = match (row.id(5)?, row.id(6)?) {
        (Some(module), Some(record)) => Some(Holder { module, record, field: row.id(7)? }),
        _ => None,
    };
    Ok(StoredFile {
        id: Row::must(row.id(0)?, 0)?,
        handle: text(1)?,
        name: text(2)?,
        content_type: text(3)?,
        size: Row::must(row.int(4)?, 4)?,
        holder,
        made_by: Row::must(row.id(8)?, 8)?,
    })
}
