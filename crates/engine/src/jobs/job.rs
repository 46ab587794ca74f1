//! One job: how it is stored, started, and found again.

use std::sync::Arc;

use dealwright_store::{Cell, Conn, Row, Sql, StoreError, Weight};
use dealwright_wire::{Id, Mint};

use super::kind::JobKind;
use super::lease::Lease;
use crate::cx::Cx;
use crate::error::Error;
use crate::org::Org;

/// A piece of work on its way.
#[derive(Debug, Clone)]
pub struct Job {
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
    /// Attempts since something was stored of it, the present one among them.
    pub attempts: i64,
    /// What the token of the request could do, see `Caller::kept`.
    pub(super) caller: Option<String>,
    /// Who works on it.
    pub(super) lease: Option<Lease>,
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Queued,
    Running,
    Completed,
    Failed,
}

impl State {
    /// Whether it waits or runs.
    pub(super) fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }

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
pub struct NewJob {
    pub kind: &'static JobKind,
    pub module: Id,
    pub input: String,
    pub total: i64,
}

/// Who asks for a job.
#[derive(Debug, Clone)]
pub struct Asker {
    pub user: Id,
    pub client: String,
    /// What the token of the request could do, see `Caller::kept`; `None` for work of the server's own.
    pub caller: Option<String>,
}

pub(super) const COLUMNS: &str = "id, kind, module_id, user_id, client, state, input, place, total, done, failed, skipped, attempts, caller, \
     leased_until, leased_by";

impl NewJob {
    /// The statement that stores it, for a transaction that does more than that. `due`, in milliseconds since the epoch, may
    /// lie ahead. After the transaction the workers have to be woken, by the org's bell.
    pub fn to_store(self, mint: &Mint, now_ms: i64, asker: Asker, due: i64) -> (Id, Sql, Vec<Cell<'static>>) {
        let id = mint.next();
        let sql = Sql::from(
            "INSERT INTO {_jobs} (id, kind, module_id, user_id, client, state, input, place, total, done, failed, skipped, \
             attempts, caller, due, queue, created_at, changed_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, 'QUEUED', ?6, 0, ?7, 0, 0, 0, 0, ?9, ?10, ?11, ?8, ?8)",
        );
        let args = vec![
            id.into(),
            self.kind.name.into(),
            self.module.into(),
            asker.user.into(),
            asker.client.into(),
            self.input.into(),
            self.total.into(),
            now_ms.into(),
            asker.caller.into(),
            due.into(),
            self.kind.queue.name.into(),
        ];
        (id, sql, args)
    }
}

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

    /// [`NewJob::to_store`] for whoever asks, due at once.
    pub(crate) fn to_store(cx: &Cx, new: NewJob) -> (Id, Sql, Vec<Cell<'static>>) {
        let now = cx.org.clock.now_ms();
        let asker =
            Asker { user: cx.user_id(), client: cx.actor.client_id.to_string(), caller: cx.caller().kept() };
        new.to_store(&cx.org.mint, now, asker, now)
    }

    /// A job of that kind on that module by its id, for whoever asked for it and for administrators: for others it is not
    /// there.
    pub(crate) async fn find(cx: &Cx, kind: &JobKind, module: Id, id: Id) -> Result<Option<Self>, Error> {
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
    pub(crate) async fn by_id(cx: &Cx, kind: &JobKind, id: Id) -> Result<Option<Self>, Error> {
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

    /// Stores how far the job is, in the transaction of the step that got it there, and renews the lease until that time or
    /// gives it back. `false` when the lease was lost; then the transaction has to be undone.
    pub(super) async fn save(
        &mut self,
        tx: &mut Conn,
        now_ms: i64,
        until: Option<i64>,
    ) -> Result<bool, StoreError> {
        let Some(lease) = &mut self.lease else { return Ok(false) };
        let sql = Sql::from(
            "UPDATE {_jobs} SET state = ?2, place = ?3, total = ?4, done = ?5, failed = ?6, skipped = ?7, \
             attempts = 0, changed_at = ?8, error = NULL, leased_until = ?9, leased_by = ?10 \
             WHERE id = ?1 AND leased_by = ?11 AND leased_until = ?12",
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
            until.unwrap_or_default().into(),
            until.map(|_| lease.by.to_string()).into(),
            lease.by.to_string().into(),
            lease.until.into(),
        ];
        let count = tx.exec(&sql, &args).await?;
        lease.until = until.unwrap_or_default();
        self.attempts = 1;
        Ok(count > 0)
    }

    /// Stores that an attempt failed: another one later, or given up. Nothing is stored when the lease was lost.
    pub(super) async fn put_off(
        &self,
        org: &Org,
        state: State,
        due: i64,
        reason: String,
    ) -> Result<(), Error> {
        let (job, now) = (self.clone(), org.clock.now_ms());
        org.store
            .write(move |tx| {
                Box::pin(async move { Ok(job.store_put_off(tx, state, due, reason, now).await.map(drop)?) })
            })
            .await
    }

    /// The same within a transaction. `false` when the lease was lost.
    pub(super) async fn store_put_off(
        &self,
        tx: &mut Conn,
        state: State,
        due: i64,
        reason: String,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let Some(lease) = &self.lease else { return Ok(false) };
        let sql = Sql::from(
            "UPDATE {_jobs} SET state = ?2, attempts = ?3, due = ?4, error = ?5, changed_at = ?6, leased_until = 0, \
             leased_by = NULL WHERE id = ?1 AND leased_by = ?7 AND leased_until = ?8",
        );
        let args = [
            self.id.into(),
            state.text().into(),
            self.attempts.into(),
            due.into(),
            reason.into(),
            now_ms.into(),
            lease.by.to_string().into(),
            lease.until.into(),
        ];
        Ok(tx.exec(&sql, &args).await? > 0)
    }

    /// Removes it. `false` when the lease was lost; then the transaction has to be undone.
    pub(super) async fn remove(&self, tx: &mut Conn) -> Result<bool, StoreError> {
        let Some(lease) = &self.lease else { return Ok(false) };
        let sql = Sql::from("DELETE FROM {_jobs} WHERE id = ?1 AND leased_by = ?2 AND leased_until = ?3");
        let args = [self.id.into(), lease.by.to_string().into(), lease.until.into()];
        Ok(tx.exec(&sql, &args).await? > 0)
    }
}

pub(super) fn read(row: &Row<'_>) -> Result<Job, StoreError> {
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
        lease: row
            .text(15)?
            .map(|by| Ok::<_, StoreError>(Lease { by: by.into(), until: number(14)? }))
            .transpose()?,
    })
}
