//! What one connection waits for, and until when.
//!
//! The wire, the bodies and the service tell what happens; whoever runs the connection asks [`Watch::due`] when it has to
//! end. Nothing here waits by itself, so that every state can be tried with a clock that is told.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::limits::Deadlines;

/// Once a connection is to end: how long what was begun may take nothing, and how long the goodbye may take.
const CLOSING_ANSWER: Duration = Duration::from_secs(5);
const GOODBYE: Duration = Duration::from_secs(1);

/// Why a connection has to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Overdue {
    /// Nothing is in flight, and the next request did not come.
    Idle,
    /// The peer does not take what it was sent.
    Answer,
}

pub(crate) struct Watch {
    deadlines: Deadlines,
    state: Mutex<State>,
}

struct State {
    /// When the last request ended; before the first one, when the connection began.
    idle_since: Instant,
    had_request: bool,
    /// When the first byte after `idle_since` came.
    woke: Option<Instant>,
    in_flight: usize,
    /// Since when the peer has taken nothing of what was written.
    stuck_since: Option<Instant>,
    /// Answers whose next piece has not been asked for, and since when: the peer is not ready for it.
    untaken: Vec<(u64, Instant)>,
    next_answer: u64,
    closing_since: Option<Instant>,
    /// It was idle when it was told to end, and has stayed so: nothing is on its way.
    is_quiet: bool,
    /// The peer has ended, or the connection was cut: nobody reads a last answer.
    is_over: bool,
    /// What the peer has not taken is to be thrown away.
    is_reset: bool,
}

