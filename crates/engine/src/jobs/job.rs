//! One job: how it is stored, started, and found again.

use std::sync::Arc;

use dealwright_store::{Cell, Conn, Row, Sql, StoreError, Weight};
use dealwright_wire::Id;

use super::kinds::Kind;
use crate::cx::Cx;
use crate::error::Error;

/// A piece of work on its way.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub id: Id,
    /// Stored name of its kind.
    pub kind: String,
    pub module: Id,
    /// Who asked for it; it is done with this user's permissions.
    pub user: Id,
    pub client: Arc<str>,
    pub state: State,
    /// What is to be done, as JSON; its shape is the kind's own.
    pub input: String,
    /// Where to go on: most often the id of the last record that was looked at.
    pub place: i64,
    /// Records that the job found to work on when it was made.
    pub total: i64,
    pub done: i64,
    pub failed: i64,
    /// Records that needed no change, or were gone.
    pub skipped: i64,
    pub(super) attempts: i64,
    /// What the token of the request could do, see `Caller::kept`.
    pub(super) caller: Option<String>,
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Queued,
    Running,
    Completed,
    Failed,
}

impl State {
    /// In upper case, as most statuses show it.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Running => "RUNNING",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
        }
    }

    fn read(text: &str) -> Self {
        match text {
            "QUEUED" => Self::Queued,
            "RUNNING" => Self::Running,
            "COMPLETED" => Self::Completed,
            _ => Self::Failed,
        }
    }
}

/// A job that is to be made.
#[derive(Debug)]
pub(crate) struct NewJob {
    pub kind: &'static Kind,
    pub module: Id,
    pub input: String,
    pub total: i64,
}

const COLUMNS: &str = "id, kind, module_id, user_id, client, state, input, place, total, done, failed, skipped, attempts, caller";

impl Job {
    /// Stores a job in a transaction of its own and wakes the worker. Gives the job's id.
    pub(crate) async fn start(cx: &Cx, new: NewJob) -> Result<Id, Error> {
        let (id, sql, args) = Self::to_store(cx, new);
        cx.org
            .store
            .write(move |tx| {
                Box::pin(async move {
                    tx.exec(&sql, &args).await?;
                    Ok::<_, Error>(())
                })
            })
            .await?;
        cx.org.bell.notify_one();
        Ok(id)
    }

    /// The statement that stores a job, for a transaction that does more than that. Afterwards the worker has to be
    /// woken, by the org's bell.
    pub(crate) fn to_store(cx: &Cx, new: NewJob) -> (Id, Sql, Vec<Cell<'static>>) {
        let (id, now) = (cx.org.mint.next(), cx.org.clock.now_ms());
        let sql = Sql::from(format!(
            "INSERT INTO {{_jobs}} ({COLUMNS}, not_before, created_at, changed_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, 'QUEUED', ?6, 0, ?7, 0, 0, 0, 0, ?9, 0, ?8, ?8)"
        ));
        let args = vec![
            id.into(),
            new.kind.name.into(),
            new.module.into(),
            cx.user_id().into(),
            cx.actor.client_id.to_string().into(),
            new.input.into(),
            new.total.into(),
            now.into(),
            cx.caller().kept().into(),
        ];
        (id, sql, args)
    }

    /// A job of that kind on that module by its id, for whoever asked for it and for administrators: for others it is not
    /// there.
    pub(crate) async fn find(cx: &Cx, kind: &Kind, module: Id, id: Id) -> Result<Option<Self>, Error> {
        let name = kind.name;
        let sql = Sql::from(format!(
            "SELECT {COLUMNS} FROM {{_jobs}} WHERE id = ?1 AND kind = ?2 AND module_id = ?3"
        ));
        cx.org
            .store
            .read(Weight::Point, move |conn| {
                Box::pin(async move {
                    Ok::<_, Error>(conn.first(&sql, &[id.into(), name.into(), module.into()], read).await?)
                })
            })
            .await
            .map(|job| job.filter(|job| job.is_shown_to(cx)))
    }

