//! Counting requests. Handles are made once per operation, so a request pays for two atomic additions.

use std::sync::Arc;
use std::time::Duration;

use metrics::{Counter, Histogram, Key, Label, Level, Metadata, Recorder as _};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

/// Upper bounds of the duration histogram, in seconds.
const BUCKETS: [f64; 12] = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];
const REQUESTS: &str = "dealwright_requests_total";
const DURATION: &str = "dealwright_request_duration_seconds";
const METADATA: Metadata<'static> = Metadata::new("dealwright", Level::INFO, None);

/// The figures of one server. Several servers in one process do not mix theirs.
pub struct Metrics {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
}

/// Counts the requests of one operation.
#[derive(Clone)]
pub struct Meter(Arc<Handles>);

struct Handles {
    /// By status class: 1xx and 2xx, 3xx, 4xx, 5xx.
    requests: [Counter; 4],
    duration: Histogram,
}

impl Metrics {
    pub fn new() -> Result<Self, BuildError> {
        let recorder = PrometheusBuilder::new().set_buckets(&BUCKETS)?.build_recorder();
        recorder.describe_counter(
            REQUESTS.into(),
            None,
            "Answered requests by operation and class of status.".into(),
        );
        recorder.describe_histogram(
            DURATION.into(),
            None,
            "Seconds from the head of a request to its answer.".into(),
        );
        let handle = recorder.handle();
        Ok(Self { recorder, handle })
    }

    /// The handles for one operation.
    pub fn meter(&self, operation: &'static str) -> Meter {
        let label = Label::from_static_parts("operation", operation);
        let requests = ["2xx", "3xx", "4xx", "5xx"].map(|class| {
            let labels = vec![label.clone(), Label::from_static_parts("status", class)];
            self.recorder.register_counter(&Key::from_parts(REQUESTS, labels), &METADATA)
        });
        let duration = self.recorder.register_histogram(&Key::from_parts(DURATION, vec![label]), &METADATA);
        Meter(Arc::new(Handles { requests, duration }))
    }

    /// The figures in the text form of Prometheus.
    pub fn render(&self) -> String {
        self.handle.render()
    }

    /// Folds what the histograms gathered into their buckets. Without this their memory grows until the next render.
    pub fn fold(&self) {
        self.handle.run_upkeep();
    }
}

impl Meter {
    pub fn count(&self, status: u16, duration: Duration) {
        let class = usize::from(status / 100).clamp(2, 5) - 2;
        self.0.requests[class].increment(1);
        self.0.duration.record(duration.as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_class() {
        let metrics = Metrics::new().unwrap();
        let meter = metrics.meter("records.list");
        for status in [200, 204, 404, 500, 99] {
            meter.count(status, Duration::from_millis(3));
        }
        let text = metrics.render();
        assert!(
            text.contains("dealwright_requests_total{operation=\"records.list\",status=\"2xx\"} 3"),
            "{text}"
        );
        assert!(
            text.contains("dealwright_requests_total{operation=\"records.list\",status=\"5xx\"} 1"),
            "{text}"
        );
        assert!(
            text.contains("dealwright_request_duration_seconds_count{operation=\"records.list\"} 5"),
            "{text}"
        );
    }
}