impl Watch {
    pub(crate) fn new(deadlines: Deadlines, now: Instant) -> Self {
        let state = State {
            idle_since: now,
            had_request: false,
            woke: None,
            in_flight: 0,
            stuck_since: None,
            untaken: Vec::new(),
            next_answer: 0,
            closing_since: None,
            is_quiet: false,
            is_over: false,
            is_reset: false,
        };
        Self { deadlines, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn deadlines(&self) -> &Deadlines {
        &self.deadlines
    }

    /// When the connection has to end if nothing changes, and why.
    pub(crate) fn due(&self) -> Option<(Instant, Overdue)> {
        let state = self.state();
        let answer = match state.closing_since {
            Some(_) => self.deadlines.answer.min(CLOSING_ANSWER),
            None => self.deadlines.answer,
        };
        let untaken = state.untaken.iter().map(|(_, since)| *since);
        if let Some(since) = untaken.chain(state.stuck_since).min() {
            return Some((since + answer, Overdue::Answer));
        }
        if state.in_flight > 0 {
            return None;
        }
        let due = match (state.closing_since, state.had_request) {
            (Some(since), _) => since.max(state.idle_since) + GOODBYE,
            (None, false) => state.idle_since + self.deadlines.head,
            (None, true) => {
                let head = state.woke.map(|woke| woke + self.deadlines.head);
                let idle = state.idle_since + self.deadlines.idle;
                head.map_or(idle, |head| head.max(idle))
            }
        };
        Some((due, Overdue::Idle))
    }

    /// After how long [`Self::due`] is to be asked again: no state that begins later ends sooner.
    pub(crate) fn shortest(&self) -> Duration {
        let shortest = self.deadlines.head.min(self.deadlines.idle).min(self.deadlines.answer);
        if self.state().closing_since.is_some() { shortest.min(GOODBYE) } else { shortest }
    }

    /// Since when nothing is in flight, those that never sent a request first. `None` for a connection at work.
    pub(crate) fn idle_since(&self) -> Option<(bool, Instant)> {
        let state = self.state();
        (state.in_flight == 0 && state.stuck_since.is_none()).then_some((state.had_request, state.idle_since))
    }

    pub(crate) fn came(&self, now: Instant) {
        let mut state = self.state();
        if state.in_flight == 0 && state.woke.is_none() {
            state.woke = Some(now);
        }
    }

    /// A request came. The number is its answer's.
    pub(crate) fn request_began(&self) -> u64 {
        let mut state = self.state();
        state.in_flight += 1;
        state.had_request = true;
        state.woke = None;
        state.is_quiet = false;
        state.next_answer += 1;
        state.next_answer
    }

    /// Its answer is out, or nobody wants it any more.
    pub(crate) fn request_ended(&self, answer: u64, now: Instant) {
        let mut state = self.state();
        state.untaken.retain(|(one, _)| *one != answer);
        state.in_flight -= 1;
        state.idle_since = now;
    }

    /// The peer took something of what was written.
    pub(crate) fn wrote(&self) {
        self.state().stuck_since = None;
    }

    /// The peer took nothing of it.
    pub(crate) fn stuck(&self, now: Instant) {
        self.state().stuck_since.get_or_insert(now);
    }

    /// A piece of an answer was given out: the next one is the peer's to ask for.
    pub(crate) fn given(&self, answer: u64, now: Instant) {
        self.state().untaken.push((answer, now));
    }

    /// The next piece was asked for.
    pub(crate) fn taken(&self, answer: u64) {
        self.state().untaken.retain(|(one, _)| *one != answer);
    }

    /// The connection ends after what is in flight.
    pub(crate) fn close(&self, now: Instant) {
        let mut state = self.state();
        if state.closing_since.is_none() {
            state.closing_since = Some(now);
            state.is_quiet = state.in_flight == 0 && state.stuck_since.is_none() && state.woke.is_none();
        }
    }

    /// Nobody reads on the other side any more, or need not be heard.
    pub(crate) fn over(&self) {
        self.state().is_over = true;
    }

    /// The peer does not take what it was sent: that is thrown away.
    pub(crate) fn reset(&self) {
        self.state().is_reset = true;
    }

    pub(crate) fn is_reset(&self) -> bool {
        self.state().is_reset
    }

    /// Whether there is no last answer that has to arrive.
    pub(crate) fn is_over(&self) -> bool {
        let state = self.state();
        state.is_over || state.is_quiet
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn watch() -> (Watch, Instant) {
        let now = Instant::now();
        (Watch::new(Deadlines::default(), now), now)
    }

    #[test]
    fn a_first_head_has_ten_seconds_however_it_trickles() {
        let (watch, t) = watch();
        assert_eq!(watch.due(), Some((t + 10 * S, Overdue::Idle)));
        for second in 1..10 {
            watch.came(t + second * S);
        }
        assert_eq!(watch.due(), Some((t + 10 * S, Overdue::Idle)));
    }

    #[test]
    fn between_requests_there_are_thirty_seconds_and_ten_for_a_head_that_has_begun() {
        let (watch, t) = watch();
        let answer = watch.request_began();
        assert_eq!(watch.due(), None);
        watch.request_ended(answer, t + S);
        assert_eq!(watch.due(), Some((t + 31 * S, Overdue::Idle)));
        watch.came(t + 29 * S);
        watch.came(t + 38 * S);
        assert_eq!(watch.due(), Some((t + 39 * S, Overdue::Idle)));
        watch.request_began();
        assert_eq!(watch.due(), None);
    }

    #[test]
    fn an_answer_that_is_not_taken_ends_after_a_minute_whatever_else_goes_on() {
        let (watch, t) = watch();
        let (one, two) = (watch.request_began(), watch.request_began());
        watch.given(one, t);
        watch.given(two, t + S);
        watch.taken(one);
        assert_eq!(watch.due(), Some((t + 61 * S, Overdue::Answer)));
        watch.taken(two);
        watch.stuck(t + 5 * S);
        watch.stuck(t + 20 * S);
        watch.request_ended(one, t + 20 * S);
        watch.request_ended(two, t + 20 * S);
        assert_eq!(watch.due(), Some((t + 65 * S, Overdue::Answer)));
        assert_eq!(watch.idle_since(), None);
        watch.wrote();
        assert_eq!(watch.due(), Some((t + 50 * S, Overdue::Idle)));
    }

    #[test]
    fn at_the_end_goodbye_is_short_and_what_is_in_flight_has_its_time() {
        let (watch, t) = watch();
        let answer = watch.request_began();
        watch.close(t + S);
        assert_eq!(watch.due(), None);
        watch.given(answer, t + 2 * S);
        assert_eq!(watch.due(), Some((t + 7 * S, Overdue::Answer)));
        watch.taken(answer);
        watch.request_ended(answer, t + 3 * S);
        assert_eq!(watch.due(), Some((t + 4 * S, Overdue::Idle)));
        assert_eq!(watch.shortest(), S);
    }
}
