//! Copies of schemas of PostgreSQL, all of one moment.
//!
//! One connection keeps a snapshot open; each schema is read in a transaction of its own that uses it, so that no
//! transaction holds the locks of more than one schema. The form is a script: a comment says how long each statement is,
//! so that it can be read again without understanding SQL, and `psql` passes over it.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, BufWriter, Read as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use deadpool_postgres::{Client, Object};
use futures::{SinkExt as _, StreamExt as _, pin_mut};

use super::lease;
use super::postgres::{PgConn, PgDatabase, failed, message};
use super::postgres_lent::Shared;
use crate::conn::{Conn, Inner};
use crate::error::StoreError;
use crate::private;

/// First line of a copy.
const TITLE: &str = "-- Dealwright copy 1";
const STATEMENT: &str = "-- statement ";
const ROWS: &str = "-- rows";
/// Ends the rows of a table.
const END: &[u8] = b"\\.\n";
/// Bytes that are sent at once.
const PIECE: usize = 64 << 10;

pub(crate) struct Snapshot {
    /// Holds the snapshot open. In the middle of a transaction, so it never goes back to the pool.
    _keeper: deadpool_postgres::ClientWrapper,
    /// Always there until the end.
    reader: Option<Shared>,
    id: String,
    schema: Option<String>,
}

impl Snapshot {
    pub(crate) async fn take(database: &PgDatabase) -> Result<Self, StoreError> {
        let keeper = Object::take(database.pool().get().await?);
        let reader = Some(database.lend().await?);
        let sql = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        keeper.batch_execute(sql).await.map_err(|source| failed(sql, source))?;
        let idle = "SET LOCAL idle_in_transaction_session_timeout = 0";
        keeper.batch_execute(idle).await.map_err(|source| failed(idle, source))?;
        let sql = "SELECT pg_export_snapshot()";
        let row = keeper.query_one(sql, &[]).await;
        let id = row.and_then(|row| row.try_get(0)).map_err(|source| failed(sql, source))?;
        Ok(Self { _keeper: keeper, reader, id, schema: None })
    }

    fn reader(&self) -> Result<&Shared, StoreError> {
        self.reader.as_ref().ok_or(StoreError::Closed)
    }

