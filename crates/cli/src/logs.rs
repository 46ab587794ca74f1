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

/// Keeps what must be sent before the program ends.
pub(crate) struct Logs(Option<SdkTracerProvider>);

/// Starts logging. Must run inside the runtime: traces are sent by it.
pub(crate) fn start(settings: &Settings) -> Result<Logs, Failure> {
    let level = EnvFilter::try_new(&settings.log_level)
        .map_err(|error| Failure::Configuration(format!("log level {:?}: {error}", settings.log_level)))?;
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
