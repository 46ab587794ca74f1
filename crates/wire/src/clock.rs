//! The one clock. Everything that asks for the time asks here, so that tests and dev mode can freeze and move it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::Instant;

/// Gives the time. Cheap to clone; clones share one time.
#[derive(Debug, Clone, Default)]
pub struct Clock(Arc<Source>);

#[derive(Debug, Default)]
enum Source {
    #[default]
    System,
    /// Milliseconds since the epoch; stands still until moved.
    Manual(AtomicI64),
}

impl Clock {
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands at `start` until [`Clock::advance`] moves it.
    pub fn manual(start: Instant) -> Self {
        Self(Arc::new(Source::Manual(AtomicI64::new(start.0 * 1000))))
    }

    /// Now, in whole seconds.
    pub fn now(&self) -> Instant {
        Instant(self.now_ms().div_euclid(1000))
    }

    /// Now, in milliseconds since the epoch.
    pub fn now_ms(&self) -> i64 {
        match &*self.0 {
            #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
            Source::System => jiff::Timestamp::now().as_millisecond(),
            Source::Manual(ms) => ms.load(Ordering::SeqCst),
        }
    }

    /// Whether it only moves when somebody moves it, so that nobody can tell how long to wait for a time.
    pub fn is_manual(&self) -> bool {
        matches!(&*self.0, Source::Manual(_))
    }

    /// Moves a manual clock; a system clock stays as it is.
    pub fn advance(&self, by: std::time::Duration) {
        if let Source::Manual(ms) = &*self.0 {
            ms.fetch_add(by.as_millis() as i64, Ordering::SeqCst);
        }
    }
}
