//! PostgreSQL: a schema per store, one pool of connections for all of them.

use std::error::Error as StdError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod};
use dealwright_schema::Cell;
use dealwright_wire::Instant;
use futures::{StreamExt as _, future::BoxFuture, pin_mut};
use jiff::civil::Date;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{NoTls, Statement};

use crate::batch::Batch;
use crate::conn::{Conn, EachRow, Inner, Op};
use crate::database::Weight;
use crate::error::StoreError;
use crate::hold::Fence;
use crate::room::Room;
use crate::row::Row;
use crate::sql::Sql;
use crate::statements;

/// What every connection is told.
///
/// - Memory that one step of a statement may use. The usual 4 MB make a search that finds a quarter of a million rows
///   forget which rows of a page it found, and compute the terms of each row on the page again: 25 seconds and more.
/// - No compiling of statements. It takes 15 ms, far more than what is asked here mostly takes to run.
const SETTINGS: [&str; 2] = ["SET work_mem = '64MB'", "SET jit = off"];
/// Prepared statements kept per connection; plans per org and column set would grow without bound.
const STATEMENTS: usize = 256;
/// Connections at most. More would only queue inside the database.
const CONNECTIONS: usize = 24;
/// Of these, connections that point reads share.
const READERS: usize = 6;

#[derive(Clone)]
pub struct PgDatabase {
    pool: Pool,
    readers: Arc<Readers>,
    fence: Fence,
    room: Room,
}

/// A few connections that many point reads use at once: their statements travel behind one another without
/// waiting for answers. No transaction ever runs on them.
struct Readers {
    pool: Pool,
    clients: [Mutex<Option<Arc<deadpool_postgres::Client>>>; READERS],
    next: AtomicUsize,
}

impl Readers {
    async fn get(&self) -> Result<Arc<deadpool_postgres::Client>, StoreError> {
        let slot = &self.clients[self.next.fetch_add(1, Ordering::Relaxed) % READERS];
        let there = slot.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(client) = there.filter(|client| !client.is_closed()) {
            return Ok(client);
        }
        let client = Arc::new(self.pool.get().await?);
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&client));
        Ok(client)
    }
}

