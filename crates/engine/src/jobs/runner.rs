//! What a worker of the server does: the next turn in a queue of an org.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use dealwright_wire::{Compat, Profile};

use super::kind::{Kinds, Work};
use super::lease::{self, Taken, Untaken, Worker};
use super::queue::Queue;
use super::{outside, steps};
use crate::error::Error;
use crate::org::Org;

/// What jobs are done with.
#[derive(Clone)]
pub struct Hands {
    pub worker: Worker,
    pub profile: &'static Profile,
    pub compat: Compat,
    /// Set when the process ends: after what is at work nothing is begun.
    pub ending: Arc<AtomicBool>,
}

/// Takes the job of the queue that is due longest and works on it for a while. `false` when there is none that could be
/// taken. A job that fails is put off or given up, which is no error of this function.
pub async fn work(org: &Arc<Org>, queue: &'static Queue, hands: &Hands) -> Result<bool, Error> {
    let Taken { job, kind, errand } = match lease::take(org, &hands.worker, queue).await {
        Ok(Some(taken)) => taken,
        Ok(None) => return Ok(false),
        Err(Untaken::Error(error)) => return Err(error),
        Err(Untaken::Unreadable(job, error)) => {
            let kind = Kinds::of(org).find(|kind| kind.name == job.kind);
            if let Some(kind) = kind {
                outside::unreadable(org, *job, kind.attempts, &error).await?;
            }
            return Ok(true);
        }
    };
    match kind.work {
        Work::Steps(step) => steps::go_on(org, kind, step, job, hands).await?,
        Work::Outside { deadline, .. } => outside::run(org, kind, deadline, job, errand).await?,
    }
    Ok(true)
}
