//! SQLite's one writer: a thread that groups waiting units of work into one durable commit.
//!
//! Each unit runs under its own savepoint, so one that fails leaves no trace and does not disturb its
//! neighbours. Callers are answered after the shared commit, never before. What arrives while a commit is
//! on its way to the disk forms the next group, so the group grows with the load and a lone caller waits
//! for nobody.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::oneshot;

use crate::conn::Conn;
use crate::dialect::sqlite_full_text;
use crate::error::StoreError;
use crate::sql::Sql;

/// Units that share one commit at most; keeps the first caller's wait short.
const GROUP: usize = 64;
/// A quiet spell after which the write-ahead log is folded into the file.
const IDLE: Duration = Duration::from_millis(1500);

/// Told how the commit went, a unit answers its caller.
type Answer = Box<dyn FnOnce(Option<String>) + Send>;
/// A unit of work: runs (unless the group is already lost and it gets no connection), says whether its
/// savepoint shall be kept, and leaves its answer.
type Unit = Box<dyn FnOnce(Option<&mut Conn>) -> (bool, Answer) + Send>;

pub(crate) struct Writer {
    units: mpsc::Sender<Unit>,
}

impl Writer {
    pub(crate) fn start(conn: Conn) -> Result<Self, StoreError> {
        let (units, queue) = mpsc::channel::<Unit>();
        std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || work_off(conn, &queue))
            .map_err(StoreError::io("starting the writer thread"))?;
        Ok(Self { units })
    }

    pub(crate) async fn run<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
    {
        let (sender, answer) = oneshot::channel();
        let unit: Unit = Box::new(move |conn| {
            let result = match conn {
                Some(conn) => catch_unwind(AssertUnwindSafe(|| futures::executor::block_on(work(conn))))
                    .unwrap_or_else(|_| Err(StoreError::Panicked.into())),
                None => {
                    Err(StoreError::Commit("the group of writes it belonged to failed".to_owned()).into())
                }
            };
            let keep = result.is_ok();
            let tell: Answer = Box::new(move |failure| {
                let result = match failure {
                    Some(reason) if result.is_ok() => Err(StoreError::Commit(reason).into()),
                    _ => result,
                };
                // A caller that has gone away needs no answer.
                let _gone = sender.send(result);
            });
            (keep, tell)
        });
        self.units.send(unit).map_err(|_| StoreError::WriterStopped)?;
        answer.await.unwrap_or_else(|_| Err(StoreError::WriterStopped.into()))
    }
}

fn work_off(mut conn: Conn, queue: &mpsc::Receiver<Unit>) {
    let mut dirty = false;
    loop {
        let first = match queue.recv_timeout(if dirty { IDLE } else { Duration::from_hours(1) }) {
            Ok(unit) => unit,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                if dirty {
                    checkpoint(&mut conn);
                    dirty = false;
                }
                continue;
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => return checkpoint(&mut conn),
        };
        commit_group(&mut conn, first, queue);
        dirty = true;
    }
}

/// Runs one unit and whatever waits behind it inside one transaction, then answers them all.
fn commit_group(conn: &mut Conn, first: Unit, queue: &mpsc::Receiver<Unit>) {
    let mut answers = Vec::new();
    let mut failure = script(conn, "BEGIN IMMEDIATE").err().map(|e| crate::error::chain(&e));
    let mut next = Some(first);
    while let Some(unit) = next.take() {
        if failure.is_none() {
            failure = run_unit(conn, unit, &mut answers);
        } else {
            answers.push(unit(None).1);
        }
        if answers.len() < GROUP {
            next = queue.try_recv().ok();
        }
    }
    if failure.is_none() {
        failure = carry_over(conn).err().map(|e| crate::error::chain(&e));
    }
    if failure.is_none() {
        failure = script(conn, "COMMIT").err().map(|e| crate::error::chain(&e));
    }
    if let Some(reason) = &failure {
        tracing::error!(reason, "a group of writes could not be committed; all of it was rolled back");
        if in_transaction(conn) {
            let _already_failed = script(conn, "ROLLBACK");
        }
    }
    for answer in answers {
        answer(failure.clone());
    }
}

/// Gives the reason when the transaction as a whole is lost.
fn run_unit(conn: &mut Conn, unit: Unit, answers: &mut Vec<Answer>) -> Option<String> {
    if let Err(error) = script(conn, "SAVEPOINT whole") {
        answers.push(unit(None).1);
        return Some(crate::error::chain(&error));
    }
    let (keep, answer) = unit(Some(conn));
    answers.push(answer);
    if !in_transaction(conn) {
        return Some("the database rolled the transaction back".to_owned());
    }
    let close = if keep { "RELEASE whole" } else { "ROLLBACK TO whole; RELEASE whole" };
    script(conn, close).err().map(|e| crate::error::chain(&e))
}

/// Brings the full text index up to what the group wrote; see `dialect/sqlite_full_text.rs`.
fn carry_over(conn: &mut Conn) -> Result<(), StoreError> {
    let due = Sql::from(sqlite_full_text::IS_DUE);
    // The store of the accounts has no full text, and an org has none while it is made.
    match futures::executor::block_on(conn.each(&due, &[], &mut |_| Ok(()))) {
        Ok(0) | Err(_) => Ok(()),
        Ok(_) => script(conn, sqlite_full_text::CARRY_OVER),
    }
}

fn script(conn: &mut Conn, text: &str) -> Result<(), StoreError> {
    futures::executor::block_on(conn.script(&Sql::from(text)))
}

fn in_transaction(conn: &Conn) -> bool {
    match &conn.0 {
        crate::conn::Inner::Sqlite(conn) => conn.in_transaction(),
        crate::conn::Inner::Postgres(_) => false,
    }
}

fn checkpoint(conn: &mut Conn) {
    let sql = Sql::from("PRAGMA wal_checkpoint(PASSIVE)");
    if let Err(error) = futures::executor::block_on(conn.each(&sql, &[], &mut |_| Ok(()))) {
        tracing::warn!(
            error = crate::error::chain(&error),
            "folding the write-ahead log into the file failed"
        );
    }
}
