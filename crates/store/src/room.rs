//! Whether there is room left on the disk.
//!
//! A write that failed for lack of room is remembered for a while, and forgotten with the next one that succeeds. Beside
//! that the folder is asked how much is free, because small writes still succeed where large ones do not.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Bytes that must be free in the folder. SQLite needs about as much for its log before anything else.
const LEAST: u64 = 4 << 20;
/// How long a write that failed counts. Then writes are let in again, to see whether there is room now.
const REMEMBERED: Duration = Duration::from_secs(30);

/// What is known about the room for one database. Cheap to clone; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Room(Arc<Mutex<Option<Instant>>>);

impl Room {
    /// Notes that a write failed for lack of room.
    pub fn has_none(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Notes that a write succeeded.
    pub(crate) fn has_some(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether the last write failed for lack of room, not long ago.
    pub fn has_run_out(&self) -> bool {
        let failed = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failed.is_some_and(|at| at.elapsed() < REMEMBERED)
    }
}

/// Whether a folder's disk is as good as full. A folder that cannot be asked has room.
pub fn is_full(folder: &Path) -> bool {
    rustix::fs::statvfs(folder).is_ok_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) < LEAST)
}
