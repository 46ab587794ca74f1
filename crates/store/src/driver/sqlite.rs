//! SQLite: a file per store in WAL mode, one writer thread, a pool of readers.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use dealwright_schema::Cell;
use futures::executor::block_on;
use futures::future::BoxFuture;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, OpenFlags, ToSql};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::Semaphore;

use super::sqlite_functions;
use super::unit::{Unit, unit};
use super::writer::Writer;
use crate::batch::Batch;
use crate::conn::{Conn, EachRow, Inner};
use crate::costs::Costs;
use crate::database::Weight;
use crate::dialect::{Dialect as _, SQLITE};
use crate::error::StoreError;
use crate::noting::Noting;
use crate::private;
use crate::room::Room;
use crate::row::Row;
use crate::sql::Sql;
use crate::statements;

/// Readers kept open when nothing uses them.
const IDLE_READERS: usize = 8;
/// Scans that run at once; others wait. More would only share the processors, each with a reader that has to be opened.
const SCANS: usize = IDLE_READERS;
/// Prepared statements kept per connection.
const STATEMENTS: usize = 256;

pub(crate) struct SqliteStore {
    path: PathBuf,
    readers: Arc<Mutex<Readers>>,
    scans: Semaphore,
    writer: Writer,
    pub(crate) noting: Arc<Noting>,
    costs: Arc<Costs>,
}

/// Readers that nothing uses at the moment.
#[derive(Default)]
struct Readers {
    idle: Vec<Conn>,
    is_closed: bool,
}

impl SqliteStore {
    /// Opens the file, which is made when it is missing. Its log gets the file's own mode.
    pub(crate) fn open(path: &Path, room: Room, costs: Arc<Costs>) -> Result<Self, StoreError> {
        drop(private::open_file(path).map_err(StoreError::io(format!("opening {}", path.display())))?);
        let noting = Arc::<Noting>::default();
        let conn = Inner::Sqlite(SqliteConn::open(path, true, &costs)?);
        let writer = Writer::start(Conn(conn, Some(Arc::clone(&noting))), room)?;
        let (readers, scans) = (Arc::default(), Semaphore::new(SCANS));
        Ok(Self { path: path.to_owned(), readers, scans, writer, noting, costs })
    }

    pub(crate) fn costs(&self) -> &Costs {
        &self.costs
    }

    /// Ends after what was begun: the log is folded into the file and goes. Afterwards nothing is read or written.
    pub(crate) async fn close(&self) {
        let idle = {
            let mut readers = self.readers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            readers.is_closed = true;
            std::mem::take(&mut readers.idle)
        };
        drop(idle);
        self.writer.close().await;
    }

    pub(crate) async fn read<T, E, F>(&self, weight: Weight, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
    {
        if weight != Weight::Scan {
            let mut conn = self.reader()?;
            let result = work(&mut conn).await;
            give_back(&self.readers, conn);
            return result;
        }
        let (unit, aside) = unit(work);
        self.scan(unit).await?;
        aside.take().unwrap_or_else(|| Err(StoreError::Panicked.into()))
    }

    /// Work that may take its time, apart from other requests. Boxed, so that callers hold no more than a pointer.
    fn scan(&self, unit: Unit) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            // The semaphore is never closed.
            let _permit = self.scans.acquire().await;
            let mut conn = self.reader()?;
            if Handle::current().runtime_flavor() == RuntimeFlavor::MultiThread {
                // This thread's other tasks move to another one, which costs the reader less than moving there itself.
                tokio::task::block_in_place(|| block_on(unit(&mut conn)));
                give_back(&self.readers, conn);
                return Ok(());
            }
            let readers = Arc::clone(&self.readers);
            let job = tokio::task::spawn_blocking(move || {
                block_on(unit(&mut conn));
                give_back(&readers, conn);
            });
            job.await.map_err(|_| StoreError::Panicked)
        })
    }

    /// A unit of reading in which every statement sees the same state.
    pub(crate) async fn read_state<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
    {
        self.read(Weight::Scan, move |conn| {
            Box::pin(async move {
                conn.script(&Sql::from("BEGIN")).await?;
                let done = work(conn).await;
                conn.script(&Sql::from("COMMIT")).await?;
                done
            })
        })
        .await
    }

    pub(crate) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
    {
        self.writer.run(work).await
    }

    fn reader(&self) -> Result<Conn, StoreError> {
        let idle = {
            let mut readers = self.readers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if readers.is_closed {
                return Err(StoreError::Closed);
            }
            readers.idle.pop()
        };
        match idle {
            Some(conn) => Ok(conn),
            None => Ok(Conn(Inner::Sqlite(SqliteConn::open(&self.path, false, &self.costs)?), None)),
        }
    }
}

