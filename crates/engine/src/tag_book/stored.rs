//! The table of tags, read.

use dealwright_store::{Conn, Row, Sql, StoreError};

use super::tag::Tag;

/// The columns of a tag, in the order in which [`read`] takes them.
pub(crate) const COLUMNS: &str =
    "id, module_id, name, color, created_by, created_time, modified_by, modified_time, used_time";

/// A tag of a row.
pub(crate) fn read(row: &Row<'_>) -> Result<Tag, StoreError> {
    let number = |at: usize| Ok::<_, StoreError>(row.int(at)?.unwrap_or_default());
    Ok(Tag {
        id: Row::must(row.id(0)?, 0)?,
        module: Row::must(row.id(1)?, 1)?,
        name: row.text(2)?.unwrap_or_default().to_owned(),
        color: row.text(3)?.map(str::to_owned),
        created_by: number(4)?,
        created_time: number(5)?,
        modified_by: number(6)?,
        modified_time: number(7)?,
        used_time: row.int(8)?,
    })
}

/// Every tag of the org.
pub(crate) async fn all(conn: &mut Conn) -> Result<Vec<Tag>, StoreError> {
    conn.all(&Sql::from(format!("SELECT {COLUMNS} FROM {{_tags}}")), &[], read).await
}