    /// [`Job::find`] on whatever module.
    pub(crate) async fn by_id(cx: &Cx, kind: &Kind, id: Id) -> Result<Option<Self>, Error> {
        let name = kind.name;
        let sql = Sql::from(format!("SELECT {COLUMNS} FROM {{_jobs}} WHERE id = ?1 AND kind = ?2"));
        cx.org
            .store
            .read(Weight::Point, move |conn| {
                Box::pin(
                    async move { Ok::<_, Error>(conn.first(&sql, &[id.into(), name.into()], read).await?) },
                )
            })
            .await
            .map(|job| job.filter(|job| job.is_shown_to(cx)))
    }

    fn is_shown_to(&self, cx: &Cx) -> bool {
        self.user == cx.user_id() || cx.is_admin()
    }

    /// Jobs on that module, of any kind, that wait or run.
    pub(crate) async fn under_way(cx: &Cx, module: Id) -> Result<Vec<Self>, Error> {
        let sql = Sql::from(format!(
            "SELECT {COLUMNS} FROM {{_jobs}} WHERE module_id = ?1 AND state IN ('QUEUED', 'RUNNING')"
        ));
        cx.org
            .store
            .read(Weight::Point, move |conn| {
                Box::pin(async move { Ok(conn.all(&sql, &[module.into()], read).await?) })
            })
            .await
    }

    /// The oldest job of the kinds that can be worked on now.
    pub(super) async fn next(
        conn: &mut Conn,
        now_ms: i64,
        kinds: &[&Kind],
    ) -> Result<Option<Self>, StoreError> {
        let names: Vec<String> = kinds.iter().map(|kind| format!("'{}'", kind.name)).collect();
        let sql = Sql::from(format!(
            "SELECT {COLUMNS} FROM {{_jobs}} WHERE state IN ('QUEUED', 'RUNNING') AND not_before <= ?1 \
             AND kind IN ({}) ORDER BY id LIMIT 1",
            names.join(", ")
        ));
        conn.first(&sql, &[now_ms.into()], read).await
    }

    /// Stores how far the job is, in the transaction of the step that got it there.
    pub(super) async fn save(&self, tx: &mut Conn, now_ms: i64) -> Result<(), StoreError> {
        let sql = Sql::from(
            "UPDATE {_jobs} SET state = ?2, place = ?3, total = ?4, done = ?5, failed = ?6, skipped = ?7, \
             attempts = 0, not_before = 0, changed_at = ?8, error = NULL WHERE id = ?1",
        );
        let args = [
            self.id.into(),
            self.state.text().into(),
            self.place.into(),
            self.total.into(),
            self.done.into(),
            self.failed.into(),
            self.skipped.into(),
            now_ms.into(),
        ];
        tx.exec(&sql, &args).await?;
        Ok(())
    }

    /// Stores that a step failed: tried again later, or given up.
    pub(super) async fn put_off(
        &self,
        tx: &mut Conn,
        state: State,
        not_before: i64,
        error: String,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let sql = Sql::from(
            "UPDATE {_jobs} SET state = ?2, attempts = ?3, not_before = ?4, error = ?5, changed_at = ?6 \
             WHERE id = ?1",
        );
        let args = [
            self.id.into(),
            state.text().into(),
            (self.attempts + 1).into(),
            not_before.into(),
            error.into(),
            now_ms.into(),
        ];
        tx.exec(&sql, &args).await?;
        Ok(())
    }
}

fn read(row: &Row<'_>) -> Result<Job, StoreError> {
    let text = |at: usize| Ok::<_, StoreError>(row.text(at)?.unwrap_or_default().to_owned());
    let number = |at: usize| Ok::<_, StoreError>(row.int(at)?.unwrap_or_default());
    Ok(Job {
        id: Row::must(row.id(0)?, 0)?,
        kind: text(1)?,
        module: Row::must(row.id(2)?, 2)?,
        user: Row::must(row.id(3)?, 3)?,
        client: text(4)?.into(),
        state: State::read(&text(5)?),
        input: text(6)?,
        place: number(7)?,
        total: number(8)?,
        done: number(9)?,
        failed: number(10)?,
        skipped: number(11)?,
        attempts: number(12)?,
        caller: row.text(13)?.map(str::to_owned),
    })
}