fn give_back(readers: &Mutex<Readers>, conn: Conn) {
    let mut readers = readers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if readers.idle.len() < IDLE_READERS && !readers.is_closed {
        readers.idle.push(conn);
    }
}

pub(crate) struct SqliteConn {
    connection: Connection,
    costs: Arc<Costs>,
}

impl SqliteConn {
    pub(crate) fn open(path: &Path, write: bool, costs: &Arc<Costs>) -> Result<Self, StoreError> {
        let doing = |source| failed(format!("opening {}", path.display()), source);
        let mut flags = OpenFlags::SQLITE_OPEN_NO_MUTEX;
        flags |= if write {
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
        } else {
            OpenFlags::SQLITE_OPEN_READ_ONLY
        };
        let connection = Connection::open_with_flags(path, flags).map_err(doing)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        connection
            .execute_batch(if write {
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=8000; \
                 PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-65536; PRAGMA mmap_size=1073741824; \
                 PRAGMA temp_store=MEMORY; PRAGMA busy_timeout=10000; PRAGMA foreign_keys=OFF;"
            } else {
                "PRAGMA cache_size=-16384; PRAGMA mmap_size=1073741824; PRAGMA temp_store=MEMORY; \
                 PRAGMA busy_timeout=10000; PRAGMA query_only=ON;"
            })
            .map_err(doing)?;
        Ok(Self { costs: Arc::clone(costs), ..Self::of(connection).map_err(doing)? })
    }

    /// A connection that was opened in another way.
    pub(crate) fn of(connection: Connection) -> rusqlite::Result<Self> {
        sqlite_functions::add(&connection)?;
        Ok(Self { connection, costs: Arc::default() })
    }

    pub(crate) fn into_connection(self) -> Connection {
        self.connection
    }

