//! `dealwright serve`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use anyhow::Context as _;
use dealwright_server::{Mode, Served, ServerConfig};
use dealwright_wire::Clock;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::failure::Failure;
use crate::settings::{ServeOptions, Settings};
use crate::{logs, runtime, welcome};

pub(crate) fn run(options: ServeOptions) -> Result<(), Failure> {
    let settings = Settings::read(options)?;
    runtime()?.block_on(async {
        let logs = logs::start(&settings)?;
        let result = serve(&settings).await;
        logs.finish().await;
        result
    })
}

async fn serve(settings: &Settings) -> Result<(), Failure> {
    let listener = TcpListener::bind(settings.listen)
        .await
        .map_err(|error| Failure::Configuration(format!("cannot listen on {}: {error}", settings.listen)))?;
    let address = listener.local_addr()?;
    let public_url = match &settings.public_url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => format!("http://{}", reachable(address)),
    };
    let app = dealwright_server::build(ServerConfig {
        storage: settings.storage()?,
        mode: if settings.dev { Mode::Development } else { Mode::Production },
        compat: settings.compat.into(),
        public_url: public_url.clone(),
        clock: Clock::system(),
        seed: settings.seed,
        node: settings.node,
        mail: settings.mail()?,
        ceilings: settings.ceilings(),
    })
    .await?;
    let shutdown = shutdown()?;
    if let Some(development) = &app.development {
        let environment = welcome::Environment::new(&public_url, development);
        environment.print(development)?;
        if let Some(file) = &settings.env_file {
            environment.write(file)?;
        }
    }
    tracing::info!(%address, public_url, "listening on {address}");
    let served = dealwright_server::serve(listener, app.router, shutdown).await;
    match served {
        Served::Drained => {
            tracing::info!("stopped; every request was answered");
            Ok(())
        }
        Served::TimedOut => Err(anyhow::anyhow!("stopped before every request was answered").into()),
    }
}

/// The address clients on this machine can use: "everywhere" is no address.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

/// Ends with the first SIGTERM or SIGINT. They are caught from now on.
fn shutdown() -> Result<impl Future<Output = ()>, Failure> {
    let mut terminate = signal(SignalKind::terminate()).context("listening to SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listening to SIGINT")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping; requests in flight are finished first");
    })
}
