//! The workers, and what they do with what is left over.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use dealwright_engine::events::{self, Left};
use dealwright_engine::jobs::{self, Hands, QUEUES, Worker};
use dealwright_engine::ports::bell::Call;
use dealwright_engine::{Error, Org};
use dealwright_store::error::chain;
use dealwright_wire::{Compat, Id};
use tokio::sync::Notify;

use super::lines::{Line, Lines};
use super::timetable::Timetable;
use crate::versions::ApiVersion;

/// How often an org is looked at in which something waits, when the clock does not tell when its time comes: another
/// process has it, or people move the clock.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How often every open org is looked at, for what was missed.
const LOOK_AT_LEAST: Duration = Duration::from_mins(5);
/// After a failure that could not be stored.
const PAUSE: Duration = Duration::from_secs(10);
/// Between an event and the look for it, and before each further look when it is not there: its transaction has to end
/// first. One that takes longer than all of them is found with the next event, or by [`LOOK_AT_LEAST`].
const NEWS: Duration = Duration::from_millis(20);
const NEWS_AGAIN: [Duration; 3] =
    [Duration::from_millis(250), Duration::from_secs(1), Duration::from_secs(4)];
/// Between looks at events that are there and cannot be read yet.
const COMING: Duration = Duration::from_millis(250);

/// Workers for all orgs. Dropped, they end after what they are at.
pub(crate) struct Pool(Arc<Shared>);

struct Shared {
    hands: Hands,
    lines: Lines,
    orgs: Mutex<HashMap<Id, Watched>>,
    timetable: Mutex<Timetable>,
    /// Rings when the first time in the timetable may have changed.
    changed: Notify,
}

/// An org that is worked for.
struct Watched {
    org: Weak<Org>,
    /// Looks for events that were announced and not found, since the last one was announced.
    looks: usize,
}

impl Pool {
    /// Starts the workers; they are those of that node, which no other process may be.
    pub(crate) fn start(node: u8, compat: Compat) -> Result<Self, Error> {
        let hands = Hands {
            worker: Worker::new(node)?,
            profile: ApiVersion::V8.profile(),
            compat,
            ending: Arc::new(AtomicBool::new(false)),
        };
        let shared = Arc::new(Shared {
            hands,
            lines: Lines::new(),
            orgs: Mutex::default(),
            timetable: Mutex::default(),
            changed: Notify::new(),
        });
        for line in Line::all() {
            for _ in 0..line.workers().0 {
                tokio::spawn(Arc::clone(&shared).work_off(line));
            }
        }
        tokio::spawn(Arc::clone(&shared).keep_time());
        Ok(Self(shared))
    }

    /// Works for an org from now on, until it is gone.
    pub(crate) fn watch(&self, org: &Arc<Org>) {
        let id = org.id;
        lock(&self.0.orgs).insert(id, Watched { org: Arc::downgrade(org), looks: 0 });
        let shared = Arc::downgrade(&self.0);
        let follows = events::are_followed(org);
        org.bell.tell(move |call| {
            let Some(shared) = shared.upgrade() else { return };
            match call {
                Call::Work => shared.lines.join(id, Line::Look),
                Call::News if follows => shared.announce(id),
                Call::News => {}
            }
        });
        self.0.lines.join(id, Line::Look);
    }

