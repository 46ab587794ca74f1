//! PostgreSQL: a schema per store, one pool of connections for all of them.

use std::error::Error as StdError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deadpool_postgres::Pool;
use dealwright_schema::Cell;
use dealwright_wire::Instant;
use futures::{StreamExt as _, future::BoxFuture, pin_mut};
use jiff::civil::Date;
use tokio_postgres::Statement;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use super::postgres_connect::Way;
use super::postgres_lent::{Lent, Shared};
use super::unit::{Unit, unit};
use crate::conn::{Conn, EachRow, Inner, Op};
use crate::costs::Costs;
use crate::database::Weight;
use crate::dialect::{Dialect as _, POSTGRES};
use crate::error::StoreError;
use crate::hold::Fence;
use crate::noting::Noting;
use crate::room::Room;
use crate::row::Row;
use crate::sql::Sql;
use crate::statements;

/// Prepared statements kept per connection; plans per org and column set would grow without bound.
const STATEMENTS: usize = 256;
/// Connections that point reads share.
const READERS: usize = 6;

#[derive(Clone)]
pub struct PgDatabase {
    way: Arc<Way>,
    pool: Pool,
    readers: Arc<Readers>,
    fence: Fence,
    room: Room,
    costs: Arc<Costs>,
}

/// A few connections that many point reads use at once: their statements travel behind one another without
/// waiting for answers. No transaction ever runs on them.
#[derive(Default)]
struct Readers {
    clients: [Mutex<Option<Shared>>; READERS],
    next: AtomicUsize,
}

impl Readers {
    async fn get(&self, database: &PgDatabase) -> Result<Shared, StoreError> {
        let slot = &self.clients[self.next.fetch_add(1, Ordering::Relaxed) % READERS];
        let there = slot.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(client) = there.filter(|client| client.is_usable()) {
            return Ok(client);
        }
        let client = database.lend().await?;
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&client));
        Ok(client)
    }
}

impl PgDatabase {
    pub(crate) async fn connect(url: &str) -> Result<Self, StoreError> {
        let way = Way::read(url)?;
        let pool = way.pool()?;
        drop(pool.get().await?);
        Ok(Self {
            way: Arc::new(way),
            pool,
            readers: Arc::default(),
            fence: Fence::default(),
            room: Room::default(),
            costs: Arc::default(),
        })
    }

    /// A connection of one's own.
    pub(crate) async fn lend(&self) -> Result<Shared, StoreError> {
        Ok(Arc::new(Lent::new(self.pool.get().await?, self.way.tls(), Arc::clone(&self.costs))))
    }

    /// A connection of one's own that has answered a moment ago. After the database was away many in the pool are dead, and
    /// some do not know it yet.
    async fn lend_alive(&self) -> Result<Shared, StoreError> {
        let mut tries = self.pool.status().max_size;
        loop {
            let client = self.lend().await?;
            self.costs.round_trip();
            match client.wait("", true, Some(self.way.deadlines.answer()), client.batch_execute("")).await {
                Err(error) if error.is_disconnect() && tries > 0 => {
                    client.give_up();
                    tries -= 1;
                }
                Err(error) => return Err(error),
                Ok(()) => return Ok(client),
            }
        }
    }

    /// How long an answer is waited for; no end for work that may take long.
    fn patience(&self, is_long: bool) -> Option<Duration> {
        (!is_long).then(|| self.way.deadlines.answer())
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
        Ok(PgStore { database: self.clone(), schema: name.into(), noting: Arc::default() })
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
    pub(crate) noting: Arc<Noting>,
}

impl PgStore {
    fn conn(&self, client: Shared, use_: Use) -> Conn {
        let conn = PgConn { client, schema: Arc::clone(&self.schema), use_ };
        Conn(Inner::Postgres(conn), Some(Arc::clone(&self.noting)))
    }

    pub(crate) fn costs(&self) -> &Costs {
        &self.database.costs
    }

    pub(crate) async fn read<T, E, F>(&self, weight: Weight, is_long: bool, work: F) -> Result<T, E>
    where
        E: From<StoreError>,
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, E>>,
    {
        let mut conn = self.reader(weight, is_long).await?;
        work(&mut conn).await
    }