impl PgDatabase {
    pub(crate) async fn connect(url: &str) -> Result<Self, StoreError> {
        let mut config: tokio_postgres::Config = url.parse().map_err(|e: tokio_postgres::Error| {
            StoreError::Refused(format!("the database URL is not usable: {e}"))
        })?;
        if config.get_application_name().is_none() {
            config.application_name("dealwright");
        }
        let manager =
            Manager::from_config(config, NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
        let pool = Pool::builder(manager)
            .max_size(CONNECTIONS)
            .post_create(Hook::async_fn(|client, _| {
                Box::pin(async move {
                    for setting in SETTINGS {
                        client.batch_execute(setting).await.map_err(HookError::Backend)?;
                    }
                    Ok(())
                })
            }))
            .build()
            .map_err(|e| StoreError::Refused(format!("building the connection pool: {e}")))?;
        drop(pool.get().await?);
        let readers =
            Arc::new(Readers { pool: pool.clone(), clients: Default::default(), next: AtomicUsize::new(0) });
        Ok(Self { pool, readers, fence: Fence::default(), room: Room::default() })
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// What writes ask before they pass.
    pub(crate) fn fence(&self) -> &Fence {
        &self.fence
    }

    pub(crate) fn room(&self) -> &Room {
        &self.room
    }

    /// The store in that schema, which is made when it is missing.
    pub(crate) async fn schema(&self, name: &str) -> Result<PgStore, StoreError> {
        self.make_schema(name).await?;
        Ok(PgStore { database: self.clone(), schema: name.into() })
    }

    pub(crate) async fn has_schema(&self, name: &str) -> Result<bool, StoreError> {
        let client = self.pool.get().await?;
        holds(&client, &there(name)).await
    }

    /// Names of all schemas that are stores, in order.
    pub(crate) async fn schemas(&self) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT nspname::text FROM pg_namespace WHERE nspname = 'control' OR nspname ~ '^org_[0-9]+$' ORDER BY 1";
        let client = self.pool.get().await?;
        let rows = client.query(sql, &[]).await.map_err(|source| failed(sql, source))?;
        rows.iter().map(|row| row.try_get(0).map_err(|source| failed(sql, source))).collect()
    }

    pub(crate) async fn make_schema(&self, name: &str) -> Result<(), StoreError> {
        let client = self.pool.get().await?;
        if holds(&client, &there(name)).await? {
            return Ok(());
        }
        drop(client);
        self.make_once(name, &there(name), &format!("CREATE SCHEMA \"{name}\"")).await
    }

    /// Runs `make` unless `there` is true. Of several processes that do so at once for a schema, one does it.
    pub(crate) async fn make_once(&self, schema: &str, there: &str, make: &str) -> Result<(), StoreError> {
        let client = self.pool.get().await?;
        let run = async {
            message(&client, "BEGIN").await?;
            message(&client, &format!("SELECT pg_advisory_xact_lock(hashtext('{schema}'))")).await?;
            if !holds(&client, there).await? {
                message(&client, make).await?;
            }
            message(&client, "COMMIT").await
        };
        let made = run.await;
        if made.is_err() {
            // Whatever state it is in, nobody else gets this connection.
            drop(deadpool_postgres::Object::take(client));
        }
        made
    }
}

fn there(schema: &str) -> String {
    format!("SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = '{schema}')")
}

/// What a query answers that answers with one yes or no.
async fn holds(client: &deadpool_postgres::Client, query: &str) -> Result<bool, StoreError> {
    let row = client.query_one(query, &[]).await;
    row.and_then(|row| row.try_get(0)).map_err(|source| failed(query, source))
}

/// Sends one statement, without arguments, in a message of its own.
pub(crate) async fn message(client: &deadpool_postgres::Client, statement: &str) -> Result<(), StoreError> {
    client.batch_execute(statement).await.map_err(|source| failed(statement, source))
}

pub(crate) struct PgStore {
    database: PgDatabase,
    schema: Arc<str>,
}

impl PgStore {
    async fn conn(&self) -> Result<Conn, StoreError> {
        let client = self.database.pool.get().await?;
        Ok(Conn(Inner::Postgres(PgConn { client: Arc::new(client), schema: Arc::clone(&self.schema) })))
    }

    pub(crate) async fn read<T, E, F>(&self, weight: Weight, work: F) -> Result<T, E>
    where
        E: From<StoreError>,
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, E>>,
    {
        let mut conn = match weight {
            Weight::Point => {
                let client = self.database.readers.get().await?;
                Conn(Inner::Postgres(PgConn { client, schema: Arc::clone(&self.schema) }))
            }
            // A long answer on a shared connection would hold up the reads behind it.
            Weight::Page | Weight::Scan => self.conn().await?,
        };
        work(&mut conn).await
    }

    /// The unit runs in a task of its own, so that a caller that goes away cannot leave a transaction open.
    pub(crate) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
    {
        self.database.fence.pass()?;
        let mut conn = self.conn().await?;
        let (fence, room) = (self.database.fence.clone(), self.database.room.clone());
        let unit = tokio::spawn(async move {
            conn.script(&Sql::from("BEGIN")).await?;
            let result = work(&mut conn).await;
            // What took long may have outlived the right to write.
            let result = result.and_then(|kept| fence.pass().map(|()| kept).map_err(E::from));
            let close = if result.is_ok() { "COMMIT" } else { "ROLLBACK" };
            let closed = conn.script(&Sql::from(close)).await;
            if closed.is_err() {
                conn.discard();
            }
            match (result, closed) {
                (Ok(_), Err(error @ StoreError::Full { .. })) => Err(error.into()),
                (Ok(_), Err(error)) => Err(StoreError::Commit(crate::error::chain(&error)).into()),
                (Ok(kept), Ok(())) => {
                    room.has_some();
                    Ok(kept)
                }
                (result, _) => result,
            }
        });
        unit.await.unwrap_or_else(|_| Err(StoreError::Panicked.into()))
    }
}

pub(crate) struct PgConn {
    /// Shared by point reads, alone otherwise.
    client: Arc<deadpool_postgres::Client>,
    schema: Arc<str>,
}

impl PgConn {
    pub(crate) fn new(client: Arc<deadpool_postgres::Client>, schema: &str) -> Self {
        Self { client, schema: schema.into() }
    }

