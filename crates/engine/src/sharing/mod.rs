//! What is said about single records beside their fields: shares, locks and territories.
//!
//! - [`locks`]: `Locking_Information__s` of a record
//! - [`shares`]: with whom a record is shared
//! - [`territories`]: the territories of records

pub mod locks;
pub mod shares;
pub mod territories;

use dealwright_schema::Cell;
use dealwright_store::{Conn, Sql};
use dealwright_wire::json;

use crate::error::Error;
use crate::records::stored::Stored;
use crate::records::writing::{Entry, Writing, cell_json};

/// Sets one field that people do not write, with its mark in the history. `stored` holds the value before. A module
/// without the field keeps the mark only.
async fn stamp(
    tx: &mut Conn,
    writing: &Writing,
    stored: &Stored,
    field: Option<usize>,
    value: Cell<'static>,
) -> Result<(), Error> {
    let entry = writing.mint.next();
    let mut before = vec![b'{'];
    let mut sets = "hist = ?2, modified_time = ?3, modified_by = ?4".to_owned();
    let mut args = vec![stored.id.into(), entry.into(), writing.now.into(), writing.user.into()];
    let column = field.and_then(|at| Some((at, writing.module.fields()[at].column.as_deref()?)));
    if let Some((at, column)) = column {
        let field = &writing.module.fields()[at];
        json::string(&mut before, &field.api_name);
        before.push(b':');
        cell_json(field, stored.cells[at].as_ref().unwrap_or(&Cell::Null), &mut before);
        args.push(value);
        sets = format!("{sets}, \"{column}\" = ?{}", args.len());
    }
    before.push(b'}');
    let sql = Sql::from(format!("UPDATE {{{}}} SET {sets} WHERE id = ?1", writing.table()));
    tx.exec(&sql, &args).await?;
    let before = Some(String::from_utf8(before).unwrap_or_default());
    let entry = Entry { id: entry, prev: stored.hist, record: Some(stored.id), action: "update", before };
    writing.record(tx, vec![entry], "record.updated", &[stored.id]).await
}
