//! The floor over `SQLite`: one writer, a pool of readers, cached statements.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use bytes::Bytes;
use rusqlite::{Connection, TransactionBehavior, params};

use super::record::{Answer, COLUMNS, Cell, Column, Kind, LIST_COLUMNS, LIST_NAMES, Row, create_table, now};
use super::{Deals, Durability, ListQuery, Tuning};
use crate::model::{ChangedDeal, FIRST_ID, NewDeal, parse_body};

#[derive(Clone)]
pub(super) struct Sqlite(Arc<Database>);

struct Database {
    path: String,
    tuning: Tuning,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
    next_id: AtomicI64,
    list: ListSql,
}

/// The texts are kept because the statement cache is looked up by text.
struct ListSql {
    page: String,
    search: String,
    prefix: String,
}

const INSERT: &str = "INSERT INTO deals VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, \
                      ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26)";
const UPDATE: &str =
    "UPDATE deals SET Amount = ?2, Stage = ?3, Next_Step = ?4, Score = ?5, Modified_Time = ?6 WHERE id = ?1";

impl Sqlite {
    /// Opens the file, with an empty table when it is new.
    pub(super) fn open(path: &str, tuning: Tuning) -> Result<Self> {
        let writer = connect(path, tuning)?;
        if !writer.table_exists(None, "deals")? {
            // Every index entry ends in the row id, which is the id.
            writer.execute_batch(&create_table(type_name, "Modified_Time"))?;
        }
        let next_id =
            writer.query_row("SELECT coalesce(max(id) + 1, ?1) FROM deals", [FIRST_ID], |row| row.get(0))?;
        let select = |rest: &str| format!("SELECT {LIST_NAMES} FROM deals {rest} LIMIT 200");
        Ok(Self(Arc::new(Database {
            path: path.to_owned(),
            tuning,
            writer: Mutex::new(writer),
            readers: Mutex::default(),
            next_id: AtomicI64::new(next_id),
            list: ListSql {
                page: select("ORDER BY Modified_Time DESC, id DESC") + " OFFSET ?1",
                search: select("WHERE Stage = ?1 AND Amount BETWEEN ?2 AND ?3"),
                prefix: select("WHERE Deal_Name >= ?1 AND Deal_Name < ?2"),
            },
        })))
    }
}

fn type_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Id | Kind::Integer | Kind::Flag | Kind::Time => "INTEGER",
        Kind::Text => "TEXT",
        Kind::Decimal => "REAL",
    }
}

fn connect(path: &str, tuning: Tuning) -> Result<Connection> {
    let connection = Connection::open(path).with_context(|| format!("opening {path}"))?;
    let synchronous = match tuning.sync {
        Durability::Full => "FULL",
        Durability::Normal => "NORMAL",
    };
    // A negative cache size counts KiB: 64 MB. Up to 1 GB of the file is mapped.
    connection.execute_batch(&format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; PRAGMA cache_size = -65536; \
         PRAGMA mmap_size = 1073741824; PRAGMA temp_store = MEMORY; PRAGMA busy_timeout = 10000; \
         PRAGMA wal_autocheckpoint = {};",
        tuning.checkpoint_pages,
    ))?;
    Ok(connection)
}

impl Deals for Sqlite {
    /// Runs on the async worker: reading one row costs less than handing it to another thread.
    async fn get(&self, id: i64) -> Result<Bytes> {
        self.0.read(|connection| {
            let mut answer = Answer::with_capacity(1024);
            let mut statement = connection.prepare_cached("SELECT * FROM deals WHERE id = ?1")?;
            push_rows(&mut answer, &COLUMNS, statement.query([id])?)?;
            Ok(answer.finish())
        })
    }

    async fn list(&self, query: ListQuery) -> Result<Bytes> {
        let database = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || {
            database.read(|connection| list(connection, &database.list, &query))
        })
        .await?
    }

    async fn insert(&self, body: Bytes) -> Result<Bytes> {
        let database = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || database.insert(&body)).await?
    }

    async fn update(&self, body: Bytes) -> Result<Bytes> {
        let database = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || database.update(&body)).await?
    }
}

