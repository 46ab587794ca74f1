//! Connections to PostgreSQL: where to, how they are kept from others, and how long anything may take on them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime, Timeouts};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::{StoreError, chain};

/// What every connection is told, beside its deadlines.
///
/// - Memory that one step of a statement may use. The usual 4 MB make a search that finds a quarter of a million rows
///   forget which rows of a page it found, and compute the terms of each row on the page again: 25 seconds and more.
/// - No compiling of statements. It takes 15 ms, far more than what is asked here mostly takes to run.
const SETTINGS: [&str; 2] = ["SET work_mem = '64MB'", "SET jit = off"];
/// Connections at most. More would only queue inside the database.
const CONNECTIONS: usize = 24;
/// How much longer than the database itself an answer of its is waited for.
const GRACE: Duration = Duration::from_secs(2);

/// How long anything may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Deadlines {
    /// Making a connection.
    connect: Duration,
    /// Getting one of those that there are.
    pool: Duration,
    /// A statement. The database ends it itself.
    statement: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { connect: seconds(5), pool: seconds(5), statement: seconds(30) }
    }
}

impl Deadlines {
    /// After how long an answer of the database is not waited for any more.
    pub(crate) fn answer(&self) -> Duration {
        self.statement + GRACE
    }

    /// Settings of a session. A statement that waits for somebody's lock gives up earlier than one that works.
    fn settings(&self) -> [String; 3] {
        let statement = self.statement.as_millis();
        [
            format!("SET statement_timeout = {statement}"),
            format!("SET lock_timeout = {}", statement / 3),
            format!("SET idle_in_transaction_session_timeout = {}", statement * 2),
        ]
    }
}

/// Where the database is and how to go there.
pub(crate) struct Way {
    config: Config,
    tls: MakeRustlsConnect,
    pub(crate) deadlines: Deadlines,
}

impl Way {
    /// Reads the URL of a database. Beside what the driver understands it may have `sslmode` with all its values,
    /// `sslrootcert`, and `statement_timeout` and `pool_timeout` in seconds.
    pub(crate) fn read(url: &str) -> Result<Self, StoreError> {
        let (place, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut rest, mut mode, mut authority) = (Vec::new(), None, None);
        let mut deadlines = Deadlines::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", value)) => mode = Some(value),
                Some(("sslrootcert", value)) => authority = Some(decoded(value)?),
                Some((name @ "statement_timeout", value)) => deadlines.statement = seconds(name, value)?,
                Some((name @ "pool_timeout", value)) => deadlines.pool = seconds(name, value)?,
                _ => rest.push(pair),
            }
        }
        let plain = if rest.is_empty() { place.to_owned() } else { format!("{place}?{}", rest.join("&")) };
        let mut config: Config = plain
            .parse()
            .map_err(|error: tokio_postgres::Error| refused(format!("is not usable: {}", chain(&error))))?;
        if config.get_application_name().is_none() {
            config.application_name("dealwright");
        }
        match config.get_connect_timeout() {
            Some(given) => deadlines.connect = *given,
            None => drop(config.connect_timeout(deadlines.connect)),
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(deadlines.answer());
        }
        let ssl = match mode {
            None | Some("disable") => SslMode::Disable,
            Some("allow" | "prefer") => SslMode::Prefer,
            // The certificate is checked whenever there is one: encryption with whoever answers keeps nobody out.
            Some("require" | "verify-ca" | "verify-full") => SslMode::Require,
            Some(other) => return Err(refused(format!("has an sslmode that does not exist: {other}"))),
        };
        config.ssl_mode(ssl);
        if mode.is_none() && config.get_hosts().iter().any(is_elsewhere) {
            tracing::warn!(
                "the connection to PostgreSQL is not encrypted; add sslmode=require to the database URL"
            );
        }
        let tls = tls(ssl, authority.as_deref())?;
        Ok(Self { config, tls, deadlines })
    }

    pub(crate) fn tls(&self) -> &MakeRustlsConnect {
        &self.tls
    }

    pub(crate) fn pool(&self) -> Result<Pool, StoreError> {
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(self.config.clone(), self.tls.clone(), recycling);
        let Deadlines { connect, pool, .. } = self.deadlines;
        let settings: Arc<[String]> =
            SETTINGS.iter().map(|&one| one.to_owned()).chain(self.deadlines.settings()).collect();
        Pool::builder(manager)
            .max_size(CONNECTIONS)
            .runtime(Runtime::Tokio1)
            .timeouts(Timeouts { wait: Some(pool), create: Some(connect), recycle: Some(connect) })
            .post_create(Hook::async_fn(move |client, _| {
                let settings = Arc::clone(&settings);
                Box::pin(async move {
                    for setting in &*settings {
                        client.batch_execute(setting).await.map_err(HookError::Backend)?;
                    }
                    Ok(())
                })
            }))
            .build()
            .map_err(|error| StoreError::Refused(format!("building the connection pool: {error}")))
    }
}

