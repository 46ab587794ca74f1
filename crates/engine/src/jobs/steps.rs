//! Work inside the database: the steps of a job that was taken, one transaction each.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use dealwright_store::{StoreError, error::chain};

use super::job::{Job, State};
use super::kind::{JobKind, Step};
use super::lease;
use super::runner::Hands;
use crate::cx::{Actor, Cx};
use crate::error::Error;
use crate::org::Org;

/// How long a worker goes on with one job before it looks what else waits in its queue.
const SLICE: Duration = Duration::from_millis(500);

/// How a step ended that was not stored.
enum Problem {
    /// May go away.
    Passing(Error),
    /// Trying again makes no difference.
    Final(&'static str),
    /// Another process has the job by now.
    Lost,
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::Passing(error.into())
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Api(error) => {
                // The request was checked when the job was made: what is refused now has changed since.
                tracing::debug!(error = %error, "a job is refused");
                Self::Final("what it works on has changed since it was asked for")
            }
            error @ Error::Internal { .. } => Self::Passing(error),
        }
    }
}

/// Does steps until the job is over or others should have their turn; then the lease is given back with the last step.
///
/// A step that fails is put off and tried again; this is an error only when even that cannot be stored.
pub(super) async fn go_on(
    org: &Arc<Org>,
    kind: &'static JobKind,
    step: Step,
    mut job: Job,
    hands: &Hands,
) -> Result<(), Error> {
    if job.attempts > kind.attempts.0.len() as i64 + 1 {
        let reason = "the process ended in the middle of it each time";
        return give_up(org, &job, reason).await;
    }
    let begun = Instant::now();
    loop {
        let keeps = begun.elapsed() < SLICE && !hands.ending.load(Ordering::Relaxed);
        match self::step(org, kind, step, job.clone(), hands, keeps).await {
            Ok(after) => job = after,
            Err(Problem::Lost) => {
                tracing::warn!(job.id = %job.id, job.kind = job.kind, "a step took longer than its lease and was undone");
                return Ok(());
            }
            Err(Problem::Passing(error)) => {
                tracing::warn!(job.id = %job.id, job.kind = job.kind, attempt = job.attempts, error = chain(&error),
                    "a step of a job failed; it is tried again");
                return put_off(org, kind, &job, chain(&error)).await;
            }
            Err(Problem::Final(reason)) => return give_up(org, &job, reason).await,
        }
        if !keeps || !job.state.is_open() {
            return Ok(());
        }
    }
}

async fn step(
    org: &Arc<Org>,
    kind: &'static JobKind,
    step: Step,
    mut job: Job,
    hands: &Hands,
    keeps: bool,
) -> Result<Job, Problem> {
    let user = org.snapshot().user(job.user).cloned();
    let user = user.filter(|user| user.is_active).ok_or(Problem::Final("its user is not active any more"))?;
    let actor = Actor { user, client_id: Arc::clone(&job.client) };
    let cx = Cx::new(Arc::clone(org), actor, hands.profile, hands.compat).within_kept(job.caller.as_deref());
    let cx = Arc::new(cx);
    job.state = State::Running;
    org.full_text.room().await;
    org.store
        .write(move |tx| {
            Box::pin(async move {
                step(tx, &cx, &mut job).await?;
                let now = cx.org.clock.now_ms();
                let until = (keeps && job.state.is_open()).then(|| lease::end(kind, now));
                if job.save(tx, now, until).await? { Ok(job) } else { Err(Problem::Lost) }
            })
        })
        .await
}

async fn give_up(org: &Arc<Org>, job: &Job, reason: &str) -> Result<(), Error> {
    tracing::warn!(job.id = %job.id, job.kind = job.kind, reason, "a job cannot be done");
    job.put_off(org, State::Failed, org.clock.now_ms(), reason.to_owned()).await
}

async fn put_off(org: &Arc<Org>, kind: &JobKind, job: &Job, reason: String) -> Result<(), Error> {
    let now = org.clock.now_ms();
    match kind.attempts.pause(job.attempts, job.id) {
        Some(pause) => {
            let later = now.saturating_add(pause.as_millis() as i64);
            job.put_off(org, State::Queued, later, reason).await
        }
        None => job.put_off(org, State::Failed, now, reason).await,
    }
}