    /// A connection to read with. Boxed, so that callers hold no more than a pointer.
    fn reader(&self, weight: Weight, is_long: bool) -> BoxFuture<'_, Result<Conn, StoreError>> {
        Box::pin(async move {
            let database = &self.database;
            let (client, alone) = match weight {
                Weight::Point if !is_long => (database.readers.get(database).await?, false),
                // A long answer on a shared connection would hold up the reads behind it.
                Weight::Point | Weight::Page | Weight::Scan => (database.lend().await?, true),
            };
            let use_ = Use { alone, patience: database.patience(is_long), again: Some(database.clone()) };
            if !is_long {
                return Ok(self.conn(client, use_));
            }
            // What was set stays with the connection, so nobody else gets it.
            client.give_up();
            message(&client, UNLIMITED).await?;
            Ok(self.conn(client, Use { again: None, ..use_ }))
        })
    }

    /// A unit of reading in which every statement sees the same state.
    pub(crate) async fn read_state<T, E, F>(&self, work: F) -> Result<T, E>
    where
        E: From<StoreError>,
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, E>>,
    {
        let client = self.begin(BEGIN_STATE, false).await?;
        let patience = self.database.patience(false);
        let mut conn = self.conn(Arc::clone(&client), Use { alone: true, patience, again: None });
        // Until the transaction has ended, also when nobody waits for that any more.
        client.give_up();
        let done = work(&mut conn).await;
        conn.script(&Sql::from("COMMIT")).await?;
        client.is_done();
        done
    }

    pub(crate) async fn write<T, E, F>(&self, is_long: bool, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
    {
        let (unit, aside) = unit(work);
        self.run(is_long, unit).await?;
        aside.take().unwrap_or_else(|| Err(StoreError::Panicked.into()))
    }

    /// Runs a unit in a transaction; an error when that ended otherwise than the unit did.
    ///
    /// The unit runs in a task of its own, so that a caller that goes away cannot leave a transaction open. It is given up
    /// with the caller, unless it is being committed by then.
    fn run(&self, is_long: bool, unit: Unit) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            self.database.fence.pass()?;
            let client = self.begin("BEGIN", is_long).await?;
            let patience = self.database.patience(is_long);
            let mut conn = self.conn(Arc::clone(&client), Use { alone: true, patience, again: None });
            let (fence, room) = (self.database.fence.clone(), self.database.room.clone());
            let (waits, gone) = tokio::sync::oneshot::channel::<()>();
            // Until the transaction has ended, however that may be.
            client.give_up();
            let unit = tokio::spawn(async move {
                let is_good = tokio::select! {
                    is_good = unit(&mut conn) => is_good,
                    // Nobody sends: it ends when the caller is dropped.
                    _ = gone => return Err(StoreError::Abandoned),
                };
                // What took long may have outlived the right to write.
                let may_write = if is_good { fence.pass() } else { Ok(()) };
                let close = if is_good && may_write.is_ok() { "COMMIT" } else { "ROLLBACK" };
                let closed = conn.script(&Sql::from(close)).await;
                if closed.is_ok() {
                    client.is_done();
                }
                may_write?;
                match closed {
                    Err(error) if is_good && (error.is_full() || error.is_unavailable()) => Err(error),
                    Err(error) if is_good => Err(StoreError::Commit(crate::error::chain(&error))),
                    // A unit that failed knows why; the connection goes if it could not be rolled back.
                    Ok(()) | Err(_) => {
                        if is_good {
                            room.has_some();
                        }
                        Ok(())
                    }
                }
            });
            let done = unit.await;
            drop(waits);
            done.unwrap_or(Err(StoreError::Panicked))
        })
    }

    /// A connection in a transaction. One that turns out to be dead is replaced: nothing was done on it.
    async fn begin(&self, how: &'static str, is_long: bool) -> Result<Shared, StoreError> {
        let patience = self.database.patience(false);
        let begin = |client: Shared| async move {
            client.costs.round_trip();
            client.wait(how, true, patience, client.batch_execute(how)).await?;
            client.costs.changed(how, 1, 0);
            Ok::<_, StoreError>(client)
        };
        let client = match begin(self.database.lend().await?).await {
            Err(error) if error.is_disconnect() => begin(self.database.lend_alive().await?).await?,
            begun => begun?,
        };
        if is_long {
            message(&client, "SET LOCAL statement_timeout = 0").await?;
        }
        Ok(client)
    }
}

/// How several statements come to see one state.
const BEGIN_STATE: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// For work that may take long.
const UNLIMITED: &str = "SET statement_timeout = 0";

/// How a connection is used.
struct Use {
    /// Nobody else uses it at the same time.
    alone: bool,
    /// How long an answer is waited for.
    patience: Option<Duration>,
    /// Where another one comes from if this one is dead: reads are tried once more.
    again: Option<PgDatabase>,
}

pub(crate) struct PgConn {
    /// Shared by point reads, alone otherwise.
    client: Shared,
    schema: Arc<str>,
    use_: Use,
}