    /// Nothing is begun any more.
    pub(crate) fn end(&self) {
        self.0.hands.ending.store(true, Ordering::Relaxed);
        self.0.lines.close();
        self.0.changed.notify_one();
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.end();
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn is_ending(&self) -> bool {
        self.hands.ending.load(Ordering::Relaxed)
    }

    /// The org, as long as it is open.
    fn org(&self, id: Id) -> Option<Arc<Org>> {
        let org = lock(&self.orgs).get(&id)?.org.upgrade();
        if org.is_none() {
            // Unless it was opened again in between.
            lock(&self.orgs).retain(|of, watched| *of != id || watched.org.strong_count() > 0);
            lock(&self.timetable).forget(id);
        }
        org
    }

    /// An event of an org was written, or will be.
    fn announce(&self, id: Id) {
        if let Some(watched) = lock(&self.orgs).get_mut(&id) {
            watched.looks = 0;
        }
        self.wait(id, Line::Events, NEWS);
    }

    /// Counts a look that found nothing. Gives when to look again, if at all.
    fn look_again(&self, id: Id) -> Option<Duration> {
        let mut orgs = lock(&self.orgs);
        let watched = orgs.get_mut(&id)?;
        let again = NEWS_AGAIN.get(watched.looks).copied();
        watched.looks += 1;
        again
    }

    /// Lets an org join a line after some time.
    fn wait(&self, org: Id, line: Line, time: Duration) {
        let at = Instant::now() + time;
        let mut timetable = lock(&self.timetable);
        let is_first = timetable.next().is_none_or(|next| at < next);
        timetable.note(org, line, at);
        drop(timetable);
        if is_first {
            self.changed.notify_one();
        }
    }

    /// Moves orgs whose time has come into their lines.
    async fn keep_time(self: Arc<Self>) {
        while !self.is_ending() {
            let next = {
                let mut timetable = lock(&self.timetable);
                while let Some((org, line)) = timetable.due(Instant::now()) {
                    self.lines.join(org, line);
                }
                timetable.next()
            };
            let time = next.map_or(LOOK_AT_LEAST, |next| next.saturating_duration_since(Instant::now()));
            // Whether it is time or the timetable has changed: it is looked at again.
            let _ = tokio::time::timeout(time, self.changed.notified()).await;
        }
    }

    /// A worker of a line.
    async fn work_off(self: Arc<Self>, line: Line) {
        while let Some(id) = self.lines.next(line).await {
            if self.is_ending() {
                return;
            }
            let Some(org) = self.org(id) else {
                self.lines.leave(id, line, false);
                continue;
            };
            // A task of its own: whatever happens in it, the worker is there for the next one.
            let turn = tokio::spawn(Arc::clone(&self).turn(org, line)).await;
            let again = match turn {
                Ok(Ok(again)) => again,
                Ok(Err(error)) => {
                    tracing::error!(org.id = %id, error = chain(&error), "work beside the requests failed");
                    self.wait(id, line, PAUSE);
                    false
                }
                Err(error) => {
                    tracing::error!(org.id = %id, %error, "work beside the requests broke off");
                    self.wait(id, line, PAUSE);
                    false
                }
            };
            self.lines.leave(id, line, again);
        }
    }

    /// One turn. True when there may be more to do at once.
    async fn turn(self: Arc<Self>, org: Arc<Org>, line: Line) -> Result<bool, Error> {
        match line {
            Line::Look => self.look(&org).await.map(|()| false),
            Line::Events => self.hand_out(&org).await,
            Line::Queue(at) => {
                let Some(queue) = QUEUES.get(at) else { return Ok(false) };
                // What was put off is found by the next look, which whoever found it due has noted.
                jobs::work(&org, queue, &self.hands).await
            }
        }
    }

    /// Looks what waits in an org: what is due gets into its line, and the org is looked at again when the next is.
    async fn look(&self, org: &Org) -> Result<(), Error> {
        let now = org.clock.now_ms();
        let mut next = LOOK_AT_LEAST;
        for waiting in jobs::agenda(org, &self.hands.worker).await? {
            let at = QUEUES.iter().position(|queue| queue.name == waiting.queue.name);
            let time = if waiting.from > now {
                let time = Duration::from_millis((waiting.from - now) as u64);
                if org.clock.is_manual() { LOOK_EVERY } else { time }
            } else {
                if let Some(at) = at {
                    self.lines.join(org.id, Line::Queue(at));
                }
                LOOK_EVERY
            };
            next = next.min(time);
        }
        if events::are_followed(org) {
            self.lines.join(org.id, Line::Events);
        }
        self.wait(org.id, Line::Look, next);
        Ok(())
    }

    async fn hand_out(&self, org: &Arc<Org>) -> Result<bool, Error> {
        let wait = match events::hand_out(org).await? {
            Left::Nothing => match self.look_again(org.id) {
                Some(time) => time,
                None => return Ok(false),
            },
            Left::More => return Ok(true),
            Left::Coming => COMING,
            Left::Resting(_) if org.clock.is_manual() => LOOK_EVERY,
            Left::Resting(until) => {
                Duration::from_millis(until.saturating_sub(org.clock.now_ms()).max(1) as u64)
            }
        };
        self.wait(org.id, Line::Events, wait);
        Ok(false)
    }
}
