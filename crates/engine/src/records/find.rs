//! The one way from what a caller names (an id, the value of an external field, a name) to a record. It takes a grant,
//! so that what the caller may not use is not found: it is answered like what is not there.

use std::collections::{HashMap, HashSet};

use dealwright_schema::Cell;
use dealwright_store::{Conn, Row, Sql, Weight};
use dealwright_wire::{Id, letters};

use crate::access::Grant;
use crate::cx::Cx;
use crate::error::Error;
use crate::records::selection::display_column;

/// Those of the ids whose records the caller reaches.
pub(crate) async fn by_ids(conn: &mut Conn, grant: &Grant, mut ids: Vec<i64>) -> Result<HashSet<i64>, Error> {
    let table = grant.table();
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    ids.sort_unstable();
    let mut args = vec![Cell::Ids(ids.into())];
    let scope = grant.and_rows("t", &mut args);
    let test = conn.dialect().in_ids("t.id", "?1");
    let sql = Sql::from(format!("SELECT t.id FROM {{{table}}} t WHERE {test}{scope}"));
    let found = conn.all(&sql, &args, |row| Row::must(row.int(0)?, 0)).await?;
    Ok(found.into_iter().collect())
}

/// The record of the id, if the caller reaches it.
pub(crate) async fn by_id(conn: &mut Conn, grant: &Grant, id: Id) -> Result<bool, Error> {
    Ok(by_ids(conn, grant, vec![id.get()]).await?.contains(&id.get()))
}

/// [`by_id`], outside of a unit of writing.
pub(crate) async fn is_there(cx: &Cx, grant: &Grant, id: Id) -> Result<bool, Error> {
    let grant = grant.to_view();
    cx.org.store.read(Weight::Point, move |conn| Box::pin(async move { by_id(conn, &grant, id).await })).await
}

/// [`by_ids`], outside of a unit of writing.
pub(crate) async fn seen(cx: &Cx, grant: &Grant, ids: &[Id]) -> Result<HashSet<i64>, Error> {
    let (grant, ids) = (grant.to_view(), ids.iter().map(|id| id.get()).collect());
    cx.org
        .store
        .read(Weight::Point, move |conn| Box::pin(async move { by_ids(conn, &grant, ids).await }))
        .await
}

/// The oldest record of that name (folded) within reach.
pub(crate) async fn by_name(conn: &mut Conn, grant: &Grant, folded: &str) -> Result<Option<Id>, Error> {
    let module = &grant.module;
    let (table, Some(column)) = (grant.table(), display_column(module)) else {
        return Ok(None);
    };
    let mut args = vec![Cell::from(folded.to_owned())];
    let scope = grant.and_rows("t", &mut args);
    let name = conn.dialect().fold(&format!("t.\"{column}\""));
    let sql =
        Sql::from(format!("SELECT t.id FROM {{{table}}} t WHERE {name} = ?1{scope} ORDER BY t.id LIMIT 1"));
    Ok(conn.first(&sql, &args, |row| Row::must(row.id(0)?, 0)).await?)
}

/// Ids of the records within reach that have one of the values in `field`, by value in lower case.
pub(crate) async fn by_values(
    conn: &mut Conn,
    grant: &Grant,
    field: &str,
    values: &[String],
) -> Result<HashMap<String, Vec<Id>>, Error> {
    let mut found: HashMap<String, Vec<Id>> = HashMap::new();
    let column = grant.module.field(field).and_then(|field| field.column.as_deref());
    let (Some(column), table, false) = (column, grant.table(), values.is_empty()) else {
        return Ok(found);
    };
    let folded: Vec<String> = values.iter().map(|value| letters::fold(value).into_owned()).collect();
    let column = format!("t.\"{column}\"");
    let mut args = vec![Cell::Texts(folded.into())];
    let scope = grant.and_rows("t", &mut args);
    let test = conn.dialect().in_texts(&conn.dialect().fold(&column), "?1");
    let sql =
        Sql::from(format!("SELECT t.id, {column} FROM {{{table}}} t WHERE {test}{scope} ORDER BY t.id"));
    let read = |row: &Row<'_>| {
        Ok((Row::must(row.id(0)?, 0)?, letters::fold(row.text(1)?.unwrap_or_default()).into_owned()))
    };
    for (id, value) in conn.all(&sql, &args, read).await? {
        found.entry(value).or_default().push(id);
    }
    Ok(found)
}