    pub(crate) fn each(
        &mut self,
        sql: &Sql,
        args: &[Cell<'_>],
        row: EachRow<'_>,
    ) -> Result<usize, StoreError> {
        let text = render(sql);
        let fail = |source| failed(text.to_string(), source);
        let mut statement = self.connection.prepare_cached(&text).map_err(fail)?;
        bind(&mut statement, args).map_err(fail)?;
        let mut rows = statement.raw_query();
        let mut count = 0;
        while let Some(found) = rows.next().map_err(fail)? {
            row(&Row::Sqlite(found))?;
            count += 1;
        }
        self.costs.read(sql.as_str(), count as u64);
        Ok(count)
    }

    pub(crate) fn exec(&mut self, sql: &Sql, args: &[Cell<'_>]) -> Result<u64, StoreError> {
        let text = render(sql);
        let mut statement = self.connection.prepare_cached(&text).map_err(|e| error(&text, e))?;
        bind(&mut statement, args).map_err(|e| error(&text, e))?;
        let changed = statement.raw_execute().map(|n| n as u64).map_err(|e| error(&text, e))?;
        self.costs.changed(sql.as_str(), 1, changed);
        Ok(changed)
    }

    pub(crate) fn script(&mut self, sql: &Sql) -> Result<(), StoreError> {
        let text = render(sql);
        self.connection.execute_batch(&text).map_err(|e| error(&text, e))?;
        let times = if text.contains(';') { statements::split(&text).len() as u64 } else { 1 };
        self.costs.changed(sql.as_str(), times, 0);
        Ok(())
    }

    pub(crate) fn insert_many(&mut self, batch: &Batch<'_>) -> Result<(), StoreError> {
        self.each_row(&Sql::from(batch.insert_sql()), batch)
    }

    pub(crate) fn update_many(&mut self, batch: &Batch<'_>) -> Result<(), StoreError> {
        self.each_row(&Sql::from(batch.update_sql()), batch)
    }

    fn each_row(&mut self, sql: &Sql, batch: &Batch<'_>) -> Result<(), StoreError> {
        let text = render(sql);
        let mut statement = self.connection.prepare_cached(&text).map_err(|e| error(&text, e))?;
        let mut changed = 0;
        for row in batch.rows {
            bind(&mut statement, row).map_err(|e| error(&text, e))?;
            changed += statement.raw_execute().map_err(|e| error(&text, e))? as u64;
        }
        self.costs.changed(sql.as_str(), batch.rows.len() as u64, changed);
        Ok(())
    }

    pub(crate) fn has_full_disk(&self) -> bool {
        self.connection.path().and_then(|path| Path::new(path).parent()).is_some_and(crate::room::is_full)
    }

    pub(crate) fn in_transaction(&self) -> bool {
        !self.connection.is_autocommit()
    }
}

/// Every store is a file of its own, so the text is the same for all of them.
fn render(sql: &Sql) -> std::borrow::Cow<'_, str> {
    sql.for_store("", |sql| sql.render(&|name| format!("\"{name}\""), '?', SQLITE.types()))
}

fn error(sql: &str, source: rusqlite::Error) -> StoreError {
    if let rusqlite::Error::SqliteFailure(failure, Some(text)) = &source
        && matches!(
            failure.extended_code,
            rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE | rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY
        )
    {
        let index = text.rsplit_once(": ").map_or(text.as_str(), |(_, index)| index);
        return StoreError::Unique { index: index.to_owned() };
    }
    failed(sql.to_owned(), source)
}

pub(crate) fn failed(sql: String, source: rusqlite::Error) -> StoreError {
    if source.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull) {
        return StoreError::Full {
            doing: format!("running a statement on SQLite: {sql}"),
            source: source.into(),
        };
    }
    StoreError::Sqlite { sql, source }
}

struct Argument<'a>(&'a Cell<'a>);

impl ToSql for Argument<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Cell::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Cell::Bool(yes) => ToSqlOutput::Borrowed(ValueRef::Integer(i64::from(*yes))),
            Cell::Int(number) => ToSqlOutput::Borrowed(ValueRef::Integer(*number)),
            Cell::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Cell::Instant(instant) => ToSqlOutput::Borrowed(ValueRef::Integer(instant.0)),
            Cell::Date(date) => {
                let mut text = Vec::with_capacity(10);
                dealwright_wire::time::write_date(&mut text, *date);
                ToSqlOutput::Owned(Value::Text(String::from_utf8(text).unwrap_or_default()))
            }
            Cell::Texts(texts) => {
                let mut text = Vec::new();
                text.push(b'[');
                for (at, one) in texts.iter().enumerate() {
                    if at > 0 {
                        text.push(b',');
                    }
                    dealwright_wire::json::string(&mut text, one);
                }
                text.push(b']');
                ToSqlOutput::Owned(Value::Text(String::from_utf8(text).unwrap_or_default()))
            }
            Cell::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
            Cell::Ids(ids) => {
                let mut text = vec![b'['];
                for (at, id) in ids.iter().enumerate() {
                    if at > 0 {
                        text.push(b',');
                    }
                    dealwright_wire::json::int(&mut text, *id);
                }
                text.push(b']');
                ToSqlOutput::Owned(Value::Text(String::from_utf8(text).unwrap_or_default()))
            }
        })
    }
}

fn bind(statement: &mut rusqlite::Statement<'_>, args: &[Cell<'_>]) -> rusqlite::Result<()> {
    for (at, cell) in args.iter().enumerate() {
        statement.raw_bind_parameter(at + 1, Argument(cell))?;
    }
    Ok(())
}
