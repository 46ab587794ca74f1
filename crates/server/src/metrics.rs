//! Counting requests and sign-ins. A series exists from its first use on; after that a request pays for two atomic
//! additions.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder as _, Unit};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use metrics_process::Collector;

/// Upper bounds of the duration histogram, in seconds.
const BUCKETS: [f64; 8] = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0, 30.0];
const REQUESTS: &str = "dealwright_requests_total";
const DURATION: &str = "dealwright_request_duration_seconds";
const SIGN_INS: &str = "dealwright_sign_ins_total";
const BUILD: &str = "dealwright_build_info";
/// What is looked up when somebody asks for the figures.
pub(crate) const CONNECTIONS: &str = "dealwright_database_connections";
pub(crate) const JOBS: &str = "dealwright_jobs";
pub(crate) const OUTBOX: &str = "dealwright_outbox_events";
pub(crate) const MAILS: &str = "dealwright_mails";
pub(crate) const NOTED: &str = "dealwright_full_text_noted";
pub(crate) const ORGS: &str = "dealwright_open_orgs";
const METADATA: Metadata<'static> = Metadata::new("dealwright", Level::INFO, None);

/// The families that are counted up, and those that go up and down, with what they say.
const COUNTED: [(&str, &str); 2] = [
    (REQUESTS, "Answered requests by operation and class of status."),
    (SIGN_INS, "Passwords that were tried, by what became of that."),
];
const LOOKED_UP: [(&str, &str); 7] = [
    (BUILD, "The running release; the value is always 1."),
    (CONNECTIONS, "Connections to PostgreSQL that are busy or idle, and requests that wait for one."),
    (JOBS, "Jobs that wait or run, by state."),
    (OUTBOX, "Events that nobody has fetched yet."),
    (MAILS, "Mails by state: due are those that wait to be sent."),
    (NOTED, "Writes whose records full text has in no segment yet; searches read them one by one."),
    (ORGS, "Organisations that are open."),
];

/// The figures of one server. Several servers in one process do not mix theirs.
pub struct Metrics {
    recorder: Arc<PrometheusRecorder>,
    handle: PrometheusHandle,
    process: Collector,
}

/// Counts the requests of one operation.
#[derive(Clone)]
pub struct Meter(Arc<Handles>);

struct Handles {
    operation: &'static str,
    recorder: Arc<PrometheusRecorder>,
    /// By status class: 1xx and 2xx, 3xx, 4xx, 5xx.
    requests: [OnceLock<Counter>; 4],
    duration: OnceLock<Histogram>,
}

impl Metrics {
    pub fn new() -> Result<Self, BuildError> {
        let recorder = PrometheusBuilder::new().set_buckets(&BUCKETS)?.build_recorder();
        for (name, says) in COUNTED {
            recorder.describe_counter(name.into(), None, says.into());
        }
        for (name, says) in LOOKED_UP {
            recorder.describe_gauge(name.into(), None, says.into());
        }
        let says = "Seconds from the head of a request to its answer.";
        recorder.describe_histogram(DURATION.into(), Some(Unit::Seconds), says.into());
        let process = Collector::default();
        metrics::with_local_recorder(&recorder, || process.describe());
        let handle = recorder.handle();
        Ok(Self { recorder: Arc::new(recorder), handle, process })
    }

    /// What counts one operation.
    pub fn meter(&self, operation: &'static str) -> Meter {
        Meter(Arc::new(Handles {
            operation,
            recorder: Arc::clone(&self.recorder),
            requests: Default::default(),
            duration: OnceLock::new(),
        }))
    }

    /// Says which release runs.
    pub fn build(&self, version: &'static str, commit: &'static str) {
        let labels =
            vec![Label::from_static_parts("version", version), Label::from_static_parts("commit", commit)];
        self.gauge(BUILD, labels).set(1.0);
    }

    /// Counts a password that was tried.
    pub fn sign_in(&self, outcome: &'static str) {
        let labels = vec![Label::from_static_parts("outcome", outcome)];
        self.recorder.register_counter(&Key::from_parts(SIGN_INS, labels), &METADATA).increment(1);
    }

    /// A figure that goes up and down.
    pub(crate) fn gauge(&self, name: &'static str, labels: Vec<Label>) -> Gauge {
        self.recorder.register_gauge(&Key::from_parts(name, labels), &METADATA)
    }

    /// The figures in the text form of Prometheus, with those of the process.
    pub fn render(&self) -> String {
        metrics::with_local_recorder(&*self.recorder, || self.process.collect());
        self.handle.render()
    }

    /// Folds what the histograms gathered into their buckets. Without this their memory grows until the next render.
    pub fn fold(&self) {
        self.handle.run_upkeep();
    }
}

impl Meter {
    pub fn count(&self, status: u16, duration: Duration) {
        let Handles { operation, recorder, .. } = &*self.0;
        let label = || Label::from_static_parts("operation", operation);
        let class = usize::from(status / 100).clamp(2, 5) - 2;
        let counter = self.0.requests[class].get_or_init(|| {
            let status = Label::from_static_parts("status", ["2xx", "3xx", "4xx", "5xx"][class]);
            recorder.register_counter(&Key::from_parts(REQUESTS, vec![label(), status]), &METADATA)
        });
        counter.increment(1);
        let histogram = self.0.duration.get_or_init(|| {
            recorder.register_histogram(&Key::from_parts(DURATION, vec![label()]), &METADATA)
        });
        histogram.record(duration.as_secs_f64());
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
        for line in [
            "dealwright_requests_total{operation=\"records.list\",status=\"2xx\"} 3",
            "dealwright_requests_total{operation=\"records.list\",status=\"5xx\"} 1",
            "dealwright_request_duration_seconds_count{operation=\"records.list\"} 5",
        ] {
            assert!(text.contains(line), "{text}");
        }
    }

    #[test]
    fn a_series_begins_with_its_first_use() {
        let metrics = Metrics::new().unwrap();
        let (_unused, used) = (metrics.meter("records.get"), metrics.meter("records.list"));
        used.count(200, Duration::from_millis(1));
        metrics.build("1.2.3", "abc");
        metrics.sign_in("failed");
        let text = metrics.render();
        assert!(!text.contains("records.get") && !text.contains("5xx"), "{text}");
        assert!(text.contains("dealwright_build_info{version=\"1.2.3\",commit=\"abc\"} 1"), "{text}");
        assert!(text.contains("dealwright_sign_ins_total{outcome=\"failed\"} 1"), "{text}");
        assert!(text.contains("process_start_time_seconds"), "{text}");
    }
}