    /// Goes on with another schema.
    async fn enter(&mut self, schema: &str) -> Result<(), StoreError> {
        if self.schema.as_deref() == Some(schema) {
            return Ok(());
        }
        self.leave().await?;
        message(self.reader()?, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        message(self.reader()?, &format!("SET TRANSACTION SNAPSHOT '{}'", self.id)).await?;
        message(self.reader()?, "SET LOCAL statement_timeout = 0").await?;
        message(self.reader()?, "SET LOCAL idle_in_transaction_session_timeout = 0").await?;
        self.schema = Some(schema.to_owned());
        Ok(())
    }

    async fn leave(&mut self) -> Result<(), StoreError> {
        if self.schema.take().is_some() {
            message(self.reader()?, "COMMIT").await?;
        }
        Ok(())
    }

    /// A connection that reads a schema in the snapshot.
    pub(crate) async fn conn(&mut self, schema: &str) -> Result<Conn, StoreError> {
        self.enter(schema).await?;
        Ok(Conn(Inner::Postgres(PgConn::new(Arc::clone(self.reader()?), schema)), None))
    }

    pub(crate) async fn copy(&mut self, schema: &str, to: &Path) -> Result<(), StoreError> {
        self.enter(schema).await?;
        let doing = || format!("copying schema {schema} to {}", to.display());
        let file = private::new_file(to).map_err(StoreError::io(doing()))?;
        let mut out = BufWriter::new(file);
        let io = |result: std::io::Result<()>| result.map_err(StoreError::io(doing()));
        io(writeln!(out, "{TITLE}"))?;
        let statement =
            |out: &mut BufWriter<_>, text: &str| io(write!(out, "{STATEMENT}{}\n{text};\n", text.len()));
        statement(&mut out, &format!("CREATE SCHEMA \"{schema}\""))?;
        for function in self.texts(&functions(schema)).await? {
            statement(&mut out, &function)?;
        }
        let tables = self.texts(&tables(schema)).await?;
        for table in &tables {
            let (make, rows) = self.table(schema, table).await?;
            statement(&mut out, &make)?;
            io(write!(out, "{ROWS}\nCOPY {rows} FROM stdin;\n"))?;
            let sql = format!("COPY {rows} TO STDOUT");
            let stream = self.reader()?.copy_out(&sql).await.map_err(|source| failed(&sql, source))?;
            pin_mut!(stream);
            while let Some(piece) = stream.next().await {
                io(out.write_all(&piece.map_err(|source| failed(&sql, source))?))?;
            }
            io(out.write_all(END))?;
        }
        for make in self.texts(&constraints_and_indexes(schema)).await? {
            statement(&mut out, &make)?;
        }
        let file = out.into_inner().map_err(|error| StoreError::io(doing())(error.into_error()))?;
        io(file.sync_all())
    }

    /// The statement that makes a table, and how `COPY` names it with its columns.
    async fn table(&self, schema: &str, table: &str) -> Result<(String, String), StoreError> {
        let (mut definitions, mut names) = (String::new(), String::new());
        let sql = columns(schema, table);
        let rows = self.reader()?.query(&sql, &[]).await.map_err(|source| failed(&sql, source))?;
        for (at, row) in rows.iter().enumerate() {
            let text = |at: usize| row.try_get::<_, String>(at).map_err(|source| failed(&sql, source));
            let between = if at == 0 { "" } else { ", " };
            // Writing to a text does not fail.
            let _ = write!(definitions, "{between}{} {}", text(0)?, text(1)?);
            let _ = write!(names, "{between}{}", text(0)?);
        }
        let name = format!("\"{schema}\".\"{table}\"");
        Ok((format!("CREATE TABLE {name} ({definitions})"), format!("{name} ({names})")))
    }

    async fn texts(&self, sql: &str) -> Result<Vec<String>, StoreError> {
        let rows = self.reader()?.query(sql, &[]).await.map_err(|source| failed(sql, source))?;
        rows.iter().map(|row| row.try_get(0).map_err(|source| failed(sql, source))).collect()
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        // In the middle of a transaction, so it does not go back to the pool.
        if let Some(client) = self.reader.take() {
            client.give_up();
        }
    }
}

fn functions(schema: &str) -> String {
    format!(
        "SELECT rtrim(pg_get_functiondef(p.oid)) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace \
         WHERE n.nspname = '{schema}' ORDER BY p.proname"
    )
}

/// All tables but the one that says which process serves.
fn tables(schema: &str) -> String {
    let except = lease::TABLE;
    format!(
        "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = '{schema}' AND c.relkind IN ('r', 'p') AND c.relname <> '{except}' ORDER BY c.relname"
    )
}

fn columns(schema: &str, table: &str) -> String {
    format!(
        "SELECT quote_ident(a.attname), format_type(a.atttypid, a.atttypmod) \
         || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END \
         || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '') \
         FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
         WHERE a.attrelid = '\"{schema}\".\"{table}\"'::regclass AND a.attnum > 0 AND NOT a.attisdropped \
         ORDER BY a.attnum"
    )
}

fn constraints_and_indexes(schema: &str) -> String {
    let except = lease::TABLE;
    format!(
        "SELECT text FROM (SELECT 1 AS kind, c.conname::text AS name, \
         format('ALTER TABLE %s ADD CONSTRAINT %I %s', c.conrelid::regclass, c.conname, pg_get_constraintdef(c.oid)) AS text \
         FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace n ON n.oid = c.connamespace \
         WHERE n.nspname = '{schema}' AND c.contype IN ('p', 'u') AND t.relname <> '{except}' \
         UNION ALL SELECT 2, i.relname::text, pg_get_indexdef(i.oid) \
         FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid \
         JOIN pg_namespace n ON n.oid = i.relnamespace \
         WHERE n.nspname = '{schema}' AND x.indisvalid AND t.relkind IN ('r', 'p') AND t.relname <> '{except}' \
         AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.oid)) AS made ORDER BY kind, name"
    )
}

/// Makes the schema of a copy, in one transaction.
pub(crate) async fn restore(database: &PgDatabase, copy: &Path) -> Result<(), StoreError> {
    let client = database.pool().get().await?;
    message(&client, "BEGIN").await?;
    message(&client, "SET LOCAL statement_timeout = 0").await?;
    let run = run(&client, copy).await;
    if run.is_err() {
        // Whatever state it is in, the transaction ends with the connection.
        drop(Object::take(client));
        return run;
    }
    message(&client, "COMMIT").await
}

async fn run(client: &Client, copy: &Path) -> Result<(), StoreError> {
    let doing = || format!("reading {}", copy.display());
    let broken = |what: &str| StoreError::Refused(format!("{} is no whole copy: {what}", copy.display()));
    let file = std::fs::File::open(copy).map_err(StoreError::io(doing()))?;
    let mut input = BufReader::with_capacity(PIECE, file);
    let mut line = String::new();
    read_line(&mut input, &mut line).map_err(StoreError::io(doing()))?;
    if line.trim_end() != TITLE {
        return Err(broken("it does not begin like one"));
    }
    loop {
        if read_line(&mut input, &mut line).map_err(StoreError::io(doing()))? == 0 {
            return Ok(());
        }
        if let Some(length) = line.strip_prefix(STATEMENT) {
            let length: usize = length.trim_end().parse().map_err(|_| broken("a length is no number"))?;
            let mut text = vec![0; length + 2];
            input.read_exact(&mut text).map_err(StoreError::io(doing()))?;
            let text = String::from_utf8(text).map_err(|_| broken("a statement is no UTF-8"))?;
            let statement =
                text.strip_suffix(";\n").ok_or_else(|| broken("a statement has another length"))?;
            message(client, statement).await?;
        } else if line.trim_end() == ROWS {
            read_line(&mut input, &mut line).map_err(StoreError::io(doing()))?;
            let sql = line.trim_end().trim_end_matches(';').to_owned();
            let rows = client.copy_in(&sql).await.map_err(|source| failed(&sql, source))?;
            pin_mut!(rows);
            let (mut piece, mut is_over) = (Vec::with_capacity(2 * PIECE), false);
            while !is_over {
                let begin = piece.len();
                if input.read_until(b'\n', &mut piece).map_err(StoreError::io(doing()))? == 0 {
                    return Err(broken("rows have no end"));
                }
                is_over = piece[begin..] == *END;
                if is_over {
                    piece.truncate(begin);
                }
                if piece.len() >= PIECE || is_over {
                    let bytes = Bytes::from(std::mem::replace(&mut piece, Vec::with_capacity(2 * PIECE)));
                    rows.send(bytes).await.map_err(|source| failed(&sql, source))?;
                }
            }
            rows.finish().await.map_err(|source| failed(&sql, source))?;
        } else {
            return Err(broken("there is something that is no statement and no rows"));
        }
    }
}

fn read_line(input: &mut impl std::io::BufRead, line: &mut String) -> std::io::Result<usize> {
    line.clear();
    input.read_line(line)
}