fn list(connection: &Connection, sql: &ListSql, query: &ListQuery) -> Result<Bytes> {
    let mut answer = Answer::with_capacity(64 * 1024);
    match query {
        ListQuery::Page { offset } => {
            let mut statement = connection.prepare_cached(&sql.page)?;
            push_rows(&mut answer, &LIST_COLUMNS, statement.query([offset])?)?;
        }
        ListQuery::Search { stage, low, high } => {
            let mut statement = connection.prepare_cached(&sql.search)?;
            push_rows(&mut answer, &LIST_COLUMNS, statement.query(params![stage, low, high])?)?;
        }
        ListQuery::Prefix { from, until } => {
            let mut statement = connection.prepare_cached(&sql.prefix)?;
            push_rows(&mut answer, &LIST_COLUMNS, statement.query([from, until])?)?;
        }
    }
    Ok(answer.finish())
}

fn push_rows(answer: &mut Answer, columns: &[Column], mut rows: rusqlite::Rows<'_>) -> Result<()> {
    while let Some(row) = rows.next()? {
        answer.push(columns, row)?;
    }
    Ok(())
}

impl Row for rusqlite::Row<'_> {
    fn cell(&self, position: usize, kind: Kind) -> Result<Cell<'_>> {
        let value = self.get_ref(position)?;
        Ok(match kind {
            Kind::Id => Cell::Id(value.as_i64()?),
            Kind::Text => Cell::Text(value.as_str()?),
            Kind::Decimal => Cell::Decimal(value.as_f64()?),
            Kind::Integer => Cell::Integer(value.as_i64()?),
            Kind::Flag => Cell::Flag(value.as_i64()? != 0),
            Kind::Time => Cell::Time(value.as_i64()?),
        })
    }
}

impl Database {
    /// Runs `work` on a connection of the pool, which grows to as many as are ever used at once.
    fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let pooled = lock(&self.readers).pop();
        let connection = pooled.map_or_else(|| connect(&self.path, self.tuning), Ok)?;
        let result = work(&connection);
        lock(&self.readers).push(connection);
        result
    }

    fn insert(&self, body: &[u8]) -> Result<Bytes> {
        let deals: Vec<NewDeal<'_>> = parse_body(body)?;
        let first_id = self.next_id.fetch_add(deals.len() as i64, Relaxed);
        let now = now();
        let mut answer = Answer::with_capacity(16 * 1024);
        let mut writer = lock(&self.writer);
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut statement = transaction.prepare_cached(INSERT)?;
            for (id, deal) in (first_id..).zip(&deals) {
                statement.execute(params![
                    id,
                    deal.Deal_Name,
                    deal.Amount,
                    deal.Stage,
                    deal.Closing_Date,
                    deal.Account_Ref,
                    deal.Contact_Ref,
                    deal.owner(),
                    deal.Probability,
                    deal.expected_revenue(),
                    deal.Type,
                    deal.Lead_Source,
                    deal.Next_Step,
                    deal.Campaign_Ref,
                    deal.Description,
                    deal.Currency_Code,
                    deal.Rate,
                    deal.Email_Address,
                    deal.Phone_Number,
                    deal.Website_Address,
                    deal.Is_Won,
                    deal.Score,
                    deal.External_Key,
                    deal.Region,
                    now,
                    now,
                ])?;
                answer.push_stored(id, now, "record added");
            }
        }
        transaction.commit()?;
        Ok(answer.finish())
    }

    fn update(&self, body: &[u8]) -> Result<Bytes> {
        let deals: Vec<ChangedDeal<'_>> = parse_body(body)?;
        let now = now();
        let mut answer = Answer::with_capacity(16 * 1024);
        let mut writer = lock(&self.writer);
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut statement = transaction.prepare_cached(UPDATE)?;
            for deal in &deals {
                statement.execute(params![
                    deal.id,
                    deal.Amount,
                    deal.Stage,
                    deal.Next_Step,
                    deal.Score,
                    now
                ])?;
                answer.push_stored(deal.id, now, "record updated");
            }
        }
        transaction.commit()?;
        Ok(answer.finish())
    }
}

/// A panic elsewhere leaves the data of these locks whole: an open transaction rolls back when dropped.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