fn refused(text: String) -> StoreError {
    StoreError::Refused(format!("the database URL {text}"))
}

fn seconds(name: &str, value: &str) -> Result<Duration, StoreError> {
    match value.parse::<u32>() {
        Ok(seconds) if seconds > 0 => Ok(Duration::from_secs(seconds.into())),
        _ => Err(refused(format!("has a {name} that is no number of seconds"))),
    }
}

/// A part of a URL without its percent signs.
fn decoded(value: &str) -> Result<String, StoreError> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let (Some(high), Some(low)) = (digit(rest.next()), digit(rest.next())) else {
            return Err(refused("has a percent sign with no number behind it".to_owned()));
        };
        bytes.push((high * 16 + low) as u8);
    }
    String::from_utf8(bytes).map_err(|_| refused("has a path that is no text".to_owned()))
}

/// Whether the way to a host leads over a network.
fn is_elsewhere(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name != "localhost"
                && !name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => false,
    }
}

/// What connections are encrypted with. Certificates are those of the system, or of one file.
fn tls(mode: SslMode, authority: Option<&str>) -> Result<MakeRustlsConnect, StoreError> {
    let mut roots = RootCertStore::empty();
    if mode != SslMode::Disable {
        match authority {
            Some(file) => trust_file(&mut roots, Path::new(file))?,
            None => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
        }
        if roots.is_empty() && mode == SslMode::Require {
            return Err(refused(
                "asks for TLS, and there are no certificates of authorities here; name a file with sslrootcert"
                    .to_owned(),
            ));
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| StoreError::Refused(format!("setting TLS up: {error}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn trust_file(roots: &mut RootCertStore, file: &Path) -> Result<(), StoreError> {
    let unusable = |error: &dyn std::error::Error| {
        refused(format!("names {} as sslrootcert, which cannot be used: {error}", file.display()))
    };
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| unusable(&error))? {
        roots.add(certificate.map_err(|error| unusable(&error))?).map_err(|error| unusable(&error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_how_connections_are_kept_from_others() {
        for (query, mode) in [
            ("", SslMode::Disable),
            ("?sslmode=disable", SslMode::Disable),
            ("?sslmode=prefer", SslMode::Prefer),
            ("?application_name=x&sslmode=require", SslMode::Require),
            ("?sslmode=verify-full&connect_timeout=3", SslMode::Require),
        ] {
            match Way::read(&format!("postgres://a:b@localhost/d{query}")) {
                Ok(way) => assert_eq!(way.config.get_ssl_mode(), mode, "{query}"),
                // A machine without certificates.
                Err(error) => assert!(mode == SslMode::Require && error.to_string().contains("sslrootcert")),
            }
        }
    }

    #[test]
    fn a_url_that_cannot_work_is_refused_without_its_password() {
        for query in [
            "?sslmode=perhaps",
            "?sslmode=require&sslrootcert=%2Fnowhere%2Fca.pem",
            "?sslmode=require&sslrootcert=%zz",
            "?statement_timeout=0",
            "?pool_timeout=soon",
            "?what=ever",
        ] {
            let Err(error) = Way::read(&format!("postgres://a:secret@localhost/d{query}")) else {
                panic!("{query} is taken");
            };
            let text = chain(&error);
            assert!(text.starts_with("the database URL ") && !text.contains("secret"), "{text}");
        }
    }

    #[test]
    fn deadlines_can_stand_in_the_url() {
        let way = Way::read("postgres://a@localhost/d?statement_timeout=2&pool_timeout=1&connect_timeout=3")
            .unwrap();
        let seconds = Duration::from_secs;
        assert_eq!(way.deadlines, Deadlines { connect: seconds(3), pool: seconds(1), statement: seconds(2) });
        assert_eq!(Way::read("postgres://a@localhost/d").unwrap().deadlines, Deadlines::default());
    }
}
