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

use super::unit::{self, unit};
use crate::conn::Conn;
use crate::error::StoreError;
use crate::room::Room;
use crate::sql::Sql;

/// Units that share one commit at most; keeps the first caller's wait short.
const GROUP: usize = 64;
/// A quiet spell after which the write-ahead log is folded into the file.
const IDLE: Duration = Duration::from_millis(1500);

/// Why a group of units is lost.
#[derive(Debug, Clone)]
struct Lost {
    reason: String,
    is_full: bool,
}

impl From<StoreError> for Lost {
    fn from(error: StoreError) -> Self {
        Self { reason: crate::error::chain(&error), is_full: error.is_full() }
    }
}

impl From<Lost> for StoreError {
    fn from(lost: Lost) -> Self {
        if lost.is_full {
            return Self::Full { doing: "committing".to_owned(), source: lost.reason.into() };
        }
        Self::Commit(lost.reason)
    }
}

/// Told how the commit went, a unit answers its caller.
type Answer = Box<dyn FnOnce(Option<Lost>) + Send>;
/// A unit of work: runs (unless the group is already lost and it gets no connection), says whether its
/// savepoint shall be kept, and leaves its answer.
type Unit = Box<dyn FnOnce(Option<&mut Conn>) -> (bool, Answer) + Send>;

enum Message {
    Work(Unit),
    /// Nothing comes after it; the sender hears when the file is closed.
    Close(oneshot::Sender<()>),
}

pub(crate) struct Writer {
    messages: mpsc::Sender<Message>,
}

impl Writer {
    pub(crate) fn start(conn: Conn, room: Room) -> Result<Self, StoreError> {
        let (messages, queue) = mpsc::channel::<Message>();
        std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || work_off(conn, &queue, &room))
            .map_err(StoreError::io("starting the writer thread"))?;
        Ok(Self { messages })
    }

    /// Does what waits, folds the write-ahead log into the file and closes it.
    pub(crate) async fn close(&self) {
        let (sender, closed) = oneshot::channel();
        if self.messages.send(Message::Close(sender)).is_ok() {
            // The sender is dropped when the thread has ended already.
            let _ends_either_way = closed.await;
        }
    }

    pub(crate) async fn run<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
    {
        let (unit, aside) = unit(work);
        self.hand_in(unit).await?;
        aside.take().unwrap_or_else(|| Err(StoreError::Panicked.into()))
    }

    /// Has a unit run by the writer; an error when it came to another end than its own. Boxed, so that callers hold no more
    /// than a pointer.
    fn hand_in(&self, unit: unit::Unit) -> BoxFuture<'_, Result<(), StoreError>> {
        let (sender, answer) = oneshot::channel();
        let work: Unit = Box::new(move |conn| {
            // Whether it was a good one; an error when it did not come to its end.
            let (has_run, ended) = match conn {
                Some(conn) => {
                    let run = || futures::executor::block_on(unit(conn));
                    (true, catch_unwind(AssertUnwindSafe(run)).map_err(|_| StoreError::Panicked))
                }
                None => (false, Err(StoreError::WriterStopped)),
            };
            let keep = matches!(ended, Ok(true));
            let tell: Answer = Box::new(move |lost: Option<Lost>| {
                let told = match lost {
                    // A unit that failed by itself knows best why; one that never ran does not.
                    Some(lost) if keep || !has_run => Err(StoreError::from(lost)),
                    _ => ended.map(|_| ()),
                };
                // A caller that has gone away needs no answer.
                let _gone = sender.send(told);
            });
            (keep, tell)
        });
        let sent = self.messages.send(Message::Work(work)).map_err(|_| StoreError::Closed);
        Box::pin(async move {
            sent?;
            answer.await.unwrap_or(Err(StoreError::Closed))
        })
    }
}

fn work_off(mut conn: Conn, queue: &mpsc::Receiver<Message>, room: &Room) {
    let mut dirty = false;
    let closer = loop {
        let message = match queue.recv_timeout(if dirty { IDLE } else { Duration::from_hours(1) }) {
            Ok(message) => message,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                if dirty {
                    checkpoint(&mut conn, "PASSIVE");
                    dirty = false;
                }
                continue;
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => break None,
        };
        let first = match message {
            Message::Work(unit) => unit,
            Message::Close(closer) => break Some(closer),
        };
        dirty = true;
        if let Some(closer) = commit_group(&mut conn, first, queue, room) {
            break Some(closer);
        }
    };
    checkpoint(&mut conn, "TRUNCATE");
    drop(conn);
    if let Some(closer) = closer {
        // Whoever asked may not be there any more.
        let _gone = closer.send(());
    }
}

/// Runs one unit and whatever waits behind it inside one transaction, then answers them all. Gives who wants the file
/// closed, if somebody does.
fn commit_group(
    conn: &mut Conn,
    first: Unit,
    queue: &mpsc::Receiver<Message>,
    room: &Room,
) -> Option<oneshot::Sender<()>> {
    let mut answers = Vec::new();
    let mut lost = script(conn, "BEGIN IMMEDIATE").err().map(Lost::from);
    let (mut next, mut closer) = (Some(first), None);
    while let Some(unit) = next.take() {
        if lost.is_none() {
            lost = run_unit(conn, unit, &mut answers);
        } else {
            answers.push(unit(None).1);
        }
        if answers.len() < GROUP {
            match queue.try_recv() {
                Ok(Message::Work(unit)) => next = Some(unit),
                Ok(Message::Close(sender)) => closer = Some(sender),
                Err(_) => {}
            }
        }
    }
    if lost.is_none() {
        lost = script(conn, "COMMIT").err().map(Lost::from);
    }
    match &lost {
        None => room.has_some(),
        Some(lost) => {
            tracing::error!(
                reason = lost.reason,
                "a group of writes could not be committed; all of it was rolled back"
            );
            if in_transaction(conn) {
                let _already_failed = script(conn, "ROLLBACK");
            }
        }
    }
    for answer in answers {
        answer(lost.clone());
    }
    closer
}

/// Gives the reason when the transaction as a whole is lost.
fn run_unit(conn: &mut Conn, unit: Unit, answers: &mut Vec<Answer>) -> Option<Lost> {
    if let Err(error) = script(conn, "SAVEPOINT whole") {
        answers.push(unit(None).1);
        return Some(error.into());
    }
    let (keep, answer) = unit(Some(conn));
    answers.push(answer);
    if !in_transaction(conn) {
        // What SQLite does by itself when there is no room: the unit has heard so, its neighbours hear it from here.
        let is_full = has_full_disk(conn);
        return Some(Lost { reason: "the database rolled the transaction back".to_owned(), is_full });
    }
    let close = if keep { "RELEASE whole" } else { "ROLLBACK TO whole; RELEASE whole" };
    script(conn, close).err().map(Lost::from)
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

fn has_full_disk(conn: &Conn) -> bool {
    match &conn.0 {
        crate::conn::Inner::Sqlite(conn) => conn.has_full_disk(),
        crate::conn::Inner::Postgres(_) => false,
    }
}

fn checkpoint(conn: &mut Conn, how: &str) {
    let sql = Sql::from(format!("PRAGMA wal_checkpoint({how})"));
    if let Err(error) = futures::executor::block_on(conn.each(&sql, &[], &mut |_| Ok(()))) {
        tracing::warn!(
            error = crate::error::chain(&error),
            "folding the write-ahead log into the file failed"
        );
    }
}
