//! A connection: one `async` call per statement on either database.
//!
//! On SQLite the calls complete at once, on the thread that polls them; so a unit of work can run
//! to its end on the writer thread or on a blocking thread without a reactor.

use std::sync::Arc;

use dealwright_schema::Cell;

use crate::batch::Batch;
use crate::dialect::Dialect;
use crate::driver::{postgres::PgConn, sqlite::SqliteConn};
use crate::error::StoreError;
use crate::noting::Noting;
use crate::row::Row;
use crate::sql::Sql;

/// What a row callback may return to stop early is an error; otherwise rows are visited in order.
pub type EachRow<'f> = &'f mut (dyn FnMut(&Row<'_>) -> Result<(), StoreError> + Send);

/// A connection inside [`crate::Store::read`] or [`crate::Store::write`].
pub struct Conn(pub(crate) Inner, pub(crate) Option<Arc<Noting>>);

/// A statement of [`Conn::together`].
pub enum Op<'a> {
    Exec(Sql, Vec<Cell<'a>>),
    Insert(Batch<'a>),
    Update(Batch<'a>),
}

pub(crate) enum Inner {
    Sqlite(SqliteConn),
    Postgres(PgConn),
}

impl Conn {
    pub fn dialect(&self) -> &'static dyn Dialect {
        match &self.0 {
            Inner::Sqlite(_) => &crate::dialect::SQLITE,
            Inner::Postgres(_) => &crate::dialect::POSTGRES,
        }
    }

    /// Runs a query and hands each row to `row`. Gives the number of rows.
    pub async fn each(
        &mut self,
        sql: &Sql,
        args: &[Cell<'_>],
        row: EachRow<'_>,
    ) -> Result<usize, StoreError> {
        match &mut self.0 {
            Inner::Sqlite(conn) => conn.each(sql, args, row),
            Inner::Postgres(conn) => conn.each(sql, args, row).await,
        }
    }

    /// Runs a query and gives what `read` makes of its first row.
    pub async fn first<T: Send>(
        &mut self,
        sql: &Sql,
        args: &[Cell<'_>],
        read: impl Fn(&Row<'_>) -> Result<T, StoreError> + Send + Sync,
    ) -> Result<Option<T>, StoreError> {
        let mut found = None;
        self.each(sql, args, &mut |row| {
            if found.is_none() {
                found = Some(read(row)?);
            }
            Ok(())
        })
        .await?;
        Ok(found)
    }

    /// Runs a query and collects what `read` makes of each row.
    pub async fn all<T: Send>(
        &mut self,
        sql: &Sql,
        args: &[Cell<'_>],
        read: impl Fn(&Row<'_>) -> Result<T, StoreError> + Send + Sync,
    ) -> Result<Vec<T>, StoreError> {
        let mut found = Vec::new();
        self.each(sql, args, &mut |row| {
            found.push(read(row)?);
            Ok(())
        })
        .await?;
        Ok(found)
    }

    /// Runs a statement that gives no rows. Gives the number of rows it changed.
    pub async fn exec(&mut self, sql: &Sql, args: &[Cell<'_>]) -> Result<u64, StoreError> {
        match &mut self.0 {
            Inner::Sqlite(conn) => conn.exec(sql, args),
            Inner::Postgres(conn) => conn.exec(sql, args).await,
        }
    }

    /// Runs several statements without arguments, as DDL needs them.
    pub async fn script(&mut self, sql: &Sql) -> Result<(), StoreError> {
        match &mut self.0 {
            Inner::Sqlite(conn) => conn.script(sql),
            Inner::Postgres(conn) => conn.script(sql).await,
        }
    }

    /// Inserts all rows of a batch, or none and the reason.
    pub async fn insert_many(&mut self, batch: &Batch<'_>) -> Result<(), StoreError> {
        let noted = self.1.as_ref().and_then(|noting| noting.batch(batch, true));
        self.send(&[&Op::Insert(*batch)], noted.as_slice()).await
    }

    /// Updates rows by the batch's first column, which is the key.
    pub async fn update_many(&mut self, batch: &Batch<'_>) -> Result<(), StoreError> {
        let noted = self.1.as_ref().and_then(|noting| noting.batch(batch, false));
        self.send(&[&Op::Update(*batch)], noted.as_slice()).await
    }

    /// Deletes rows of a table by their ids.
    pub async fn delete_many(&mut self, table: &str, ids: Vec<i64>) -> Result<(), StoreError> {
        let among = self.dialect().in_ids("id", "?1");
        let sql = Sql::from(format!("DELETE FROM {{{table}}} WHERE {among}"));
        let noted = self.1.as_ref().and_then(|noting| noting.records(table, ids.clone()));
        self.send(&[&Op::Exec(sql, vec![Cell::Ids(ids.into())])], noted.as_slice()).await
    }

    /// Notes records for full text whose text a statement of another kind changes.
    pub async fn note(&mut self, table: &str, ids: Vec<i64>) -> Result<(), StoreError> {
        let noted = self.1.as_ref().and_then(|noting| noting.records(table, ids));
        if noted.is_some() { self.send(&[], noted.as_slice()).await } else { Ok(()) }
    }

    /// Runs several statements in order. On PostgreSQL they travel together, so they cost one round trip.
    /// Gives the first error; what follows it has not been done.
    pub async fn together(&mut self, work: &[Op<'_>]) -> Result<(), StoreError> {
        let note = |op: &Op<'_>| match (&self.1, op) {
            (Some(noting), Op::Insert(batch)) => noting.batch(batch, true),
            (Some(noting), Op::Update(batch)) => noting.batch(batch, false),
            _ => None,
        };
        let noted: Vec<Op<'_>> = work.iter().filter_map(note).collect();
        self.send(&work.iter().collect::<Vec<_>>(), &noted).await
    }

    async fn send(&mut self, work: &[&Op<'_>], noted: &[Op<'_>]) -> Result<(), StoreError> {
        let all: Vec<&Op<'_>> = work.iter().copied().chain(noted).collect();
        match &mut self.0 {
            Inner::Sqlite(conn) => all.into_iter().try_for_each(|op| match op {
                Op::Exec(sql, args) => conn.exec(sql, args).map(drop),
                Op::Insert(batch) => conn.insert_many(batch),
                Op::Update(batch) => conn.update_many(batch),
            }),
            Inner::Postgres(conn) => conn.together(&all).await,
        }
    }

    /// Opens a savepoint; close it with [`Conn::release`] or [`Conn::roll_back`].
    pub async fn savepoint(&mut self) -> Result<(), StoreError> {
        self.script(&Sql::from("SAVEPOINT unit")).await
    }

    /// Keeps what was done since the last savepoint.
    pub async fn release(&mut self) -> Result<(), StoreError> {
        self.script(&Sql::from("RELEASE SAVEPOINT unit")).await
    }

    /// Undoes what was done since the last savepoint.
    pub async fn roll_back(&mut self) -> Result<(), StoreError> {
        self.script(&Sql::from("ROLLBACK TO SAVEPOINT unit; RELEASE SAVEPOINT unit")).await
    }
}
