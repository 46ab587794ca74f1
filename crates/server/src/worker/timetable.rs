//! When an org is to be looked at again: one heap for all of them.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::time::{Duration, Instant};

use dealwright_wire::Id;

use super::lines::Line;

/// What waits for its time. An org waits once in each line, for the earliest of its times.
#[derive(Debug, Default)]
pub(super) struct Timetable {
    heap: BinaryHeap<Reverse<(Instant, Id, Line)>>,
    /// The time that counts; others in the heap are left from before.
    times: HashMap<(Id, Line), Instant>,
}

impl Timetable {
    /// Notes a time, unless an earlier one is noted.
    pub(super) fn note(&mut self, org: Id, line: Line, at: Instant) {
        let time = self.times.entry((org, line)).or_insert(at + Duration::from_nanos(1));
        if at < *time {
            *time = at;
            self.heap.push(Reverse((at, org, line)));
        }
    }

    /// Takes out whoever's time has come.
    pub(super) fn due(&mut self, now: Instant) -> Option<(Id, Line)> {
        while let Some(Reverse((at, org, line))) = self.heap.peek().copied() {
            let counts = self.times.get(&(org, line)) == Some(&at);
            if counts && at > now {
                return None;
            }
            self.heap.pop();
            if counts {
                self.times.remove(&(org, line));
                return Some((org, line));
            }
        }
        None
    }

    /// The next time that somebody waits for.
    pub(super) fn next(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((at, _, _))| *at)
    }

    /// Forgets an org.
    pub(super) fn forget(&mut self, org: Id) {
        self.times.retain(|(of, _), _| *of != org);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: i64) -> Id {
        Id::new(number).unwrap()
    }

    #[test]
    fn who_waits_is_taken_out_once_at_the_earliest_of_its_times() {
        let (start, mut table) = (Instant::now(), Timetable::default());
        let at = |seconds| start + Duration::from_secs(seconds);
        table.note(id(1), Line::Look, at(9));
        table.note(id(1), Line::Look, at(3));
        table.note(id(1), Line::Look, at(5));
        table.note(id(2), Line::Look, at(4));
        table.note(id(1), Line::Events, at(6));
        assert_eq!(table.next(), Some(at(3)));
        assert_eq!(table.due(at(2)), None);
        assert_eq!(table.due(at(3)), Some((id(1), Line::Look)));
        assert_eq!(table.due(at(3)), None);
        table.forget(id(2));
        assert_eq!(table.due(at(10)), Some((id(1), Line::Events)));
        assert_eq!(table.due(at(10)), None);
        assert_eq!(table.next(), None);
    }
}
