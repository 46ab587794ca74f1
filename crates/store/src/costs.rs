//! What statements cost, counted where the drivers run them: for tests that hold a call to a number of them.
//!
//! Counting is a few additions per statement, so it is always on. The statements themselves are kept only while somebody
//! lists them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// The count of one [`crate::Database`], all of its stores together.
#[derive(Debug, Default)]
pub struct Costs {
    statements: AtomicU64,
    round_trips: AtomicU64,
    prepared: AtomicU64,
    rows: AtomicU64,
    is_listing: AtomicBool,
    list: Mutex<Vec<Ran>>,
}

/// How much was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Statements run to their end. A batch is one on PostgreSQL, and one for each row on SQLite. What the database itself runs in
    /// triggers is part of the statement that sets them off.
    pub statements: u64,
    /// How often something was sent to PostgreSQL and its answer awaited. None on SQLite, which is in this process.
    pub round_trips: u64,
    /// How often a statement was sent to PostgreSQL only to be prepared, at its first use on a connection. This too is
    /// waited for, and is not among the round trips.
    pub prepared: u64,
    /// Rows that came back.
    pub rows: u64,
}

impl Spent {
    /// What was done since `earlier`.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self {
            statements: self.statements - earlier.statements,
            round_trips: self.round_trips - earlier.round_trips,
            prepared: self.prepared - earlier.prepared,
            rows: self.rows - earlier.rows,
        }
    }
}

/// A statement that was run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// As it was written for both databases.
    pub text: String,
    pub times: u64,
    /// Rows that came back.
    pub rows: u64,
    /// Rows that it changed, as far as the database tells.
    pub changed: u64,
}

impl Costs {
    pub fn spent(&self) -> Spent {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Spent {
            statements: read(&self.statements),
            round_trips: read(&self.round_trips),
            prepared: read(&self.prepared),
            rows: read(&self.rows),
        }
    }

    /// Keeps the statements that are run from now on.
    pub fn list(&self) {
        self.list.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.is_listing.store(true, Ordering::Relaxed);
    }

    /// The statements run since [`Costs::list`], in order. No more are kept.
    pub fn listed(&self) -> Vec<Ran> {
        self.is_listing.store(false, Ordering::Relaxed);
        std::mem::take(&mut *self.list.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Counts a statement that brought rows.
    pub(crate) fn read(&self, text: &str, rows: u64) {
        self.count(text, 1, rows, 0);
    }

    /// Counts a statement that changed rows, run so many times.
    pub(crate) fn changed(&self, text: &str, times: u64, changed: u64) {
        self.count(text, times, 0, changed);
    }

    pub(crate) fn round_trip(&self) {
        self.round_trips.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn prepared(&self) {
        self.prepared.fetch_add(1, Ordering::Relaxed);
    }

    fn count(&self, text: &str, times: u64, rows: u64, changed: u64) {
        self.statements.fetch_add(times, Ordering::Relaxed);
        self.rows.fetch_add(rows, Ordering::Relaxed);
        if self.is_listing.load(Ordering::Relaxed) {
            let ran = Ran { text: text.to_owned(), times, rows, changed };
            self.list.lock().unwrap_or_else(PoisonError::into_inner).push(ran);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_always_counted_and_kept_on_demand() {
        let costs = Costs::default();
        costs.read("SELECT 1", 1);
        costs.list();
        let earlier = costs.spent();
        costs.changed("UPDATE x", 3, 2);
        costs.round_trip();
        let spent = Spent { statements: 3, round_trips: 1, ..Spent::default() };
        assert_eq!(costs.spent().since(earlier), spent);
        let ran = Ran { text: "UPDATE x".to_owned(), times: 3, rows: 0, changed: 2 };
        assert_eq!(costs.listed(), [ran]);
        costs.read("SELECT 2", 1);
        assert!(costs.listed().is_empty());
    }
}
