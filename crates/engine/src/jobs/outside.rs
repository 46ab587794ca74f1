//! Work with the world outside: performed without a transaction, then settled in one.

use std::sync::Arc;
use std::time::Duration;

use dealwright_store::error::chain;
use dealwright_store::{Sql, StoreError};

use super::job::{Job, State};
use super::kind::{Attempts, Errand, JobKind, Settled};
use crate::error::Error;
use crate::org::Org;

/// Why what came of it was not stored.
enum Problem {
    /// Another process has the job by now, and will say what came of it.
    Lost,
    Error(Error),
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::Error(error.into())
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Performs and settles. What cannot be stored is an error: the job is done again when its lease has run out.
pub(super) async fn run(
    org: &Arc<Org>,
    kind: &'static JobKind,
    deadline: Duration,
    job: Job,
    errand: Option<Box<dyn Errand>>,
) -> Result<(), Error> {
    let attempt = kind.attempts.attempt(job.attempts);
    let mut errand = errand;
    if let Some(errand) = &mut errand {
        // After the last attempt it only comes here when the process ended in that one: once more could go on for ever.
        if job.attempts <= kind.attempts.0.len() as i64 + 1 {
            // Broken off or not, the errand knows what came of it.
            let _in_time = tokio::time::timeout(deadline, errand.perform(org)).await;
        }
    }
    let (settling, attempts, id) = (Arc::clone(org), kind.attempts, job.id);
    let settled = org.store.write(move |tx| {
        Box::pin(async move {
            let settled = match &mut errand {
                Some(errand) => errand.settle(tx, &settling, attempt).await?,
                None => Settled::Done,
            };
            let now = settling.clock.now_ms();
            let is_mine = match settled {
                // Nobody asks for the job any more; what came of it stands where it was stored.
                Settled::Done => job.remove(tx).await?,
                Settled::Again(reason) => match attempts.pause(attempt.number, job.id) {
                    Some(pause) => {
                        let later = now.saturating_add(pause.as_millis() as i64);
                        job.store_put_off(tx, State::Queued, later, reason, now).await?
                    }
                    None => job.store_put_off(tx, State::Failed, now, reason, now).await?,
                },
            };
            if is_mine { Ok(()) } else { Err(Problem::Lost) }
        })
    });
    match settled.await {
        Ok(()) => Ok(()),
        Err(Problem::Lost) => {
            tracing::warn!(job.id = %id, job.kind = kind.name, "a job took longer than its lease; what came of it is not stored");
            Ok(())
        }
        Err(Problem::Error(error)) => Err(error),
    }
}

/// Puts off a job of which it could not be read what there is to do. It is never given up: nobody would store that.
pub(super) async fn unreadable(
    org: &Arc<Org>,
    job: Job,
    attempts: Attempts,
    error: &Error,
) -> Result<(), Error> {
    tracing::error!(job.id = %job.id, job.kind = job.kind, error = chain(error), "reading a job that is to be done outside");
    let pause = attempts.pause(job.attempts, job.id).or(attempts.0.last().copied()).unwrap_or_default();
    let later = org.clock.now_ms().saturating_add(pause.as_millis() as i64);
    let (reason, number) = (chain(error), job.attempts);
    // The lease was undone with the transaction that took it.
    org.store
        .write(move |tx| {
            Box::pin(async move {
                let sql = Sql::from(
                    "UPDATE {_jobs} SET attempts = ?2, due = ?3, error = ?4 WHERE id = ?1 AND attempts = ?2 - 1",
                );
                let args = [job.id.into(), number.into(), later.into(), reason.into()];
                Ok::<_, Error>(tx.exec(&sql, &args).await.map(drop)?)
            })
        })
        .await
}