impl PgConn {
    /// For work that may take long, on a connection of one's own.
    pub(crate) fn new(client: Shared, schema: &str) -> Self {
        Self { client, schema: schema.into(), use_: Use { alone: true, patience: None, again: None } }
    }

    /// Waits for an answer.
    async fn wait<T>(
        &self,
        sql: &str,
        work: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, StoreError> {
        self.client.wait(sql, self.use_.alone, self.use_.patience, work).await
    }

    async fn prepare(&self, sql: &Sql) -> Result<Statement, StoreError> {
        let text = self.render(sql);
        if self.client.statement_cache.size() > STATEMENTS {
            self.client.statement_cache.clear();
        }
        let known = self.client.statement_cache.size();
        let statement = self.wait(&text, self.client.prepare_cached(&text)).await?;
        if self.client.statement_cache.size() != known {
            self.client.costs.prepared();
        }
        Ok(statement)
    }

    fn render<'s>(&self, sql: &'s Sql) -> std::borrow::Cow<'s, str> {
        sql.for_store(&self.schema, |sql| {
            sql.render(&|name| format!("\"{}\".\"{name}\"", self.schema), '$', POSTGRES.types())
        })
    }

    pub(crate) async fn each(
        &mut self,
        sql: &Sql,
        args: &[Cell<'_>],
        row: EachRow<'_>,
    ) -> Result<usize, StoreError> {
        let mut count = 0;
        match self.each_once(sql, args, row, &mut count).await {
            Err(error) if count == 0 && error.is_disconnect() => {
                let Some(database) = self.use_.again.take() else { return Err(error) };
                self.client = database.lend_alive().await?;
                self.use_.alone = true;
                self.each_once(sql, args, row, &mut count).await?;
            }
            done => done?,
        }
        self.client.costs.read(sql.as_str(), count as u64);
        Ok(count)
    }

    async fn each_once(
        &self,
        sql: &Sql,
        args: &[Cell<'_>],
        row: EachRow<'_>,
        count: &mut usize,
    ) -> Result<(), StoreError> {
        let statement = self.prepare(sql).await?;
        let args: Vec<Argument<'_>> = args.iter().map(Argument).collect();
        self.client.costs.round_trip();
        let read = async {
            let rows = self.client.query_raw(&statement, &args).await.map_err(|e| error(sql, e))?;
            pin_mut!(rows);
            while let Some(found) = rows.next().await {
                row(&Row::Postgres(&found.map_err(|e| error(sql, e))?))?;
                *count += 1;
            }
            Ok(())
        };
        let waited = self.client.wait_for(self.use_.alone, self.use_.patience, read).await;
        waited.unwrap_or_else(|| Err(StoreError::Late { doing: sql.as_str().to_owned() }))
    }

    pub(crate) async fn exec(&mut self, sql: &Sql, args: &[Cell<'_>]) -> Result<u64, StoreError> {
        let statement = self.prepare(sql).await?;
        let args: Vec<Argument<'_>> = args.iter().map(Argument).collect();
        self.client.costs.round_trip();
        let changed = self.wait(sql.as_str(), self.client.execute_raw(&statement, &args)).await?;
        self.client.costs.changed(sql.as_str(), 1, changed);
        Ok(changed)
    }

    pub(crate) async fn script(&mut self, sql: &Sql) -> Result<(), StoreError> {
        for statement in statements::split(&self.render(sql)) {
            self.client.costs.round_trip();
            self.wait(statement, self.client.batch_execute(statement)).await?;
            self.client.costs.changed(statement, 1, 0);
        }
        Ok(())
    }

    pub(crate) async fn together(&mut self, work: &[&Op<'_>]) -> Result<(), StoreError> {
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
                Op::Insert(batch) | Op::Update(batch) if batch.rows.is_empty() => return Ok(()),
                Op::Insert(batch) | Op::Update(batch) => {
                    let columns: Vec<ColumnOfRows<'_>> =
                        (0..batch.columns.len()).map(|at| ColumnOfRows { rows: batch.rows, at }).collect();
                    client.execute_raw(statement, &columns).await
                }
            };
            let changed = done.map_err(|source| error(sql, source))?;
            client.costs.changed(sql.as_str(), 1, changed);
            Ok(())
        });
        client.costs.round_trip();
        // All are sent before the first answer is awaited; the answers come in order.
        let all = futures::future::join_all(running);
        let Some(done) = self.client.wait_for(self.use_.alone, self.use_.patience, all).await else {
            return Err(StoreError::Late { doing: format!("{} statements together", work.len()) });
        };
        done.into_iter().collect()
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
        Cell::Bytes(bytes) => out.extend_from_slice(bytes),
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
