//! `dealwright serve`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::pin;
use std::sync::OnceLock;

use anyhow::Context as _;
use dealwright_server::{Mode, Served, ServerConfig, Waiting};
use dealwright_wire::Clock;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::failure::Failure;
use crate::settings::{ServeOptions, Settings};
use crate::{logs, runtime, version, welcome};

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
    let descriptors = dealwright_server::descriptors::raise()?;
    let limits = settings.limits()?.within(descriptors);
    let listener = TcpListener::bind(settings.listen)
        .await
        .map_err(|error| Failure::Configuration(format!("cannot listen on {}: {error}", settings.listen)))?;
    // Whoever waits for the file must not be told of a server that has ended. After the address is ours: what another
    // server has written that runs there stays.
    let mut env_file = settings.env_file.as_deref().map(welcome::EnvFile::begin).transpose()?;
    let address = listener.local_addr()?;
    let public_url = match &settings.public_url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => format!("http://{}", reachable(address)),
    };
    // Caught from now on, also while the server waits for another one to end.
    let mut stopped = pin!(stopped()?);
    let waiting = Waiting::default();
    let built = dealwright_server::build(ServerConfig {
        storage: settings.storage()?,
        mode: if settings.dev { Mode::Development } else { Mode::Production },
        compat: settings.compat.into(),
        put_v3: settings.put_v3.into(),
        public_url: public_url.clone(),
        clock: Clock::system(),
        seed: settings.seed,
        node: settings.node,
        mail: settings.mail()?,
        ceilings: settings.ceilings(),
        limits,
        open_orgs: settings.open_orgs.unwrap_or(dealwright_server::MOST_OPEN),
        waiting: waiting.clone(),
    });
    let app = tokio::select! {
        app = built => app?,
        () = waiting.answer(&listener) => return Err(anyhow::anyhow!("listening has ended").into()),
        () = &mut stopped => return Ok(()),
    };
    if let Some(development) = &app.development {
        let environment = welcome::Environment::new(&public_url, development);
        environment.print(development)?;
        if let Some(file) = &mut env_file {
            file.write(&environment)?;
        }
    }
    let lost = OnceLock::new();
    let shutdown = async {
        tokio::select! {
            () = stopped => {
                tracing::info!("stopping; requests in flight are finished first");
                // Before the data is free: the next server may write the same file.
                if let Some(file) = &env_file {
                    file.end();
                }
            }
            by = app.lost => {
                tracing::error!("{by}; this server stops");
                // Set once, here.
                let _ = lost.set(by);
            }
        }
    };
    app.state.metrics.build(version::VERSION, version::COMMIT);
    tracing::info!(%address, public_url, "listening on {address}");
    let connections = app.site.limits.connections;
    tracing::info!(
        descriptors,
        connections,
        "{descriptors} files may be open, {connections} of them connections"
    );
    let served = dealwright_server::serve(listener, app.site, shutdown).await;
    app.state.close().await;
    if let Some(reason) = lost.get() {
        return Err(anyhow::anyhow!("stopped: {reason}").into());
    }
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
fn stopped() -> Result<impl Future<Output = ()>, Failure> {
    let mut terminate = signal(SignalKind::terminate()).context("listening to SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listening to SIGINT")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