    async fn prepare(&self, sql: &Sql) -> Result<Statement, StoreError> {
        let text = self.render(sql);
        if self.client.statement_cache.size() > STATEMENTS {
            self.client.statement_cache.clear();
        }
        self.client.prepare_cached(&text).await.map_err(|source| failed(&text, source))
    }

    fn render<'s>(&self, sql: &'s Sql) -> std::borrow::Cow<'s, str> {
        sql.for_store(&self.schema, |sql| {
            sql.render(&|name| format!("\"{}\".\"{name}\"", self.schema), '$', "BIGINT PRIMARY KEY")
        })
    }

    pub(crate) async fn each(
        &mut self,
        sql: &Sql,
        args: &[Cell<'_>],
        row: EachRow<'_>,
    ) -> Result<usize, StoreError> {
        let statement = self.prepare(sql).await?;
        let args: Vec<Argument<'_>> = args.iter().map(Argument).collect();
        let rows = self.client.query_raw(&statement, &args).await.map_err(|e| error(sql, e))?;
        pin_mut!(rows);
        let mut count = 0;
        while let Some(found) = rows.next().await {
            row(&Row::Postgres(&found.map_err(|e| error(sql, e))?))?;
            count += 1;
        }
        Ok(count)
    }

    pub(crate) async fn exec(&mut self, sql: &Sql, args: &[Cell<'_>]) -> Result<u64, StoreError> {
        let statement = self.prepare(sql).await?;
        let args: Vec<Argument<'_>> = args.iter().map(Argument).collect();
        self.client.execute_raw(&statement, &args).await.map_err(|e| error(sql, e))
    }

    pub(crate) async fn script(&mut self, sql: &Sql) -> Result<(), StoreError> {
        for statement in statements::split(&self.render(sql)) {
            message(&self.client, statement).await?;
        }
        Ok(())
    }

    pub(crate) async fn insert_many(&mut self, batch: &Batch<'_>) -> Result<(), StoreError> {
        self.unnest(batch.insert_unnest_sql(), batch).await
    }

    pub(crate) async fn update_many(&mut self, batch: &Batch<'_>) -> Result<(), StoreError> {
        self.unnest(batch.update_unnest_sql(), batch).await
    }

    pub(crate) async fn together(&mut self, work: &[Op<'_>]) -> Result<(), StoreError> {
        let mut prepared = Vec::with_capacity(work.len());
        for op in work {
            let sql = match op {
                Op::Exec(sql, _) => sql.clone(),
                Op::Insert(batch) => Sql::from(batch.insert_unnest_sql()),
                Op::Update(batch) => Sql::from(batch.update_unnest_sql()),
            };
            let statement = self.prepare(&sql).await?;
            prepared.push((op, sql, statement));
        }
        let client = &self.client;
        let running = prepared.iter().map(|(op, sql, statement)| async move {
            let done = match op {
                Op::Exec(_, args) => {
                    let args: Vec<Argument<'_>> = args.iter().map(Argument).collect();
                    client.execute_raw(statement, &args).await
                }
                Op::Insert(batch) | Op::Update(batch) if batch.rows.is_empty() => Ok(0),
                Op::Insert(batch) | Op::Update(batch) => {
                    let columns: Vec<ColumnOfRows<'_>> =
                        (0..batch.columns.len()).map(|at| ColumnOfRows { rows: batch.rows, at }).collect();
                    client.execute_raw(statement, &columns).await
                }
            };
            done.map_err(|source| error(sql, source))
        });
        // All are sent before the first answer is awaited; the answers come in order.
        futures::future::join_all(running).await.into_iter().try_for_each(|result| result.map(drop))
    }

    async fn unnest(&mut self, text: String, batch: &Batch<'_>) -> Result<(), StoreError> {
        if batch.rows.is_empty() {
            return Ok(());
        }
        let sql = Sql::from(text);
        let statement = self.prepare(&sql).await?;
        let columns: Vec<ColumnOfRows<'_>> =
            (0..batch.columns.len()).map(|at| ColumnOfRows { rows: batch.rows, at }).collect();
        self.client.execute_raw(&statement, &columns).await.map_err(|e| error(&sql, e))?;
        Ok(())
    }
}

impl Conn {
    /// Takes a connection in an unknown state out of the pool; it closes.
    fn discard(self) {
        if let Inner::Postgres(conn) = self.0
            && let Some(client) = Arc::into_inner(conn.client)
        {
            drop(deadpool_postgres::Object::take(client));
        }
    }
}

fn error(sql: &Sql, source: tokio_postgres::Error) -> StoreError {
    failed(sql.as_str(), source)
}

pub(crate) fn failed(sql: &str, source: tokio_postgres::Error) -> StoreError {
    match source.as_db_error() {
        Some(failure) if *failure.code() == SqlState::UNIQUE_VIOLATION => {
            StoreError::Unique { index: failure.constraint().unwrap_or_default().to_owned() }
        }
        Some(failure) if *failure.code() == SqlState::DISK_FULL => StoreError::Full {
            doing: format!("running a statement on PostgreSQL: {sql}"),
            source: source.into(),
        },
        _ => StoreError::Postgres { sql: sql.to_owned(), source },
    }
}

/// PostgreSQL counts days and microseconds from 2000-01-01.
const EPOCH_DAYS: i32 = 10_957;
const EPOCH_SECONDS: i64 = 946_684_800;

pub(crate) struct PgDate(pub(crate) Date);

impl<'a> FromSql<'a> for PgDate {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        let days = i32::from_be_bytes(raw.try_into()?) + EPOCH_DAYS;
        let date = Date::new(1970, 1, 1)?.checked_add(jiff::Span::new().try_days(days)?)?;
        Ok(Self(date))
    }
    fn accepts(ty: &Type) -> bool {
        *ty == Type::DATE
    }
}

pub(crate) struct PgInstant(pub(crate) Instant);

impl<'a> FromSql<'a> for PgInstant {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        let micros = i64::from_be_bytes(raw.try_into()?);
        Ok(Self(Instant(micros.div_euclid(1_000_000) + EPOCH_SECONDS)))
    }
    fn accepts(ty: &Type) -> bool {
        *ty == Type::TIMESTAMPTZ
    }
}

