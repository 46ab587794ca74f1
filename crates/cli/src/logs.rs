//! Log lines on standard error; traces to a collector when one is named.

use std::io::IsTerminal as _;

use anyhow::Context as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::trace::SdkTracerProvider;
use opentelemetry_sdk::trace::span_processor_with_async_runtime::BatchSpanProcessor;
use opentelemetry_sdk::{Resource, runtime};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::failure::Failure;
use crate::settings::{LogFormat, Settings};

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
/// What the names of all our own crates begin with.
const OURS: &str = "dealwright";

/// Keeps what must be sent before the program ends.
pub(crate) struct Logs(Option<SdkTracerProvider>);

/// Starts logging. Must run inside the runtime: traces are sent by it.
pub(crate) fn start(settings: &Settings) -> Result<Logs, Failure> {
    let level = filter(&settings.log_level)?;
    let terminal = std::io::stderr().is_terminal();
    let is_json = settings.log_format.map_or(!terminal, |format| format == LogFormat::Json);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = if is_json {
        lines.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed()
    } else {
        lines.with_ansi(terminal).with_target(false).boxed()
    };
    let provider = settings.otlp_endpoint.as_deref().map(collector).transpose()?;
    let traces = provider.as_ref().map(|provider| {
        // A span per request is made at DEBUG, so that it costs nothing where no collector is named.
        let spans = EnvFilter::new("off,dealwright_server=debug");
        tracing_opentelemetry::layer().with_tracer(provider.tracer("dealwright")).with_filter(spans)
    });
    tracing_subscriber::registry()
        .with(lines.with_filter(level))
        .with(traces)
        .try_init()
        .context("starting the log")?;
    Ok(Logs(provider))
}

/// The lines of a level, or of what the directives ask for.
///
/// A level is that of our own lines. Of others, which may hold statements and what is in them, only warnings come, unless
/// they are named.
fn filter(asked: &str) -> Result<EnvFilter, Failure> {
    let refused = |why: String| Failure::Configuration(format!("the log level {asked:?} {why}"));
    let is_level = |text: &str| LEVELS.contains(&text.trim().to_ascii_lowercase().as_str());
    if is_level(asked) {
        let level = asked.trim().to_ascii_lowercase();
        let others = if matches!(level.as_str(), "off" | "error") { level.as_str() } else { "warn" };
        return EnvFilter::try_new(format!("{others},{OURS}={level}"))
            .map_err(|error| refused(format!("is none: {error}")));
    }
    for directive in asked.split(',') {
        let level = directive.rsplit_once('=').map_or(directive, |(_, level)| level);
        if !is_level(level) {
            return Err(refused("is none: it is off, error, warn, info, debug or trace, or directives such as info,dealwright_store=debug".to_owned()));
        }
    }
    EnvFilter::try_new(asked).map_err(|error| refused(format!("cannot be read: {error}")))
}

fn collector(endpoint: &str) -> Result<SdkTracerProvider, Failure> {
    let exporter = SpanExporter::builder()
        .with_http()
        .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
        .build()
        .map_err(|error| {
            Failure::Configuration(format!("the OpenTelemetry endpoint {endpoint:?}: {error}"))
        })?;
    let processor = BatchSpanProcessor::builder(exporter, runtime::Tokio).build();
    let resource = Resource::builder().with_service_name("dealwright").build();
    Ok(SdkTracerProvider::builder().with_resource(resource).with_span_processor(processor).build())
}

impl Logs {
    /// Sends what is left.
    pub(crate) async fn finish(self) {
        let Some(provider) = self.0 else { return };
        // Waits for the exporter, which needs this runtime: so it waits elsewhere.
        let ended = tokio::task::spawn_blocking(move || provider.shutdown()).await;
        if let Ok(Err(error)) = ended {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::filter;

    #[test]
    fn a_level_is_that_of_our_own_lines() {
        assert_eq!(filter("debug").unwrap().to_string(), "dealwright=debug,warn");
        assert_eq!(filter("TRACE").unwrap().to_string(), "dealwright=trace,warn");
        assert_eq!(filter("off").unwrap().to_string(), "dealwright=off,off");
        assert_eq!(filter("info,tokio_postgres=debug").unwrap().to_string(), "tokio_postgres=debug,info");
    }

    #[test]
    fn what_is_no_level_is_refused() {
        for wrong in ["verbose", "", "info,loud", "dealwright_store=chatty", "2x"] {
            assert!(filter(wrong).is_err(), "{wrong:?}");
        }
    }
}
