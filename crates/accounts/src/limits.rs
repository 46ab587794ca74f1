//! Counters that slow guessing down. Each counts by a key of the caller's and starts anew after its window.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::secret::{Digest, digest};

/// Keys remembered at a time by each counter.
const REMEMBERED: u64 = 10_000;

/// Lets a number of attempts through in each window.
pub(crate) struct Limit {
    most: u32,
    /// Keys are hashed, so that what a stranger sends takes no more room than anything else.
    counts: moka::sync::Cache<Digest, Arc<AtomicU32>>,
}

impl Limit {
    fn new(most: u32, window: Duration) -> Self {
        let counts = moka::sync::Cache::builder().max_capacity(REMEMBERED).time_to_live(window).build();
        Self { most, counts }
    }

    /// Counts an attempt before it is made, so that many at once do not slip through. `false` when there were too
    /// many.
    pub(crate) fn admits(&self, key: &str) -> bool {
        self.counts.get_with(digest(key), Arc::default).fetch_add(1, Ordering::Relaxed) < self.most
    }

    /// Forgets the attempts under a key: the last one was right.
    pub(crate) fn forgive(&self, key: &str) {
        self.counts.invalidate(&digest(key));
    }
}

/// The counters of one installation.
pub(crate) struct Limits {
    /// Failures of one email from one address.
    pub(crate) sign_in: Limit,
    /// Wrong old passwords of one person who changes theirs.
    pub(crate) old_password: Limit,
    /// Links from one address that are none.
    pub(crate) link: Limit,
    /// Mails to one email address that strangers asked for.
    pub(crate) mail_to: Limit,
    /// Mails that were asked for from one address.
    pub(crate) mail_from: Limit,
    /// Codes of devices that one person typed in.
    pub(crate) user_code: Limit,
}

impl Default for Limits {
    fn default() -> Self {
        let (short, long) = (Duration::from_mins(10), Duration::from_hours(1));
        Self {
            sign_in: Limit::new(10, short),
            old_password: Limit::new(10, short),
            link: Limit::new(30, short),
            mail_to: Limit::new(3, long),
            mail_from: Limit::new(20, long),
            user_code: Limit::new(30, short),
        }
    }
}
