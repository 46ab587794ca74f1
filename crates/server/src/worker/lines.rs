//! Lines of orgs that wait for a worker, each with its own share of workers.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use dealwright_engine::jobs::QUEUES;
use dealwright_wire::Id;
use tokio::sync::Semaphore;

/// Workers that look what waits in an org, and that hand out events.
const LOOKING: usize = 2;
const FOR_EVENTS: usize = 2;

/// Which line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Line {
    Look,
    Events,
    /// A queue of jobs, by its place among all queues.
    Queue(usize),
}

impl Line {
    pub(super) fn all() -> impl Iterator<Item = Self> {
        [Self::Look, Self::Events].into_iter().chain((0..QUEUES.len()).map(Self::Queue))
    }

    /// Workers of the line, and how many of them may work for one org.
    pub(super) fn workers(self) -> (usize, usize) {
        match self {
            Self::Look => (LOOKING, 1),
            Self::Events => (FOR_EVENTS, 1),
            Self::Queue(at) => QUEUES.get(at).map_or((0, 0), |queue| (queue.workers, queue.per_org)),
        }
    }

    fn at(self) -> usize {
        match self {
            Self::Look => 0,
            Self::Events => 1,
            Self::Queue(at) => 2 + at,
        }
    }
}

/// All lines.
pub(super) struct Lines {
    lines: Vec<(Mutex<Waiting>, Semaphore)>,
}

#[derive(Default)]
struct Waiting {
    line: VecDeque<Id>,
    /// How often an org is in the line or at work.
    places: HashMap<Id, Place>,
}

#[derive(Default)]
struct Place {
    count: usize,
    /// It was called for while it had all the places it may have.
    is_called: bool,
}

impl Lines {
    pub(super) fn new() -> Self {
        Self { lines: Line::all().map(|_| (Mutex::default(), Semaphore::new(0))).collect() }
    }

    /// Puts an org into a line, as often as it may work there. One that is at work comes in again after that.
    pub(super) fn join(&self, org: Id, line: Line) {
        let Some((waiting, ready)) = self.lines.get(line.at()) else { return };
        let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, most) = line.workers();
        let Waiting { line, places } = &mut *waiting;
        let place = places.entry(org).or_default();
        place.is_called = place.count >= most;
        while place.count < most {
            place.count += 1;
            line.push_back(org);
            ready.add_permits(1);
        }
    }

    /// The next org of a line; waits for one. `None` when there will be none any more.
    pub(super) async fn next(&self, line: Line) -> Option<Id> {
        let (waiting, ready) = self.lines.get(line.at())?;
        ready.acquire().await.ok()?.forget();
        waiting.lock().unwrap_or_else(PoisonError::into_inner).line.pop_front()
    }

    /// A worker is done with an org. With `again` the org goes to the end of the line, as it does when it was called for
    /// meanwhile.
    pub(super) fn leave(&self, org: Id, line: Line, again: bool) {
        let Some((waiting, ready)) = self.lines.get(line.at()) else { return };
        let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let Waiting { line, places } = &mut *waiting;
        let Some(place) = places.get_mut(&org) else { return };
        if again || std::mem::take(&mut place.is_called) {
            line.push_back(org);
            ready.add_permits(1);
            return;
        }
        place.count -= 1;
        if place.count == 0 {
            places.remove(&org);
        }
    }

    /// Nobody gets a worker any more.
    pub(super) fn close(&self) {
        for (_, ready) in &self.lines {
            ready.close();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: i64) -> Id {
        Id::new(number).unwrap()
    }

    #[tokio::test]
    async fn an_org_has_one_place_and_comes_again_when_it_is_called_meanwhile() {
        let (lines, line) = (Lines::new(), Line::Queue(0));
        lines.join(id(1), line);
        lines.join(id(1), line);
        lines.join(id(2), line);
        assert_eq!(lines.next(line).await, Some(id(1)));
        lines.join(id(1), line);
        lines.leave(id(1), line, false);
        assert_eq!(lines.next(line).await, Some(id(2)), "whoever worked goes to the end");
        assert_eq!(lines.next(line).await, Some(id(1)));
        lines.leave(id(1), line, false);
        lines.leave(id(2), line, true);
        assert_eq!(lines.next(line).await, Some(id(2)));
        lines.close();
        assert_eq!(lines.next(line).await, None);
    }
}
