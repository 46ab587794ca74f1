//! Ids of requests: short, unlike those of other runs of the server, and found again in the log.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::HeaderValue;

/// Makes request ids: eight random digits per run, then a sequence.
pub(crate) struct RequestIds {
    run: u32,
    next: AtomicU64,
}

/// One request's id.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestId {
    run: u32,
    number: u64,
}

impl Default for RequestIds {
    fn default() -> Self {
        Self { run: RandomState::new().hash_one(0_u8) as u32, next: AtomicU64::new(1) }
    }
}

impl RequestIds {
    pub(crate) fn next(&self) -> RequestId {
        RequestId { run: self.run, number: self.next.fetch_add(1, Ordering::Relaxed) }
    }
}

impl std::fmt::Display for RequestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:08x}-{:x}", self.run, self.number)
    }
}

impl From<RequestId> for HeaderValue {
    fn from(id: RequestId) -> Self {
        Self::try_from(id.to_string()).expect("hexadecimal digits and a dash are a header value")
    }
}
