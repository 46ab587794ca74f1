//! Does the next step of the oldest job of an org.

use std::sync::Arc;
use std::time::Duration;

use dealwright_store::{Sql, Store, Weight, error::chain};
use dealwright_wire::{Compat, Profile};

use super::job::{Job, State};
use super::kinds::{Kind, Kinds};
use crate::cx::{Actor, Cx};
use crate::error::Error;
use crate::org::Org;

/// Attempts of one step before a job is given up.
const ATTEMPTS: i64 = 5;
/// Before the first repetition of a failed step; doubled each time.
const PAUSE: Duration = Duration::from_secs(2);

/// Does one step of the oldest job that can be worked on. `false` when there is none. Jobs of kinds that only a newer
/// release knows are left to it.
///
/// A step that fails is put off and tried again; this is an error only when even that cannot be stored.
pub async fn run_next(org: &Arc<Org>, profile: &'static Profile, compat: Compat) -> Result<bool, Error> {
    let now = org.clock.now_ms();
    let kinds = Kinds::of(org);
    let found = org
        .store
        .read(Weight::Point, move |conn| {
            Box::pin(async move { Ok::<_, Error>(Job::next(conn, now, kinds).await?) })
        })
        .await?;
    let Some(job) = found else { return Ok(false) };
    let Some(kind) = kinds.iter().find(|kind| kind.name == job.kind) else { return Ok(false) };
    match step(org, kind, job.clone(), profile, compat).await {
        Ok(()) => {}
        Err(Problem::Passing(error)) => {
            tracing::warn!(job.id = %job.id, job.kind = job.kind, attempt = job.attempts + 1, error = chain(&error),
                "a step of a job failed; it is tried again");
            let last = job.attempts + 1 >= ATTEMPTS;
            put_off(org, &job, if last { State::Failed } else { State::Queued }, chain(&error)).await?;
        }
        Err(Problem::Final(reason)) => {
            tracing::warn!(job.id = %job.id, job.kind = job.kind, reason, "a job cannot be done");
            put_off(org, &job, State::Failed, reason.to_owned()).await?;
        }
    }
    Ok(true)
}

/// Whether jobs of an org wait or run, also those that were put off.
pub async fn wait(org: &Org) -> Result<bool, Error> {
    let kinds = Kinds::of(org);
    org.store
        .read(Weight::Point, move |conn| {
            Box::pin(async move { Ok::<_, Error>(Job::next(conn, i64::MAX, kinds).await?.is_some()) })
        })
        .await
}

/// The same for an org that is not open: asked without its metadata, and of jobs of every kind.
pub async fn wait_in(store: &Store) -> Result<bool, Error> {
    let sql = Sql::from("SELECT id FROM {_jobs} WHERE state IN ('QUEUED', 'RUNNING') LIMIT 1");
    let found = store.read(Weight::Point, move |conn| {
        Box::pin(async move { Ok::<_, Error>(conn.first(&sql, &[], |row| row.id(0)).await?) })
    });
    Ok(found.await?.is_some())
}

enum Problem {
    /// May go away.
    Passing(Error),
    /// Trying again makes no difference.
    Final(&'static str),
}

async fn step(
    org: &Arc<Org>,
    kind: &'static Kind,
    mut job: Job,
    profile: &'static Profile,
    compat: Compat,
) -> Result<(), Problem> {
    let user = org.snapshot().user(job.user).cloned();
    let user = user.filter(|user| user.is_active).ok_or(Problem::Final("its user is not active any more"))?;
    let actor = Actor { user, client_id: Arc::clone(&job.client) };
    let cx = Cx::new(Arc::clone(org), actor, profile, compat).within_kept(job.caller.as_deref());
    let cx = Arc::new(cx);
    job.state = State::Running;
    let result = org
        .write(move |tx| {
            Box::pin(async move {
                (kind.step)(tx, &cx, &mut job).await?;
                job.save(tx, cx.org.clock.now_ms()).await?;
                Ok(())
            })
        })
        .await;
    match result {
        Ok(()) => Ok(()),
        Err(Error::Api(error)) => {
            // The request was checked when the job was made: what is refused now has changed since.
            tracing::debug!(error = %error, "a job is refused");
            Err(Problem::Final("what it works on has changed since it was asked for"))
        }
        Err(error) => Err(Problem::Passing(error)),
    }
}

async fn put_off(org: &Arc<Org>, job: &Job, state: State, reason: String) -> Result<(), Error> {
    let now = org.clock.now_ms();
    let pause = PAUSE.saturating_mul(1 << job.attempts.clamp(0, 8));
    let (job, later) = (job.clone(), now.saturating_add(pause.as_millis() as i64));
    org.store
        .write(move |tx| Box::pin(async move { Ok(job.put_off(tx, state, later, reason, now).await?) }))
        .await
}