#[derive(Debug)]
struct Argument<'a>(&'a Cell<'a>);

impl ToSql for Argument<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        write_cell(self.0, ty, out)
    }
    fn accepts(_: &Type) -> bool {
        true
    }
    to_sql_checked!();
}

fn write_cell(
    cell: &Cell<'_>,
    ty: &Type,
    out: &mut BytesMut,
) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
    match cell {
        Cell::Null => return Ok(IsNull::Yes),
        Cell::Bool(yes) => out.extend_from_slice(&[u8::from(*yes)]),
        Cell::Int(number) => match *ty {
            Type::INT4 => out.extend_from_slice(&i32::try_from(*number)?.to_be_bytes()),
            Type::INT2 => out.extend_from_slice(&i16::try_from(*number)?.to_be_bytes()),
            Type::INT8 => out.extend_from_slice(&number.to_be_bytes()),
            _ => return Err(format!("a whole number cannot be bound as {ty}").into()),
        },
        Cell::Text(text) => out.extend_from_slice(text.as_bytes()),
        Cell::Date(date) => {
            let days = date.since(Date::new(1970, 1, 1)?)?.get_days() - EPOCH_DAYS;
            out.extend_from_slice(&days.to_be_bytes());
        }
        Cell::Instant(instant) => {
            let micros = (instant.0 - EPOCH_SECONDS) * 1_000_000;
            out.extend_from_slice(&micros.to_be_bytes());
        }
        Cell::Texts(texts) => return texts.as_ref().to_sql(&Type::TEXT_ARRAY, out),
        Cell::Ids(ids) => return ids.as_ref().to_sql(&Type::INT8_ARRAY, out),
    }
    Ok(IsNull::No)
}

/// One column of a batch, sent as an array.
#[derive(Debug)]
struct ColumnOfRows<'a> {
    rows: &'a [Vec<Cell<'a>>],
    at: usize,
}

impl ToSql for ColumnOfRows<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        let cells: Vec<Argument<'_>> = self.rows.iter().map(|row| Argument(&row[self.at])).collect();
        cells.to_sql(ty, out)
    }
    fn accepts(_: &Type) -> bool {
        true
    }
    to_sql_checked!();
}
