//! One line per request. Never a query string: it may carry a secret. Never a token.

use std::time::Duration;

use dealwright_wire::Id;

use crate::request_id::RequestId;

/// Logs an answer: ordinary ones at DEBUG, our own failures at WARN.
pub(crate) fn answered(operation: &str, status: u16, duration: Duration, org: Option<Id>, id: RequestId) {
    let duration_ms = duration.as_micros() as f64 / 1000.0;
    let org = org.map(tracing::field::display);
    // A known operation that is not built is an answer, not a failure.
    if status >= 500 && status != 501 {
        tracing::warn!(operation, status, duration_ms, org.id = org, request_id = %id, "{operation} answered {status}");
    } else {
        tracing::debug!(operation, status, duration_ms, org.id = org, request_id = %id, "{operation} answered {status}");
    }
}
